import type { Contract, ContractFault } from '@flick/contract';

/** Compiles the validators of a contract's operations ahead of their first request. */
export interface WarmUp {
  /** What could not be compiled so far. */
  readonly faults: readonly ContractFault[];
  /** Compiles for so many milliseconds at most, or to the end. One operation may take longer. */
  readonly runFor: (ms: number) => void;
  /** Compiles the rest between the requests, then hands on what could not be compiled of it. */
  readonly runInBackground: (whenDone: (faults: readonly ContractFault[]) => void) => void;
  readonly stop: () => void;
}

/** How long one slice in the background may hold up a request. */
const sliceMs = 5;

/** Makes the warm-up of a contract; nothing is compiled yet. */
export function createWarmUp(contract: Contract): WarmUp {
  const faults: ContractFault[] = [];
  let next = 0;
  let slice: NodeJS.Immediate | undefined;

  const runFor = (ms: number): void => {
    const began = performance.now();
    while (next < contract.operations.length && performance.now() - began < ms) {
      const operation = contract.operations[next++];
      const fault = operation === undefined ? undefined : contract.warm(operation);
      if (fault !== undefined) faults.push(fault);
    }
  };

  return {
    faults,
    runFor,
    runInBackground(whenDone) {
      const known = faults.length;
      const run = (): void => {
        runFor(sliceMs);
        if (next < contract.operations.length) slice = setImmediate(run);
        else whenDone(faults.slice(known));
      };
      slice = setImmediate(run);
    },
    stop: () => clearImmediate(slice),
  };
}

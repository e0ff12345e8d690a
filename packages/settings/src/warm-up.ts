import type { Contract, ContractFault, Operation } from '@flick/contract';

/** Compiles the validators of a contract's operations ahead of their first request. */
export interface WarmUp {
  /** What could not be compiled so far. */
  readonly faults: readonly ContractFault[];
  /** Compiles for so many milliseconds at most, or to the end. One schema may take longer. */
  readonly runFor: (ms: number) => void;
  /** As `runFor`; of a compiled contract only what is not known to compile. */
  readonly runAhead: (ms: number) => void;
  /** Compiles the rest between the requests, then hands on what could not be compiled of it. */
  readonly runInBackground: (whenDone: (faults: readonly ContractFault[]) => void) => void;
  readonly stop: () => void;
}

/** How long one slice in the background may hold up a request. */
const sliceMs = 5;

/** Makes the warm-up of a contract; nothing is compiled yet. */
export function createWarmUp(contract: Contract): WarmUp {
  const faults: ContractFault[] = [];
  const { operations, suspects } = contract;
  // Requests first: what of responses is not compiled yet is so after the answer, and holds up nobody who waits for it.
  const order: (readonly [Operation, 'requests' | 'responses'])[] = [
    ...(suspects === undefined ? operations : new Set([...suspects, ...operations])),
  ].map((operation) => [operation, 'requests']);
  const unknown = suspects === undefined ? order.length : suspects.length;
  for (const operation of operations) {
    if (operation.switches.responses !== 'off') order.push([operation, 'responses']);
  }
  let next = 0;
  let slice: NodeJS.Immediate | undefined;

  const runTo = (end: number, ms: number): void => {
    const began = performance.now();
    for (let left = ms; next < end && left > 0; left = ms - (performance.now() - began)) {
      const due = order[next];
      if (due !== undefined && !contract.warmFor(...due, left)) continue;
      next += 1;
      const fault = due && contract.warm(...due);
      if (fault !== undefined) faults.push(fault);
    }
  };
  const runFor = (ms: number): void => runTo(order.length, ms);

  return {
    faults,
    runFor,
    runAhead: (ms) => runTo(unknown, ms),
    runInBackground(whenDone) {
      const known = faults.length;
      const run = (): void => {
        runFor(sliceMs);
        if (next < order.length) slice = setImmediate(run);
        else whenDone(faults.slice(known));
      };
      slice = setImmediate(run);
    },
    stop: () => clearImmediate(slice),
  };
}

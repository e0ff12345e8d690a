import { inspect } from 'node:util';
import type { Contract } from '@flick/contract';
import type { Outcome, TracingDecider } from '@flick/decide';
import {
  checkNames,
  closeVerifiers,
  type CodeSettings,
  createLadder,
  createWarmUp,
  describeFaults,
  loadContract,
  openRecords,
  readCodeSettings,
  type ServeSettings,
  unverifiedSchemes,
} from '@flick/settings';
import { printable } from '@flick/settings/printable';
import { StartFault } from '@flick/settings/start-fault';
import { createMemoryLimits, type RecordStore } from '@flick/stores';
import type { ErrorPlace } from './handlers.ts';

/** Who opens a ladder, and who hears of what becomes of it. */
export interface LadderOptions {
  /** The function that the user called, as faults name it. */
  readonly caller: string;
  /** Whether functions in process answer, so that no upstream is due. */
  readonly hasHandlers: boolean;
  readonly onOutcome: ((outcome: Outcome) => void) | undefined;
  readonly onWarning: (line: string) => void;
}

/** The ladder of a contract under settings that stand in code, and what it stands on. */
export interface OpenLadder {
  readonly settings: ServeSettings;
  readonly contract: Contract;
  readonly decider: TracingDecider;
  /** What became of the latest requests; undefined where records are off. */
  readonly records: RecordStore | undefined;
  /** Takes the outcome of one request. */
  readonly record: (outcome: Outcome) => void;
  /** Compiles and fetches between the requests what was not ready at the start. Called once requests can come. */
  readonly warm: () => void;
  /** Closes all that was opened, the last first. */
  readonly close: () => Promise<void>;
}

/** How long the start may compile validators: most documents are ready by then, and the largest soon after. */
const warmBeforeListeningMs = 200;

/**
 * Reads settings and contract and makes the ladder of them, for whatever serves in process.
 *
 * @throws StartFault where a setting or the contract is at fault, one line a fault; nothing is left open then
 */
export async function openLadder(written: CodeSettings, options: LadderOptions): Promise<OpenLadder> {
  const { caller, hasHandlers, onOutcome, onWarning } = options;
  const settings = readCodeSettings(written, hasHandlers, onWarning, caller);
  const closing: (() => unknown)[] = [() => closeVerifiers(settings.verifiers)];
  try {
    const contract = loadContract(settings);
    checkNames(contract, settings);
    if (hasHandlers) refuseUnverified(contract, settings);
    const warmUp = createWarmUp(contract);
    closing.push(() => warmUp.stop());
    warmUp.runAhead(warmBeforeListeningMs);
    for (const line of describeFaults([...contract.faults, ...warmUp.faults])) onWarning(line);
    const decider = createLadder(settings, contract, createMemoryLimits(), hasHandlers);
    const records = await openRecords(settings.records, onWarning);
    closing.push(() => records?.close());
    return {
      settings,
      contract,
      decider,
      records,
      record(outcome) {
        // A storm of what is shed must not take the place of what is not.
        records?.append(outcome, outcome.reason === 'overloaded');
        onOutcome?.(outcome);
      },
      warm() {
        warmUp.runInBackground((later) => describeFaults(later).forEach(onWarning));
        for (const verifier of settings.verifiers.values()) void verifier.warm?.();
      },
      close: () => closeAll(closing),
    };
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
}

/**
 * Refuses to start where a security scheme has no verifier: with no API behind that would look at the credentials, any
 * would do.
 *
 * @throws StartFault
 */
export function refuseUnverified(contract: Contract, { place, verifiers }: ServeSettings): void {
  const names = unverifiedSchemes(contract, verifiers).filter(
    (name) => contract.schemes.get(name)?.type !== 'mutualTLS',
  );
  if (names.length === 0) return;
  const mend = 'operations need it and nobody would verify it; name a verifier';
  throw new StartFault(names.map((name) => `${place(['credentials', name])}: ${mend}`));
}

async function closeAll(closing: (() => unknown)[]): Promise<void> {
  await Promise.all(
    closing
      .splice(0)
      .toReversed()
      .map(async (close) => close()),
  );
}

/** Says a warning on stderr. */
export function tellLine(line: string): void {
  process.stderr.write(`flick: ${printable(line)}\n`);
}

/** Says on stderr what a handler did not mean to throw. */
export function tellError(error: unknown, { operationId, requestId }: ErrorPlace): void {
  process.stderr.write(`flick: ${operationId} failed in request ${requestId}: ${inspect(error)}\n`);
}

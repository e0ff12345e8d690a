import { inspect } from 'node:util';
import type { Contract } from '@flick/contract';
import type { Outcome } from '@flick/decide';
import {
  authority,
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
import { StartFault, systemReason } from '@flick/settings/start-fault';
import { createMemoryLimits, type RecordStore } from '@flick/stores';
import { createGate, type Gate } from './gate.ts';
import { createHandlers, type ErrorPlace } from './handlers.ts';
import type { AnyOperations, Handlers } from './handler-types.ts';
import { createUpstream } from './upstream.ts';

/** The settings of `flick.yaml`, in camel case, and the functions that answer. */
export type ServeOptions<Operations = AnyOperations> = CodeSettings & {
  /** A function for each operation of the contract, by `operationId`. Left out, `upstream` says who answers. */
  readonly handlers?: Handlers<Operations>;
  /** Hears of every request once, when it is over. Must not throw. */
  readonly onOutcome?: (outcome: Outcome) => void;
  /** Hears of every error that a handler did not mean to throw; the caller gets 500 and nothing of it. Default: stderr. */
  readonly onError?: (error: unknown, place: ErrorPlace) => void;
  /** Hears, in one line each, what is odd in the contract and what goes wrong later. Default: stderr. */
  readonly onWarning?: (line: string) => void;
};

/** A server that listens. */
export interface Service {
  /** Such as `http://127.0.0.1:8080`. */
  readonly origin: string;
  readonly address: { readonly host: string; readonly port: number };
  readonly contract: Contract;
  /** What became of the latest requests; undefined where records are off. */
  readonly records: RecordStore | undefined;
  /** Lets what is in flight finish, within `timeouts.drain`, and closes all that was opened. */
  readonly stop: () => Promise<void>;
}

/** How long the start may compile validators: most documents are ready by then, and the largest soon after. */
const warmBeforeListeningMs = 200;

/**
 * Serves a contract in process: every request goes up the ladder, and what passes is answered by a handler.
 *
 * @throws StartFault where a setting, the contract or a handler is at fault, one line a fault
 */
export async function serve<Operations = AnyOperations>(options: ServeOptions<Operations>): Promise<Service> {
  const { handlers, onOutcome, onError = tellError, onWarning = tellLine, ...written } = options;
  if (handlers === undefined && written.upstream === undefined) {
    throw new StartFault('serve(): due are handlers, or an upstream to stand before');
  }
  const settings = readCodeSettings(written, handlers !== undefined, onWarning);
  const closing: (() => unknown)[] = [() => closeVerifiers(settings.verifiers)];
  try {
    const contract = loadContract(settings);
    checkNames(contract, settings);
    if (handlers !== undefined) refuseUnverified(contract, settings);
    const warmUp = createWarmUp(contract);
    closing.push(() => warmUp.stop());
    warmUp.runAhead(warmBeforeListeningMs);
    for (const line of describeFaults([...contract.faults, ...warmUp.faults])) onWarning(line);

    const decider = createLadder(settings, contract, createMemoryLimits(), handlers !== undefined);
    const { sizes, timeouts, tls, upstream = '', overload } = settings;
    const handler =
      handlers === undefined
        ? createUpstream({ origin: upstream, decider, timeouts, maxInFlight: overload.upstream })
        : createHandlers({ contract, decider, handlers, timeouts, onError });
    const records = await openRecords(settings.records, onWarning);
    closing.push(() => records?.close());
    const gate = createGate({
      decider,
      handler,
      timeouts,
      sizes,
      maxConnections: overload.connections,
      overload,
      ...(tls && { tls }),
      onOutcome: listenerOf(records, onOutcome),
    });
    const bound = await listen(gate, settings);
    warmUp.runInBackground((later) => describeFaults(later).forEach(onWarning));
    for (const verifier of settings.verifiers.values()) void verifier.warm?.();

    let stopped: Promise<void> | undefined;
    return {
      origin: `${tls === undefined ? 'http' : 'https'}://${authority(bound.address, bound.port)}`,
      address: { host: bound.address, port: bound.port },
      contract,
      records,
      stop: () => (stopped ??= gate.stop().then(() => closeAll(closing))),
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

async function listen(gate: Gate, { listen: { host, port } }: ServeSettings): ReturnType<Gate['listen']> {
  try {
    return await gate.listen(port, host);
  } catch (error) {
    throw new StartFault(
      `serve(): listen: cannot listen on ${authority(host, port)}: ${systemReason(error)}; choose another address`,
    );
  }
}

function listenerOf(
  records: RecordStore | undefined,
  onOutcome: ServeOptions['onOutcome'],
): (outcome: Outcome) => void {
  return (outcome) => {
    // A storm of what is shed must not take the place of what is not.
    records?.append(outcome, outcome.reason === 'overloaded');
    onOutcome?.(outcome);
  };
}

/** Closes what was opened, the last first. */
async function closeAll(closing: (() => unknown)[]): Promise<void> {
  await Promise.all(
    closing
      .splice(0)
      .toReversed()
      .map(async (close) => close()),
  );
}

function tellLine(line: string): void {
  process.stderr.write(`flick: ${printable(line)}\n`);
}

function tellError(error: unknown, { operationId, requestId }: ErrorPlace): void {
  process.stderr.write(`flick: ${operationId} failed in request ${requestId}: ${inspect(error)}\n`);
}

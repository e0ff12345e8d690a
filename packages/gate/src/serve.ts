import type { Contract } from '@flick/contract';
import type { Outcome } from '@flick/decide';
import { authority, type CodeSettings, type ServeSettings } from '@flick/settings';
import { StartFault, systemReason } from '@flick/settings/start-fault';
import type { RecordStore } from '@flick/stores';
import { createGate, type Gate } from './gate.ts';
import { createHandlers, type ErrorPlace } from './handlers.ts';
import type { AnyOperations, Handlers } from './handler-types.ts';
import { openLadder, tellError, tellLine } from './open-ladder.ts';
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
  const ladder = await openLadder(written, {
    caller: 'serve()',
    hasHandlers: handlers !== undefined,
    onOutcome,
    onWarning,
  });
  const { contract, decider, settings, records } = ladder;
  try {
    const { sizes, timeouts, tls, upstream = '', overload } = settings;
    const handler =
      handlers === undefined
        ? createUpstream({ origin: upstream, decider, timeouts, maxInFlight: overload.upstream })
        : createHandlers({ contract, decider, handlers, timeouts, onError });
    const gate = createGate({
      decider,
      handler,
      timeouts,
      sizes,
      maxConnections: overload.connections,
      overload,
      ...(tls && { tls }),
      onOutcome: ladder.record,
    });
    const bound = await listen(gate, settings);
    ladder.warm();

    let stopped: Promise<void> | undefined;
    return {
      origin: `${tls === undefined ? 'http' : 'https'}://${authority(bound.address, bound.port)}`,
      address: { host: bound.address, port: bound.port },
      contract,
      records,
      stop: () => (stopped ??= gate.stop().then(ladder.close)),
    };
  } catch (error) {
    await ladder.close();
    throw error;
  }
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

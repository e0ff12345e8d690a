import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { CodeSettings } from '@flick/settings';
import { StartFault } from '@flick/settings/start-fault';
import { adoptServer } from './adopt-server.ts';
import { GuestExchange, type GuestEnds, type GuestOptions } from './guest-exchange.ts';
import { HandlerRefusal } from './handler-refusal.ts';
import { HandledRequest } from './handler-request.ts';
import { answerOptionsOf, type JudgedMessage, type RequestListener } from './host.ts';
import { HostServer } from './host-server.ts';
import { openLadder, tellError, tellLine } from './open-ladder.ts';
import type { FlickParts, HostedSettings } from './web-ladder.ts';

/** The settings of `flick.yaml` in camel case, but for where to listen and who answers: that is the framework's. */
export type FrameworkSettings = HostedSettings & Pick<CodeSettings, 'tls'>;

/** A connection that a server of Node has taken. */
interface Served extends Socket {
  readonly server?: unknown;
}

const frameworksOwn = ['admin', 'listen', 'upstream'];

/** A ladder for a framework. */
export interface OpenFlick extends FlickParts {
  readonly warn: (line: string) => void;
  /** Makes a server in the place of Node's own, as often as wanted; all climb one ladder. */
  readonly createServer: (listener?: RequestListener) => HostServer;
  /**
   * Judges a request that another server has read.
   *
   * @param target - as the client sent it
   */
  readonly judge: (request: IncomingMessage, response: ServerResponse, target: string, ends: GuestEnds) => void;
  /** Whether the request was judged: by a server of `createServer`, or by `judge`. */
  readonly isJudged: (request: JudgedMessage) => boolean;
  /** Answers by the ladder what a server that is not the gate's could not read, where nobody else does. */
  readonly adopt: (server: unknown) => void;
  /** Answers what a route threw, where that is a refusal and no answer has begun. Says whether it did. */
  readonly answerThrown: (request: JudgedMessage, error: unknown) => boolean;
}

/**
 * Reads settings and contract for a framework.
 *
 * @throws StartFault where a setting or the contract is at fault, one line a fault
 */
export async function openFramework(options: FrameworkSettings): Promise<OpenFlick> {
  const { onOutcome, onError = tellError, onWarning = tellLine, ...written } = options;
  const misplaced = frameworksOwn.filter((key) => key in written);
  if (misplaced.length > 0) {
    throw new StartFault(misplaced.map((key) => `openFlick(): ${key}: the app listens and answers; leave it out`));
  }
  const ladder = await openLadder(written, { caller: 'openFlick()', hasHandlers: true, onOutcome, onWarning });
  const { contract, decider, settings, records, record } = ladder;
  const { sizes, timeouts, tls, overload } = settings;
  const guest: GuestOptions = { ...answerOptionsOf({ decider, timeouts, onError }), timeouts, sizes, record };
  const last = { decider, record };
  // The server of the request before: an app has one, and on `localhost` one more for each further address.
  let adopted: unknown;
  ladder.warm();
  let closed: Promise<void> | undefined;
  return {
    contract,
    records,
    warn: onWarning,
    createServer: (listener) =>
      new HostServer(
        listener,
        {
          decider,
          timeouts,
          sizes,
          maxConnections: overload.connections,
          overload,
          ...(tls && { tls }),
          onOutcome: record,
        },
        { onError },
      ),
    judge(request, response, target, ends) {
      const { server }: Served = request.socket;
      if (server !== adopted) {
        adoptServer(server, last);
        adopted = server;
      }
      new GuestExchange(request, response, target, guest, ends).begin();
    },
    adopt: (server) => adoptServer(server, last),
    isJudged: ({ flick }) => flick instanceof HandledRequest,
    answerThrown({ flick }, error) {
      if (!(flick instanceof HandledRequest) || !(error instanceof HandlerRefusal)) return false;
      flick.refuse(decider.refuse(flick.passage, error.reason, error.message, error.options));
      return true;
    },
    close: () => (closed ??= ladder.close()),
  };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Decider } from '@flick/decide';
import { Deadlines } from './deadlines.ts';
import type { Exchange, Handler, Timeouts } from './exchange.ts';
import { HandledRequest } from './handler-request.ts';
import type { HandlerRequest } from './handler-types.ts';
import type { ErrorPlace } from './handlers.ts';
import { HostAnswer, type HostAnswerOptions } from './host-answer.ts';
import { changeRequest, hostRequest } from './host-request.ts';

/** What a framework answers Node's requests with. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** A request that passed the ladder, as frameworks hand it about. */
export interface JudgedMessage extends IncomingMessage {
  flick?: HandlerRequest;
}

/** What a framework is run with. */
export interface HostOptions {
  readonly decider: Decider;
  readonly timeouts: Pick<Timeouts, 'upstreamMs'>;
  /** Hears of what goes wrong that no caller is told of. Must not throw. */
  readonly onError: (error: unknown, place: ErrorPlace) => void;
}

const failed = 'The server failed while it answered this request.';

/** What the answers of a framework are judged with. */
export function answerOptionsOf({ decider, timeouts, onError }: HostOptions): HostAnswerOptions {
  return {
    decider,
    deadlines: new Deadlines(timeouts.upstreamMs),
    onError: (error, exchange) => onError(error, placeOf(exchange)),
  };
}

/** Makes the request that a framework gets, `flick` on it. */
function judgedMessage(exchange: Exchange): JudgedMessage {
  const request: JudgedMessage = hostRequest(exchange);
  request.flick = new HandledRequest(exchange.passage.operation?.id ?? '', exchange);
  return request;
}

/** Makes the request that a framework has already into such a one. */
export function judgeInPlace(exchange: Exchange): void {
  changeRequest(exchange);
  const request: JudgedMessage = exchange.request;
  request.flick = new HandledRequest(exchange.passage.operation?.id ?? '', exchange);
}

/** Makes the handler of a gate that hands what passes to a framework, as a server of Node would. */
export function createHost(listener: RequestListener, options: HostOptions): Handler {
  const answers = answerOptionsOf(options);
  return {
    needsMessages: true,
    handle(exchange) {
      const { response } = exchange;
      const answer = new HostAnswer(exchange, answers);
      if ('host' in response) response.host = answer;
      try {
        listener(judgedMessage(exchange), response);
      } catch (error) {
        options.onError(error, placeOf(exchange));
        exchange.refuse(options.decider.refuse(exchange.passage, 'unhandled-error', failed, { cause: error }));
      }
    },
    async close() {},
    async destroy() {},
  };
}

function placeOf({ passage, requestId }: Exchange): ErrorPlace {
  return { operationId: passage.operation?.id ?? '', requestId };
}

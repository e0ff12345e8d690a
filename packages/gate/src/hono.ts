import { IncomingMessage, ServerResponse } from 'node:http';
import { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Reason } from '@flick/contract';
import { isWorker } from '@flick/settings';
import type { Context, MiddlewareHandler } from 'hono';
import { HandlerRefusal, type RefusalDetails, refusal as makeRefusal } from './handler-refusal.ts';
import { handOn } from './hono-request.ts';
import { factsOf } from './node-facts.ts';
import type { FlickContext } from './web-context.ts';
import { factsOfRequest, isFramed } from './web-facts.ts';
import { type FlickParts, type HostedSettings, type WebCall, WebLadder } from './web-ladder.ts';
import { withKnownBody } from './web-unframed.ts';

export * from './adapter-exports.ts';
export type { FlickContext } from './web-context.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** What the ladder found out about the request. */
    readonly flick: FlickContext;
  }
}

/** The settings of `flick.yaml` in camel case. */
export type FlickSettings = HostedSettings & {
  /**
   * The IP address at the other end of the connection. On `@hono/node-server` it is known; elsewhere it is due where limits
   * count by address or by consumer, such as `(c) => getConnInfo(c).remote.address`.
   */
  readonly addressOf?: (c: Context) => string | undefined;
};

/** Flick for one Hono app. */
export interface Flick extends FlickParts {
  /** The ladder before the routes that come after it, and the table behind what these answer. */
  readonly middleware: MiddlewareHandler;
}

/**
 * Reads the contract and makes Flick for a Hono app.
 *
 * @throws StartFault where a setting or the contract is at fault, one line a fault
 */
export async function openFlick({ addressOf, ...settings }: FlickSettings): Promise<Flick> {
  const ladder = await WebLadder.open(settings);
  const middleware: MiddlewareHandler = async (c, next) => {
    const respond: WebCall['respond'] = async (judged, context) => {
      handOn(c.req, judged);
      c.set('flick', context);
      await next();
      // Hono has made an answer of it already.
      if (c.error instanceof HandlerRefusal) throw c.error;
      return c.res;
    };
    const bindings = bindingsOf(c.env);
    const { incoming } = bindings;
    const { raw } = c.req;
    const isKnown = incoming instanceof IncomingMessage || isFramed(raw) || raw.body === null;
    const request = isKnown ? raw : await withKnownBody(raw, ladder.bodyMs);
    const answering = ladder.answer(callOf(c, request, bindings, respond, ladder.countsAddresses, addressOf));
    // Else what others wait for as well, and the outcome, could end with a client that hangs up.
    if (isWorker) contextOf(c)?.waitUntil(answering.then(() => ladder.settle()));
    const response = await answering;
    // What still comes of the request is nobody's to read.
    if (incoming instanceof IncomingMessage && !incoming.complete) response.headers.set('Connection', 'close');
    if (!c.finalized) return response;
    if (c.res !== response) {
      // Else Hono would add the fields of the answer before to it.
      c.res = undefined;
      c.res = response;
    }
    return undefined;
  };
  const { contract, records, close } = ladder;
  return { contract, records, close, middleware };
}

/**
 * Makes a refusal of the catalogue, for a handler to throw: `throw refusal('unknown-resource')`.
 *
 * @throws TypeError where there is no such reason
 */
export function refusal(reason: Reason, details?: RefusalDetails): HandlerRefusal {
  // Hono's own handler of errors says on stderr those that have no response.
  return Object.assign(makeRefusal(reason, details), { getResponse: () => new Response(null, { status: 500 }) });
}

/** What takes work that is to outlive the request. To ask for it where there is none costs an error. */
function contextOf(c: Context): Context['executionCtx'] | undefined {
  try {
    return c.executionCtx;
  } catch {
    return undefined;
  }
}

function callOf(
  c: Context,
  request: Request,
  { incoming, outgoing }: Bindings,
  respond: WebCall['respond'],
  needsAddress: boolean,
  addressOf: FlickSettings['addressOf'],
): WebCall {
  const address = addressOf === undefined ? incoming?.socket.remoteAddress : addressOf(c);
  // What Node has read of HTTP/1.1 tells more than the Request that is made of it; not of one that the app has made since.
  const read = incoming instanceof IncomingMessage && incoming.method === request.method ? incoming : undefined;
  return {
    request,
    factsWith: (overload) =>
      read === undefined
        ? factsOfRequest(request, address ?? '', overload)
        : factsOf(read, { address: address ?? '', secure: 'encrypted' in read.socket }, undefined, overload),
    sentId: request.headers.get('x-request-id') ?? undefined,
    isNobodys: needsAddress && address === undefined && addressOf === undefined,
    respond,
    ...(outgoing !== undefined && {
      whenOver(listener) {
        if (outgoing.destroyed) listener('aborted');
        else outgoing.once('close', () => listener(outgoing.writableFinished ? 'complete' : 'aborted'));
      },
    }),
  };
}

/** What `@hono/node-server` hands on beside the Request. */
interface Bindings {
  readonly incoming?: IncomingMessage | Http2ServerRequest;
  readonly outgoing?: ServerResponse | Http2ServerResponse;
}

function bindingsOf(env: unknown): Bindings {
  if (typeof env !== 'object' || env === null || !('incoming' in env) || !('outgoing' in env)) return {};
  const { incoming, outgoing } = env;
  if (incoming instanceof IncomingMessage && outgoing instanceof ServerResponse) return { incoming, outgoing };
  const isHttp2 = incoming instanceof Http2ServerRequest && outgoing instanceof Http2ServerResponse;
  return isHttp2 ? { incoming, outgoing } : {};
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { JudgedMessage, RequestListener } from './host.ts';
import type { OpenFlick } from './open-flick.ts';
import { type KnownRoute, reportRoutes } from './route-report.ts';
import type { FlickParts } from './web-ladder.ts';

/** A request as Express hands it about. */
type ExpressRequest = JudgedMessage & { readonly originalUrl?: string };

/** Middleware of Express 4 and 5. */
export type ExpressMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Middleware of Express for what was thrown. */
export type ExpressErrorMiddleware = (
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Flick for one Express app. */
export interface Flick extends FlickParts {
  /** Makes the gate the app's server, in the place of `http.createServer(app)`. Closed, it closes all of Flick. */
  readonly createServer: (app: RequestListener) => Server;
  /**
   * Has what a server that the app made itself cannot read, or waits for in vain, judged from its start on and not only
   * from the first request: `flick.adopt(app.listen(3000))`. Returns the server.
   */
  readonly adopt: <Own extends Server>(server: Own) => Own;
  /** Judges requests of whatever server the app has; used first. Lets pass what a server of `createServer` judged. */
  readonly middleware: ExpressMiddleware;
  /** Answers refusals that routes throw; used last. */
  readonly errors: ExpressErrorMiddleware;
}

/** Makes Flick for an Express app of a ladder that is open. */
export function openExpress(flick: OpenFlick): Flick {
  const { contract, records, close } = flick;
  return {
    contract,
    records,
    close,
    createServer(app) {
      const server = flick.createServer(app);
      server.once('listening', () => report(app, flick));
      server.once('close', () => void close());
      return server;
    },
    adopt(server) {
      flick.adopt(server);
      return server;
    },
    middleware: middlewareOf(flick),
    errors(error, request, _, next) {
      if (!flick.answerThrown(request, error)) next(error);
    },
  };
}

function middlewareOf(flick: OpenFlick): ExpressMiddleware {
  let reported = false;
  return (request: ExpressRequest, response, next) => {
    if (flick.isJudged(request)) {
      next();
      return;
    }
    if (!reported) {
      reported = true;
      report(Reflect.get(request, 'app'), flick);
    }
    flick.judge(request, response, request.originalUrl ?? request.url ?? '', {
      passed: () => next(),
      answered: () => {},
    });
  };
}

/** Says which routes and operations do not meet, as far as the app lets its routes be seen. */
function report(app: unknown, flick: OpenFlick): void {
  // Asked for its `router`, Express 4 throws.
  const name = memberOf(app, 'lazyrouter') === undefined ? 'router' : '_router';
  const stack = memberOf(memberOf(app, name), 'stack');
  if (!Array.isArray(stack)) return;
  const routes: KnownRoute[] = [];
  // A router in the app, or other middleware that answers, does not say at which path it stands.
  let isWhole = true;
  for (const layer of stack) {
    const route = memberOf(layer, 'route');
    if (memberOf(memberOf(layer, 'handle'), 'stack') !== undefined) isWhole = false;
    for (const path of [memberOf(route, 'path')].flat()) {
      if (typeof path !== 'string') continue;
      const methods = memberOf(route, 'methods');
      for (const method of Object.keys(typeof methods === 'object' && methods !== null ? methods : {}))
        routes.push({ method: method === '_all' ? '*' : method.toUpperCase(), path });
    }
  }
  const all = routes.filter(({ method }) => method === '*');
  const named = routes.filter(({ method }) => method !== '*');
  reportRoutes(flick.contract, named, isWhole && all.length === 0).forEach(flick.warn);
}

function memberOf(value: unknown, name: string): unknown {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject ? Reflect.get(value, name) : undefined;
}

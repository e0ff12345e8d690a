import type { ServerResponse, IncomingMessage } from 'node:http';

interface Listener {
  (request: IncomingMessage, response: ServerResponse): void;
}
type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** What an app answers; it may change from one request to the next. */
interface AppAnswer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | undefined;
}

/** Hears of each request that comes to an app. */
type Asked = (arrived: { readonly method: string; readonly target: string; readonly body: string }) => void;

/** A response of Express, as far as tests use it. */
interface ExpressResponse extends ServerResponse {
  json: (value: unknown) => void;
}

/** An app of Express, as far as tests use it. */
interface ExpressApp extends Listener {
  use: (...middleware: readonly unknown[]) => void;
  get: (path: string, route: (request: IncomingMessage, response: ExpressResponse) => void) => void;
}

/** Loads a package of this folder. */
export function load(name: 'express' | 'express4'): Promise<{ readonly default: () => ExpressApp }>;

/** An Express app that answers all that comes to it. */
export function expressApp(
  name: 'express' | 'express4',
  answer: AppAnswer,
  asked: Asked,
  first?: Middleware,
): Promise<Listener>;

/** What of Nest's adapters is used. */
interface Adapter {
  getType: () => string;
  getInstance: () => unknown;
  setHttpServer: (server: unknown) => void;
  initHttpServer: (options: never) => void;
}

/** Makes the gate the adapter's server. */
interface Adapting {
  readonly serverFactory: unknown;
  readonly adapt: (adapter: Adapter) => Adapter;
}

/** A Nest application on a free port of 127.0.0.1. */
interface ServedNest {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** A Nest application that answers all that comes to it. */
export function nestApp(
  platform: 'express' | 'fastify',
  answer: AppAnswer,
  asked: Asked,
  flick: Adapting,
): Promise<ServedNest>;

/** A Nest application with a controller for GET of each path. */
export function nestRoutes(
  platform: 'express' | 'fastify',
  flick: Adapting,
  routes: Readonly<Record<string, () => unknown>>,
  options: {
    readonly filter?: object;
    readonly logger: false | Readonly<Record<string, (...args: unknown[]) => void>>;
    readonly httpsOptions?: object;
  },
): Promise<ServedNest>;

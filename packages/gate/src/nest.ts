import { IncomingMessage, type Server } from 'node:http';
import { type Reason, reasons } from '@flick/contract';
import type { FastifyServerFactory } from 'fastify';
import { type ExpressMiddleware, openExpress } from './express-app.ts';
import { openFastify } from './fastify-app.ts';
import { HandlerRefusal, type RefusalDetails, refusal as makeRefusal } from './handler-refusal.ts';
import type { JudgedMessage, RequestListener } from './host.ts';
import { type FrameworkSettings as FlickSettings, openFramework, type OpenFlick } from './open-flick.ts';
import type { FlickParts } from './web-ladder.ts';

export * from './adapter-exports.ts';
export type { HandlerRequest } from './handler-types.ts';
export type { FrameworkSettings as FlickSettings } from './open-flick.ts';

/** What of an HTTP adapter of Nest is used here. */
export interface NestAdapter {
  getType: () => string;
  getInstance: () => unknown;
  setHttpServer: (server: Server) => void;
  /** Nest has the adapter make its server by it. */
  initHttpServer: (options: never) => void;
}

/** What of Nest's hosts of arguments is used here. */
export interface NestArguments {
  getArgByIndex: (index: number) => unknown;
}

/** A filter of exceptions, as Nest takes it. */
export interface NestFilter {
  catch: (exception: HandlerRefusal, host: NestArguments) => void;
}

/** Flick for one Nest application, on Express or Fastify. */
export interface Flick extends FlickParts {
  /** For the platform Fastify: `new FastifyAdapter({ serverFactory })`, which is adapted then. */
  readonly serverFactory: FastifyServerFactory;
  /** Makes the gate the server of an adapter, before it is given to `NestFactory.create`; returns that adapter. */
  readonly adapt: <Adapter extends NestAdapter>(adapter: Adapter) => Adapter;
  /** Answers the refusals that are thrown: `app.useGlobalFilters(flick.filter)`. */
  readonly filter: NestFilter;
  /** For an application on Express that keeps its own server: `app.use(flick.middleware)`, before all else. */
  readonly middleware: ExpressMiddleware;
}

/**
 * Reads the contract and makes Flick for a Nest application. It is closed with the application's server.
 *
 * @throws StartFault where a setting or the contract is at fault, one line a fault
 */
export async function openFlick(settings: FlickSettings): Promise<Flick> {
  const flick = await openFramework(settings);
  const fastify = openFastify(flick);
  const express = openExpress(flick);
  const { contract, records, close } = flick;
  return {
    contract,
    records,
    close,
    serverFactory: fastify.serverFactory,
    middleware: express.middleware,
    // By then Nest is loaded.
    get filter() {
      return filterOf(flick);
    },
    adapt(adapter) {
      if (adapter.getType() === 'fastify') {
        const app: unknown = adapter.getInstance();
        if (isFastify(app)) app.register(fastify.plugin);
      } else {
        adapter.initHttpServer = () => {
          const app: unknown = adapter.getInstance();
          if (isListener(app)) adapter.setHttpServer(express.createServer(app));
        };
      }
      return adapter;
    },
  };
}

/**
 * Makes a refusal of the catalogue, to be thrown anywhere in Nest: `throw refusal('unknown-resource')`. Without
 * `flick.filter`, Nest's own filter answers it in its own words, with the same code.
 *
 * @throws TypeError where there is no such reason
 */
export function refusal(reason: Reason, details?: RefusalDetails): HandlerRefusal {
  const made = makeRefusal(reason, details);
  const { code } = reasons[reason];
  // By these, Nest and Express know an error of HTTP.
  return Object.assign(made, { status: code, statusCode: code, expose: true });
}

function filterOf(flick: OpenFlick): NestFilter {
  class RefusalFilter implements NestFilter {
    catch(exception: HandlerRefusal, host: NestArguments): void {
      if (flick.answerThrown(messageOf(host.getArgByIndex(0)), exception)) return;
      // Not judged here: it is the platform's.
      throw exception;
    }
  }
  // As Nest's own `@Catch(HandlerRefusal)` has it; that is the application's to load.
  const define: unknown = Reflect.get(Reflect, 'defineMetadata');
  if (typeof define === 'function') define('__filterCatchExceptions__', [HandlerRefusal], RefusalFilter);
  return new RefusalFilter();
}

/** Node's request, of the request of either platform. */
function messageOf(request: unknown): JudgedMessage {
  const message: unknown = typeof request === 'object' && request !== null && 'raw' in request ? request.raw : request;
  if (message instanceof IncomingMessage) return message;
  throw new TypeError('a refusal was thrown where no request of HTTP is answered');
}

function isFastify(app: unknown): app is { register: (plugin: unknown) => void } {
  return typeof app === 'object' && app !== null && 'register' in app && typeof app.register === 'function';
}

function isListener(app: unknown): app is RequestListener {
  return typeof app === 'function';
}

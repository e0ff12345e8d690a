import type { Server } from 'node:http';
import type { FastifyServerFactory } from 'fastify';
import { type ExpressFlick, openExpress } from './express.ts';
import { openFastify } from './fastify.ts';
import { type FrameworkSettings, openFramework, type OpenFlick } from './open-flick.ts';

export type { FrameworkSettings } from './open-flick.ts';

/** What of an HTTP adapter of Nest is used here. */
export interface NestAdapter {
  getType: () => string;
  getInstance: () => unknown;
  setHttpServer: (server: Server) => void;
  /** Nest has the adapter make its server by it. */
  initHttpServer: (options: never) => void;
}

/** Flick for one Nest application, on Express or Fastify. */
export interface NestFlick extends Pick<OpenFlick, 'contract' | 'records' | 'close'> {
  /** For the platform Fastify: `new FastifyAdapter({ serverFactory })`, which is adapted then. */
  readonly serverFactory: FastifyServerFactory;
  /** Makes the gate the server of an adapter, before it is given to `NestFactory.create`; returns that adapter. */
  readonly adapt: <Adapter extends NestAdapter>(adapter: Adapter) => Adapter;
  /** For an application on Express that keeps its own server: `app.use(flick.middleware)`, before all else. */
  readonly middleware: ExpressFlick['middleware'];
}

/**
 * Reads the contract and makes Flick for a Nest application. It is closed with the application's server.
 *
 * @throws StartFault where a setting or the contract is at fault, one line a fault
 */
export async function openFlick(settings: FrameworkSettings): Promise<NestFlick> {
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

function isFastify(app: unknown): app is { register: (plugin: unknown) => void } {
  return typeof app === 'object' && app !== null && 'register' in app && typeof app.register === 'function';
}

function isListener(app: unknown): app is Parameters<ExpressFlick['createServer']>[0] {
  return typeof app === 'function';
}

import type { FastifyInstance, FastifyPluginCallback, FastifyServerFactory } from 'fastify';
import type { HandlerRequest } from './handler-types.ts';
import type { JudgedMessage } from './host.ts';
import { type FrameworkSettings, openFramework, type OpenFlick } from './open-flick.ts';
import { type KnownRoute, reportRoutes } from './route-report.ts';

export type { FrameworkSettings } from './open-flick.ts';
export { refusal } from './handler-refusal.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the ladder found: who calls, and what was read for the checks, typed and with defaults. */
    flick: HandlerRequest;
  }
}

/** Flick for one Fastify app. */
export interface FastifyFlick extends Pick<OpenFlick, 'contract' | 'records'> {
  /** Makes the gate the app's server: `Fastify({ serverFactory })`. */
  readonly serverFactory: FastifyServerFactory;
  /** Brings `request.flick`. Without `serverFactory`, it judges requests as the first hook of the app, too. */
  readonly plugin: FastifyPluginCallback;
}

/**
 * Reads the contract and makes Flick for a Fastify app. It is closed with the app.
 *
 * @throws StartFault where a setting or the contract is at fault, one line a fault
 */
export async function openFlick(settings: FrameworkSettings): Promise<FastifyFlick> {
  return openFastify(await openFramework(settings));
}

/** Makes Flick for a Fastify app of a ladder that is open. */
export function openFastify(flick: OpenFlick): FastifyFlick {
  const plugin: FastifyPluginCallback = (app, _, done) => {
    addFlick(app, flick);
    done();
  };
  // The hooks are for all of the app (as fastify-plugin has it), and not for what the plugin registers.
  Reflect.set(plugin, Symbol.for('skip-override'), true);
  Reflect.set(plugin, Symbol.for('fastify.display-name'), '@flick/gate');
  const { contract, records, createServer } = flick;
  return { contract, records, serverFactory: (listener) => createServer(listener), plugin };
}

function addFlick(app: FastifyInstance, flick: OpenFlick): void {
  app.decorateRequest('flick', {
    getter() {
      const { flick: found }: JudgedMessage = this.raw;
      if (found === undefined) throw new Error('request.flick: the request is not judged yet');
      return found;
    },
  });
  flick.adopt(app.server);
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    if (flick.isJudged(raw)) {
      done();
      return;
    }
    flick.judge(raw, reply.raw, raw.url ?? '', {
      passed: () => done(),
      // Nothing more of Fastify's runs for it.
      answered: () => void reply.hijack(),
    });
  });
  app.addHook('onError', (request, _, error, done) => {
    // The answer that Fastify makes of it is not heard any more.
    flick.answerThrown(request.raw, error);
    done();
  });
  const routes: KnownRoute[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ method: each, path: url });
  });
  app.addHook('onReady', (done) => {
    reportRoutes(flick.contract, routes, true).forEach(flick.warn);
    done();
  });
  app.addHook('onClose', async () => {
    await flick.close();
  });
}

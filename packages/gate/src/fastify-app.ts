import type { FastifyInstance, FastifyPluginCallback, FastifyServerFactory } from 'fastify';
import { handOnJson } from './fastify-json.ts';
import type { JudgedMessage } from './host.ts';
import type { OpenFlick } from './open-flick.ts';
import { type KnownRoute, reportRoutes } from './route-report.ts';
import type { FlickParts } from './web-ladder.ts';

/** Flick for one Fastify app. */
export interface Flick extends FlickParts {
  /** Makes the gate the app's server: `Fastify({ serverFactory })`. */
  readonly serverFactory: FastifyServerFactory;
  /** Brings `request.flick`. Without `serverFactory`, it judges requests as the first hook of the app, too. */
  readonly plugin: FastifyPluginCallback;
}

/** How Fastify prints the routes of an app that has none. */
const noRoutes = '(empty tree)';

/** Makes Flick for a Fastify app of a ladder that is open. */
export function openFastify(flick: OpenFlick): Flick {
  const plugin: FastifyPluginCallback = (app, _, done) => {
    addFlick(app, flick);
    done();
  };
  // The hooks are for all of the app (as fastify-plugin has it), and not for what the plugin registers.
  Reflect.set(plugin, Symbol.for('skip-override'), true);
  Reflect.set(plugin, Symbol.for('fastify.display-name'), '@flick/gate');
  const { contract, records, close, createServer } = flick;
  return { contract, records, close, serverFactory: (listener) => createServer(listener), plugin };
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
  // It has some where `register` is not waited for.
  const isFirst = app.printRoutes() === noRoutes;
  handOnJson(app, isFirst);
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
    reportRoutes(flick.contract, routes, isFirst).forEach(flick.warn);
    done();
  });
  app.addHook('onClose', async () => {
    await flick.close();
  });
}

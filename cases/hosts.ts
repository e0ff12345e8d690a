import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Outcome } from '@flick/gate';
import { openFlick as openExpress } from '@flick/gate/express';
import { type FlickSettings, openFlick } from '@flick/gate/fastify';
import { openFlick as openNest } from '@flick/gate/nest';
import { vi } from 'vitest';
import Fastify, { type FastifyInstance } from 'fastify';
import { portOf } from '../packages/gate/test/port-of.ts';
import type { Answer, Arrived } from './answer.ts';
import { expressApp, nestApp } from './frameworks/apps.js';

import { checkProblem, exchange } from './over-sockets.ts';
import { settingsOf } from './story-settings.ts';
import { inTurn, type Story, type StoryUpstream } from './story.ts';

/** An app that answers as a story says, in one framework. */
interface OpenApp {
  readonly port: number;
  readonly close: () => Promise<unknown>;
}

/** What the app answers: of the story under way. */
interface AppAnswer {
  readonly status: number;
  readonly fields: NonNullable<StoryUpstream['fields']>;
  readonly body: string | undefined;
}

type Mutable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

/** How a framework is opened: with its app behind Flick. `asked` hears of each request that comes to the app. */
export type OpenHost = (
  settings: FlickSettings,
  answer: AppAnswer,
  asked: (arrived: Omit<Arrived, 'fields'>) => void,
) => Promise<OpenApp>;

/** Every path and media type is the app's, so that what it is not asked is Flick's doing. */
function answerAll(app: FastifyInstance, answer: AppAnswer, asked: Parameters<OpenHost>[2]): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, bytes, done) => done(null, bytes));
  app.route({
    method: app.supportedMethods,
    url: '/*',
    handler: (request, reply) => {
      const bytes = request.body instanceof Uint8Array ? request.body : new Uint8Array();
      asked({ method: request.method, target: request.url, body: Buffer.from(bytes).toString('latin1') });
      const { status, fields, body } = answer;
      for (const [name, value] of Object.entries(fields)) reply.header(name, value);
      return reply.code(status).send(body === undefined ? undefined : Buffer.from(body));
    },
  });
}

/** Fastify, with the gate as its server. */
export const fastifyServed: OpenHost = async (settings, answer, asked) => {
  const flick = await openFlick(settings);
  const app = Fastify({ serverFactory: flick.serverFactory });
  await app.register(flick.plugin);
  answerAll(app, answer, asked);
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: Number(new URL(origin).port), close: () => app.close() };
};

/** Fastify, with a server of its own. */
export const fastifyPlugged: OpenHost = async (settings, answer, asked) => {
  const flick = await openFlick(settings);
  const app = Fastify();
  await app.register(flick.plugin);
  answerAll(app, answer, asked);
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: Number(new URL(origin).port), close: () => app.close() };
};

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return portOf(server);
}

/** Express, with the gate as its server. */
export function expressServed(name: 'express' | 'express4'): OpenHost {
  return async (settings, answer, asked) => {
    const flick = await openExpress(settings);
    const server = flick.createServer(await expressApp(name, answer, asked));
    const port = await listening(server);
    return { port, close: () => new Promise((resolve) => server.close(resolve)) };
  };
}

/** Express, with a server of its own. */
export function expressPlugged(name: 'express' | 'express4'): OpenHost {
  return async (settings, answer, asked) => {
    const flick = await openExpress(settings);
    const app = await expressApp(name, answer, asked, flick.middleware);
    const server = flick.adopt(createServer(app));
    const port = await listening(server);
    return {
      port,
      close: async () => {
        server.closeIdleConnections();
        await new Promise((resolve) => server.close(resolve));
        await flick.close();
      },
    };
  };
}

/** Nest, with the gate as its server. */
export function nestServed(platform: 'express' | 'fastify'): OpenHost {
  return async (settings, answer, asked) => nestApp(platform, answer, asked, await openNest(settings));
}

/** A host that stories are run in, one after the other. */
export interface Host {
  /** Runs a story over sockets. The fields that came to the app are not looked at. */
  readonly run: (story: Story) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

/** Whether requests before it would change what comes of a story: those that are counted, and CORS as the API last said it. */
function isRemembered({ settings, requests }: Story): boolean {
  return settings.limits !== undefined || requests.some((request) => /\r\norigin:/i.test(request.toString('latin1')));
}

/** Prepares a host: stories of the same settings share an app where none changes what comes of another. */
export function hostOf(open: OpenHost): Host {
  const apps = new Map<string, Promise<StoryApp>>();
  return {
    async run(story) {
      if (isRemembered(story)) {
        const app = await StoryApp.open(story, open);
        return app.run(story).finally(() => app.close());
      }
      const key = JSON.stringify([story.contract, story.settings]);
      let app = apps.get(key);
      if (app === undefined) {
        app = StoryApp.open(story, open);
        apps.set(key, app);
      }
      return (await app).run(story);
    },
    async close() {
      await Promise.all(Array.from(apps.values(), async (app) => (await app).close()));
    },
  };
}

function quiet(outcomes: Outcome[]): Pick<FlickSettings, 'onOutcome' | 'onError' | 'onWarning'> {
  return { onOutcome: (outcome) => void outcomes.push(outcome), onError: () => {}, onWarning: () => {} };
}

class StoryApp {
  readonly #outcomes: Outcome[] = [];
  readonly #arrived: Omit<Arrived, 'fields'>[] = [];
  readonly #answer: Mutable<AppAnswer> = { status: 200, fields: {}, body: undefined };
  #app: OpenApp | undefined;

  static async open(story: Story, open: OpenHost): Promise<StoryApp> {
    const app = new StoryApp();
    const settings = { ...settingsOf(story), ...quiet(app.#outcomes) };
    app.#app = await open(settings, app.#answer, (request) => app.#arrived.push(request));
    return app;
  }

  async run(story: Story): Promise<Answer> {
    if (this.#outcomes.length > 0) throw new Error('the story before has one record too many');
    const { status, fields = {}, body } = story.upstream;
    Object.assign(this.#answer, { status, fields, body });
    const wire = await inTurn(story.requests, (request) => {
      this.#arrived.length = 0;
      return exchange(this.#app?.port ?? 0, request);
    });
    const outcomes = this.#outcomes;
    await vi.waitFor(
      () => {
        if (outcomes.length < story.requests.length) throw new Error(`${outcomes.length} records`);
      },
      { timeout: 10_000, interval: 5 },
    );
    const outcome = outcomes.at(-1);
    if (!wire || !outcome) throw new Error('nothing was recorded');
    if (outcomes.length !== story.requests.length)
      throw new Error(`${outcomes.length} records of ${story.requests.length} requests`);
    outcomes.length = 0;
    const { precise, reason, operation, observed } = outcome;
    return {
      status: wire.status,
      precise,
      reason,
      operation,
      observed: observed?.reason,
      fields: wire.fields,
      errors: checkProblem(wire, outcome),
      body: wire.body,
      upstream: this.#arrived.at(-1),
    };
  }

  async close(): Promise<void> {
    await this.#app?.close();
  }
}

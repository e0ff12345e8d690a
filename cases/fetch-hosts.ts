import { createServer } from 'node:http';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createAdaptorServer, getRequestListener } from '@hono/node-server';
import type { Outcome } from '@flick/decide';
import { openFlick } from '@flick/gate/fetch';
import { openFlick as openHono } from '@flick/gate/hono';
import { Hono } from 'hono';
import { expect, vi } from 'vitest';
import { portOf } from '../packages/gate/test/port-of.ts';
import type { Answer } from './answer.ts';
import { requestOf, responseOf, wireOf } from './fetch-bytes.ts';
import { checkProblem, exchange, type Wire } from './over-sockets.ts';
import { contractSettingsOf, moduleOf } from './setting.ts';
import { settingsOf } from './story-settings.ts';
import { inTurn, type Story } from './story.ts';

/** What reached the handler of the last request. */
export type Reached = NonNullable<Answer['upstream']>;

/** Something that answers the bytes of a request. */
interface Host {
  readonly send: (bytes: Buffer) => Promise<Wire>;
  readonly stop: () => Promise<void>;
}

/** A way to serve a story's handler behind Flick. */
export type Hosting = (story: Story, api: StoryApi) => Promise<Host>;

/** The API of a story as a handler, and what it and Flick saw. */
interface StoryApi {
  readonly outcomes: Outcome[];
  readonly onOutcome: (outcome: Outcome) => void;
  readonly answer: (request: Request) => Promise<Response>;
}

/**
 * Runs a story in a host. What would have been forwarded is seen without its fields.
 *
 * @param patienceMs - how long an outcome is waited for
 */
export async function runInHost(story: Story, hosting: Hosting, patienceMs = 10_000): Promise<Answer> {
  let reached: Reached | undefined;
  const outcomes: Outcome[] = [];
  const api: StoryApi = {
    outcomes,
    onOutcome: (outcome) => outcomes.push(outcome),
    async answer(request) {
      const { method, url } = request;
      const { pathname, search } = new URL(url);
      const body = Buffer.from(await request.arrayBuffer()).toString('latin1');
      reached = { method, target: pathname + search, body };
      return responseOf(story.upstream);
    },
  };
  const host = await hosting(story, api);
  try {
    const wire = await inTurn(story.requests, (request) => {
      reached = undefined;
      return host.send(request);
    });
    const recorded = (): void => expect(outcomes).toHaveLength(story.requests.length);
    await vi.waitFor(recorded, { timeout: patienceMs });
    const outcome = outcomes.at(-1);
    if (!wire || !outcome) throw new Error('nothing was recorded');
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
      upstream: reached,
    };
  } finally {
    await host.stop();
  }
}

async function fetchOf(story: Story, { answer, onOutcome }: StoryApi, contract?: object) {
  return openFlick({
    ...settingsOf(story),
    ...(contract && { contract }),
    handler: (request) => answer(request),
    addressOf: () => '127.0.0.1',
    onOutcome,
    onWarning: () => {},
  });
}

/** `@flick/gate/fetch`, called with Requests. */
export const inMemoryFetch: Hosting = async (story, api) => {
  const { fetch, close } = await fetchOf(story, api);
  return { send: async (bytes) => wireOf(await fetch(requestOf(bytes))), stop: close };
};

/** `@flick/gate/fetch` on the module of a contract that was compiled with the settings of the story. */
export const inMemoryModule: Hosting = async (story, api) => {
  const document = fileURLToPath(new URL(`contracts/${story.contract}`, import.meta.url));
  const { fetch, close } = await fetchOf(story, api, moduleOf(document, contractSettingsOf(story.settings)));
  return { send: async (bytes) => wireOf(await fetch(requestOf(bytes))), stop: close };
};

/** `@flick/gate/fetch` on a server of Node that makes Requests. */
export const fetchOverSockets: Hosting = async (story, api) => {
  const { fetch, close } = await fetchOf(story, api);
  const server = createServer(
    { requireHostHeader: false },
    getRequestListener((request) => fetch(request)),
  );
  return listening(server, close);
};

async function honoOf(story: Story, { answer, onOutcome }: StoryApi, addressOf?: () => string) {
  const { middleware, close } = await openHono({
    ...settingsOf(story),
    ...(addressOf && { addressOf }),
    onOutcome,
    onWarning: () => {},
  });
  const app = new Hono();
  app.use(middleware);
  app.all('*', (c) => answer(c.req.raw));
  return { app, close };
}

/** `@flick/gate/hono`, asked by `app.request`. */
export const inMemoryHono: Hosting = async (story, api) => {
  const { app, close } = await honoOf(story, api, () => '127.0.0.1');
  return { send: async (bytes) => wireOf(await app.request(requestOf(bytes))), stop: close };
};

/** `@flick/gate/hono` on `@hono/node-server`. */
export const honoOverSockets: Hosting = async (story, api) => {
  const { app, close } = await honoOf(story, api);
  const server = createAdaptorServer({ fetch: app.fetch });
  return listening(server, close);
};

async function listening(server: ReturnType<typeof createAdaptorServer>, close: () => Promise<void>): Promise<Host> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  return {
    send: (bytes) => exchange(port, bytes),
    async stop() {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
      await close();
    },
  };
}

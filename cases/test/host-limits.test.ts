import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { serve } from '@flick/gate';
import { openFlick as openExpress } from '@flick/gate/express';
import { type FlickSettings, openFlick as openFastify } from '@flick/gate/fastify';
import { openFlick as openNest } from '@flick/gate/nest';
import Fastify from 'fastify';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { load, nestRoutes } from '../frameworks/apps.js';
import { installIn } from '../install.ts';
import { serveFlick } from '../../packages/cli/test/flick.ts';
import { folderWith } from '../../packages/cli/test/temporary-folder.ts';
import { portOf } from '../../packages/gate/test/port-of.ts';
import { readDocument } from '../../tools/test/markdown.ts';

const responses = { 200: { description: 'It.' } };
const contract = {
  openapi: '3.2.0',
  info: { title: 'Tea', version: '1' },
  paths: { '/tea': { get: { operationId: 'getTea', responses } } },
};

/** An app with one route, whose answers a test may hold back. */
class Stage {
  readonly warnings: string[] = [];
  /** The requests that came to the app. */
  asked = 0;
  port = 0;
  isHeld = false;
  readonly #held: (() => void)[] = [];

  settings(more: Partial<FlickSettings> = {}): FlickSettings {
    return { contract, records: 'off', onWarning: (line) => void this.warnings.push(line), onError: () => {}, ...more };
  }

  respond(answer: () => void): void {
    this.asked += 1;
    if (this.isHeld) this.#held.push(answer);
    else answer();
  }

  /** Waits until so many requests wait in the app, and has them answered. */
  async answerOnce(count: number): Promise<void> {
    await vi.waitUntil(() => this.#held.length === count, { timeout: 20_000 });
    for (const answer of this.#held.splice(0)) answer();
  }
}

type Way = 'served' | 'plugged';

async function fastify(way: Way, more?: Partial<FlickSettings>): Promise<Stage> {
  const stage = new Stage();
  const flick = await openFastify(stage.settings(more));
  const app = Fastify(way === 'served' ? { serverFactory: flick.serverFactory } : {});
  await app.register(flick.plugin);
  app.get('/tea', (_, reply) => stage.respond(() => void reply.send('tea')));
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  stage.port = Number(new URL(origin).port);
  return stage;
}

async function express(way: Way, more?: Partial<FlickSettings>): Promise<Stage> {
  const stage = new Stage();
  const flick = await openExpress(stage.settings(more));
  const app = (await load('express')).default();
  app.get('/early', (_, response) => response.end('early'));
  if (way === 'plugged') app.use(flick.middleware);
  app.get('/tea', (_, response) => stage.respond(() => void response.end('tea')));
  await listen(stage, way === 'served' ? flick.createServer(app) : flick.adopt(createServer(app)));
  onTestFinished(() => flick.close());
  return stage;
}

async function listen(stage: Stage, server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  stage.port = portOf(server);
}

async function nest(platform: 'express' | 'fastify', options: { readonly httpsOptions?: object } = {}): Promise<Stage> {
  const stage = new Stage();
  const flick = await openNest(stage.settings());
  const app = await nestRoutes(platform, flick, { tea: () => 'tea' }, { logger: false, ...options });
  onTestFinished(() => app.close());
  stage.port = app.port;
  return stage;
}

/** Sends bytes, and reads on until the answer has what is due, or the connection is closed. */
async function send(port: number, bytes: string, due: RegExp): Promise<void> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.write(bytes);
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (due.test(text)) resolve();
    });
    socket.on('close', () => resolve());
  });
  expect(text).toMatch(due);
}

const get = 'GET /tea HTTP/1.1\r\nHost: tea\r\n';
const upgrade =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

async function speaksNoHttp2(port: number): Promise<void> {
  await send(port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^HTTP\/1\.1 4\d\d /);
}

async function upgradesNothing({ port }: { readonly port: number }): Promise<void> {
  await speaksNoHttp2(port);
  await send(port, get + upgrade, /^HTTP\/1\.1 200 .*tea$/s);
}

/** With a server of its own, an app gets more than `overload` says; with the gate as its server it does not. */
async function shedsNothing(open: (way: Way, more: Partial<FlickSettings>) => Promise<Stage>): Promise<void> {
  const plugged = await open('plugged', { overload: { inFlight: 1 } });
  plugged.isHeld = true;
  const answers = Promise.all([0, 1].map(() => fetch(`http://127.0.0.1:${plugged.port}/tea`)));
  await plugged.answerOnce(2);
  expect((await answers).map(({ status }) => status)).toEqual([200, 200]);
  const served = await open('served', { overload: { inFlight: 1 } });
  served.isHeld = true;
  const both = Promise.all([0, 1].map(async () => (await fetch(`http://127.0.0.1:${served.port}/tea`)).text()));
  await served.answerOnce(1);
  expect((await both).filter((text) => text.includes('"overloaded"'))).toHaveLength(1);
}

/** The bound on a head is Node's, and the answer the ladder's. */
async function leavesHeadsToNode(open: (way: Way, more: Partial<FlickSettings>) => Promise<Stage>): Promise<void> {
  const { port } = await open('plugged', { sizes: { headers: '1KiB' } });
  await send(port, `${get}X-Long: ${'a'.repeat(4000)}\r\n\r\n`, /^HTTP\/1\.1 200 /);
  await send(port, `${get}X-Long: ${'a'.repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 400 .*"headers-too-large"/s);
}

/** What comes to the plugin is of a version that the ladder does not take. */
async function judgesNoHttp2(): Promise<void> {
  const flick = await openFastify(new Stage().settings());
  const app = Fastify({ http2: true });
  await app.register(flick.plugin);
  app.get('/tea', () => 'tea');
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  const session = connectHttp2(origin);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ':path': '/tea' }).setEncoding('utf8');
  const [fields] = await once(stream, 'response');
  expect(fields[':status']).toBe(400);
  expect((await stream.toArray()).join('')).toContain('"malformed-request"');
}

/** Of two requests on one connection, the second comes to the app before the first is answered. */
async function readsOn(open: (way: Way) => Promise<Stage>): Promise<void> {
  const stage = await open('plugged');
  stage.isHeld = true;
  const both = send(stage.port, `${get}\r\n${get}\r\n`, /HTTP\/1\.1 200 .*HTTP\/1\.1 200 /s);
  await stage.answerOnce(2);
  await both;
}

/** A contract of what no server of Node can do. */
const beyond = {
  ...contract,
  paths: {
    '/tea': { ...contract.paths['/tea'], additionalOperations: { BREW: { operationId: 'brew', responses } } },
    '/vault': { get: { operationId: 'open', security: [{ certificate: [] }], responses } },
  },
  components: { securitySchemes: { certificate: { type: 'mutualTLS' } } },
};

async function embedded(): Promise<number> {
  const handlers = { getTea: () => 'tea', brew: () => 'tea', open: () => 'tea' };
  const service = await serve({ contract: beyond, handlers, listen: 0, records: 'off', onWarning: () => {} });
  onTestFinished(() => service.stop());
  return Number(new URL(service.origin).port);
}

/** A gateway before an API whose answers never end. */
async function gateway(): Promise<number> {
  const api = createServer((_, response) => void response.writeHead(200, { 'Content-Type': 'text/plain' }).write('te'));
  const stage = new Stage();
  await listen(stage, api);
  const folder = folderWith({
    'openapi.json': JSON.stringify(beyond),
    'flick.yaml': 'contract: openapi.json\ntimeouts: { upstream: 500ms }\nrecords: off\n',
  });
  const { origin } = await serveFlick(['--upstream', `http://127.0.0.1:${stage.port}`], folder);
  return Number(new URL(origin).port);
}

async function knowsNoOtherMethod(port: number): Promise<void> {
  await send(port, 'STIR /tea HTTP/1.1\r\nHost: tea\r\n\r\n', /^HTTP\/1\.1 405 .*"unknown-method"/s);
  await send(port, 'BREW /tea HTTP/1.1\r\nHost: tea\r\n\r\n', /^HTTP\/1\.1 400 .*"malformed-request"/s);
}

/** For each line of each guide's table: what shows it. */
const proofs: Readonly<Record<string, Readonly<Record<string, () => Promise<void>>>>> = {
  'docs/gateway.md': {
    'HTTP/2': async () => speaksNoHttp2(await gateway()),
    "Methods that Node's parser does not know": async () => knowsNoOtherMethod(await gateway()),
    'Client certificates (`mutualTLS`)': async () =>
      send(await gateway(), 'GET /vault HTTP/1.1\r\nHost: tea\r\n\r\n', /^HTTP\/1\.1 401 /),
    'A download that takes longer than `timeouts.upstream`': async () => {
      const answer = await fetch(`http://127.0.0.1:${await gateway()}/tea`);
      expect(answer.status).toBe(200);
      await expect(answer.text()).rejects.toThrow('terminated');
    },
  },
  'docs/embedded.md': {
    'HTTP/2': async () => speaksNoHttp2(await embedded()),
    WebSocket: async () => send(await embedded(), get + upgrade, /^HTTP\/1\.1 200 .*tea$/s),
    "Methods that Node's parser does not know": async () => knowsNoOtherMethod(await embedded()),
  },
  'docs/fastify.md': {
    'HTTP/2, and `upgrade` events': async () => upgradesNothing(await fastify('served')),
    'HTTP/2': judgesNoHttp2,
    "A target that Fastify's router cannot decode": async () => {
      const { port } = await fastify('plugged');
      const own = /^HTTP\/1\.1 400 .*"FST_ERR_BAD_URL"/s;
      await send(port, 'GET /%zz HTTP/1.1\r\nHost: tea\r\n\r\n', own);
    },
    '503 `overloaded`, bounds on connections': () => shedsNothing(fastify),
    '`timeouts` but for `request` and `upstream`, `sizes.headers`': () => leavesHeadsToNode(fastify),
    'A hanging answer to one of several requests on a connection': () => readsOn(fastify),
  },
  'docs/express.md': {
    'HTTP/2, and `upgrade` events': async () => upgradesNothing(await express('served')),
    'What middleware before it answers': async () => {
      const { port } = await express('plugged');
      expect(await (await fetch(`http://127.0.0.1:${port}/early`)).text()).toBe('early');
    },
    '503 `overloaded`, bounds on connections': () => shedsNothing(express),
    '`timeouts` but for `request` and `upstream`, `sizes.headers`': () => leavesHeadsToNode(express),
    'A hanging answer to one of several requests on a connection': () => readsOn(express),
  },
  'docs/nest.md': {
    'HTTP/2, and `upgrade` events, so gateways of WebSockets': async () => {
      await upgradesNothing(await nest('express'));
      await upgradesNothing(await nest('fastify'));
    },
    '`httpsOptions`': async () => {
      const { port } = await nest('express', { httpsOptions: { key: 'none', cert: 'none' } });
      expect(await (await fetch(`http://127.0.0.1:${port}/tea`)).text()).toBe('tea');
    },
  },
};

beforeAll(() => installIn('frameworks', '@nestjs/platform-fastify'), 240_000);

describe.each(Object.entries(proofs))('%s cannot do what its table says', (page, shown) => {
  it('for each line there is something to show', () => {
    const [, table = ''] = readDocument(page).split('## What it cannot do\n');
    const lines = Array.from(table.split('\n## ')[0]?.matchAll(/^\|(?!\s*---)(.+)\|$/gm) ?? [], ([, cells = '']) =>
      cells.split('|').map((cell) => cell.trim()),
    );
    const what = lines[0]?.indexOf('What') ?? -1;
    expect(lines.slice(1).map((cells) => cells[what])).toEqual(Object.keys(shown));
  });

  it.each(Object.entries(shown))('%s', async (_, show) => {
    await expect(show()).resolves.toBeUndefined();
  });
});

import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import { type Flick, openFlick, refusal } from '@flick/gate/express';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { portOf } from '../../packages/gate/test/port-of.ts';
import { type ExpressApp, load } from '../frameworks/apps.js';
import { installIn } from '../install.ts';

const contract = {
  openapi: '3.1.0',
  info: { title: 'Tea', version: '1' },
  paths: Object.fromEntries(
    ['/tea', '/slow', '/thrown', '/refused', '/short'].map((path) => {
      const responses = { 200: { description: 'It.' } };
      const requestBody = { content: { 'application/json': { schema: { type: 'object' } } } };
      return [
        path,
        {
          get: { operationId: `get${path}`, responses },
          post: { operationId: `post${path}`, requestBody, responses },
        },
      ];
    }),
  ),
};

/** Reads bodies, as parsers of them do. */
function drain(message: IncomingMessage, _: unknown, next: () => void): void {
  message.resume().on('end', next);
}

/** Serves an app behind Flick; it ends with its test. */
async function open(
  name: 'express' | 'express4',
  way: 'served' | 'plugged' | 'behind',
  routes: (app: ExpressApp, flick: Flick) => void,
): Promise<{ readonly port: number; readonly errors: readonly unknown[] }> {
  const errors: unknown[] = [];
  const flick = await openFlick({
    contract,
    records: 'off',
    timeouts: { upstream: '300ms' },
    onError: (error) => void errors.push(error),
    onWarning: () => {},
  });
  const app = (await load(name)).default();
  if (way === 'behind') app.use(drain);
  if (way !== 'served') app.use(flick.middleware);
  routes(app, flick);
  app.use(flick.errors);
  const server = way === 'served' ? flick.createServer(app) : flick.adopt(createServer(app));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await flick.close();
  });
  return { port: portOf(server), errors };
}

/** Asks on one connection that is kept. */
function asker(
  port: number,
): (path: string) => Promise<{ readonly status: number; readonly text: string; readonly port: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return (path) =>
    new Promise((resolve, reject) => {
      const sent = request({ port, path, agent, host: '127.0.0.1' }, (response) => {
        const local = response.socket.localPort ?? 0;
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, port: local }));
        response.on('error', reject);
      });
      sent.on('error', reject).end();
    });
}

beforeAll(() => installIn('frameworks', '@nestjs/platform-fastify'), 240_000);

describe.each([
  ['express', 'served'],
  ['express', 'plugged'],
  ['express4', 'served'],
  ['express4', 'plugged'],
] as const)('%s, %s', (name, way) => {
  it('hears nothing of an answer, or of an error, that comes after the deadline, and keeps the connection', async () => {
    const late: (() => void)[] = [];
    const { port } = await open(name, way, (app) => {
      app.get('/slow', (_, response) => {
        late.push(() => response.json({ late: true }));
        late.push(() => response.destroyed || response.end());
      });
      app.get('/tea', (_, response) => response.json({ tea: true }));
    });
    const ask = asker(port);
    const slow = await ask('/slow');
    expect([slow.status, JSON.parse(slow.text)]).toMatchObject([500, { reason: 'upstream-too-slow' }]);
    for (const write of late) write();
    expect(await ask('/tea')).toEqual({ status: 200, text: '{"tea":true}', port: slow.port });
  });

  it('leaks nothing of what a route throws, and answers the refusals among it', async () => {
    const { port } = await open(name, way, (app) => {
      app.get('/thrown', () => {
        throw new Error('secret of the database');
      });
      app.get('/refused', () => {
        throw refusal('unknown-resource', { detail: 'There is no such tea.' });
      });
    });
    const ask = asker(port);
    const thrown = await ask('/thrown');
    expect([thrown.status, JSON.parse(thrown.text)]).toMatchObject([500, { reason: 'unhandled-error' }]);
    expect(thrown.text).not.toContain('secret');
    const refused = await ask('/refused');
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
      404,
      { reason: 'unknown-resource', detail: 'There is no such tea.' },
    ]);
  });

  it('cuts an answer that is shorter than it says', async () => {
    const { port } = await open(name, way, (app) => {
      app.get('/short', (_, response) => {
        response.setHeader('Content-Length', 10);
        response.write('12345');
        response.end();
      });
    });
    await expect(asker(port)('/short')).rejects.toThrow(/aborted|hang up|reset/);
  });
});

describe.each(['express', 'express4'] as const)('%s', (name) => {
  it('is told where a body was read before it could be judged, and no client is blamed', async () => {
    const { port, errors } = await open(name, 'behind', () => {});
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`http://127.0.0.1:${port}/tea`, { method: 'POST', headers, body: '{}' });
    expect([answer.status, await answer.json()]).toMatchObject([500, { reason: 'misconfiguration' }]);
    expect(errors.map(String)).toEqual([expect.stringContaining('put Flick before what reads bodies')]);
  });
});

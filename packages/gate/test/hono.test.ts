import { once } from 'node:events';
import { connect } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Outcome } from '@flick/decide';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type FlickSettings, openFlick, refusal } from '../src/hono.ts';
import { portOf } from './port-of.ts';

const contract = {
  openapi: '3.1.0',
  info: { title: 'Tea', version: '1' },
  paths: {
    '/teas/{id}': {
      get: {
        operationId: 'getTea',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }],
        responses: { 200: { description: 'Tea.' }, 404: { description: 'None.' } },
      },
    },
    '/teas': {
      post: {
        operationId: 'addTea',
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { type: 'object', required: ['name'] } } },
        },
        responses: { 200: { description: 'Added.' } },
      },
    },
  },
};

const outcomes: Outcome[] = [];

async function middleware(more: Partial<FlickSettings> = {}) {
  outcomes.length = 0;
  const flick = await openFlick({ contract, records: 'off', onOutcome: (outcome) => outcomes.push(outcome), ...more });
  onTestFinished(() => flick.close());
  return flick.middleware;
}

/** Listens with the app. */
async function listen(app: Hono): Promise<number> {
  const server = createAdaptorServer({ fetch: app.fetch });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return portOf(server);
}

describe('openFlick() in a Hono app', () => {
  it("gives routes what was read, and Hono's own readers the body that was judged", async () => {
    const app = new Hono();
    app.use(await middleware());
    app.get('/teas/:id', (c) => c.json({ id: c.get('flick').params['id'], raw: c.req.param('id') }));
    app.post('/teas', async (c) => c.json([c.get('flick').body, await c.req.json()]));
    const origin = `http://127.0.0.1:${await listen(app)}`;
    expect(await (await fetch(`${origin}/teas/7`)).json()).toEqual({ id: 7, raw: '7' });
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"name":"Sencha"}' };
    expect(await (await fetch(`${origin}/teas`, init)).json()).toEqual([{ name: 'Sencha' }, { name: 'Sencha' }]);
    expect(await (await app.request('/teas', init)).json()).toEqual([{ name: 'Sencha' }, { name: 'Sencha' }]);
  });

  it('folds what onError and notFound answer', async () => {
    const app = new Hono();
    app.use(await middleware());
    app.get('/teas/1', () => {
      throw new Error('secret');
    });
    app.get('/teas/2', () => {
      throw new HTTPException(418, { message: 'a pot' });
    });
    app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text(error.message, 502)));
    app.notFound((c) => c.text('no such tea', 410));
    const failed = await app.request('/teas/1');
    expect([failed.status, failed.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
    expect(await failed.text()).not.toContain('secret');
    const pot = await app.request('/teas/2');
    expect([pot.status, await pot.text()]).toEqual([400, 'a pot']);
    const none = await app.request('/teas/3');
    expect([none.status, await none.text()]).toEqual([404, 'no such tea']);
    expect(outcomes.map(({ upstreamStatus }) => upstreamStatus)).toEqual([502, 418, 410]);
  });

  it('refuses what a route refuses, and says nothing of it on stderr', async () => {
    const said = vi.spyOn(console, 'error');
    onTestFinished(() => said.mockRestore());
    const app = new Hono();
    app.use(await middleware());
    app.get('/teas/:id', () => {
      throw refusal('unknown-resource', { detail: 'There is no tea 2.' });
    });
    const response = await app.request('/teas/2');
    expect(await response.json()).toMatchObject({ status: 404, detail: 'There is no tea 2.' });
    expect(said).not.toHaveBeenCalled();
  });

  it('shows its refusals to the middleware before it, and keeps them from what comes after', async () => {
    const seen: string[] = [];
    const app = new Hono();
    app.use(async (c, next) => {
      await next();
      seen.push(`before ${c.res.status}`);
      c.header('X-Seen', 'yes');
    });
    app.use(await middleware());
    app.use(async (_c, next) => {
      seen.push('after');
      await next();
    });
    app.get('/teas/:id', (c) => c.text('hot'));
    const refused = await app.request('/teas/green');
    expect([refused.status, refused.headers.get('x-seen')]).toEqual([400, 'yes']);
    expect(seen).toEqual(['before 400']);
    expect((await app.request('/teas/1')).headers.get('x-seen')).toBe('yes');
    expect(seen).toEqual(['before 400', 'after', 'before 200']);
  });

  it('leaves the paths alone that it is not for', async () => {
    const app = new Hono();
    app.use('/teas/*', await middleware());
    app.get('/health', (c) => c.text('well', 418));
    expect((await app.request('/health')).status).toBe(418);
    expect((await app.request('/teas/x/y')).status).toBe(404);
    expect(outcomes).toHaveLength(1);
  });

  it('answers HEAD by the route of GET', async () => {
    const app = new Hono();
    app.use(await middleware());
    app.get('/teas/:id', (c) => c.text('hot', 200, { 'X-Tea': 'yes' }));
    const response = await fetch(`http://127.0.0.1:${await listen(app)}/teas/1`, { method: 'HEAD' });
    expect([response.status, response.headers.get('x-tea')]).toEqual([200, 'yes']);
    expect(await response.text()).toBe('');
  });

  it('says a misconfiguration where limits count by an address that nobody tells', async () => {
    const limits = { few: { requests: 1, window: '1m', by: 'address' as const } };
    const errors: unknown[] = [];
    const app = new Hono();
    app.use(await middleware({ limits, onError: (error) => errors.push(error) }));
    app.get('/teas/:id', (c) => c.text('hot'));
    expect(await (await app.request('/teas/1')).json()).toMatchObject({ status: 500, reason: 'misconfiguration' });
    expect(String(errors[0])).toContain('addressOf');
    const origin = `http://127.0.0.1:${await listen(app)}`;
    expect((await fetch(`${origin}/teas/1`)).status).toBe(200);
    expect((await fetch(`${origin}/teas/1`)).status).toBe(429);
  });

  it('answers 408 to a client that sends its body too slowly', async () => {
    const app = new Hono();
    app.use(await middleware({ timeouts: { request: '100ms' } }));
    app.post('/teas', (c) => c.text('never'));
    const socket = connect(await listen(app), '127.0.0.1');
    socket.write('POST /teas HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"na');
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toMatch(/^connection: close\r$/im);
    expect(text).toContain('"reason":"body-too-slow"');
    await vi.waitFor(() => expect(outcomes).toMatchObject([{ status: 408, ending: 'complete' }]));
  });

  it('tells the route of a client that goes away, and records it', async () => {
    const app = new Hono();
    app.use(await middleware());
    let heard = false;
    app.get('/teas/:id', async (c) => {
      const { signal } = c.get('flick');
      socket.destroy();
      if (!signal.aborted) await once(signal, 'abort');
      heard = true;
      return c.text('late');
    });
    const port = await listen(app);
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /teas/1 HTTP/1.1\r\nHost: t\r\n\r\n');
    await vi.waitFor(() => expect(heard).toBe(true), { timeout: 10_000 });
    await vi.waitFor(() => expect(outcomes).toMatchObject([{ ending: 'aborted' }]), { timeout: 10_000 });
  });
});

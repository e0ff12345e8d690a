import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createAdaptorServer } from '@hono/node-server';
import type { Outcome } from '@flick/decide';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { methodOverride } from 'hono/method-override';
import { validator } from 'hono/validator';
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
        parameters: ['q', 'at'].map((name) => ({ name, in: 'query', schema: { type: 'string' } })),
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

  it('hands on a Request that is as good as the one that came', async () => {
    const app = new Hono();
    app.use(await middleware());
    const seen: Record<string, (c: Context) => unknown> = {
      json: (c) => c.req.json(),
      again: async (c) => [await c.req.text(), await c.req.json(), await c.req.text()],
      bytes: async (c) => Buffer.from(await c.req.arrayBuffer()).toString(),
      blob: async (c) => (await c.req.blob()).type,
      raw: async ({ req: { raw } }) => [raw instanceof Request, raw.bodyUsed, await raw.json(), raw.bodyUsed],
      clone: async ({ req: { raw } }) => [await raw.clone().text(), await raw.text()],
      another: async (c) => (await fetch(new Request(`${String(c.req.query('at'))}/teas`, c.req.raw))).json(),
      line: (c) => [c.req.method, new URL(c.req.url).pathname, c.req.query('q'), c.req.path],
      fields: (c) => [c.req.header('content-type'), c.req.header('x-none') ?? null, c.req.header()['x-mine']],
      noField: (c) => [c.req.header('constructor') ?? null, c.req.header()['constructor'] ?? null],
      replaced: async (c) => {
        c.req.raw = new Request('http://other.example/x', { method: 'PUT', body: '[1]', headers: { a: 'b' } });
        const { method } = c.req.raw;
        return [c.req.method, c.req.url, c.req.header('a'), await c.req.json(), await c.req.text(), method];
      },
    };
    app.post('/teas', async (c) => c.json(await seen[c.req.header('x-seen') ?? 'json']?.(c)));
    const origin = `http://127.0.0.1:${await listen(app)}`;
    const text = '{"name":"Sencha"}';
    const post = async (what: string, path: string, body: string | Uint8Array = text, more = {}) => {
      const headers = { 'Content-Type': 'application/json', 'X-Seen': what, 'X-Mine': 'mine', ...more };
      return (await fetch(`${origin}${path}`, { method: 'POST', headers, body })).json();
    };
    const name = { name: 'Sencha' };
    expect(await post('json', '/teas')).toEqual(name);
    expect(await post('again', '/teas')).toEqual([text, name, text]);
    expect(await post('bytes', '/teas')).toBe(text);
    expect(await post('blob', '/teas')).toBe('application/json');
    expect(await post('raw', '/teas')).toEqual([true, false, name, true]);
    expect(await post('clone', '/teas')).toEqual([text, text]);
    expect(await post('line', '/te%61s?q=1')).toEqual(['POST', '/teas', '1', '/teas']);
    expect(await post('fields', '/teas')).toEqual(['application/json', null, 'mine']);
    expect(await post('noField', '/teas')).toEqual([null, null]);
    expect(await post('replaced', '/teas')).toEqual(['PUT', 'http://other.example/x', 'b', [1], '[1]', 'PUT']);
    expect(await post('again', '/teas', gzipSync(text), { 'Content-Encoding': 'gzip' })).toEqual([text, name, text]);
    const other = new Hono().post('/teas', async (c) => c.json(['other', await c.req.json()]));
    const at = `http://127.0.0.1:${await listen(other)}`;
    expect(await post('another', `/teas?at=${encodeURIComponent(at)}`)).toEqual(['other', name]);
  });

  it("leaves what comes after it to Hono's own: a bound of bodies, a validator that reads as the route does", async () => {
    const app = new Hono();
    app.use(await middleware());
    const named = validator('json', (value: { readonly name: string }) => value.name);
    app.post('/teas', bodyLimit({ maxSize: 100 }), named, async (c) =>
      c.json([c.req.valid('json'), await c.req.json(), await c.req.text()]),
    );
    const url = `http://127.0.0.1:${await listen(app)}/teas`;
    const headers = { 'Content-Type': 'application/json' };
    const text = '{"name":"Sencha"}';
    const read = ['Sencha', { name: 'Sencha' }, text];
    const answers = [text, new Blob([text]).stream()].map(async (body) => {
      const answer = await fetch(url, { method: 'POST', headers, body, duplex: 'half' });
      return [answer.status, await answer.json()];
    });
    expect(await Promise.all(answers)).toEqual([
      [200, read],
      [200, read],
    ]);
  });

  it('is told where a body was read before it could be judged, and no client is blamed', async () => {
    const onError = vi.fn<(error: unknown) => void>();
    const app = new Hono();
    app.use(async (c, next) => {
      await c.req.text();
      await next();
    });
    app.use(await middleware({ onError }));
    const url = `http://127.0.0.1:${await listen(app)}/teas`;
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: '{"name":"Sencha"}' });
    expect([answer.status, await answer.json()]).toMatchObject([500, { reason: 'misconfiguration' }]);
    expect(String(onError.mock.calls[0]?.[0])).toContain('put Flick before what reads bodies');
  });

  it('judges a method that middleware before it has put in the place of what came', async () => {
    const app = new Hono();
    const judged: unknown[] = [];
    app.use(methodOverride({ app, header: 'x-method' }));
    app.use(await middleware());
    app.post('/teas', (c) => c.json({}));
    app.delete('/teas', (c) => {
      judged.push(c.get('flick').operationId);
      return c.json({});
    });
    const url = `http://127.0.0.1:${await listen(app)}/teas`;
    const headers = { 'Content-Type': 'application/json', 'X-Method': 'DELETE' };
    const answer = await fetch(url, { method: 'POST', headers, body: '{"name":"Sencha"}' });
    expect([answer.status, judged]).toEqual([405, []]);
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

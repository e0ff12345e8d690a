import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Outcome, Verification } from '@flick/decide';
import { type Flick, type FlickSettings, openFlick, refusal } from '../src/fetch.ts';
import { StartFault } from '@flick/settings/start-fault';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
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
    '/leaves': {
      put: {
        operationId: 'putLeaves',
        requestBody: { content: { 'application/octet-stream': {} } },
        responses: { 200: { description: 'Kept.' } },
      },
    },
  },
};

const outcomes: Outcome[] = [];
const errors: unknown[] = [];

async function open(handler: FlickSettings['handler'], more: Partial<FlickSettings> = {}): Promise<Flick['fetch']> {
  outcomes.length = 0;
  errors.length = 0;
  const { fetch, close } = await openFlick({
    contract,
    handler,
    records: 'off',
    onOutcome: (outcome) => outcomes.push(outcome),
    onError: (error) => errors.push(error),
    ...more,
  });
  onTestFinished(close);
  return fetch;
}

const get = (path: string, init?: RequestInit): Request => new Request(`http://tea.test${path}`, init);
const json = { 'Content-Type': 'application/json' };
const post = (body: NonNullable<RequestInit['body']>, headers: Record<string, string> = json): Request =>
  new Request('http://tea.test/teas', { method: 'POST', headers, body, duplex: 'half' });

const token = { type: 'http', scheme: 'bearer' };
const verify = (): Verification => ({ kind: 'good', consumer: { subject: 'ada', scopes: [], scheme: 'token' } });
const empty = (): Response => new Response('');

describe('openFlick() around a fetch handler', () => {
  it('hands on what was read for the check, and the body to be read once more', async () => {
    const fetch = await open(async (request, { operationId, body, requestId }) =>
      Response.json({ operationId, body, again: await request.json(), requestId }),
    );
    const response = await fetch(post('{"name":"Sencha"}', { ...json, 'X-Request-Id': 'mine' }));
    expect(response.headers.get('x-request-id')).toBe('mine');
    expect(await response.json()).toEqual({
      operationId: 'addTea',
      body: { name: 'Sencha' },
      again: { name: 'Sencha' },
      requestId: 'mine',
    });
  });

  it('removes a content coding before the body is judged', async () => {
    const fetch = await open(
      async (request) => new Response(`${request.headers.get('content-encoding')} ${await request.text()}`),
    );
    const body = new Uint8Array(gzipSync('{"name":"Sencha"}'));
    const response = await fetch(post(body, { ...json, 'Content-Encoding': 'gzip' }));
    expect(await response.text()).toBe('null {"name":"Sencha"}');
  });

  it('answers 408 where a body does not come in time', async () => {
    const fetch = await open(() => new Response('never'), { timeouts: { request: '50ms' } });
    const slow = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('{"na')) });
    const response = await fetch(post(slow));
    expect(response.status).toBe(408);
    expect(await response.json()).toMatchObject({ reason: 'body-too-slow', status: 408 });
    expect(outcomes).toMatchObject([{ reason: 'body-too-slow', status: 408 }]);
  });

  it('reads no further than to the limit of a body', async () => {
    const fetch = await open(() => new Response('never'), { sizes: { body: '10kB' } });
    let pulled = 0;
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1000));
      },
    });
    const response = await fetch(post(endless));
    expect(await response.json()).toMatchObject({ reason: 'body-too-large', status: 400 });
    expect(pulled).toBeLessThan(15);
  });

  it('tells a body that breaks off from one that is malformed', async () => {
    const fetch = await open(() => new Response('never'));
    const broken = new ReadableStream({
      pull(controller) {
        controller.error(new Error('gone'));
      },
    });
    expect((await fetch(post(broken))).status).toBe(400);
    expect(outcomes).toMatchObject([{ ending: 'aborted' }]);
  });

  it('streams a body that is not checked, chunk by chunk', async () => {
    const fetch = await open(async (request) => {
      const reader = request.body?.getReader();
      const first = await reader?.read();
      return new Response(`${first?.value?.length}`);
    });
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(7)) });
    const response = await fetch(get('/leaves', { method: 'PUT', body: endless, duplex: 'half' }));
    expect(await response.text()).toBe('7');
  });

  it.each([
    ['an error', () => Promise.reject(new Error('secret'))],
    [
      'at once',
      () => {
        throw new Error('secret');
      },
    ],
    ['a code of nothing', () => Response.error()],
  ])(
    'answers 500 and tells nothing where a handler throws %s',
    async (_what, handler: () => Response | Promise<Response>) => {
      const fetch = await open(handler);
      const response = await fetch(get('/teas/1'));
      const text = await response.text();
      expect(response.status).toBe(500);
      expect(JSON.parse(text)).toMatchObject({ reason: 'unhandled-error' });
      expect(text).not.toContain('secret');
      expect(errors).toHaveLength(1);
      expect(outcomes).toHaveLength(1);
    },
  );

  it('replaces the body of a 5xx, folds a 4xx and keeps what the caller needs of it', async () => {
    const fetch = await open((_request, { params }) => {
      const { id } = params;
      if (id === 1) return new Response('secret', { status: 503, headers: { 'Retry-After': '7' } });
      return new Response('{"why":"gone"}', { status: 410, headers: json });
    });
    const failed = await fetch(get('/teas/1'));
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([500, '7']);
    expect(await failed.text()).not.toContain('secret');
    const gone = await fetch(get('/teas/2'));
    expect([gone.status, await gone.text()]).toEqual([404, '{"why":"gone"}']);
    expect(outcomes).toMatchObject([{ upstreamStatus: 503 }, { upstreamStatus: 410, precise: 410 }]);
  });

  it('refuses what a handler refuses', async () => {
    const fetch = await open(() => {
      throw refusal('unknown-resource', { detail: 'There is no tea 2.' });
    });
    const response = await fetch(get('/teas/2'));
    expect(await response.json()).toMatchObject({ status: 404, detail: 'There is no tea 2.' });
    expect(errors).toEqual([]);
  });

  it('answers for a handler that is late, and tells it', async () => {
    let aborted: unknown;
    const fetch = await open(
      (_request, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted = signal.reason;
            resolve(new Response('late'));
          });
        }),
      { timeouts: { upstream: '50ms' } },
    );
    const response = await fetch(get('/teas/1'));
    expect(await response.json()).toMatchObject({ status: 500, reason: 'upstream-too-slow' });
    expect(aborted).toMatchObject({ name: 'TimeoutError' });
    expect(outcomes).toHaveLength(1);
  });

  it('tells a handler that the client has gone', async () => {
    const client = new AbortController();
    const heard = vi.fn<() => void>();
    const fetch = await open((_request, { signal }) => {
      signal.addEventListener('abort', heard);
      client.abort();
      return new Response(null, { status: 404 });
    });
    await fetch(get('/teas/1', { signal: client.signal }));
    expect(heard).toHaveBeenCalledOnce();
  });

  it('passes on the Response of another server, whose fields cannot be written to', async () => {
    const server = createServer((_request, response) => response.setHeader('Set-Cookie', ['a=1', 'b=2']).end('far'));
    server.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const fetch = await open(() => globalThis.fetch(`http://127.0.0.1:${portOf(server)}`));
    const response = await fetch(get('/teas/1'));
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('x-request-id')).toBe(outcomes[0]?.requestId);
    expect(await response.text()).toBe('far');
  });

  it('hands on what the host hands it, also to find the address', async () => {
    const { fetch, close } = await openFlick<[{ ip: string }]>({
      contract,
      records: 'off',
      limits: { few: { requests: 1, window: '1m', by: 'address' } },
      handler: (_request, { address }, { ip }) => new Response(`${address} ${ip}`),
      addressOf: (_request, { ip }) => ip,
    });
    onTestFinished(close);
    expect(await (await fetch(get('/teas/1'), { ip: '192.0.2.1' })).text()).toBe('192.0.2.1 192.0.2.1');
    expect((await fetch(get('/teas/1'), { ip: '192.0.2.1' })).status).toBe(429);
    expect((await fetch(get('/teas/1'), { ip: '192.0.2.2' })).status).toBe(200);
  });

  it('tells each outcome with what the host hands on', async () => {
    const told: unknown[] = [];
    const fetch = await open(empty, { onOutcome: ({ status }, ...args) => told.push([status, ...args]) });
    await fetch(get('/teas/1'), 'one', 2);
    await fetch(get('/cups'));
    expect(told).toEqual([[200, 'one', 2], [404]]);
  });

  it('has all that is under way in verifiers outlive the request, by the waitUntil of its host', async () => {
    let end: (() => void) | undefined;
    let ended = false;
    const underWay = new Promise<void>((resolve) => {
      end = resolve;
    }).then(() => {
      ended = true;
    });
    const secured = { ...contract, security: [{ token: [] }], components: { securitySchemes: { token } } };
    const verifier = { verify, underWay: () => underWay };
    const fetch = await open(empty, { contract: secured, credentials: { token: verifier } });
    const waits: Promise<unknown>[] = [];
    const context = { waitUntil: (work: Promise<unknown>) => waits.push(work) };
    const answer = await fetch(get('/teas/1', { headers: { Authorization: 'Bearer x' } }), {}, context);
    expect([answer.status, waits.length, ended]).toEqual([200, 1, false]);
    end?.();
    await Promise.all(waits);
    expect(ended).toBe(true);
  });

  it('says what to compile where a runtime makes no functions of text', () => {
    const code = `import { openFlick } from '@flick/gate/fetch';
      await openFlick({ contract: './openapi.yaml', handler() {} }).catch(({ message }) => console.log(message));`;
    const args = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', code];
    const { stdout } = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' });
    expect(stdout).toBe(
      'openFlick(): contract: this runtime makes no functions of text, so that it takes compiled contracts alone; run flick compile openapi.yaml -o contract.mjs, and hand over what that module exports\n',
    );
  });

  it('refuses settings of a server, and limits by an address that nobody tells', async () => {
    const listening = { contract, handler: empty, listen: 8080 };
    await expect(openFlick(listening)).rejects.toThrow(
      'openFlick(): listen: the host listens and answers; leave it out',
    );
    const limits = { few: { requests: 1, window: '1m' } };
    await expect(openFlick({ contract, handler: empty, limits })).rejects.toThrow(
      'openFlick(): addressOf: limits count by address',
    );
    await expect(
      openFlick({ contract, handler: empty, limits: { few: { requests: 0, window: '1m' } } }),
    ).rejects.toThrow(StartFault);
  });
});

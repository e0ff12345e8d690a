import { connect } from 'node:net';
import { EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Flick, type FlickSettings, openFlick, refusal } from '../src/fastify.ts';
import type { Outcome } from '../src/index.ts';
import { verifier } from './open-service.ts';
import { teas } from './teas.ts';

interface Opened {
  readonly app: FastifyInstance;
  readonly flick: Flick;
  readonly port: number;
  readonly origin: string;
  readonly outcomes: Outcome[];
  readonly warnings: string[];
  readonly errors: unknown[];
}

const ways = ['with the gate as its server', 'with a server of its own'] as const;

/** An app with the routes that a test gives it; it ends with its test. */
async function open(
  way: (typeof ways)[number],
  routes: (app: FastifyInstance) => void,
  settings: Partial<FlickSettings> = {},
  options: FastifyServerOptions = {},
  host = '127.0.0.1',
): Promise<Opened> {
  const outcomes: Outcome[] = [];
  const warnings: string[] = [];
  const errors: unknown[] = [];
  const flick = await openFlick({
    contract: teas,
    credentials: { bearer: verifier },
    records: 'off',
    onOutcome: (outcome) => void outcomes.push(outcome),
    onWarning: (line) => void warnings.push(line),
    onError: (error) => void errors.push(error),
    ...settings,
  });
  const isServer = way === 'with the gate as its server';
  const app = Fastify({ ...options, ...(isServer && { serverFactory: flick.serverFactory }) });
  await app.register(flick.plugin);
  routes(app);
  const address = await app.listen({ port: 0, host });
  onTestFinished(() => app.close());
  const port = Number(new URL(address).port);
  return { app, flick, port, origin: `http://127.0.0.1:${port}`, outcomes, warnings, errors };
}

/** Sends bytes, and more after a 100, and reads until the server hangs up. */
async function raw(port: number, bytes: string, afterContinue = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    if (text.startsWith('HTTP/1.1 100 ') && afterContinue !== '') {
      socket.write(afterContinue);
      afterContinue = '';
    }
  });
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

function post(url: string, body: string): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
}

/** A contract of any JSON object. */
const anyJson = {
  openapi: '3.1.0',
  info: { title: 'Any', version: '1' },
  paths: {
    '/any': {
      post: {
        operationId: 'postAny',
        requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
        responses: { 200: { description: 'It.' }, 201: { description: 'It.' } },
      },
    },
  },
};

/** A body in two pieces, of which the second comes later. */
function inPieces(first: string, second: string): ReadableStream {
  return ReadableStream.from(
    (async function* each() {
      yield Buffer.from(first);
      await wait(20);
      yield Buffer.from(second);
    })(),
  );
}

async function* broken(): AsyncGenerator<string> {
  yield '{"name":';
  await Promise.resolve();
  throw new Error('broken');
}

describe.each(ways)('Fastify %s', (way) => {
  it('has what the ladder read on the request', async () => {
    const { origin } = await open(way, (app) => {
      app.get('/teas/:id', ({ flick }) => {
        const { operationId, params, query, requestId, consumer } = flick;
        return { operationId, params, query, requestId, consumer: consumer ?? null };
      });
      app.get('/mine', ({ flick }) => flick.consumer);
    });
    const answer = await fetch(`${origin}/teas/7?tag=a`, { headers: { 'X-Request-Id': 'mine' } });
    expect(answer.headers.get('x-request-id')).toBe('mine');
    expect(await answer.json()).toEqual({
      operationId: 'getTea',
      params: { id: 7 },
      query: { limit: 20, tag: ['a'] },
      requestId: 'mine',
      consumer: null,
    });
    const mine = await fetch(`${origin}/mine`, { headers: { Authorization: 'Bearer good-ada' } });
    expect(await mine.json()).toMatchObject({ subject: 'ada', scheme: 'bearer' });
  });

  it('has JSON as it was judged, defaults filled in, and reads other bodies by itself', async () => {
    const { origin } = await open(way, (app) => {
      app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_, bytes, done) =>
        done(null, bytes),
      );
      app.post('/teas', (request, reply) => reply.code(201).send({ read: request.body, judged: request.flick.body }));
      app.put('/teas', (request, reply) => reply.code(202).send(String(request.body)));
    });
    const headers = { 'Content-Type': 'application/json' };
    const judged = { name: 'Assam', grams: 100 };
    // Whole with its head, with an escape, in pieces.
    const bodies = ['{"name":"Assam"}', String.raw`{"name":"\u0041ssam"}`, inPieces('{"name":', '"Assam"}')];
    const read = bodies.map(async (body) => {
      const added = await fetch(`${origin}/teas`, { method: 'POST', headers, body, duplex: 'half' });
      return [added.status, await added.json()];
    });
    expect(await Promise.all(read)).toEqual(bodies.map(() => [201, { read: judged, judged }]));
    const put = await fetch(`${origin}/teas`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/octet-stream' },
      body: 'raw',
    });
    expect([put.status, await put.text()]).toEqual([202, 'raw']);
  });

  it("leaves JSON to Fastify's limits and guards", async () => {
    const { origin } = await open(
      way,
      (app) => {
        app.post('/any', { bodyLimit: 40 }, (request, reply) => reply.code(201).send({ read: request.body }));
      },
      { contract: anyJson, credentials: {} },
    );
    expect(await (await post(`${origin}/any`, '{"name":"Assam"}')).json()).toEqual({ read: { name: 'Assam' } });
    // The route's own limit, and Fastify's word of it; 413 is not in the table.
    const large = await post(`${origin}/any`, `{"name":"${'a'.repeat(40)}"}`);
    expect([large.status, await large.json()]).toMatchObject([400, { code: 'FST_ERR_CTP_BODY_TOO_LARGE' }]);
    const poisons = ['{"__proto__":{"x":1}}', String.raw`{"\u005f_proto__":1}`, '{"constructor":{"prototype":1}}'];
    const refused = await Promise.all(poisons.map(async (text) => (await post(`${origin}/any`, text)).json()));
    expect(refused).toMatchObject(poisons.map(() => ({ statusCode: 400, code: 'FST_ERR_CTP_INVALID_JSON_BODY' })));
    const sound = await post(`${origin}/any`, '{"a":"constructor"}');
    expect(await sound.json()).toEqual({ read: { a: 'constructor' } });
  });

  it('keeps the limit of a route that was there before it, and misses none', async () => {
    const warnings: string[] = [];
    const onWarning = (line: string): void => void warnings.push(line);
    const flick = await openFlick({ contract: anyJson, records: 'off', onWarning });
    const app = Fastify(way === 'with the gate as its server' ? { serverFactory: flick.serverFactory } : {});
    void app.register(flick.plugin);
    app.post('/any', { bodyLimit: 20 }, (request, reply) => reply.code(201).send({ read: request.body }));
    onTestFinished(() => app.close());
    const origin = await app.listen({ port: 0, host: '127.0.0.1' });
    expect(await (await post(`${origin}/any`, '{"name":"Assam"}')).json()).toEqual({ read: { name: 'Assam' } });
    const large = await post(`${origin}/any`, `{"name":"${'a'.repeat(20)}"}`);
    expect(await large.json()).toMatchObject({ code: 'FST_ERR_CTP_BODY_TOO_LARGE' });
    expect(warnings).toEqual([]);
  });

  it('has Fastify remove poisonous names where the app says so', async () => {
    const options = { onProtoPoisoning: 'remove', onConstructorPoisoning: 'remove' } as const;
    const { origin } = await open(
      way,
      (app) => {
        app.post('/any', (request, reply) => reply.code(201).send(Object.keys(Object(request.body))));
      },
      { contract: anyJson, credentials: {} },
      options,
    );
    expect(await (await post(`${origin}/any`, '{"__proto__":{"x":1},"a":1}')).json()).toEqual(['a']);
  });

  it("leaves JSON to a parser of the app's own, one in each scope", async () => {
    const again: unknown[] = [];
    const { origin } = await open(
      way,
      (app) => {
        void app.register(async (child) => {
          child.addContentTypeParser('application/json', { parseAs: 'string' }, (_, text, done) => done(null, [text]));
          child.post('/any', (request) => request.body);
          try {
            child.addContentTypeParser('application/json', async () => 'again');
          } catch (error) {
            again.push(error);
          }
        });
      },
      { contract: anyJson, credentials: {} },
    );
    expect(await (await post(`${origin}/any`, '{"a":1}')).json()).toEqual(['{"a":1}']);
    expect(again).toMatchObject([{ code: 'FST_ERR_CTP_ALREADY_PRESENT' }]);
  });

  it('reads what a hook of the app has made of a body', async () => {
    const { origin } = await open(way, (app) => {
      app.addHook('preParsing', (_, __, ___, done) => done(null, Readable.from(['{"name":', '"made"}'])));
      app.post('/teas', (request, reply) => reply.code(201).send({ read: request.body }));
    });
    expect(await (await post(`${origin}/teas`, '{"name":"Assam"}')).json()).toEqual({ read: { name: 'made' } });
  });

  it('answers an error that a route threw with an empty story', async () => {
    const { origin, outcomes } = await open(way, (app) => {
      app.get('/teas/:id', () => {
        throw new Error('secret of the database');
      });
      app.delete('/teas/:id', (_, reply) => reply.code(409).send({ why: 'not empty' }));
    });
    const failed = await fetch(`${origin}/teas/7`);
    const text = await failed.text();
    expect([failed.status, failed.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
    expect(text).not.toContain('secret');
    expect(JSON.parse(text)).toMatchObject({ reason: 'unhandled-error' });
    // Folded, as the table has no 409; what it says stays.
    const refused = await fetch(`${origin}/teas/7`, { method: 'DELETE' });
    expect([refused.status, await refused.json()]).toEqual([400, { why: 'not empty' }]);
    expect(outcomes.map(({ precise, upstreamStatus }) => [precise, upstreamStatus])).toEqual([
      [500, 500],
      [409, 409],
    ]);
  });

  it('answers a refusal that a route threw', async () => {
    const { origin } = await open(way, (app) => {
      app.get('/teas/:id', async ({ flick }) => {
        throw refusal('unknown-resource', { detail: `There is no tea ${String(flick.params['id'])}.` });
      });
    });
    const answer = await fetch(`${origin}/teas/7`);
    expect([answer.status, await answer.json()]).toMatchObject([
      404,
      { reason: 'unknown-resource', detail: 'There is no tea 7.' },
    ]);
  });

  it('does not wait for a route for ever, and hears nothing of its late answer', async () => {
    const answers: ((value: unknown) => void)[] = [];
    const { origin } = await open(
      way,
      (app) => {
        app.get('/teas/:id', () => new Promise((resolve) => answers.push(resolve)));
        app.get('/page', () => 'a page');
      },
      { timeouts: { upstream: '200ms' } },
    );
    const slow = await fetch(`${origin}/teas/7`);
    expect([slow.status, await slow.json()]).toMatchObject([500, { reason: 'upstream-too-slow' }]);
    for (const answer of answers) answer({ late: true });
    expect(await (await fetch(`${origin}/page`)).text()).toBe('a page');
  });

  it('cuts an answer that breaks off', async () => {
    const { port, outcomes } = await open(way, (app) => {
      app.get('/teas/:id', (_, reply) => {
        reply.header('Content-Type', 'application/json');
        return reply.send(Readable.from(broken()));
      });
    });
    const text = await raw(port, 'GET /teas/7 HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(text).not.toContain('\r\n0\r\n');
    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]?.ending).not.toBe('complete');
  });

  it('tells of a client that goes in mid-body as gone, and of nothing that failed', async () => {
    const heard = new EventEmitter();
    const { port, outcomes, errors } = await open(way, (app) => {
      app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, async () => 'never');
      app.addHook('preParsing', (_, __, payload, done) => {
        payload.once('data', () => heard.emit('half'));
        done();
      });
      app.addHook('onError', (_, __, ___, done) => {
        heard.emit('failed');
        done();
      });
      app.put('/teas', (_, reply) => reply.code(202).send('never'));
    });
    const half = once(heard, 'half');
    const failed = once(heard, 'failed');
    const socket = connect(port, '127.0.0.1');
    const head = 'PUT /teas HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\n';
    socket.write(`${head}Content-Length: 9\r\n\r\nhalf`);
    await half;
    socket.resetAndDestroy();
    await failed;
    await vi.waitFor(() => expect(outcomes).toMatchObject([{ ending: 'aborted' }]), 10_000);
    expect(errors).toEqual([]);
  });

  it('answers what the parser cannot read in the one shape', async () => {
    const { port, outcomes } = await open(way, () => {});
    const text = await raw(port, 'GET /teas/7 HTTP/1.1\r\nHost: a\r\nBad Field: 1\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text).toContain('"reason":"malformed-request"');
    expect(outcomes.map(({ reason }) => reason)).toEqual(['malformed-request']);
  });

  it('answers a body that comes too slowly with 408', async () => {
    const { port } = await open(way, () => {}, { timeouts: { request: '300ms' } });
    const head = 'POST /teas HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"na';
    const text = await raw(port, head);
    expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(text).toContain('"reason":"body-too-slow"');
    expect(text).toContain('Connection: close');
  });

  it('says 100 only to a client whose body is wanted', async () => {
    const { port } = await open(way, (app) => {
      app.post('/teas', (_, reply) => reply.code(201).send({}));
    });
    const head = 'HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 16\r\n';
    const json = 'Content-Type: application/json\r\n\r\n';
    const wanted = await raw(port, `POST /teas ${head}${json}`, '{"name":"Assam"}');
    expect(wanted).toMatch(/^HTTP\/1\.1 100 .*HTTP\/1\.1 201 /s);
    expect(await raw(port, `POST /nowhere ${head}${json}`)).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('says 100 before an answer that waits for another, and never within it', async () => {
    const { port } = await open(way, (app) => {
      app.get('/teas/:id', async () => {
        await wait(50);
        return { id: 7 };
      });
      app.post('/teas', (_, reply) => reply.code(201).send(Buffer.from('{"made":true}')));
    });
    const head = 'HTTP/1.1\r\nHost: a\r\n';
    const expecting = `${head}Expect: 100-continue\r\nConnection: close\r\nContent-Length: 16\r\n`;
    const added = `POST /teas ${expecting}Content-Type: application/json\r\n\r\n`;
    const text = await raw(port, `GET /teas/7 ${head}\r\n${added}{"name":"Assam"}`);
    const whole = text.replace(/HTTP\/1\.1 100 .*\r\n\r\n(?=HTTP\/1\.1 201 )/, '');
    expect(whole).toMatch(/^HTTP\/1\.1 200 [^]*\{"id":7\}HTTP\/1\.1 201 [^]*\r\n\r\n\{"made":true\}$/);
    expect(whole).not.toContain(' 100 ');
  });

  it('judges on every address that localhost has', async () => {
    const { origin, port } = await open(way, () => {}, {}, {}, 'localhost');
    const problem = 'application/problem+json';
    // Not every machine has both.
    const types = [origin, `http://[::1]:${port}`].map((each) =>
      fetch(`${each}/nowhere`).then(
        ({ headers }) => headers.get('content-type'),
        () => problem,
      ),
    );
    expect(await Promise.all(types)).toEqual([problem, problem]);
  });

  it('judges what is injected, too', async () => {
    const { app } = await open(way, (routes) => {
      routes.get('/teas/:id', ({ flick }) => flick.params);
      routes.post('/teas', (request, reply) => reply.code(201).send(request.body));
    });
    const good = await app.inject('/teas/7');
    expect([good.statusCode, good.json()]).toEqual([200, { id: 7 }]);
    const bad = await app.inject('/teas/seven');
    expect([bad.statusCode, bad.json()]).toMatchObject([400, { reason: 'wrong-value' }]);
    const json = { 'Content-Type': 'application/json' };
    const injected = [
      { headers: json, payload: { name: 'Assam' } },
      { headers: { ...json, 'Content-Encoding': 'gzip' }, payload: gzipSync('{"name":"Assam"}') },
      { headers: { ...json, 'Transfer-Encoding': 'chunked' }, payload: Readable.from(['{"name":', '"Assam"}']) },
    ].map(async (more) => {
      const answer = await app.inject({ method: 'POST', url: '/teas', ...more });
      return [answer.statusCode, answer.json()];
    });
    expect(await Promise.all(injected)).toEqual(injected.map(() => [201, { name: 'Assam', grams: 100 }]));
    const nameless = await app.inject({ method: 'POST', url: '/teas', payload: {} });
    expect([nameless.statusCode, nameless.json()]).toMatchObject([400, { reason: 'missing-parameter' }]);
  });

  it('says which routes and operations do not meet', async () => {
    const { warnings } = await open(way, (app) => {
      app.get('/teas/:tea', () => 1);
      app.get('/elsewhere', () => 1);
    });
    expect(warnings).toContain(
      'DELETE /teas/{id}: the contract has the operation dropTea, and the app no route for it',
    );
    expect(warnings).toContain(
      'GET /elsewhere: the app has this route, and the contract no operation for it; callers get 404 or 405',
    );
    expect(warnings.filter((line) => line.startsWith('GET /teas/'))).toEqual([]);
  });
});

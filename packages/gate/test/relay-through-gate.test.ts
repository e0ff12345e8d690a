import { connect } from 'node:net';
import { contractFrom } from '@flick/contract';
import { createDecider } from '@flick/decide';
import { request } from 'undici';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Outcome, Timeouts } from '../src/exchange.ts';
import { createGate } from '../src/gate.ts';
import { createUpstream } from '../src/upstream.ts';
import { type EvilOptions, type EvilUpstream, goodAnswer, type Script, startEvilUpstream } from './evil-upstream.ts';
import { inTurn } from './in-turn.ts';
import { askOnce, askRaw, collect, statusesOf } from './raw-client.ts';
import { valuesOf } from './request-reader.ts';

const timeouts: Timeouts = {
  headersMs: 2000,
  requestMs: 3000,
  upstreamMs: 1000,
  idleMs: 2000,
  unreadMs: 2000,
  drainMs: 2000,
};

const answers = { '200': { description: 'ok' } };
const parameters = [{ name: 'q', in: 'query', schema: { type: 'string' } }];
const json = { content: { 'application/json': { schema: { type: 'object', required: ['a'] } } } };
const document = {
  openapi: '3.1.0',
  info: { title: 'Things', version: '1' },
  paths: {
    '/things': {
      get: { operationId: 'list', parameters, responses: answers },
      post: { operationId: 'create', requestBody: json, responses: answers },
    },
    '/files': {
      put: {
        operationId: 'upload',
        requestBody: { content: { 'application/octet-stream': {} } },
        responses: answers,
      },
    },
  },
};

interface Whole {
  readonly port: number;
  readonly evil: EvilUpstream;
  readonly outcomes: readonly Outcome[];
}

// The real gate with the real ladder before an evil upstream, with precise codes.
async function startWhole(script: Script, options?: EvilOptions): Promise<Whole> {
  const evil = await startEvilUpstream(script, options);
  const decider = createDecider(contractFrom(document, { codes: 'standard' }), {
    clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
    limits: [],
    limitStore: { charge: () => [], refund: () => {} },
    limitStoreDown: 'pass',
    limitHeaders: 'draft',
    verifiers: new Map(),
    realm: 'api',
    trustedProxies: [],
    sizes: { targetBytes: 8192, headerCount: 100, jsonDepth: 64, bodyBytes: 1_048_576 },
  });
  const outcomes: Outcome[] = [];
  const gate = createGate({
    decider,
    handler: createUpstream({ origin: evil.origin, decider, timeouts }),
    timeouts,
    sizes: { bodyBytes: 1_048_576, headerBytes: 16_384 },
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  const { port } = await gate.listen(0, '127.0.0.1');
  onTestFinished(async () => {
    await gate.destroy();
    await evil.close();
  });
  return { port, evil, outcomes };
}

test('an answer that breaks off cuts the client off, and the record says so', async () => {
  const { port, outcomes } = await startWhole((_request, count) =>
    count === 1
      ? [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc' }, { wait: 20 }, 'fin']
      : [goodAnswer('fine')],
  );
  const { text } = await askRaw(port, 'GET /things HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(statusesOf(text)).toEqual([200]);
  expect(text.endsWith('abc')).toBe(true);
  await vi.waitFor(() => expect(outcomes).toHaveLength(1));
  expect(outcomes[0]).toMatchObject({ ending: 'truncated', status: 200, upstreamStatus: 200 });
  expect((await askOnce(port, '/things')).text).toContain('fine');
});

test('chunks without an end cut the client off without a last chunk', async () => {
  const { port } = await startWhole(() => [
    { send: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n' },
    { wait: 20 },
    'fin',
  ]);
  const { text } = await askRaw(port, 'GET /things HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(text).toMatch(/3\r\nabc\r\n$/);
});

test.each([
  ['garbage', 'what is this\r\n\r\n'],
  ['HTTP/2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['code 999', 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
])('%s from the API is answered with a whole 502 problem, and the next request is fine', async (_what, bytes) => {
  const { port, outcomes } = await startWhole((_request, count) =>
    count === 1 ? [{ send: bytes }] : [goodAnswer('fine')],
  );
  const { text } = await askOnce(port, '/things');
  expect(statusesOf(text)).toEqual([502]);
  expect(text).toMatch(/content-type: application\/problem\+json/i);
  expect(text).toContain('upstream-malformed');
  expect((await askOnce(port, '/things')).text).toContain('fine');
  await vi.waitFor(() => expect(outcomes).toHaveLength(2));
  expect(outcomes[0]).toMatchObject({ reason: 'upstream-malformed', status: 502, ending: 'complete' });
});

test('304, 100 Continue and 103 from the API pass', async () => {
  const { port } = await startWhole((_request, count) => [
    { send: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n' },
    count === 1 ? { send: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n' } : goodAnswer(),
  ]);
  expect(statusesOf((await askOnce(port, '/things')).text)).toEqual([103, 304]);
  expect(statusesOf((await askOnce(port, '/things')).text)).toEqual([103, 200]);
});

test('what an API failed with is replaced, and none of it leaks', async () => {
  const { port, outcomes } = await startWhole(() => [
    { send: 'HTTP/1.1 500 Oops\r\nX-Trace: canary\r\nContent-Length: 18\r\n\r\nstack trace canary' },
  ]);
  const { text } = await askOnce(port, '/things');
  expect(statusesOf(text)).toEqual([500]);
  expect(text).toContain('application/problem+json');
  expect(text).not.toContain('canary');
  await vi.waitFor(() => expect(outcomes).toHaveLength(1));
  expect(outcomes[0]).toMatchObject({ upstreamStatus: 500, precise: 500 });
});

test('a body that was judged arrives with the bytes that were judged', async () => {
  const { port, evil } = await startWhole(() => [goodAnswer()]);
  const body = '{"a": [1,2]}';
  const head = 'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n';
  const chunks = Array.from(body, (byte) => `1\r\n${byte}\r\n`).join('');
  expect(statusesOf((await askRaw(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`)).text)).toEqual([
    200,
  ]);
  expect(evil.requests[0]?.body.toString()).toBe(body);
  expect(evil.requests[0]?.head.match(/^(?:content-length|transfer-encoding).*$/gim)).toEqual([
    `content-length: ${body.length}`,
  ]);
});

test('in 10,000 mixed requests, each gets its own answer, whatever the API adds to others', async () => {
  const poison = 'HTTP/1.1 200 OK\r\nX-Token: poison\r\nContent-Length: 6\r\n\r\npoison';
  let kind = 0;
  const { port, evil, outcomes } = await startWhole((asked) => {
    const [token = ''] = valuesOf(asked, 'x-token');
    const answer = `HTTP/1.1 200 OK\r\nX-Token: ${token}\r\nContent-Length: ${token.length}\r\n\r\n${token}`;
    kind += 1;
    if (kind % 5 === 0) return [{ send: answer + poison }];
    if (kind % 7 === 0) return [{ sends: [answer, poison] }];
    if (kind % 11 === 0) return [{ send: `HTTP/1.1 100 Continue\r\n\r\n${answer}` }];
    if (kind % 501 === 0) return [{ send: 'garbage\r\n\r\n' }];
    return [{ send: answer }];
  });
  let next = 0;
  let wrong = 0;
  const ask = async () => {
    next += 1;
    const token = `t${next}`;
    const fields = { 'X-Token': token, 'Content-Type': 'application/json' };
    const post = next % 3 === 0 ? { method: 'POST', body: '{"a":1}' } : {};
    const path = next % 29 === 0 ? '/nowhere' : '/things';
    const got = await request(`http://127.0.0.1:${port}${path}`, { ...post, headers: fields });
    const text = await got.body.text();
    const { statusCode, headers } = got;
    const right = path === '/nowhere' ? statusCode === 404 : statusCode === 502 || headers['x-token'] === token;
    if (!right || text.includes('poison')) wrong += 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => inTurn(500, ask)));
  expect(wrong).toBe(0);
  await vi.waitFor(() => expect(outcomes).toHaveLength(10_000));
  expect(new Set(evil.requests.map(({ head }) => /x-request-id: (\S+)/i.exec(head)?.[1])).size).toBe(
    evil.requests.length,
  );
}, 180_000);

test.each([
  ['and keeps the connection', []],
  ['and ends the connection', ['fin']],
  ['and breaks the connection', [{ wait: 20 }, 'reset']],
] as const)('an API that answers 413 while 20 MB go up %s: the client gets that 413', async (_what, after) => {
  const size = 20_000_000;
  const { port, evil, outcomes } = await startWhole(
    () => [
      { send: 'HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\ntoo big' },
      ...after,
    ],
    { answerAt: 'head' },
  );
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `PUT /files HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: ${size}\r\n\r\n`,
  );
  socket.write(Buffer.alloc(size));
  const { text } = await collect(socket, 5000);
  expect(statusesOf(text)).toEqual([413]);
  expect(text).toMatch(/too big$/);
  expect(evil.received()).toBeLessThan(size);
  await vi.waitFor(() => expect(evil.open()).toBe(0));
  await vi.waitFor(() => expect(outcomes).toHaveLength(1));
  expect(outcomes[0]).toMatchObject({ status: 413, ending: 'complete' });
});

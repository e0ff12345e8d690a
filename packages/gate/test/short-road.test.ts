import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { HandlerRequest } from '../src/index.ts';
import { inTurn } from './in-turn.ts';
import { openService } from './open-service.ts';
import { tlsPair } from './tls-pair.ts';
import { dial, expectProblem } from './wire-client.ts';

const host = 'Host: api.test\r\n';
const patience = { timeout: 10_000, interval: 5 };

function get(target: string, more = ''): string {
  return `GET ${target} HTTP/1.1\r\n${host}${more}\r\n`;
}

function post(target: string, body: string, type = 'application/json'): string {
  const length = Buffer.byteLength(body, 'latin1');
  return `POST ${target} HTTP/1.1\r\n${host}Content-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${body}`;
}

/** The same request, written so that the gate does not read it by itself. */
function forNode(text: string): string {
  return text.replace('Host: ', 'Host:  ');
}

/** Counts the requests that Node's parser reads, in this process, until the test ends. */
function readByNode(): () => number {
  let count = 0;
  const hear = (): void => {
    count += 1;
  };
  subscribe('http.server.request.start', hear);
  onTestFinished(() => {
    unsubscribe('http.server.request.start', hear);
  });
  return () => count;
}

/** Sends a request on a connection that is kept, and reads the bytes of its answer. */
async function bytesOf(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let bytes = '';
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.toString('latin1');
    if (isWhole(bytes, text.startsWith('HEAD '))) socket.emit('whole');
  });
  socket.write(text, 'latin1');
  await once(socket, 'whole', { signal: AbortSignal.timeout(10_000) });
  return bytes
    .replace(/^(Date: ).*GMT\r$/m, '$1then\r')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'an id');
}

function isWhole(bytes: string, headOnly: boolean): boolean {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return false;
  if (headOnly || /^HTTP\/1\.1 [23]04 /.test(bytes)) return true;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(bytes)?.[1];
  return length === undefined ? bytes.endsWith('\r\n0\r\n\r\n') : bytes.length >= end + 4 + Number(length);
}

type Returned = (request: HandlerRequest) => unknown;

async function* parts(): AsyncGenerator<string> {
  yield 'a';
  yield 'b';
}

/** Waits until a handler is told to answer. */
function held(): {
  readonly handle: Returned;
  readonly answer: (value: unknown) => void;
  readonly asked: () => number;
} {
  const waiting: ((value: unknown) => void)[] = [];
  let asked = 0;
  return {
    handle: () => {
      asked += 1;
      return new Promise((resolve) => waiting.push(resolve));
    },
    answer: (value) => waiting.shift()?.(value),
    asked: () => asked,
  };
}

describe('a request that the gate reads by itself has the answer that Node would have sent', () => {
  const name = '{"name":"Sencha"}';
  test.each<[string, string, Returned]>([
    ['an object', get('/teas/1'), () => ({ name: 'Sencha' })],
    ['a promise of one', get('/teas/1'), async () => ({ name: 'Sencha' })],
    ['a text beyond ASCII', get('/teas/1'), () => ({ name: 'Señcha €' })],
    ['bytes', get('/teas/1'), () => Buffer.from(name)],
    ['bytes beyond ASCII', get('/page'), () => new Uint8Array([0xff, 0xfe, 0])],
    ['HTML', get('/page'), () => '<p>é'],
    ['nothing', get('/teas/1'), () => undefined],
    ['a code without a body', `DELETE /teas/1 HTTP/1.1\r\n${host}\r\n`, () => ({ status: 204 })],
    ['304 with its fields', get('/teas/1'), () => ({ status: 304, headers: { ETag: '"a"' } })],
    ['a code and fields', get('/teas/1'), () => ({ status: 404, headers: { Vary: ['a', 'b'], 'X-N': 7 }, body: 1 })],
    ['a field twice', get('/teas/1'), () => ({ status: 200, headers: { 'Set-Cookie': ['a=1', 'b=2'] }, body: 1 })],
    ['HEAD', `HEAD /teas/1 HTTP/1.1\r\n${host}\r\n`, () => ({ name: 'Sencha' })],
    ['HEAD of bytes', `HEAD /page HTTP/1.1\r\n${host}\r\n`, () => Buffer.from('<p>')],
    ['a checked body', post('/teas', name), ({ body }) => body],
    ['an id of the caller’s', get('/teas/1', 'X-Request-Id: mine\r\n'), ({ requestId }) => requestId],
    ['any field', get('/teas/1', 'X-Odd: a\r\nx-odd: b\r\n'), ({ field }) => field('X-ODD')],
    ['cookies', get('/teas/1', 'Cookie: theme=a\r\nCookie: b=c\r\n'), ({ field }) => field('cookie')],
    ['connection: keep-alive', get('/teas/1', 'connection:Keep-Alive\r\n'), () => 1],
    ['OPTIONS', `OPTIONS /teas HTTP/1.1\r\n${host}\r\n`, () => 1],
    ['404', get('/none'), () => 1],
    ['404 to HEAD', `HEAD /none HTTP/1.1\r\n${host}\r\n`, () => 1],
    ['404 with a body', post('/none', name), () => 1],
    ['405', post('/teas/1', name), () => 1],
    ['401', get('/mine'), () => 1],
    ['401 with a token', get('/mine', 'Authorization: Bearer forged\r\n'), () => 1],
    ['400 of a parameter', get('/teas/x?limit=y&z=1'), () => 1],
    ['400 of a body', post('/teas', '{"nam":1}'), () => 1],
    ['400 of no JSON', post('/teas', '{'), () => 1],
    ['400 of a body where none is due', get('/teas/1', 'Content-Length: 0\r\n').replace('GET', 'DELETE'), () => 1],
    ['415', post('/teas', name, 'text/plain'), () => 1],
    [
      'a handler that throws',
      get('/teas/1'),
      () => {
        throw new Error('a secret');
      },
    ],
  ])('%s', async (_, text, handle) => {
    const count = readByNode();
    const handlers = { getTea: handle, getPage: handle, dropTea: handle, addTea: handle, getMine: handle };
    const { port, settled } = await openService(handlers, {
      limits: { few: { requests: 9, window: '1h', by: 'address' } },
    });
    const short = await bytesOf(port, text);
    expect(count()).toBe(0);
    const long = await bytesOf(port, forNode(text));
    expect(count()).toBe(1);
    expect(short).toBe(long.replace(/r=7;/, 'r=8;'));
    const [first, second] = await settled(2);
    const left = { requestId: '', timeMs: 0, durationMs: 0, upstreamMs: 0 };
    expect({ ...first, ...left }).toEqual({ ...second, ...left });
  });

  test.each<[string, string, Returned]>([
    ['a date of the handler’s', get('/teas/1'), () => ({ status: 200, headers: { Date: 'then' }, body: 1 })],
    ['a field beyond ASCII', get('/teas/1'), () => ({ status: 200, headers: { 'X-Name': 'é' }, body: 1 })],
    ['a field that would be two', get('/teas/1'), () => ({ status: 200, headers: { 'X-Name': 'a\r\nB: c' }, body: 1 })],
    ['a name that is none', get('/teas/1'), () => ({ status: 200, headers: { 'X: a\r\nB': 'c' }, body: 1 })],
    ['a stream', get('/page'), parts],
    [
      'a body that streams',
      post('/teas', 'abc', 'application/octet-stream').replace('POST', 'PUT'),
      ({ body }) => body,
    ],
  ])('%s is left to Node, as late as that is known', async (_, text, handle) => {
    const count = readByNode();
    const { port, settled } = await openService({ getTea: handle, getPage: handle, putTeas: handle });
    const short = await bytesOf(port, text);
    expect(count()).toBe(1);
    expect(short).toBe(await bytesOf(port, forNode(text)));
    expect(short).not.toMatch(/^B: c/m);
    const [first, second] = await settled(2);
    const left = { requestId: '', timeMs: 0, durationMs: 0, upstreamMs: 0 };
    expect({ ...first, ...left }).toEqual({ ...second, ...left });
  });
});

describe('a connection whose requests the gate reads by itself', () => {
  test.each([false, true])('goes to Node’s parser and comes back as its requests are (TLS: %s)', async (tls) => {
    const count = readByNode();
    const { port, settled } = await openService(
      { getTea: ({ params }) => params.id, getPage: parts, addTea: ({ body }) => body },
      tls ? { tls: tlsPair } : {},
    );
    const wire = await dial(port, { tls });
    const turns: [string, number, string][] = [
      [get('/teas/1'), 0, '1'],
      [forNode(get('/teas/2')), 1, '2'],
      [get('/teas/3'), 0, '3'],
      [get('/page'), 1, 'ab'],
      [post('/teas', '{"name":"Sencha"}'), 0, '{"name":"Sencha","grams":100}'],
      [forNode(post('/teas', '{"name":"Assam"}')), 1, '{"name":"Assam","grams":100}'],
      [`\r\n${get('/teas/4')}`, 0, '4'],
    ];
    await inTurn(turns.length, async (turn) => {
      const [text, byNode, due] = turns[turn] ?? ['', 0, ''];
      const before = count();
      wire.send(text);
      expect((await wire.answer()).body).toBe(due);
      expect(count() - before).toBe(byNode);
    });
    wire.send(get('/teas/5') + get('/teas/6'));
    expect([(await wire.answer()).body, (await wire.answer()).body]).toEqual(['5', '6']);
    expect(await settled(turns.length + 2)).toHaveLength(turns.length + 2);
  });

  test('holds what comes behind an unanswered request, and answers in order', async () => {
    const tea = held();
    const { port, settled } = await openService({ getTea: tea.handle, getPage: () => 'page' });
    const wire = await dial(port);
    wire.send(get('/teas/1'));
    await vi.waitUntil(() => tea.asked() === 1, patience);
    wire.send(get('/page') + get('/teas/2'));
    wire.send(get('/page'));
    tea.answer('one');
    await vi.waitUntil(() => tea.asked() === 2, patience);
    tea.answer('two');
    const bodies = [await wire.answer(), await wire.answer(), await wire.answer(), await wire.answer()];
    expect(bodies.map(({ body }) => body)).toEqual(['"one"', 'page', '"two"', 'page']);
    expect(await settled(4)).toHaveLength(4);
  });

  test('tells the handler, and the record once, where the client goes before it is answered', async () => {
    const tea = held();
    const signals: AbortSignal[] = [];
    const { port, settled, outcomes } = await openService({
      getTea: (request) => {
        signals.push(request.signal);
        return tea.handle(request);
      },
    });
    const wire = await dial(port);
    wire.send(get('/teas/1'));
    await vi.waitUntil(() => signals.length === 1, patience);
    wire.socket.resetAndDestroy();
    await vi.waitUntil(() => signals[0]?.aborted, patience);
    tea.answer('late');
    expect(await settled(1)).toMatchObject([{ status: 0, ending: 'aborted', operation: 'getTea' }]);
    const other = await dial(port);
    other.send(get('/teas/2'));
    await vi.waitUntil(() => signals.length === 2, patience);
    tea.answer('two');
    expect((await other.answer()).body).toBe('"two"');
    await settled(2);
    expect(outcomes.map(({ ending }) => ending)).toEqual(['aborted', 'complete']);
  });

  test('is closed with the answer where its client has ended its side', async () => {
    const tea = held();
    const { port, settled } = await openService({ getTea: tea.handle, getPage: () => 'page' });
    const wire = await dial(port);
    wire.send(get('/teas/1'));
    await vi.waitUntil(() => tea.asked() === 1, patience);
    wire.socket.end();
    // What another client sends after that arrives after that.
    const other = await dial(port);
    await inTurn(3, () => {
      other.send(get('/page'));
      return other.answer();
    });
    tea.answer('late');
    const { answers, ending } = await wire.end();
    expect(answers).toMatchObject([{ status: 200, body: '"late"', fields: { connection: 'close' } }]);
    expect(ending).toBe('fin');
    expect((await settled(4)).at(-1)).toMatchObject({ operation: 'getTea', status: 200, ending: 'complete' });
  });

  test('is closed with the answer where the gate is to stop', async () => {
    const tea = held();
    const service = await openService({ getTea: tea.handle });
    const wire = await dial(service.port);
    wire.send(get('/teas/1'));
    await vi.waitUntil(() => tea.asked() === 1, patience);
    const stopped = service.stop();
    await vi.waitFor(() => expect(dial(service.port)).rejects.toThrow('ECONNREFUSED'), patience);
    tea.answer('late');
    const { answers, ending } = await wire.end();
    expect(answers).toMatchObject([{ status: 200, body: '"late"', fields: { connection: 'close' } }]);
    expect(ending).toBe('fin');
    await stopped;
    expect(await service.settled(1)).toMatchObject([{ status: 200, ending: 'complete' }]);
  });

  test('hears 503 at the drain deadline, and is closed', async () => {
    const tea = held();
    const service = await openService({ getTea: tea.handle }, { codes: 'standard', timeouts: { drain: '200ms' } });
    const wire = await dial(service.port);
    wire.send(get('/teas/1'));
    await vi.waitUntil(() => tea.asked() === 1, patience);
    await service.stop();
    const { answers } = await wire.end();
    expectProblem(answers[0], 503, 'draining');
    tea.answer('late');
    expect(await service.settled(1)).toMatchObject([{ status: 503, ending: 'complete' }]);
  });

  test('is closed once it was without a request for as long as one may be, and not before', async () => {
    const count = readByNode();
    const { port, settled } = await openService({ getTea: () => 1 }, { timeouts: { idle: '300ms' } });
    const wire = await dial(port);
    wire.send(get('/teas/1'));
    await wire.answer();
    const startMs = performance.now();
    expect(await wire.end()).toMatchObject({ answers: [{ status: 200 }], ending: 'fin' });
    expect(performance.now() - startMs).toBeGreaterThan(290);
    expect(count()).toBe(0);
    expect(await settled(1)).toHaveLength(1);
  });

  test('is cut where its client does not read the answer, and recorded once', async () => {
    const body = Buffer.alloc(64 * 1024 * 1024);
    const { port, settled, outcomes } = await openService({ getPage: () => body }, { timeouts: { unread: '500ms' } });
    const wire = await dial(port);
    wire.socket.pause();
    wire.send(get('/page'));
    expect(await settled(1)).toMatchObject([{ status: 200, ending: 'unread' }]);
    wire.socket.destroy();
    expect(outcomes).toHaveLength(1);
  });
});

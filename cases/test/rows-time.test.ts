import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { dial, expectProblem, type Wire, type WireEnd } from '../../packages/gate/test/wire-client.ts';
import { openDoor, sayBack } from '../door.ts';

const host = 'Host: library.test\r\n';
const note = `POST /v1/notes HTTP/1.1\r\n${host}Content-Type: text/plain\r\n`;
const file = `POST /v1/files HTTP/1.1\r\n${host}Content-Type: application/octet-stream\r\n`;
const limitMs = 400;
// The half second, and as much again for a machine that has more to do.
const lateMs = 1000;

/** Sends one byte at a time for as long as the connection lives. */
function trickle(wire: Wire, byte: string): void {
  const timer = setInterval(() => {
    if (wire.socket.destroyed) clearInterval(timer);
    else wire.send(byte);
  }, 40);
  wire.socket.on('close', () => clearInterval(timer));
}

describe('rows 2 and 3: what comes too slowly', () => {
  test.for([
    ['half a head', `GET /v1/health HTTP/1.1\r\nHost: libr`, '', 'headers-too-slow'],
    ['a trickled head', `GET /v1/health HTTP/1.1\r\nX: `, 'a', 'headers-too-slow'],
    ['a stalled body that is checked', `${note}Content-Length: 5\r\n\r\nab`, '', 'body-too-slow'],
    ['a trickled body that is checked', `${note}Content-Length: 500\r\n\r\nab`, 'a', 'body-too-slow'],
    ['a stalled body in chunks', `${note}Transfer-Encoding: chunked\r\n\r\n5\r\nab`, '', 'body-too-slow'],
    ['a stalled body that streams', `${file}Content-Length: 5\r\n\r\nab`, '', 'body-too-slow'],
    ['a trickled body that streams', `${file}Content-Length: 500\r\n\r\nab`, 'a', 'body-too-slow'],
  ] as const)('%s is 408 within its time, whole, once, and the end', async ([, begun, more, reason]) => {
    const { port, recorded, api } = await openDoor({ timeouts: { headersMs: limitMs, requestMs: limitMs } });
    const wire = await dial(port);
    const startMs = performance.now();
    wire.send(begun);
    if (more !== '') trickle(wire, more);
    await wire.answer();
    const tookMs = performance.now() - startMs;
    const { answers, rest, ending } = await wire.end();
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 408, reason);
    expect(answers[0]?.fields.connection).toBe('close');
    expect({ rest, ending }).toEqual({ rest: '', ending: 'fin' });
    expect(tookMs).toBeGreaterThan(limitMs - 50);
    expect(tookMs).toBeLessThan(limitMs + lateMs);
    expect(await recorded(1)).toMatchObject([{ status: 408, reason, ending: 'complete' }]);
    // Of the bodies that stream the API has seen a part, and never one that looks whole.
    expect(api.requests).toEqual([]);
  });

  test.for([
    ['/v1/nowhere', 404],
    ['/v1/books', 401],
    ['/v1/health', 405],
  ] as const)('the early answer of POST %s stays the only one when its body stalls', async ([path, status]) => {
    const { port, recorded } = await openDoor({ timeouts: { headersMs: limitMs, requestMs: limitMs } });
    const wire = await dial(port);
    wire.send(`POST ${path} HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\nabc`);
    const { answers, rest, ending } = await wire.end();
    expect(answers.map((answer) => answer.status)).toEqual([status]);
    expect(answers[0]?.fields.connection).toBe('close');
    expect({ rest, ending }).toEqual({ rest: '', ending: 'fin' });
    expect(await recorded(1)).toMatchObject([{ status, ending: 'complete' }]);
  });
});

describe('100 Continue (F8)', () => {
  test.for([
    ['POST /v1/nowhere', 404],
    ['POST /v1/health', 405],
    ['POST /v1/books', 401],
    ['POST /v1/files?no=1', 400],
    ['POST /v1/trees', 415],
  ] as const)('is withheld from %s, which is %i', async ([line, status]) => {
    const { port, recorded } = await openDoor();
    const wire = await dial(port);
    wire.send(
      `${line} HTTP/1.1\r\n${host}Content-Type: text/plain\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`,
    );
    const { answers, interim } = await wire.end();
    expect({ statuses: answers.map((answer) => answer.status), interim }).toEqual({ statuses: [status], interim: [] });
    expectProblem(answers[0], status, (await recorded(1))[0]?.reason ?? '');
  });

  test('comes to a request that passes, before its body does', async () => {
    const { port, api } = await openDoor();
    const wire = await dial(port);
    wire.send(`${note}Connection: close\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`);
    expect(await wire.interim()).toBe(100);
    wire.send('abc');
    expect((await wire.end()).answers).toMatchObject([{ status: 200 }]);
    expect(api.requests.map(({ head, body }) => [/^expect:/im.test(head), body.toString()])).toEqual([[false, 'abc']]);
  });
});

describe('row 1: whole requests that wait while the loop is blocked', () => {
  // On a thread of its own, which nothing blocks: connects, waits until the gate's loop is blocked, then asks.
  const victims = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { connect } = require('node:net');
    const { port, text, flag, count } = workerData;
    const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
    const each = (event) => Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once(event, resolve))));
    each('connect').then(async () => {
      parentPort.postMessage('connected');
      Atomics.wait(new Int32Array(flag), 0, 0);
      const texts = sockets.map(() => '');
      sockets.forEach((socket, at) => socket.on('data', (chunk) => { texts[at] += chunk.toString('latin1'); }));
      const closed = each('close');
      for (const socket of sockets) socket.write(text);
      await closed;
      parentPort.postMessage(texts);
    });
  `;
  const count = 100;

  test.for([
    ['heads', `GET /v1/health HTTP/1.1\r\n${host}Connection: close\r\n\r\n`],
    ['heads and bodies', `${note}Connection: close\r\nContent-Length: 3\r\n\r\nabc`],
  ] as const)('are answered 200, 100 of 100 (%s)', { timeout: 30_000 }, async ([, text]) => {
    const flag = new SharedArrayBuffer(4);
    const { port, recorded } = await openDoor({
      timeouts: { headersMs: 2000, requestMs: 2000 },
      script: (request) => {
        if (request.target === '/v1/books') {
          // In the callback of a socket of the gate's own loop.
          Atomics.store(new Int32Array(flag), 0, 1);
          Atomics.notify(new Int32Array(flag), 0);
          const due = performance.now() + 2300;
          while (performance.now() < due);
        }
        return sayBack(request);
      },
    });
    const worker = new Worker(victims, { eval: true, workerData: { port, text, flag, count } });
    await once(worker, 'message');
    const wire = await dial(port);
    wire.send(`GET /v1/books HTTP/1.1\r\n${host}\r\n`);
    const [texts] = await once(worker, 'message');
    expect(texts).toEqual(Array.from({ length: count }, () => expect.stringMatching(/^HTTP\/1\.1 200 /)));
    expect((await recorded(count + 1)).every(({ status }) => status === 200)).toBe(true);
  });
});

test('row 7: 1,000 pipelined requests are answered in order, one at a time at the API', async () => {
  const { port, api, recorded } = await openDoor();
  const count = 1000;
  const wire = await dial(port);
  wire.send(
    Array.from({ length: count }, (_, at) => `GET /v1/books?limit=${(at % 100) + 1} HTTP/1.1\r\n${host}\r\n`).join(''),
  );
  wire.socket.end();
  const { answers }: WireEnd = await wire.end(20_000);
  expect(answers.map(({ body }) => /limit=(\d+)/.exec(body)?.[1])).toEqual(
    Array.from({ length: count }, (_, at) => String((at % 100) + 1)),
  );
  // Never two at once, so one connection was enough.
  expect(api.connections()).toBe(1);
  expect(await recorded(count)).toHaveLength(count);
});

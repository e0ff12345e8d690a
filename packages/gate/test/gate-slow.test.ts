import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { echo, openGate } from './open-gate.ts';
import { ask, dial, expectProblem, pause, type Wire, type WireEnd } from './wire-client.ts';

const host = 'Host: api.test\r\n';

const quickHeads = { timeouts: { headersMs: 300 } };

function begunPost(path: string): string {
  return `POST ${path} HTTP/1.1\r\n${host}Content-Length: 1000\r\n\r\nabc`;
}

// What a noisy machine may add to a deadline.
const noise = 1500;

/** Feeds one byte at a time for as long as the connection lives. */
function trickle(wire: Wire, byte: string, everyMs: number): void {
  const timer = setInterval(() => {
    if (wire.socket.destroyed) clearInterval(timer);
    else wire.send(byte);
  }, everyMs);
  wire.socket.on('close', () => clearInterval(timer));
}

async function timed(wire: Wire): Promise<WireEnd & { readonly answeredMs: number }> {
  const startMs = performance.now();
  await wire.answer();
  const answeredMs = performance.now() - startMs;
  return { ...(await wire.end()), answeredMs };
}

describe('a slow head is 408 within its time, once, and the connection ends (F1, row 2)', () => {
  test('half a head', async () => {
    const { port, settled } = await openGate(echo, quickHeads);
    const wire = await dial(port);
    wire.send('GET /open HTTP/1.1\r\nHost: a');
    const { answers, rest, ending, answeredMs } = await timed(wire);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 408, 'headers-too-slow');
    expect(answers[0]?.fields.connection).toBe('close');
    expect({ rest, ending }).toEqual({ rest: '', ending: 'fin' });
    expect(answeredMs).toBeGreaterThan(290);
    expect(answeredMs).toBeLessThan(300 + noise);
    expect(await settled(1)).toMatchObject([{ status: 408, reason: 'headers-too-slow', ending: 'complete' }]);
  });

  test('a trickled head', async () => {
    const { port, settled } = await openGate(echo, quickHeads);
    const wire = await dial(port);
    wire.send('GET /open HTTP/1.1\r\nX-Long: ');
    trickle(wire, 'a', 50);
    const { answers, answeredMs } = await timed(wire);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 408, 'headers-too-slow');
    expect(answeredMs).toBeLessThan(300 + noise);
    expect(await settled(1)).toHaveLength(1);
  });

  test('nothing for a while, then half a head: the time runs from the first byte', async () => {
    const { port } = await openGate(echo, quickHeads);
    const wire = await dial(port);
    await pause(200);
    wire.send('G');
    const { answers, answeredMs } = await timed(wire);
    expect(answers).toHaveLength(1);
    expect(answeredMs).toBeGreaterThan(290);
    expectProblem(answers[0], 408, 'headers-too-slow');
  });

  test('the second request of a kept connection', async () => {
    const { port, settled } = await openGate(echo, quickHeads);
    const wire = await dial(port);
    wire.send(`GET /open HTTP/1.1\r\n${host}\r\n`);
    expect((await wire.answer()).status).toBe(200);
    await pause(500);
    wire.send(`GET /open HTTP/1.1\r\n`);
    const { answers, answeredMs } = await timed(wire);
    expect(answers.map(({ status }) => status)).toEqual([200, 408]);
    expect(answeredMs).toBeGreaterThan(290);
    expect(await settled(2)).toMatchObject([{ status: 200 }, { status: 408 }]);
  });

  test('a method that the parser does not know, and then nothing', async () => {
    const { port } = await openGate(echo, quickHeads);
    const wire = await dial(port);
    wire.send('FOO /open HTTP/1.1\r\nHost: ap');
    const { answers } = await timed(wire);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 408, 'headers-too-slow');
  });

  test('not a byte at all is closed quietly: nothing was asked', async () => {
    const { port, outcomes } = await openGate(echo, quickHeads);
    const wire = await dial(port);
    expect(await wire.end()).toMatchObject({ answers: [], rest: '', ending: 'fin' });
    expect(outcomes).toHaveLength(0);
  });
});

describe('a slow body is 408 within its time, once, and the connection ends (row 3)', () => {
  test.for(['/check', '/stream'])('a stalled and a trickled body of %s', async (path) => {
    let handed = 0;
    let gone = 0;
    const { port, settled } = await openGate(
      (exchange) => {
        handed += 1;
        exchange.request.resume();
        exchange.onGone(() => {
          gone += 1;
        });
      },
      { timeouts: { requestMs: 300 } },
    );
    const slow = async (trickled: boolean): Promise<void> => {
      const wire = await dial(port);
      wire.send(begunPost(path));
      if (trickled) trickle(wire, 'a', 50);
      const { answers, rest, ending, answeredMs } = await timed(wire);
      expect(answers).toHaveLength(1);
      expectProblem(answers[0], 408, 'body-too-slow');
      expect(answers[0]?.fields.connection).toBe('close');
      expect({ rest, ending }).toEqual({ rest: '', ending: 'fin' });
      expect(answeredMs).toBeGreaterThan(250);
      expect(answeredMs).toBeLessThan(300 + noise);
    };
    await Promise.all([slow(false), slow(true)]);
    const due = { status: 408, reason: 'body-too-slow', ending: 'complete' };
    expect(await settled(2)).toMatchObject([due, due]);
    expect({ handed, gone }).toEqual(path === '/stream' ? { handed: 2, gone: 2 } : { handed: 0, gone: 0 });
  });

  test('a streamed body whose answer has begun is cut, without a second answer', async () => {
    const { port, settled } = await openGate(
      ({ request, response }) => {
        request.resume();
        response.writeHead(200, { 'Content-Length': 10 });
        response.write('12345');
      },
      { timeouts: { requestMs: 300 } },
    );
    await expect(ask(port, begunPost('/stream'))).rejects.toThrow(/ended 5 bytes before the body/);
    expect(await settled(1)).toMatchObject([{ status: 200, ending: 'truncated' }]);
  });

  test('a body that waits for a slow API is not slow', async () => {
    const body = 'x'.repeat(1_000_000);
    const { port } = await openGate(
      ({ request, response }) => {
        setTimeout(() => {
          let length = 0;
          request.on('data', (chunk: Buffer) => {
            length += chunk.length;
          });
          request.on('end', () => response.end(String(length)));
        }, 1000);
      },
      { timeouts: { requestMs: 400 } },
    );
    const text = `POST /stream HTTP/1.1\r\n${host}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const { answers } = await ask(port, `${text}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    expect(answers).toMatchObject([{ status: 200, body: String(body.length) }]);
  });

  test.for([
    ['/none', 404],
    ['/secret', 401],
    ['/open', 400],
  ] as const)('an early answer on %s stays the only one when the body then stalls (F3)', async ([path, status]) => {
    const { port, settled } = await openGate(echo, { timeouts: { requestMs: 300, headersMs: 300 } });
    const wire = await dial(port);
    wire.send(begunPost(path));
    const { answers, rest, ending, answeredMs } = await timed(wire);
    expect(answers.map((answer) => answer.status)).toEqual([status]);
    expect(answers[0]?.fields.connection).toBe('close');
    expect({ rest, ending }).toEqual({ rest: '', ending: 'fin' });
    expect(answeredMs).toBeLessThan(noise);
    expect(await settled(1)).toMatchObject([{ status, ending: 'complete' }]);
  });
});

describe('a blocked event loop is nobody else’s fault (row 1, I2)', () => {
  // Victims on a thread that nothing blocks: they begin when told, and go on as soon as the gate's loop is blocked.
  const victims = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { connect } = require('node:net');
    const { port, first, second, flag, count } = workerData;
    const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
    const each = (event) => Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once(event, resolve))));
    const texts = sockets.map((socket) => {
      let text = '';
      socket.on('data', (chunk) => { text += chunk.toString('latin1'); });
      socket.on('error', () => {});
      return () => text;
    });
    parentPort.once('message', async () => {
      for (const socket of sockets) socket.write(first);
      parentPort.postMessage('begun');
      Atomics.wait(new Int32Array(flag), 0, 0);
      const closed = each('close');
      for (const socket of sockets) socket.write(second);
      await closed;
      parentPort.postMessage(texts.map((text) => text()));
    });
    each('connect').then(() => parentPort.postMessage('connected'));
  `;
  const count = 24;

  test.for([
    ['whole request', '', `GET /open HTTP/1.1\r\n${host}Connection: close\r\n\r\n`],
    ['rest of a head', 'GET /open HTTP/1.1\r\nHost: api', '.test\r\nConnection: close\r\n\r\n'],
    ['rest of a body', `POST /check HTTP/1.1\r\n${host}Connection: close\r\nContent-Length: 4\r\n\r\nab`, 'cd'],
  ] as const)('the %s that waited in the kernel is answered, 24 times of 24', async ([, first, second]) => {
    const flag = new SharedArrayBuffer(4);
    const { port, settled } = await openGate(
      (exchange) => {
        if (exchange.passage.target === '/open?block') {
          Atomics.store(new Int32Array(flag), 0, 1);
          Atomics.notify(new Int32Array(flag), 0);
          const due = performance.now() + 800;
          while (performance.now() < due);
        }
        echo(exchange);
      },
      { timeouts: { headersMs: 500, requestMs: 500 } },
    );
    const worker = new Worker(victims, { eval: true, workerData: { port, first, second, flag, count } });
    await once(worker, 'message');
    const wire = await dial(port);
    worker.postMessage('begin', []);
    await once(worker, 'message');
    wire.send(`GET /open?block HTTP/1.1\r\n${host}\r\n`);
    const [texts] = await once(worker, 'message');
    expect(texts).toEqual(Array.from({ length: count }, () => expect.stringMatching(/^HTTP\/1\.1 200 /)));
    expect((await settled(count + 1)).every(({ status }) => status === 200)).toBe(true);
  });
});

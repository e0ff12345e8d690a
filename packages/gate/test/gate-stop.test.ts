import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { echo, handlerOf, openGate } from './open-gate.ts';
import { tlsPair } from './tls-pair.ts';
import { ask, dial, expectProblem, pause } from './wire-client.ts';

const host = 'Host: api.test\r\n';
const close = 'Connection: close\r\n';

describe('a graceful stop (F15, row 32)', () => {
  test('lets what is under way be answered, serves what still comes on a kept connection, then ends', async () => {
    const { gate, port, settled } = await openGate((exchange) => {
      setTimeout(() => echo(exchange), exchange.passage.target === '/open?slow' ? 300 : 0);
    });
    const [idle, silent, slow, begun] = await Promise.all([dial(port), dial(port), dial(port), dial(port)]);
    idle.send(`GET /open HTTP/1.1\r\n${host}\r\n`);
    await idle.answer();
    slow.send(`GET /open?slow HTTP/1.1\r\n${host}\r\n`);
    begun.send(`GET /open HTTP/1.1\r\n`);
    await pause(50);
    const stopped = gate.stop();
    await expect(dial(port)).rejects.toThrow(/ECONNREFUSED/);
    expect(await idle.end()).toMatchObject({ answers: [{ status: 200 }], ending: 'fin' });
    expect(await silent.end()).toMatchObject({ answers: [], ending: 'fin' });
    begun.send(`${host}\r\n`);
    expect((await begun.end()).answers).toMatchObject([{ status: 200, fields: { connection: 'close' } }]);
    const { answers, ending } = await slow.end();
    expect(answers).toMatchObject([{ status: 200, fields: { connection: 'close' } }]);
    expect(ending).toBe('fin');
    await stopped;
    expect(await settled(3)).toHaveLength(3);
  });

  test('slow heads and bodies are still 408 while it drains', async () => {
    const { gate, port } = await openGate(echo, { timeouts: { headersMs: 400, requestMs: 400 } });
    const [head, body] = await Promise.all([dial(port), dial(port)]);
    head.send('GET /open HTTP/1.1\r\n');
    body.send(`POST /check HTTP/1.1\r\n${host}Content-Length: 10\r\n\r\nabc`);
    await pause(50);
    const stopped = gate.stop();
    expectProblem(await head.answer(), 408, 'headers-too-slow');
    expectProblem(await body.answer(), 408, 'body-too-slow');
    await expect(stopped).resolves.toBeUndefined();
  });

  test('at the deadline says 503 where no answer has begun and cuts the rest', async () => {
    const calls: string[] = [];
    const { gate, port, settled } = await openGate(() => {}, {
      timeouts: { drainMs: 300 },
      handler: {
        ...handlerOf(({ passage, response }) => {
          if (passage.target === '/open?begun') response.writeHead(200, { 'Content-Length': 10 }).write('begun');
        }),
        close: async () => {
          calls.push('close');
        },
        destroy: async () => {
          calls.push('destroy');
        },
      },
    });
    const [waiting, begun, half] = await Promise.all([dial(port), dial(port), dial(port)]);
    waiting.send(`GET /open HTTP/1.1\r\n${host}\r\n`);
    begun.send(`GET /open?begun HTTP/1.1\r\n${host}\r\n`);
    half.send('GET /open HTTP/1.1\r\n');
    await pause(50);
    const startMs = performance.now();
    await gate.stop();
    expect(performance.now() - startMs).toBeLessThan(300 + 1500);
    expectProblem((await waiting.end()).answers[0], 503, 'draining');
    await expect(begun.end()).rejects.toThrow(/ended 5 bytes before/);
    expect(await half.end()).toMatchObject({ answers: [] });
    expect(calls).toEqual(['close', 'destroy']);
    expect((await settled(2)).map(({ status, ending }) => `${status} ${ending}`).toSorted()).toEqual([
      '200 truncated',
      '503 complete',
    ]);
  });

  test('leaves nothing open when it is ended at once', async () => {
    const { gate, port, settled } = await openGate(() => {});
    const wires = await Promise.all([dial(port), dial(port), dial(port)]);
    wires[0]?.send(`GET /open HTTP/1.1\r\n${host}\r\n`);
    wires[1]?.send('GET /op');
    await pause(50);
    const stopped = gate.stop();
    await gate.destroy();
    await stopped;
    for (const end of await Promise.all(wires.map((wire) => wire.end()))) expect(end.answers).toEqual([]);
    expect(await settled(1)).toMatchObject([{ ending: 'dropped', status: 0 }]);
    await expect(dial(port)).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('connections', () => {
  test('a kept connection without a request is closed when its time is over, not before', async () => {
    const { port, settled } = await openGate(echo, { timeouts: { idleMs: 200 } });
    const wire = await dial(port);
    wire.send(`GET /open HTTP/1.1\r\n${host}\r\n`);
    await wire.answer();
    const startMs = performance.now();
    expect(await wire.end()).toMatchObject({ answers: [{ status: 200 }], rest: '', ending: 'fin' });
    expect(performance.now() - startMs).toBeGreaterThan(200);
    expect(await settled(1)).toHaveLength(1);
  });

  test('one too many is dropped and recorded; those that are open are served (row 6)', async () => {
    const { port, settled } = await openGate(echo, { maxConnections: 2 });
    const first = await dial(port);
    await dial(port);
    await pause(20);
    const third = connect(port, '127.0.0.1');
    third.on('error', () => {});
    third.resume();
    await once(third, 'close');
    first.send(`GET /open HTTP/1.1\r\n${host}${close}\r\n`);
    expect((await first.end()).answers).toMatchObject([{ status: 200 }]);
    expect(await settled(2)).toMatchObject([{ ending: 'dropped', address: '127.0.0.1', status: 0 }, { status: 200 }]);
  });

  test('a client that does not read its answer is cut, and the handler hears of it (row 4)', async () => {
    let gone = 0;
    const { port, settled } = await openGate(
      (exchange) => {
        exchange.onGone(() => {
          gone += 1;
        });
        exchange.response.end(Buffer.alloc(64 * 1024 * 1024));
      },
      { timeouts: { unreadMs: 600 } },
    );
    const still = await dial(port);
    const lively = await dial(port);
    // What it sends is no sign that it reads.
    const timer = setInterval(() => lively.send('G'), 50);
    for (const wire of [still, lively]) {
      wire.socket.pause();
      wire.send(`GET /open HTTP/1.1\r\n${host}\r\n`);
    }
    const startMs = performance.now();
    const due = { ending: 'unread', status: 200 };
    expect(await settled(2)).toMatchObject([due, due]);
    expect(performance.now() - startMs).toBeGreaterThan(500);
    expect(gone).toBe(2);
    clearInterval(timer);
    for (const wire of [still, lively]) wire.socket.destroy();
  });

  test.for([false, true])('a client that reads slowly but reads is not cut (TLS: %s)', async (secure) => {
    const length = 24 * 1024 * 1024;
    const { port, settled } = await openGate(({ response }) => response.end(Buffer.alloc(length)), {
      timeouts: { unreadMs: 1500 },
      ...(secure && { tls: tlsPair }),
    });
    const { socket } = await dial(port, { tls: secure });
    socket.removeAllListeners('data');
    socket.write(`GET /open HTTP/1.1\r\n${host}${close}\r\n`);
    const beganMs = performance.now();
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
      socket.pause();
      setTimeout(() => socket.resume(), secure ? 2 : 6);
    });
    await once(socket, 'end');
    expect(performance.now() - beganMs).toBeGreaterThan(1500);
    expect(received).toBeGreaterThan(length);
    expect(await settled(1)).toMatchObject([{ ending: 'complete' }]);
  });
});

describe('TLS', () => {
  test('is served, refused and timed like plain HTTP', async () => {
    let secure = false;
    const { port, settled } = await openGate(
      (exchange) => {
        secure = exchange.passage.facts.secure;
        echo(exchange);
      },
      { tls: tlsPair, timeouts: { headersMs: 500, requestMs: 500 } },
    );
    const served = await ask(
      port,
      `GET /secret HTTP/1.1\r\n${host}\r\nGET /open HTTP/1.1\r\n${host}\r\nFOO /open HTTP/1.1\r\n${host}\r\n`,
      5000,
      { tls: true },
    );
    expect(served.answers.map(({ status }) => status)).toEqual([401, 200, 501]);
    expect(secure).toBe(true);
    const [head, body, silent] = await Promise.all([
      dial(port, { tls: true }),
      dial(port, { tls: true }),
      dial(port, { tls: true }),
    ]);
    head.send('GET /open HT');
    body.send(`POST /check HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\nabc`);
    expectProblem(await head.answer(), 408, 'headers-too-slow');
    expectProblem(await body.answer(), 408, 'body-too-slow');
    expect(await silent.end()).toMatchObject({ answers: [] });
    expect(await settled(5)).toHaveLength(5);
  });

  test('a handshake that fails, or does not come, is recorded and closed (I6)', async () => {
    const { port, settled } = await openGate(echo, { tls: tlsPair, timeouts: { headersMs: 400 } });
    const plain = await dial(port);
    plain.send(`GET /open HTTP/1.1\r\n${host}\r\n`);
    await plain.end().catch(() => undefined);
    const silent = await dial(port);
    await silent.end();
    const outcomes = await settled(2);
    expect(outcomes).toMatchObject([{ ending: 'dropped' }, { ending: 'dropped' }]);
    expect(outcomes[0]?.detail).toContain('TLS');
  });

  test('stops gracefully, connections within their handshake too', async () => {
    const { gate, port } = await openGate(echo, { tls: tlsPair, timeouts: { drainMs: 300 } });
    const [open, shaking] = await Promise.all([dial(port, { tls: true }), dial(port)]);
    await pause(50);
    const startMs = performance.now();
    await gate.stop();
    expect(performance.now() - startMs).toBeLessThan(300 + 1500);
    expect(await open.end()).toMatchObject({ answers: [] });
    expect(await shaking.end()).toMatchObject({ answers: [] });
  });
});

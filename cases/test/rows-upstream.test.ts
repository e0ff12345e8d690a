import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { goodAnswer, type Step } from '../../packages/gate/test/evil-upstream.ts';
import { inTurn } from '../../packages/gate/test/in-turn.ts';
import { portOf } from '../../packages/gate/test/port-of.ts';
import { valuesOf } from '../../packages/gate/test/request-reader.ts';
import { ask, dial, expectProblem, type WireEnd } from '../../packages/gate/test/wire-client.ts';
import { openDoor, type DoorOptions, type Door } from '../door.ts';

const host = 'Host: library.test\r\n';
const close = 'Connection: close\r\n';
const get = `GET /v1/health HTTP/1.1\r\n${host}${close}\r\n`;
const post = `POST /v1/notes HTTP/1.1\r\n${host}${close}Content-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc`;

/** An API that does one thing to the first request and serves those after it. */
function firstDo(steps: readonly Step[], options: DoorOptions = {}): Promise<Door> {
  return openDoor({ ...options, script: (_request, count) => (count === 1 ? steps : [goodAnswer('fine')]) });
}

async function expectFine(port: number): Promise<void> {
  expect((await ask(port, get)).answers).toMatchObject([{ status: 200, body: 'fine' }]);
}

const folded = { settings: { codes: 'default' } } as const;

describe('rows 14 and 15: an API that is away, crashes, hangs or trickles', () => {
  test.for([
    ['crashes before it answers', ['reset'], 502, 'upstream-unreachable'],
    ['ends before it answers', ['fin'], 502, 'upstream-unreachable'],
    ['crashes within its head', [{ send: 'HTTP/1.1 200 OK\r\nX-Canary: 1\r\n' }, 'reset'], 502, 'upstream-unreachable'],
    ['hangs', [], 504, 'upstream-too-slow'],
    [
      'trickles its head',
      [{ trickle: `HTTP/1.1 200 OK\r\nX: ${'canary'.repeat(50)}`, everyMs: 30 }],
      504,
      'upstream-too-slow',
    ],
    ['talks garbage', [{ send: 'canary\r\n\r\n' }], 502, 'upstream-malformed'],
  ] as const)('one that %s is %i, told in full, leaking nothing; the next request is fine', async (row) => {
    const [, steps, status, reason] = row;
    const times = { timeouts: { upstreamMs: 400 } };
    const { port, api, recorded } = await firstDo(steps, times);
    const { answers } = await ask(port, post);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], status, reason);
    expect(JSON.stringify(answers).toLowerCase()).not.toMatch(/canary|econn|undici|127\.0\.0\.1/);
    // A POST is sent once (I4).
    expect(api.requests).toHaveLength(1);
    await expectFine(port);
    expect(await recorded(2)).toMatchObject([{ status, reason }, { status: 200 }]);
    // The table folds them to 500.
    const plain = await firstDo(steps, { ...times, ...folded });
    expectProblem((await ask(plain.port, post)).answers[0], 500, reason);
    await expectFine(plain.port);
  });

  test('one that nobody listens for is 502, and is found again when it is back', async () => {
    const { port, api, recorded } = await openDoor({ script: () => [goodAnswer('fine')] });
    await api.close();
    expectProblem((await ask(port, get)).answers[0], 502, 'upstream-unreachable');
    const back = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine'));
    });
    back.listen(api.port, '127.0.0.1');
    await once(back, 'listening');
    expect(portOf(back)).toBe(api.port);
    await expectFine(port);
    back.close();
    await recorded(2);
  });

  test('one that trickles its body is cut at the deadline, never ended cleanly', async () => {
    const { port, recorded } = await firstDo(
      [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n' }, { trickle: 'x'.repeat(200), everyMs: 30 }],
      { timeouts: { upstreamMs: 400 } },
    );
    await expect(ask(port, get)).rejects.toThrow(/bytes before the body/);
    expect(await recorded(1)).toMatchObject([{ status: 200, upstreamStatus: 200, ending: 'truncated' }]);
    await expectFine(port);
  });
});

describe('row 16: an API that dies in the middle of its body', () => {
  test.for([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'fin', /7 bytes before the body/],
    ['a length, by reset', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'reset', /7 bytes before the body/],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 'fin', /before the last chunk/],
    [
      'a bad chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n',
      'fin',
      /before the last chunk/,
    ],
  ] as const)('of %s cuts the client off, and the record says so', async ([, bytes, ending, error]) => {
    const { port, recorded } = await firstDo([{ send: bytes }, { wait: 20 }, ending]);
    await expect(ask(port, get)).rejects.toThrow(error);
    expect(await recorded(1)).toMatchObject([{ upstreamStatus: 200, ending: 'truncated' }]);
    await expectFine(port);
  });
});

describe('row 19: answers that are none', () => {
  const malformed = [
    'HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 999 High\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 2OO OK\r\n\r\n',
    'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\nContent-Length: 0\n\n',
    'ICY 200 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX\0: a\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    '\0\0\0\0\0\0\0\0\0\0\0\0\0\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
  ];

  test.for(malformed)('%j is 502, whole, and the next request is fine', async (bytes) => {
    const { port, recorded } = await firstDo([{ send: bytes }, { wait: 20 }, 'fin']);
    const { answers } = await ask(port, get);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 502, 'upstream-malformed');
    await expectFine(port);
    expect(await recorded(2)).toHaveLength(2);
  });

  test.for([
    ['a 204 with a body', 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc', 204, ''],
    ['a 304 with a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n', 304, ''],
    ['a 304 with a body', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\nabc', 304, ''],
    [
      '100 and 103 before',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
      200,
      'abc',
    ],
    ['chunk extensions', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n', 200, 'abc'],
    [
      'trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Evil: y\r\nConnection: x\r\n\r\n',
      200,
      'abc',
    ],
  ] as const)('%s passes, framed as it must be', async ([, bytes, status, body]) => {
    const { port } = await firstDo([{ send: bytes }]);
    const end: WireEnd = await ask(port, get);
    expect(end).toMatchObject({ answers: [{ status, body }], rest: '', ending: 'fin' });
    expect(JSON.stringify(end)).not.toContain('evil');
    await expectFine(port);
  });
});

describe('rows 20 to 22: answers that are too many, too early or too big', () => {
  test('a second answer reaches nobody: each of 300 requests gets its own (row 20)', async () => {
    const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';
    const { port, api } = await openDoor({
      script: (request, count) => {
        const [mine = ''] = valuesOf(request, 'x-mine');
        const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${mine.length}\r\n\r\n${mine}`;
        return count % 3 === 0
          ? [{ send: answer + poison }]
          : count % 5 === 0
            ? [{ send: answer }, { send: poison }]
            : [{ send: answer }];
      },
    });
    const wires = await Promise.all(Array.from({ length: 6 }, () => dial(port)));
    await Promise.all(
      wires.map(async (wire, at) => {
        await inTurn(50, async (turn) => {
          wire.send(`GET /v1/health HTTP/1.1\r\n${host}X-Mine: ${at}-${turn}\r\n\r\n`);
          expect((await wire.answer()).body).toBe(`${at}-${turn}`);
        });
        wire.socket.destroy();
      }),
    );
    expect(api.requests).toHaveLength(300);
  });

  test('an answer before the upload ends is that answer, and stops the upload (row 21)', async () => {
    const early = 'HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\ntoo big';
    const { port, api, recorded } = await openDoor({
      script: () => [{ send: early }, { wait: 20 }, 'reset'],
      evil: { answerAt: 'head' },
    });
    const size = 20 * 1024 * 1024;
    const wire = await dial(port);
    wire.send(
      `POST /v1/files HTTP/1.1\r\n${host}Content-Type: application/octet-stream\r\nContent-Length: ${size}\r\n\r\n`,
    );
    wire.send(Buffer.alloc(size));
    const { answers } = await wire.end();
    expect(answers).toMatchObject([{ status: 413, body: 'too big' }]);
    expect(api.received()).toBeLessThan(size);
    expect(await recorded(1)).toMatchObject([{ status: 413, upstreamStatus: 413 }]);
  });

  test('an endless answer flows no faster than it is read, and ends with its client (row 22)', async () => {
    const part = 'x'.repeat(0x10000);
    const { port, api, recorded } = await openDoor({
      script: () => [
        { send: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' },
        ...Array.from({ length: 1000 }, () => ({ send: `10000\r\n${part}\r\n` })),
      ],
    });
    const wire = await dial(port);
    wire.socket.pause();
    wire.send(`GET /v1/health HTTP/1.1\r\n${host}\r\n`);
    const before = process.memoryUsage().arrayBuffers;
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
    // Of 64 MB, what the sockets' buffers hold and the gate's bound besides.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    wire.socket.resetAndDestroy();
    expect(await recorded(1)).toMatchObject([{ status: 200, ending: 'aborted' }]);
    await expect.poll(() => api.open()).toBe(0);
  });
});

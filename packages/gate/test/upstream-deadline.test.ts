import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { goodAnswer } from './evil-upstream.ts';
import { inTurn } from './in-turn.ts';
import { askOnce, askRaw, collect, statusesOf } from './raw-client.ts';
import { startFrontBefore, startStand } from './stand.ts';

const upstream = { timeouts: { upstreamMs: 300 } };

/** Where something is to come within the deadline, also on a machine that is busy. */
const roomy = { timeouts: { upstreamMs: 1500 } };

test('an API that never answers is answered 504 at the deadline, and its connection is closed', async () => {
  const { front, evil } = await startStand(() => [], { upstream });
  expect(statusesOf((await askOnce(front.port)).text)).toEqual([504]);
  expect(front.records[0]?.refusal?.reason).toBe('upstream-too-slow');
  await vi.waitFor(() => expect(evil.open()).toBe(0));
});

test('an API whose head trickles in is answered 504: each byte does not start the time anew', async () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok';
  const { front, evil } = await startStand(() => [{ trickle: head, everyMs: 40 }], { upstream });
  expect(statusesOf((await askOnce(front.port)).text)).toEqual([504]);
  await vi.waitFor(() => expect(evil.open()).toBe(0));
});

test('interim responses do not start the time anew', async () => {
  const interim = 'HTTP/1.1 103 Early Hints\r\n\r\n';
  const steps = Array.from({ length: 40 }, () => [{ send: interim }, { wait: 40 }]).flat();
  const { front } = await startStand(() => [...steps, goodAnswer()], { upstream });
  expect(statusesOf((await askOnce(front.port)).text).filter((code) => code >= 200)).toEqual([504]);
});

test('a body that trickles in is cut at the deadline, never ended cleanly', async () => {
  const { front, evil } = await startStand(
    () => [
      { send: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' },
      { trickle: '5\r\nhello\r\n'.repeat(20), everyMs: 40 },
    ],
    { upstream: roomy },
  );
  const answer = await askOnce(front.port);
  expect(statusesOf(answer.text)).toEqual([200]);
  expect(answer.text).not.toMatch(/\r\n0\r\n\r\n$/);
  expect(front.records[0]?.cut).toBe('truncated');
  await vi.waitFor(() => expect(evil.open()).toBe(0));
});

// Listens and then blocks for ever: the kernel takes two connections for it, all further ones hang.
const deafServer = `
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

test('a connection that does not come about is answered 504 at the deadline', async () => {
  const deaf = spawn(process.execPath, ['-e', deafServer], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void deaf.kill('SIGKILL'));
  const [printed] = await once(deaf.stdout, 'data');
  const port = Number(String(printed));
  const fill = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  onTestFinished(() => fill.forEach((socket) => socket.destroy()));
  await sleep(100);
  const front = await startFrontBefore(`http://127.0.0.1:${port}`, upstream);
  expect(statusesOf((await askOnce(front.port)).text)).toEqual([504]);
  expect(front.records[0]?.refusal?.reason).toBe('upstream-too-slow');
});

test('an event stream goes on past the deadline, each event as it comes', async () => {
  const { front } = await startStand(
    () => [
      {
        send: 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n',
      },
      { wait: 50 },
      { send: '9\r\ndata: 1\n\n\r\n' },
      { wait: 2000 },
      { send: '9\r\ndata: 2\n\n\r\n0\r\n\r\n' },
    ],
    { upstream: roomy },
  );
  const answer = await fetch(front.origin);
  const chunks: string[] = [];
  for await (const chunk of answer.body ?? []) chunks.push(Buffer.from(chunk).toString());
  expect(chunks).toEqual(['data: 1\n\n', 'data: 2\n\n']);
});

test('an event stream that does not begin is answered 504', async () => {
  const { front } = await startStand(() => [{ wait: 2000 }], { upstream });
  expect(statusesOf((await askOnce(front.port, '/', 'Accept: text/event-stream\r\n')).text)).toEqual([504]);
});

test('the head of an answer goes out before any of its body has come', async () => {
  const { front } = await startStand(() => [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n' }]);
  const socket = connect(front.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const [head] = await once(socket, 'data');
  expect(String(head)).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
  socket.destroy();
});

test('a client that uploads slowly does not make the API too slow', async () => {
  const { front } = await startStand(() => [goodAnswer()], { upstream: roomy });
  const socket = connect(front.port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\n');
  await inTurn(5, async (turn) => {
    socket.write('hello'.charAt(turn));
    await sleep(400);
  });
  expect(statusesOf((await collect(socket, 3000)).text)).toEqual([200]);
});

test('an API that takes nothing of an upload is answered 504', async () => {
  const { front } = await startStand(() => ['pause'], { upstream, evil: { answerAt: 'head' } });
  const big = 'x'.repeat(8_000_000);
  const answer = await askRaw(
    front.port,
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${big.length}\r\nConnection: close\r\n\r\n${big}`,
  );
  expect(statusesOf(answer.text)).toEqual([504]);
});

test('time in which the client does not read is not held against the API', async () => {
  const body = 'x'.repeat(16_000_000);
  const { front } = await startStand(
    () => [{ send: `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}` }],
    { upstream: roomy },
  );
  const socket = connect(front.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await sleep(2000);
  const answer = await collect(socket, 8000);
  expect(answer.text.length).toBeGreaterThan(body.length);
  expect(front.records[0]?.cut).toBeUndefined();
});

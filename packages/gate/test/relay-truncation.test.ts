import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { goodAnswer, type Step } from './evil-upstream.ts';
import { askOnce, collect, statusesOf } from './raw-client.ts';
import { startStand } from './stand.ts';

const ok = 'HTTP/1.1 200 OK\r\n';

const truncated: Record<string, readonly Step[]> = {
  'Content-Length 10 and 3 bytes, then FIN': [{ send: `${ok}Content-Length: 10\r\n\r\nabc` }, { wait: 20 }, 'fin'],
  'Content-Length 10 and 3 bytes, then RST': [{ send: `${ok}Content-Length: 10\r\n\r\nabc` }, { wait: 20 }, 'reset'],
  'Content-Length 10 and 3 bytes, then FIN at once': [{ send: `${ok}Content-Length: 10\r\n\r\nabc` }, 'fin'],
  'Content-Length and Connection: close, then FIN': [
    { send: `${ok}Connection: close\r\nContent-Length: 10\r\n\r\nabc` },
    { wait: 20 },
    'fin',
  ],
  'chunks without an end, then FIN': [
    { send: `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n` },
    { wait: 20 },
    'fin',
  ],
  'chunks without an end, then RST': [
    { send: `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n` },
    { wait: 20 },
    'reset',
  ],
  'chunks whose last is cut in two': [
    { send: `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n` },
    { wait: 20 },
    'fin',
  ],
  'chunks with a bad size': [
    { send: `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n` },
    { wait: 20 },
    { send: 'zz\r\n' },
  ],
  'a body that ends with the connection, then RST': [{ send: `${ok}\r\nabc` }, { wait: 20 }, 'reset'],
};

test.each(Object.entries(truncated))('%s: the client is cut off, and never sees a clean end', async (_what, steps) => {
  const { front } = await startStand((_request, count) => (count === 1 ? steps : [goodAnswer('fine')]));
  const socket = connect(front.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: api.test\r\n\r\n');
  const { text } = await collect(socket, 2000);
  expect(statusesOf(text)).toEqual([200]);
  expect(text).not.toMatch(/\r\n0\r\n/);
  expect(front.records[0]?.cut).toBe('truncated');
  expect(front.records[0]?.answered?.status).toBe(200);
  expect((await askOnce(front.port)).text).toContain('fine');
});

test.each(Object.entries(truncated))('%s: fetch reports an error', async (_what, steps) => {
  const { front } = await startStand(() => steps);
  await expect(fetch(front.origin).then((answer) => answer.text())).rejects.toThrow(TypeError);
});

test('a client that goes away frees the connection to the API', async () => {
  const { front, evil } = await startStand(() => [{ wait: 10_000 }]);
  const socket = connect(front.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: api.test\r\n\r\n');
  await vi.waitFor(() => expect(evil.requests).toHaveLength(1));
  socket.destroy();
  await vi.waitFor(() => expect(evil.open()).toBe(0));
  await sleep(50);
  expect(evil.connections()).toBe(1);
});

test('a client that goes away in the middle of an answer frees the connection to the API', async () => {
  const { front, evil } = await startStand(() => [
    { send: `${ok}Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n` },
  ]);
  const socket = connect(front.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: api.test\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.destroy();
  await vi.waitFor(() => expect(evil.open()).toBe(0));
});

test('a client that breaks off its upload never makes it look whole to the API', async () => {
  const { front, evil } = await startStand(() => [goodAnswer()], { evil: { answerAt: 'body' } });
  const socket = connect(front.port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
  await vi.waitFor(() => expect(evil.received()).toBeGreaterThan(100));
  socket.destroy();
  await vi.waitFor(() => expect(evil.open()).toBe(0));
  expect(evil.requests).toHaveLength(0);
});

test('a large answer waits for a client that does not read, with little held in between', async () => {
  const body = 'x'.repeat(65_536);
  const steps: Step[] = [{ send: `${ok}Content-Length: ${body.length * 800}\r\n\r\n` }];
  let sent = 0;
  for (let i = 0; i < 800; i += 1) steps.push({ send: body });
  const { front, evil } = await startStand(() => steps);
  const before = process.memoryUsage().arrayBuffers;
  const socket = connect(front.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n');
  await sleep(500);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16_000_000);
  socket.on('data', (chunk) => {
    sent += chunk.length;
  });
  await new Promise((resolve) => socket.once('close', resolve));
  expect(sent).toBeGreaterThan(body.length * 800);
  expect(evil.connections()).toBe(1);
});

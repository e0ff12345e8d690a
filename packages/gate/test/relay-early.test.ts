import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { goodAnswer } from './evil-upstream.ts';
import { collect, statusesOf } from './raw-client.ts';
import { startStand } from './stand.ts';

const size = 20_000_000;
const early = { send: 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 7\r\n\r\ntoo big' };

test.each([
  ['and keeps the connection', [early]],
  ['and ends the connection', [early, 'fin']],
  ['and breaks the connection', [early, { wait: 20 }, 'reset']],
] as const)('an API that answers 413 while 20 MB go up %s: the client gets that 413', async (_what, steps) => {
  const { front, evil } = await startStand((_request, count) => (count === 1 ? steps : [goodAnswer('fine')]), {
    evil: { answerAt: 'head' },
  });
  const socket = connect(front.port, '127.0.0.1');
  socket.write(`POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${size}\r\n\r\n`);
  const chunk = Buffer.alloc(65_536);
  let sent = 0;
  const more = () => {
    while (sent < size) {
      sent += chunk.length;
      if (!socket.write(sent > size ? chunk.subarray(sent - size) : chunk)) return;
    }
  };
  socket.on('drain', more);
  more();
  const text = await new Promise<string>((resolve) => {
    let got = '';
    socket.on('data', (bytes) => {
      got += bytes.toString('latin1');
      if (got.includes('too big')) resolve(got);
    });
    socket.on('error', () => resolve(got)).on('close', () => resolve(got));
  });
  socket.destroy();
  expect(statusesOf(text)).toEqual([413]);
  expect(text).toContain('too big');
  expect(evil.received()).toBeLessThan(size / 2);
  await vi.waitFor(() => expect(evil.open()).toBe(0));
  expect(await (await fetch(front.origin)).text()).toBe('fine');
  expect(evil.requests.map(({ connection }) => connection)).toEqual([1, 2]);
});

test('an API may answer while it reads: both directions flow', async () => {
  const { front } = await startStand(
    () => [
      { send: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n' },
      { wait: 300 },
      { send: '4\r\nlast\r\n0\r\n\r\n' },
    ],
    { evil: { answerAt: 'head' } },
  );
  const socket = connect(front.port, '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nab');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.write('cd');
  expect((await collect(socket, 2000)).text).toContain('last');
});

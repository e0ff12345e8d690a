import { once } from 'node:events';
import { createServer } from 'node:net';
import { createUpstream } from '../src/upstream.ts';
import { expect, test } from 'vitest';
import { goodAnswer } from './evil-upstream.ts';
import { portOf } from './port-of.ts';
import { askOnce, askRaw, statusesOf } from './raw-client.ts';
import { openDecider } from './small-front.ts';
import { startFrontBefore, startStand } from './stand.ts';

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

test('a port that nobody listens on is answered 502 upstream-unreachable', async () => {
  const front = await startFrontBefore(`http://127.0.0.1:${await closedPort()}`);
  const answer = await askOnce(front.port);
  expect(statusesOf(answer.text)).toEqual([502]);
  expect(front.records[0]?.refusal?.reason).toBe('upstream-unreachable');
  expect(answer.text).not.toMatch(/ECONN|127\.0\.0\.1/);
});

test('a name that does not resolve is answered 502 upstream-unreachable', async () => {
  const front = await startFrontBefore('http://api.invalid');
  expect(statusesOf((await askOnce(front.port)).text)).toEqual([502]);
  expect(front.records[0]?.refusal?.reason).toBe('upstream-unreachable');
});

test('TLS towards a port that speaks plain HTTP is answered 502', async () => {
  const { evil } = await startStand(() => [goodAnswer()], {
    evil: { onConnect: [{ send: 'HTTP/1.1 400 Bad\r\n\r\n' }, 'fin'] },
  });
  const front = await startFrontBefore(`https://127.0.0.1:${evil.port}`);
  expect(statusesOf((await askOnce(front.port)).text)).toEqual([502]);
});

test.each([
  ['ends the connection without an answer', ['fin']],
  ['breaks the connection without an answer', ['reset']],
  ['ends in the middle of a status line', [{ send: 'HTTP/1.' }, 'fin']],
  ['ends in the middle of a head', [{ send: 'HTTP/1.1 200 OK\r\nContent-Le' }, 'fin']],
  ['breaks in the middle of a head', [{ send: 'HTTP/1.1 200 OK\r\nContent-Le' }, 'reset']],
  ['ends after an interim response', [{ send: 'HTTP/1.1 103 Early Hints\r\n\r\n' }, 'fin']],
] as const)('an API that %s is answered 502 upstream-unreachable', async (_what, steps) => {
  const { front, evil } = await startStand(() => steps);
  const answer = await askRaw(
    front.port,
    'POST /a HTTP/1.1\r\nHost: api.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi',
  );
  expect(statusesOf(answer.text).filter((code) => code >= 200)).toEqual([502]);
  expect(front.records[0]?.refusal?.reason).toBe('upstream-unreachable');
  expect(evil.requests).toHaveLength(1);
});

test.each([
  ['no URL', 'api.test'],
  ['another scheme', 'ftp://api.test'],
  ['a path', 'http://api.test/v1'],
  ['a query', 'http://api.test/?a=b'],
  ['credentials', 'http://me:secret@api.test'],
])('an origin with %s is refused with the mend', (_what, origin) => {
  expect(() => createUpstream({ origin, decider: openDecider(), timeouts: { upstreamMs: 1 } })).toThrow(
    /^upstream: .+; /,
  );
  expect(() => createUpstream({ origin, decider: openDecider(), timeouts: { upstreamMs: 1 } })).not.toThrow(/secret/);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { expect, test } from 'vitest';
import { startEvilUpstream } from './evil-upstream.ts';
import { inTurn } from './in-turn.ts';
import { valuesOf } from './request-reader.ts';
import { startFrontBefore, startStand } from './stand.ts';

const poison = 'HTTP/1.1 200 OK\r\nX-Token: poison\r\nContent-Length: 6\r\n\r\npoison';

function answer(token: string, fields = `Content-Length: ${token.length}\r\n`): string {
  return `HTTP/1.1 200 OK\r\nX-Token: ${token}\r\n${fields}\r\n${token}`;
}

test('each of 1,600 mixed requests gets its own answer, whatever the API adds to others', async () => {
  let kind = 0;
  const { front } = await startStand((asked) => {
    const [token = ''] = valuesOf(asked, 'x-token');
    kind += 1;
    const good = { send: answer(token) };
    if (asked.method === 'HEAD')
      return [{ send: `HTTP/1.1 200 OK\r\nX-Token: ${token}\r\nContent-Length: 6\r\n\r\n${poison}` }];
    if (kind % 5 === 0) return [{ send: answer(token) + poison }];
    if (kind % 7 === 0) return [{ sends: [answer(token), poison] }];
    if (kind % 11 === 0) return [{ send: `HTTP/1.1 304 Not Modified\r\nX-Token: ${token}\r\n\r\n${poison}` }];
    if (kind % 13 === 0) return [{ send: `HTTP/1.1 100 Continue\r\n\r\n${answer(token)}` }];
    return [good];
  });
  let next = 0;
  let wrong = 0;
  const ask = async () => {
    next += 1;
    const token = `t${next}`;
    const method = next % 17 === 0 ? 'HEAD' : next % 3 === 0 ? 'POST' : 'GET';
    const got = await request(front.origin, { method, headers: { 'X-Token': token } });
    const text = await got.body.text();
    // A 502 is no wrong answer: nothing of another's is in it.
    const own = got.statusCode === 502 || got.headers['x-token'] === token;
    if (!own || text.includes('poison')) wrong += 1;
  };
  await Promise.all(Array.from({ length: 16 }, () => inTurn(100, ask)));
  expect(wrong).toBe(0);
}, 60_000);

test('bytes on an idle connection reach nobody', async () => {
  const evil = await startEvilUpstream((asked) => [{ send: answer(valuesOf(asked, 'x-token')[0] ?? '') }]);
  const front = await startFrontBefore(evil.origin);
  await inTurn(50, async (turn) => {
    const token = `t${turn}`;
    const got = await fetch(front.origin, { headers: { 'X-Token': token } });
    expect(await got.text()).toBe(token);
    evil.sendToAll(poison);
    if (turn % 2 === 0) await sleep(5);
  });
  await evil.close();
});

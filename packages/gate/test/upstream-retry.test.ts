import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { goodAnswer } from './evil-upstream.ts';
import { inTurn } from './in-turn.ts';
import { valuesOf } from './request-reader.ts';
import { startStand } from './stand.ts';

// The first request of a connection is answered; its next one finds the connection closing.
function closesAfterOne(how: 'fin' | 'reset') {
  const served = new Set<number>();
  return ({ connection }: { connection: number }) => {
    if (served.has(connection)) return [how] as const;
    served.add(connection);
    return [goodAnswer()];
  };
}

test.each(['fin', 'reset'] as const)(
  'a GET on a reused connection that ends with %s is sent once more',
  async (how) => {
    const { front, evil } = await startStand(closesAfterOne(how));
    expect((await fetch(front.origin)).status).toBe(200);
    expect((await fetch(front.origin)).status).toBe(200);
    expect(evil.requests).toHaveLength(3);
  },
);

test.each(['PUT', 'DELETE'])('a %s whose body is in hand is sent once more, with its body', async (method) => {
  const { front, evil } = await startStand(closesAfterOne('reset'), { front: { body: 'check' } });
  await fetch(front.origin);
  expect((await fetch(front.origin, { method, body: 'hello' })).status).toBe(200);
  expect(evil.requests.slice(1).map(({ body }) => body.toString())).toEqual(['hello', 'hello']);
});

test.each(['POST', 'PATCH'])('a %s is never sent twice', async (method) => {
  const { front, evil } = await startStand(closesAfterOne('reset'), { front: { body: 'check' } });
  await fetch(front.origin);
  expect((await fetch(front.origin, { method, body: 'hello' })).status).toBe(502);
  expect(evil.requests).toHaveLength(2);
});

test('a streamed body is never sent twice', async () => {
  const { front, evil } = await startStand(closesAfterOne('reset'));
  await fetch(front.origin);
  expect((await fetch(front.origin, { method: 'PUT', body: 'hello' })).status).toBe(502);
  expect(evil.requests).toHaveLength(2);
});

test('a GET on a fresh connection is not sent again', async () => {
  const { front, evil } = await startStand(() => ['reset']);
  expect((await fetch(front.origin)).status).toBe(502);
  expect(evil.requests).toHaveLength(1);
});

test('a GET is sent again once, not more', async () => {
  const { front, evil } = await startStand((_request, count) => (count === 1 ? [goodAnswer()] : ['reset']));
  await fetch(front.origin);
  expect((await fetch(front.origin)).status).toBe(502);
  expect(evil.requests).toHaveLength(3);
});

test('a GET of whose answer a byte has come is not sent again', async () => {
  const { front, evil } = await startStand((_request, count) =>
    count === 1 ? [goodAnswer()] : [{ send: 'H' }, { wait: 20 }, 'reset'],
  );
  await fetch(front.origin);
  expect((await fetch(front.origin)).status).toBe(502);
  expect(evil.requests).toHaveLength(2);
});

test('an API that flaps sees every POST at most once', async () => {
  let flips = 0;
  const { front, evil } = await startStand(
    () => {
      flips += 1;
      return flips % 3 === 0 ? ['reset'] : [goodAnswer()];
    },
    { front: { body: 'check' } },
  );
  await inTurn(60, async (turn) => {
    const posted = await fetch(front.origin, { method: 'POST', body: 'a', headers: { 'X-Id': String(turn) } });
    expect([200, 502]).toContain(posted.status);
  });
  const ids = evil.requests.map((request) => valuesOf(request, 'x-id')[0]);
  expect(new Set(ids).size).toBe(ids.length);
});

test('the idle time of a connection is a second shorter than the API says', async () => {
  const { front, evil } = await startStand(() => [goodAnswer('ok', 'Keep-Alive: timeout=2\r\n')]);
  await fetch(front.origin);
  await sleep(600);
  expect(evil.open()).toBe(1);
  await vi.waitFor(() => expect(evil.open()).toBe(0), { timeout: 1200 });
});

test('a connection that the API keeps for one second only is not used again', async () => {
  const { front, evil } = await startStand(() => [goodAnswer('ok', 'Keep-Alive: timeout=1\r\n')]);
  await fetch(front.origin);
  await fetch(front.origin);
  expect(evil.connections()).toBe(2);
});

test('one connection serves request after request', async () => {
  const { front, evil } = await startStand(() => [goodAnswer()]);
  await inTurn(10, () => fetch(front.origin).then((answer) => answer.text()));
  expect(evil.connections()).toBe(1);
});

import { expect, test, vi } from 'vitest';
import { goodAnswer } from './evil-upstream.ts';
import { inTurn } from './in-turn.ts';
import { startStand } from './stand.ts';

test('beyond the cap a request is answered 503 overloaded with Retry-After, and nothing queues', async () => {
  const { front, evil } = await startStand(() => [{ wait: 300 }, goodAnswer()], { upstream: { maxInFlight: 3 } });
  const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(front.origin)));
  const refused = answers.filter(({ status }) => status === 503);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  expect(refused).toHaveLength(17);
  expect(refused[0]?.headers.get('retry-after')).toBe('1');
  expect(front.records.find(({ refusal }) => refusal !== undefined)?.refusal?.reason).toBe('overloaded');
  expect(evil.requests).toHaveLength(3);
  expect((await fetch(front.origin)).status).toBe(200);
});

test('requests that failed, were cut or were left by their client give their place back', async () => {
  const steps = [
    ['reset'],
    [{ send: 'garbage\r\n\r\n' }],
    [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc' }, 'fin'],
    [],
    [{ send: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n' }],
  ] as const;
  const { front } = await startStand((_request, count) => steps[count % 6] ?? [goodAnswer()], {
    upstream: { maxInFlight: 2, timeouts: { upstreamMs: 150 } },
  });
  await inTurn(30, () =>
    fetch(front.origin)
      .then((answer) => answer.text())
      .catch(() => 'cut'),
  );
  const gone = new AbortController();
  const leaving = fetch(front.origin, { signal: gone.signal }).catch(() => 'left');
  gone.abort();
  await leaving;
  await vi.waitFor(async () => {
    const both = await Promise.all([fetch(front.origin), fetch(front.origin)]);
    expect(both.map(({ status }) => status)).not.toContain(503);
  });
  expect(front.records.map(({ refusal }) => refusal?.reason)).not.toContain('overloaded');
});

test('streams without an end have a bound of their own, and give their place back', async () => {
  const stream = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
  const { front } = await startStand(({ target }) => (target === '/stream' ? [{ send: stream }] : [goodAnswer()]), {
    upstream: { maxInFlight: 1, maxStreams: 2 },
  });
  const gone = new AbortController();
  const open = () => fetch(`${front.origin}/stream`, { signal: gone.signal });
  expect([(await open()).status, (await open()).status]).toEqual([200, 200]);
  const third = await open();
  expect(third.status).toBe(503);
  expect(third.headers.get('retry-after')).toBe('1');
  expect((await fetch(front.origin)).status).toBe(200);
  gone.abort();
  await vi.waitFor(async () => {
    const left = new AbortController();
    const { status } = await fetch(`${front.origin}/stream`, { signal: left.signal });
    left.abort();
    expect(status).toBe(200);
  });
});

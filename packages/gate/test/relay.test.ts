import type { ResponsePlan } from '@flick/decide';
import { expect, test, vi } from 'vitest';
import { goodAnswer } from './evil-upstream.ts';
import { askOnce, askRaw, statusesOf } from './raw-client.ts';
import { openDecider } from './small-front.ts';
import { startStand } from './stand.ts';

const ok = 'HTTP/1.1 200 OK\r\n';

test('fields of an answer pass in order, without those that end at this hop', async () => {
  const fields = [
    'Server: api/1',
    'Date: Mon, 01 Jan 2024 00:00:00 GMT',
    'Set-Cookie: a=1',
    'Set-Cookie: b=2; Path=/',
    'Connection: keep-alive, X-Hop',
    'Keep-Alive: timeout=5',
    'Proxy-Authenticate: Basic',
    'Trailer: X-Sum',
    'Upgrade: h2c',
    'X-Hop: gone',
    'X-Request-Id: theirs',
    'ETag: "e"',
    'Content-Encoding: gzip',
    'Link: </a>; rel="x"',
    'Link: </b>; rel="y"',
  ];
  const { front } = await startStand(() => [{ send: `${ok}${fields.join('\r\n')}\r\nContent-Length: 2\r\n\r\nok` }]);
  const { text } = await askOnce(front.port);
  expect(text).toContain(
    'Server: api/1\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\n',
  );
  expect(text).toContain(
    'Content-Encoding: gzip\r\nLink: </a>; rel="x"\r\nLink: </b>; rel="y"\r\nContent-Length: 2\r\n',
  );
  expect(text).toContain('X-Request-Id: front-1\r\n');
  expect(text).not.toMatch(/X-Hop|Keep-Alive: timeout=5|Proxy-Auth|Trailer|Upgrade|theirs/);
  expect(text.match(/\r\nDate:/g)).toHaveLength(1);
});

test('bytes above 0x7F in a value pass as they are', async () => {
  const { front } = await startStand(() => [{ send: `${ok}X-A: caf\xc3\xa9\r\nContent-Length: 0\r\n\r\n` }]);
  expect((await askOnce(front.port)).text).toContain('X-A: caf\xc3\xa9\r\n');
});

test('trailers of an answer are dropped', async () => {
  const { front } = await startStand(() => [
    {
      send: `${ok}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=b\r\n\r\n`,
    },
  ]);
  const { text } = await askOnce(front.port);
  expect(text).toMatch(/\r\n2\r\nok\r\n0\r\n\r\n$/);
  expect(text).not.toContain('X-Sum');
});

test('a redirect passes, and is not followed', async () => {
  const { front, evil } = await startStand(() => [
    { send: 'HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n' },
  ]);
  const answer = await fetch(front.origin, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/b']);
  expect(evil.requests).toHaveLength(1);
});

test('early hints with links pass on before the answer', async () => {
  const { front } = await startStand(() => [
    {
      send: 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as=style, </b.js>; rel=preload\r\nX-A: b\r\n\r\n',
    },
    { wait: 20 },
    goodAnswer(),
  ]);
  const { text } = await askOnce(front.port);
  expect(statusesOf(text)).toEqual([103, 200]);
  expect(text).toContain('</a.css>; rel=preload; as=style');
  expect(text).toContain('</b.js>; rel=preload');
});

test.each(['</a>; rel="x\x01y"', '</a\x7f>; rel=x', 'nonsense', '</caf\xe9>; rel=preload'])(
  'an early hint that is not plainly valid is dropped: %j',
  async (link) => {
    const { front } = await startStand(() => [
      { send: `HTTP/1.1 103 Early Hints\r\nLink: ${link}\r\n\r\n` },
      goodAnswer(),
    ]);
    expect(statusesOf((await askOnce(front.port)).text)).not.toContain(103);
  },
);

test('a client that speaks HTTP/1.0 gets no interim response', async () => {
  const { front } = await startStand(() => [
    { send: 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=x\r\n\r\n' },
    goodAnswer(),
  ]);
  expect(statusesOf((await askRaw(front.port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')).text)).toEqual([200]);
});

test('of a thousand early hints only a few pass', async () => {
  const { front } = await startStand(() => [
    { send: 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=x\r\n\r\n'.repeat(1000) },
    goodAnswer(),
  ]);
  const statuses = statusesOf((await askOnce(front.port)).text);
  expect(statuses.at(-1)).toBe(200);
  expect(statuses.length).toBeLessThan(10);
});

test('a code is sent as the decider folds it, with the fields that are due', async () => {
  const plan: ResponsePlan = {
    status: 400,
    body: 'pass',
    fields: [['X-Due', 'yes']],
    reason: undefined,
    refusal: undefined,
    declared: false,
    withheld: undefined,
    watch: undefined,
  };
  const judged: { status: number; contentType: string | undefined; allow: boolean; age: boolean }[] = [];
  const decider = openDecider({
    judgeResponse: (_passage, { status, contentType, has }) => {
      judged.push({ status, contentType, allow: has('allow'), age: has('age') });
      return plan;
    },
  });
  const { front } = await startStand(
    () => [{ send: 'HTTP/1.1 422 Odd\r\nContent-Type: text/plain\r\nAllow: GET\r\nContent-Length: 2\r\n\r\nno' }],
    { upstream: { decider } },
  );
  const answer = await fetch(front.origin);
  expect([answer.status, answer.headers.get('x-due'), await answer.text()]).toEqual([400, 'yes', 'no']);
  expect(judged).toEqual([{ status: 422, contentType: 'text/plain', allow: true, age: false }]);
  expect(front.records[0]?.answered).toMatchObject({ status: 422, precise: 422 });
});

test('a body that is to be replaced never reaches the client, and the connection stays in use', async () => {
  const base = openDecider();
  const decider = openDecider({
    judgeResponse: (passage, { status }) => ({
      status: 500,
      body: 'replace',
      fields: [],
      reason: 'unhandled-error',
      refusal: base.refuse(passage, 'unhandled-error', 'The API failed.', { precise: status }),
      declared: false,
      withheld: undefined,
      watch: undefined,
    }),
  });
  const { front, evil } = await startStand(
    () => [
      { send: 'HTTP/1.1 503 Down\r\nX-Secret: canary\r\nContent-Length: 12\r\n\r\n' },
      { wait: 10 },
      { send: 'stack canary' },
    ],
    { upstream: { decider } },
  );
  expect((await askOnce(front.port)).text).not.toContain('canary');
  expect(front.records[0]?.answered?.precise).toBe(503);
  await askOnce(front.port);
  await vi.waitFor(() => expect(evil.requests).toHaveLength(2));
});

test('an endless body that is to be replaced is cut off', async () => {
  const base = openDecider();
  const decider = openDecider({
    judgeResponse: (passage) => ({
      status: 500,
      body: 'replace',
      fields: [],
      reason: 'unhandled-error',
      refusal: base.refuse(passage, 'unhandled-error', 'The API failed.'),
      declared: false,
      withheld: undefined,
      watch: undefined,
    }),
  });
  const endless = Array.from({ length: 200 }, () => [{ send: 'x'.repeat(4096) }, { wait: 1 }]).flat();
  const { front, evil } = await startStand(() => [{ send: 'HTTP/1.1 500 Down\r\n\r\n' }, ...endless], {
    upstream: { decider },
  });
  expect(statusesOf((await askOnce(front.port)).text)).toEqual([500]);
  await vi.waitFor(() => expect(evil.open()).toBe(0), { timeout: 3000 });
});

test('an answer of 50 MB comes through whole', async () => {
  const part = 'x'.repeat(1_000_000);
  const steps = Array.from({ length: 50 }, () => ({ send: part }));
  const { front } = await startStand(() => [{ send: `${ok}Content-Length: 50000000\r\n\r\n` }, ...steps]);
  expect((await (await fetch(front.origin)).arrayBuffer()).byteLength).toBe(50_000_000);
});

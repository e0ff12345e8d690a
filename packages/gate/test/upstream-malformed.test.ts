import { expect, test } from 'vitest';
import { goodAnswer, type Step } from './evil-upstream.ts';
import { askOnce, statusesOf } from './raw-client.ts';
import { startStand } from './stand.ts';

const ok = 'HTTP/1.1 200 OK\r\n';

const malformed: Record<string, string> = {
  'words in place of a status line': 'hello, this is not HTTP\r\n\r\n',
  'a TLS alert': '\x15\x03\x01\x00\x02\x02\x28',
  'an empty line first, then words': '\r\n\r\nwhat\r\n\r\n',
  'a status line without a version': '200 OK\r\nContent-Length: 0\r\n\r\n',
  'the version HTTP/2.0': 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n',
  'the version HTTP/1.2': 'HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n',
  'the version HTTP/0.9': 'HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n',
  'the version in lower case': 'http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'the code 999': 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n',
  'the code 600': 'HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n',
  'the code 099': 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n',
  'the code 000': 'HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n',
  'a code of two digits': 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n',
  'a code of four digits': 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n',
  'a code of letters': 'HTTP/1.1 OK 200\r\nContent-Length: 0\r\n\r\n',
  'a negative code': 'HTTP/1.1 -20 OK\r\nContent-Length: 0\r\n\r\n',
  'two blanks before the code': 'HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n',
  'a switch of protocols that nobody asked for': 'HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  'Transfer-Encoding xyz': `${ok}Transfer-Encoding: xyz\r\n\r\nabc`,
  'Transfer-Encoding gzip, chunked': `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'Transfer-Encoding identity': `${ok}Transfer-Encoding: identity\r\n\r\nabc`,
  'Transfer-Encoding twice': `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'an empty Transfer-Encoding': `${ok}Transfer-Encoding:\r\nContent-Length: 3\r\n\r\nabc`,
  'Transfer-Encoding in HTTP/1.0': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding and Content-Length': `${ok}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`,
  'Content-Length and Transfer-Encoding': `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'two Content-Lengths': `${ok}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc`,
  'the same Content-Length twice': `${ok}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`,
  'a list of Content-Lengths': `${ok}Content-Length: 3, 3\r\n\r\nabc`,
  'a negative Content-Length': `${ok}Content-Length: -1\r\n\r\n`,
  'a Content-Length with a sign': `${ok}Content-Length: +3\r\n\r\nabc`,
  'a hexadecimal Content-Length': `${ok}Content-Length: 0x3\r\n\r\nabc`,
  'a Content-Length above 2^64': `${ok}Content-Length: 18446744073709551617\r\n\r\nabc`,
  'lines that end with a bare LF': 'HTTP/1.1 200 OK\nContent-Length: 0\n\n',
  'a bare CR in a value': `${ok}X-A: a\rb\r\nContent-Length: 0\r\n\r\n`,
  'NUL in a value': `${ok}X-A: a\0b\r\nContent-Length: 0\r\n\r\n`,
  'NUL in a name': `${ok}X\0A: b\r\nContent-Length: 0\r\n\r\n`,
  'a folded line': `${ok}X-A: a\r\n b\r\nContent-Length: 0\r\n\r\n`,
  'a blank before the colon': `${ok}X-A : a\r\nContent-Length: 0\r\n\r\n`,
  'a line without a colon': `${ok}nonsense\r\nContent-Length: 0\r\n\r\n`,
  'an empty name': `${ok}: a\r\nContent-Length: 0\r\n\r\n`,
  'a head of 20 KB': `${ok}X-A: ${'a'.repeat(20_000)}\r\nContent-Length: 0\r\n\r\n`,
  '2000 fields': `${ok}${'X-A: aaaaaaaaaa\r\n'.repeat(2000)}Content-Length: 0\r\n\r\n`,
  'an interim head of 20 KB': `HTTP/1.1 100 Continue\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n${ok}Content-Length: 0\r\n\r\n`,
  'an interim head with bare LF': `HTTP/1.1 100 Continue\n\n${ok}Content-Length: 0\r\n\r\n`,
};

test.each(Object.entries(malformed))(
  '%s: answered 502 upstream-malformed, and the next request is fine',
  async (_what, bytes) => {
    const { front } = await startStand((_request, count) => (count === 1 ? [{ send: bytes }] : [goodAnswer('fine')]));
    const bad = await askOnce(front.port);
    expect(statusesOf(bad.text)).toEqual([502]);
    expect(front.records[0]?.refusal?.reason).toBe('upstream-malformed');
    const good = await askOnce(front.port);
    expect(statusesOf(good.text)).toEqual([200]);
    expect(good.text).toContain('fine');
  },
);

const legal: Record<string, [steps: Step[], status: number, body: string]> = {
  'one 100 Continue first': [[{ send: 'HTTP/1.1 100 Continue\r\n\r\n' }, goodAnswer('x')], 200, 'x'],
  'ten 100 Continue first, with fields': [
    [{ send: 'HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n'.repeat(10) }, goodAnswer('x')],
    200,
    'x',
  ],
  'a 100 byte by byte, then the answer byte by byte': [
    [{ trickle: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx', everyMs: 1 }],
    200,
    'x',
  ],
  'a 103, a 100 and the answer in one write': [
    [
      {
        send: `HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 1\r\n\r\nx`,
      },
    ],
    200,
    'x',
  ],
  'a 102 first': [[{ send: 'HTTP/1.1 102 Processing\r\n\r\n' }, { wait: 20 }, goodAnswer('x')], 200, 'x'],
  'a thousand 103 first': [
    [{ send: 'HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n'.repeat(1000) }, goodAnswer('x')],
    200,
    'x',
  ],
  'a 304 with Content-Length and no body': [
    [{ send: 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 100\r\n\r\n' }],
    304,
    '',
  ],
  'a 204 with Content-Length and no body': [
    [{ send: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n' }],
    204,
    '',
  ],
  'a 204 without': [[{ send: 'HTTP/1.1 204 No Content\r\n\r\n' }], 204, ''],
  'no reason phrase': [[{ send: 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx' }], 200, 'x'],
  'HTTP/1.0': [[{ send: 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx' }, 'fin'], 200, 'x'],
  'a body that ends with the connection': [
    [{ send: `${ok}\r\nabc` }, { wait: 20 }, { send: 'def' }, 'fin'],
    200,
    'abcdef',
  ],
  'latin-1 in a value': [[{ send: `${ok}X-A: caf\xe9\r\nContent-Length: 1\r\n\r\nx` }], 200, 'x'],
  'Transfer-Encoding in capitals': [[{ send: `${ok}Transfer-Encoding: CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n` }], 200, 'x'],
};

test.each(Object.entries(legal))('%s: passes', async (_what, [steps, status, body]) => {
  const { front } = await startStand(() => steps);
  const answer = await fetch(front.origin);
  expect(answer.status).toBe(status);
  expect(await answer.text()).toBe(body);
  expect(front.records[0]?.refusal).toBeUndefined();
});

test('a 304 keeps its Content-Length, a 204 loses it', async () => {
  const { front } = await startStand((request) => [
    {
      send: `HTTP/1.1 ${request.target === '/a' ? '304 Not Modified' : '204 No Content'}\r\nContent-Length: 100\r\n\r\n`,
    },
  ]);
  expect((await askOnce(front.port, '/a')).text).toContain('Content-Length: 100\r\n');
  expect((await askOnce(front.port, '/b')).text.toLowerCase()).not.toContain('content-length');
});

test('the answer to HEAD keeps its exact Content-Length and has no body', async () => {
  const { front } = await startStand(() => [{ send: `${ok}Content-Length: 1234\r\n\r\n` }]);
  const answer = await fetch(front.origin, { method: 'HEAD' });
  expect(answer.headers.get('content-length')).toBe('1234');
  expect(await answer.text()).toBe('');
});

test('an answer that ends with its connection is refused where that is asked for', async () => {
  const { front } = await startStand(() => [{ send: `${ok}\r\nabc` }, 'fin'], { upstream: { eofFraming: 'refuse' } });
  expect(statusesOf((await askOnce(front.port)).text)).toEqual([502]);
  expect(front.records[0]?.refusal?.reason).toBe('upstream-malformed');
});

test('nothing of what the API sent gets into the problem body', async () => {
  const { front } = await startStand(() => [{ send: 'canary-7f3a\r\n\r\n' }]);
  expect((await askOnce(front.port)).text).not.toContain('canary');
});

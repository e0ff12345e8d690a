import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ask, dial, expectProblem, pause, type WireEnd } from '../../packages/gate/test/wire-client.ts';
import { openDoor } from '../door.ts';
import { token } from '../token.ts';

const host = 'Host: library.test\r\n';
const close = 'Connection: close\r\n';
const hasPython = spawnSync('python3', ['--version']).status === 0;

async function send(port: number, head: string, body: Uint8Array | string): Promise<WireEnd> {
  const wire = await dial(port);
  const bytes = Buffer.from(body);
  wire.send(`${head}${host}${close}Content-Length: ${bytes.length}\r\n\r\n`);
  wire.send(bytes);
  return wire.end();
}

/** A client that writes all of its request before it reads: Python's, as its users know it, or one like it. */
async function askBlocking(port: number, size: number): Promise<string> {
  if (hasPython) {
    const script = `
import http.client, sys
c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=10)
c.request('POST', '/v1/notes', body=b'x' * int(sys.argv[2]), headers={'Content-Type': 'text/plain'})
r = c.getresponse()
print(r.status, r.read().decode())
`;
    const child = spawn('python3', ['-c', script, String(port), String(size)], { stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return out + err;
  }
  const wire = await dial(port);
  wire.socket.pause();
  wire.send(`POST /v1/notes HTTP/1.1\r\n${host}Content-Type: text/plain\r\nContent-Length: ${size}\r\n\r\n`);
  await new Promise((resolve) => {
    wire.socket.write(Buffer.alloc(size), resolve);
  });
  wire.socket.resume();
  const { answers } = await wire.end();
  return `${answers[0]?.status} ${answers[0]?.body}`;
}

describe('row 38: a huge body', () => {
  test('is 413 from its head alone where its length says so', async () => {
    const { port, api, recorded } = await openDoor();
    const head = `POST /v1/notes HTTP/1.1\r\n${host}Content-Type: text/plain\r\nContent-Length: 2147483648\r\n\r\n`;
    const { answers } = await ask(port, head);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 413, 'body-too-large');
    expect(await recorded(1)).toMatchObject([{ status: 413, ending: 'complete' }]);
    expect(api.requests).toEqual([]);
  });

  test('is 413 at the limit where chunks come without end', async () => {
    const { port, recorded } = await openDoor();
    const wire = await dial(port);
    wire.send(`POST /v1/notes HTTP/1.1\r\n${host}Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const timer = setInterval(() => wire.send(`4000\r\n${'x'.repeat(0x4000)}\r\n`), 2);
    expectProblem(await wire.answer(), 413, 'body-too-large');
    await once(wire.socket, 'close');
    clearInterval(timer);
    expect(await recorded(1)).toHaveLength(1);
  });

  test('is 413 to a client that sends all of 20 MB before it reads a byte', async () => {
    const { port, recorded } = await openDoor();
    expect(await askBlocking(port, 20 * 1024 * 1024)).toMatch(/^413 \{.*"reason":"body-too-large"/);
    expect(await recorded(1)).toMatchObject([{ status: 413, ending: 'complete' }]);
  });
});

/** A text of which one byte in 20 is like random: dense enough not to be taken for a bomb. */
function modest(mebibytes: number): Buffer {
  const body = Buffer.alloc(mebibytes * 1024 * 1024, 'a');
  let state = 1;
  for (let at = 0; at < body.length; at += 20) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    body[at] = 0x30 + ((state >>> 16) % 75);
  }
  return body;
}

describe('row 39: bodies that unfold', () => {
  const post = 'POST /v1/notes HTTP/1.1\r\nContent-Type: text/plain\r\n';
  const zeros = Buffer.alloc(20 * 1024 * 1024);
  const bombs: [string, Uint8Array][] = [
    ['br', brotliCompressSync(zeros)],
    ['gzip', gzipSync(zeros)],
    ['deflate', deflateSync(zeros)],
  ];

  test.for(bombs)('a bomb in %s is 413, also where the limit would hold it', async ([coding, bomb]) => {
    const { port, api } = await openDoor();
    const { answers } = await send(port, `${post}Content-Encoding: ${coding}\r\n`, bomb);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 413, 'body-too-large');
    const wide = await openDoor({ settings: { bodyBytes: 64 * 1024 * 1024 } });
    expectProblem(
      (await send(wide.port, `${post}Content-Encoding: ${coding}\r\n`, bomb)).answers[0],
      413,
      'body-too-large',
    );
    expect([...api.requests, ...wide.api.requests]).toEqual([]);
  });

  test('more than a hundred times its own size is 413, however small it is beside the limit', async () => {
    const { port, api } = await openDoor({ settings: { bodyBytes: 8 * 1024 * 1024 } });
    const sparse = gzipSync(Buffer.alloc(1024 * 1024));
    expect((1024 * 1024) / sparse.length).toBeGreaterThan(200);
    const refused = await send(port, `${post}Content-Encoding: gzip\r\n`, sparse);
    expectProblem(refused.answers[0], 413, 'body-too-large');
    const dense = gzipSync(modest(1));
    expect((1024 * 1024) / dense.length).toBeLessThan(100);
    // Unfolded, and judged by its schema.
    const { answers } = await send(port, `${post}Content-Encoding: gzip\r\n`, dense);
    expectProblem(answers[0], 400, 'wrong-value');
    expect(api.requests).toEqual([]);
  });

  test('more than 10 MiB is 413, whatever the limit and however dense it is', async () => {
    const { port, api } = await openDoor({ settings: { bodyBytes: 64 * 1024 * 1024 } });
    const dense = gzipSync(modest(11));
    expect((11 * 1024 * 1024) / dense.length).toBeLessThan(100);
    const { answers } = await send(port, `${post}Content-Encoding: gzip\r\n`, dense);
    expectProblem(answers[0], 413, 'body-too-large');
    expect(api.requests).toEqual([]);
  });

  test.for(['gzip, gzip', 'br,gzip,br', 'x-foo', 'gzip;q=1', 'compress', 'zstd'])(
    'the coding %j is 415, and nothing is unfolded',
    async (coding) => {
      const { port, api } = await openDoor();
      const { answers } = await send(port, `${post}Content-Encoding: ${coding}\r\n`, gzipSync(gzipSync('abc')));
      expectProblem(answers[0], 415, 'unsupported-media-type');
      expect(api.requests).toEqual([]);
    },
  );

  test.for([
    ['gzip', Buffer.from('no gzip')],
    ['gzip', gzipSync('abc').subarray(0, 15)],
    ['br', Buffer.from('\xff\xff')],
  ] as const)('a body that is no whole %s is 400', async ([coding, body]) => {
    const { port } = await openDoor();
    const { answers } = await send(port, `${post}Content-Encoding: ${coding}\r\n`, body);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 400, 'malformed-body');
  });

  test('a sound one arrives unfolded, as it was judged', async () => {
    const { port, api } = await openDoor();
    await send(port, `${post}Content-Encoding: gzip\r\n`, gzipSync('abc'));
    expect(api.requests.map(({ body, head }) => [body.toString(), /content-encoding/i.test(head)])).toEqual([
      ['abc', false],
    ]);
  });
});

describe('row 40: header floods and long targets', () => {
  const bearer = `Authorization: Bearer ${token({ sub: 'ann' })}\r\n`;
  test.for([
    ['1,500 fields', `GET /v1/either HTTP/1.1\r\n${host}${'a:1\r\n'.repeat(1500)}\r\n`, 431],
    [
      '1,500 fields and then a credential',
      `GET /v1/either HTTP/1.1\r\n${host}${'a:1\r\n'.repeat(1500)}${bearer}\r\n`,
      431,
    ],
    ['1,500 fields on an open path', `GET /v1/health HTTP/1.1\r\n${host}${'a:1\r\n'.repeat(1500)}\r\n`, 431],
    ['a field of 17 KB', `GET /v1/health HTTP/1.1\r\n${host}X: ${'a'.repeat(17_000)}\r\n\r\n`, 431],
    ['a target of 17 KB', `GET /v1/health?${'a'.repeat(17_000)} HTTP/1.1\r\n${host}\r\n`, 414],
    ['a target of 9 KB', `GET /v1/health?${'a'.repeat(9000)} HTTP/1.1\r\n${host}\r\n`, 414],
  ] as const)('%s: %i', async ([, request, status]) => {
    const { port, api, recorded } = await openDoor();
    const wire = await dial(port);
    wire.send(request);
    wire.socket.end();
    const { answers } = await wire.end();
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], status, status === 431 ? 'headers-too-large' : 'target-too-long');
    expect(await recorded(1)).toHaveLength(1);
    expect(api.requests).toEqual([]);
  });

  test('a credential behind 90 fields counts: no truncated set is judged', async () => {
    const { port, api } = await openDoor();
    const { answers } = await ask(
      port,
      `GET /v1/either HTTP/1.1\r\n${host}${close}${'a:1\r\n'.repeat(90)}${bearer}\r\n`,
    );
    expect(answers).toMatchObject([{ status: 200 }]);
    expect(api.requests).toHaveLength(1);
  });
});

describe('rows 41 to 43: JSON and schemas that are hard on their reader', () => {
  const post = 'POST /v1/trees HTTP/1.1\r\nContent-Type: application/json\r\n';

  test.for([
    ['a depth of 30,000', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['a member twice', '{"name":"a","name":"b"}'],
    ['a member twice, spelt apart', '{"name":"a","n\\u0061me":"b"}'],
    ['bad UTF-8', Buffer.from('{"name":"\xff"}', 'latin1')],
    ['an overlong form', Buffer.from('{"name":"\xc0\xaf"}', 'latin1')],
    ['a lone surrogate in bytes', Buffer.from('{"name":"\xed\xa0\x80"}', 'latin1')],
    ['a byte order mark', Buffer.from('\xef\xbb\xbf{"name":"a"}', 'latin1')],
    ['1e400', '{"name":1e400}'],
    ['NaN', '{"name":NaN}'],
    ['a comma too many', '{"name":"a",}'],
    ['two texts', '{"name":"a"}{}'],
    ['half a text', '{"name":"a"'],
    ['no text', ' '],
    ['NUL behind the text', '{"name":"a"}\0'],
  ] as const)('%s is 400, never 500, and the API sees none of it (row 41)', async ([, body]) => {
    const { port, api } = await openDoor();
    const { answers } = await send(port, post, body);
    expect(answers).toHaveLength(1);
    expect(answers[0]?.status).toBe(400);
    expect(answers[0]?.fields['content-type']).toBe('application/problem+json');
    expect(api.requests).toEqual([]);
  });

  // An engine that backtracks computes for some five seconds; what else runs on the machine does not count.
  test.for([
    ['quadratic', `${' '.repeat(90_000)}x`],
    ['exponential', `${'a'.repeat(29)}!`],
  ] as const)('a pattern that is %s where engines backtrack is answered at once (row 42)', async ([name, slow]) => {
    const { port, api } = await openDoor({ contract: 'patterns.yaml', settings: { bodyBytes: 1_048_576 } });
    const head = 'POST /texts HTTP/1.1\r\nContent-Type: application/json\r\n';
    const began = process.cpuUsage();
    const { answers } = await send(port, head, JSON.stringify({ [name]: slow }));
    expect(process.cpuUsage(began).user).toBeLessThan(1_500_000);
    expectProblem(answers[0], 400, 'wrong-value');
    expect(api.requests).toEqual([]);
  });

  test('a tree as deep and as wide as it may be does not block the loop (row 43)', async () => {
    const { port } = await openDoor();
    let deep = '{"name":"leaf"}';
    for (let depth = 0; depth < 30; depth += 1) deep = `{"name":"n","children":[${deep}]}`;
    const wide = `{"name":"n","children":[${Array.from({ length: 3000 }, () => '{"name":"leaf"}').join(',')}]}`;
    const wrong = wide.replace(/leaf"\}\]\}$/, 'leaf","no":1}]}');
    let lagMs = 0;
    let beatMs = performance.now();
    const beat = setInterval(() => {
      lagMs = Math.max(lagMs, performance.now() - beatMs);
      beatMs = performance.now();
    }, 5);
    const answers = await Promise.all([deep, wide, wrong].map((body) => send(port, post, body)));
    await pause(20);
    clearInterval(beat);
    expect(answers.map((end) => end.answers[0]?.status)).toEqual([200, 200, 400]);
    // A hundred times what it takes, and a tenth of what a walk that multiplies would.
    expect(lagMs).toBeLessThan(2000);
  });
});

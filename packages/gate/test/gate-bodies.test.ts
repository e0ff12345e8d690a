import { once } from 'node:events';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { echo, openGate } from './open-gate.ts';
import { ask, dial, expectProblem, pause } from './wire-client.ts';

const host = 'Host: api.test\r\n';
const close = 'Connection: close\r\n';

function post(path: string, body: Uint8Array | string, fields = ''): Uint8Array {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head = `POST ${path} HTTP/1.1\r\n${host}${close}${fields}Content-Length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

function chunkedPost(length: number): Uint8Array {
  const head = `POST /check HTTP/1.1\r\n${host}${close}Transfer-Encoding: chunked\r\n\r\n`;
  return Buffer.from(`${head}${length.toString(16)}\r\n${'x'.repeat(length)}\r\n0\r\n\r\n`);
}

async function send(port: number, bytes: Uint8Array): Promise<Awaited<ReturnType<typeof ask>>> {
  const wire = await dial(port);
  wire.send(bytes);
  return wire.end();
}

describe('a body that is checked', () => {
  test('is handed over whole, and refused where the ladder says so', async () => {
    const { port, settled } = await openGate();
    expect((await send(port, post('/check', '{"a":1}'))).answers[0]?.body).toBe('POST /check {"a":1}');
    expectProblem((await send(port, post('/check', '{"bad":1}'))).answers[0], 400, 'wrong-value');
    expect(await settled(2)).toMatchObject([{ status: 200 }, { status: 400, reason: 'wrong-value' }]);
  });

  test('may be of no bytes', async () => {
    const { port } = await openGate();
    expect((await send(port, post('/check', ''))).answers[0]?.body).toBe('POST /check ');
  });

  test('is taken to the limit and not a byte further, by length and in chunks (row 38)', async () => {
    const { port, settled } = await openGate();
    const both = async (whole: (length: number) => Uint8Array): Promise<void> => {
      expect((await send(port, whole(1024))).answers).toMatchObject([{ status: 200 }]);
      const { answers } = await send(port, whole(1025));
      expect(answers).toHaveLength(1);
      expectProblem(answers[0], 413, 'body-too-large');
    };
    await both((length) => post('/check', 'x'.repeat(length)));
    await both(chunkedPost);
    expect(await settled(4)).toHaveLength(4);
  });

  test('is refused once, and never handed over, where its end comes after the refusal', async () => {
    const handled: (string | undefined)[] = [];
    const { port, settled } = await openGate((exchange) => {
      handled.push(exchange.passage.path);
      echo(exchange);
    });
    const wire = await dial(port);
    wire.send(`POST /check HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n401\r\n${'x'.repeat(1025)}\r\n`);
    expectProblem(await wire.answer(), 413, 'body-too-large');
    wire.send('0\r\n\r\n');
    const { answers, ending } = await wire.end();
    expect([answers.length, ending]).toEqual([1, 'fin']);
    expect(await settled(1)).toMatchObject([{ status: 413, ending: 'complete' }]);
    expect(handled).toEqual([]);
  });

  test('is refused from its head alone where its length says so', async () => {
    const { port } = await openGate();
    const { answers } = await ask(port, `POST /check HTTP/1.1\r\n${host}Content-Length: 2000000000\r\n\r\n`);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 413, 'body-too-large');
  });

  test('is refused at the limit while chunks still come without end', async () => {
    const { port, settled } = await openGate();
    const wire = await dial(port);
    wire.send(`POST /check HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`);
    const timer = setInterval(() => wire.send(`400\r\n${'x'.repeat(1024)}\r\n`), 5);
    expectProblem(await wire.answer(), 413, 'body-too-large');
    await once(wire.socket, 'close');
    clearInterval(timer);
    expect(await settled(1)).toHaveLength(1);
  });
});

test('an early answer reaches a client that goes on sending 20 MB before it reads (row 38, F3)', async () => {
  const { port } = await openGate();
  const wire = await dial(port);
  const length = 20 * 1024 * 1024;
  wire.socket.pause();
  wire.send(`POST /secret HTTP/1.1\r\n${host}Content-Length: ${length}\r\n\r\n`);
  await pause(50);
  await new Promise((resolve) => {
    wire.socket.write(Buffer.alloc(length), resolve);
  });
  wire.socket.resume();
  const { answers, ending } = await wire.end();
  expect(answers).toHaveLength(1);
  expectProblem(answers[0], 401, 'missing-credentials');
  expect(ending).toBe('fin');
});

test('an answer of the handler before the body is whole goes out at once, and is the last', async () => {
  const { port, settled } = await openGate(({ response }) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.write('early');
    response.end(' bird');
  });
  const wire = await dial(port);
  wire.send(`POST /stream HTTP/1.1\r\n${host}Content-Length: 100\r\n\r\nabc`);
  expect(await wire.answer(900)).toMatchObject({ status: 200, body: 'early bird', fields: { connection: 'close' } });
  wire.send(`${'x'.repeat(97)}GET /open HTTP/1.1\r\n${host}\r\n`);
  const { answers, ending } = await wire.end();
  expect({ count: answers.length, ending }).toEqual({ count: 1, ending: 'fin' });
  expect(await settled(1)).toMatchObject([{ status: 200, ending: 'complete' }]);
});

test('a body that streams reaches the handler as it comes', async () => {
  const { port } = await openGate(({ request, response, body }) => {
    expect(body).toBeUndefined();
    request.on('data', (chunk: Buffer) => response.write(`[${chunk.toString()}]`));
    request.on('end', () => response.end());
  });
  const wire = await dial(port);
  wire.send(`POST /stream HTTP/1.1\r\n${host}${close}Content-Length: 6\r\n\r\none`);
  await pause(50);
  wire.send('two');
  expect((await wire.end()).answers[0]?.body).toBe('[one][two]');
});

test('a body where none was declared does not slip by, however it is framed', async () => {
  let asked = 0;
  const { port } = await openGate((exchange) => {
    asked += 1;
    echo(exchange);
  });
  const chunked = 'Transfer-Encoding: chunked\r\n';
  const refused = async (fields: string, body: string): Promise<void> => {
    const wire = await dial(port);
    wire.send(`GET /open HTTP/1.1\r\n${host}${fields}\r\n${body}`);
    expectProblem(await wire.answer(), 400, 'unexpected-body');
    wire.socket.destroy();
  };
  await refused('Content-Length: 3\r\n', 'abc');
  await refused('Content-Length: 3\r\n', '');
  await refused(chunked, '3\r\nabc\r\n0\r\n\r\n');
  await refused(chunked, '');
  expect(asked).toBe(0);
  expect((await ask(port, `GET /open HTTP/1.1\r\n${host}${close}${chunked}\r\n0\r\n\r\n`)).answers).toMatchObject([
    { status: 200 },
  ]);
});

describe('content codings (row 39)', () => {
  const text = '{"name":"a body of some bytes"}';

  test.for([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['BR', brotliCompressSync(text)],
    ['identity', Buffer.from(text)],
  ] as const)('%s is removed before the body is judged', async ([coding, bytes]) => {
    const { port } = await openGate();
    const { answers } = await send(port, post('/check', bytes, `Content-Encoding: ${coding}\r\n`));
    expect(answers[0]).toMatchObject({ status: 200, body: `POST /check ${text}` });
  });

  const bomb = Buffer.alloc(50 * 1024 * 1024);

  test.for([
    ['an unknown coding', 'x-foo', Buffer.from(text), 415, 'unsupported-media-type'],
    ['two codings', 'gzip, gzip', gzipSync(gzipSync(text)), 415, 'unsupported-media-type'],
    ['bytes that are not of the coding', 'gzip', Buffer.from(text), 400, 'malformed-body'],
    ['bytes that end too soon', 'gzip', gzipSync(text).subarray(0, 20), 400, 'malformed-body'],
    ['more than the limit within', 'br', brotliCompressSync('x'.repeat(1025)), 413, 'body-too-large'],
    ['a bomb', 'br', brotliCompressSync(bomb), 413, 'body-too-large'],
  ] as const)('%s is refused', async ([, coding, bytes, status, reason]) => {
    const { port } = await openGate();
    const { answers } = await send(port, post('/check', bytes, `Content-Encoding: ${coding}\r\n`));
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], status, reason);
  });

  test('a bomb within a limit that is high is refused by its ratio', async () => {
    const { port } = await openGate(echo, { sizes: { bodyBytes: 100 * 1024 * 1024, headerBytes: 16_384 } });
    const { answers } = await send(port, post('/check', brotliCompressSync(bomb), 'Content-Encoding: br\r\n'));
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 413, 'body-too-large');
  });
});

describe('Expect: 100-continue (F8)', () => {
  const expects = 'Expect: 100-continue\r\n';
  const head = (path: string, more = ''): string =>
    `POST ${path} HTTP/1.1\r\n${host}${expects}${more}Content-Length: 5\r\n\r\n`;

  test.for(['/check', '/stream'])('has its 100 once the head of %s has passed, then its answer', async (path) => {
    const { port } = await openGate(({ request, response, body }) => {
      if (body !== undefined) response.end('checked');
      request.on('end', () => response.end('streamed'));
      if (body === undefined) request.resume();
    });
    const wire = await dial(port);
    wire.send(head(path, close));
    expect(await wire.interim()).toBe(100);
    wire.send('hello');
    const { answers, interim } = await wire.end();
    expect(answers.map(({ status }) => status)).toEqual([200]);
    expect(interim).toEqual([100]);
  });

  test.for([
    ['/secret', 401],
    ['/none', 404],
    ['/open', 400],
  ] as const)('has the final answer of %s and no 100 where the head is refused', async ([path, status]) => {
    const { port, settled } = await openGate();
    const { answers, interim } = await ask(port, head(path));
    expect(interim).toEqual([]);
    expect(answers).toMatchObject([{ status, fields: { connection: 'close' } }]);
    expect(await settled(1)).toHaveLength(1);
  });

  test('has no 100 where the body came unasked, nor in HTTP/1.0', async () => {
    const { port } = await openGate();
    const unasked = await ask(port, `${head('/check', close)}hello`);
    expect(unasked).toMatchObject({ interim: [], answers: [{ status: 200 }] });
    const wire = await dial(port);
    wire.send(`POST /check HTTP/1.0\r\n${host}${expects}Content-Length: 5\r\n\r\n`);
    await pause(50);
    wire.send('hello');
    expect(await wire.end()).toMatchObject({ interim: [], answers: [{ status: 200 }] });
  });

  test('of something else is the ladder’s to refuse', async () => {
    const { port } = await openGate();
    const { answers } = await ask(port, `GET /open HTTP/1.1\r\n${host}${close}Expect: a miracle\r\n\r\n`);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 417, 'unknown-expectation');
  });
});

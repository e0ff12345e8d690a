import { describe, expect, test } from 'vitest';
import { echo, openGate } from './open-gate.ts';
import { ask, dial, expectProblem, pause } from './wire-client.ts';

const host = 'Host: api.test\r\n';
const close = 'Connection: close\r\n';

describe('pipelined requests', () => {
  test('5,000 on one connection are answered in order, one at a time (row 7, F4)', async () => {
    let underWay = 0;
    let most = 0;
    const { port, settled } = await openGate((exchange) => {
      underWay += 1;
      most = Math.max(most, underWay);
      setImmediate(() => {
        underWay -= 1;
        echo(exchange);
      });
    });
    const count = 5000;
    let text = '';
    for (let number = 0; number < count; number += 1) {
      text += `GET /open?${number} HTTP/1.1\r\n${host}${number === count - 1 ? close : ''}\r\n`;
    }
    const { answers } = await ask(port, text);
    expect(answers.map(({ body }) => body)).toEqual(
      Array.from({ length: count }, (_, number) => `GET /open?${number} -`),
    );
    expect(most).toBe(1);
    expect(await settled(count)).toHaveLength(count);
  });

  test('what is sent behind an unanswered request is left in the kernel once 64 KiB wait', async () => {
    const { port } = await openGate(() => {});
    const wire = await dial(port);
    wire.send(`GET /open HTTP/1.1\r\n${host}\r\n`);
    const flood = Buffer.from(`GET /open HTTP/1.1\r\n${host}\r\n`.repeat(10_000));
    for (let part = 0; part < 100; part += 1) wire.send(flood);
    await pause(500);
    // The kernel's own buffers take some megabytes of the 40 that were sent.
    expect(wire.socket.writableLength).toBeGreaterThan(10 * 1024 * 1024);
    wire.socket.destroy();
  });

  test('bodies, refusals and HEAD keep their places', async () => {
    const { port } = await openGate();
    const wire = await dial(port, { methods: ['POST', 'HEAD', 'POST', 'GET', 'POST', 'GET'] });
    const post = (path: string, body: string): string =>
      `POST ${path} HTTP/1.1\r\n${host}Content-Length: ${body.length}\r\n\r\n${body}`;
    const chunked = `POST /check HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\nX-Trailer: a\r\n\r\n`;
    wire.send(
      post('/check', 'first\r\n\r\nGET') +
        `HEAD /open HTTP/1.1\r\n${host}\r\n` +
        chunked +
        `GET /none HTTP/1.1\r\n${host}\r\n` +
        post('/secret', '{}') +
        `GET /later HTTP/1.1\r\n${host}${close}\r\n`,
    );
    const { answers } = await wire.end();
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404, 401, 200]);
    expect(answers[0]?.body).toBe('POST /check first\r\n\r\nGET');
    expect(answers[2]?.body).toBe('POST /check one');
  });

  test('a fault is where it is, wherever the bytes before it are cut', async () => {
    const { port, settled } = await openGate();
    const text = `GET /later HTTP/1.1\r\n${host}\r\nPOST /check HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\nokGET /open HTTP/1.1\r\n${host}\r\nFOO /open HTTP/1.1\r\n${host}\r\n`;
    await Promise.all(
      Array.from({ length: text.length - 1 }, async (_, at) => {
        const wire = await dial(port);
        wire.send(text.slice(0, at + 1));
        await pause(10);
        wire.send(text.slice(at + 1));
        const { answers } = await wire.end();
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 501]);
      }),
    );
    expect(await settled(4 * (text.length - 1))).toHaveLength(4 * (text.length - 1));
  });

  test('a request cut in pieces anywhere is the same request', async () => {
    const { port } = await openGate();
    const text = `POST /check HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhelloGET /open HTTP/1.1\r\n${host}${close}\r\n`;
    await Promise.all(
      Array.from({ length: text.length - 1 }, async (_, at) => {
        const wire = await dial(port);
        wire.send(text.slice(0, at + 1));
        await pause(10);
        wire.send(text.slice(at + 1));
        const { answers } = await wire.end();
        expect(answers.map(({ body }) => body)).toEqual(['POST /check hello', 'GET /open -']);
      }),
    );
  });

  test.for([
    ['GET /open HTTP/1.1\r\nno colon\r\n\r\n', 400, 'malformed-request'],
    ['FOO /open HTTP/1.1\r\n\r\n', 400, 'malformed-request'],
    [`FOO /open HTTP/1.1\r\n${host}\r\n`, 501, 'unknown-method'],
    [`CONNECT /open HTTP/1.1\r\n${host}\r\n`, 405, 'method-not-allowed'],
  ] as const)('a fault behind a request comes after its answer, never in its place (F5): %j', async (row) => {
    const [second, status, reason] = row;
    const { port, settled } = await openGate();
    const { answers, rest, ending } = await ask(port, `GET /later HTTP/1.1\r\n${host}\r\n${second}`);
    expect(answers.map((answer) => answer.status)).toEqual([200, status]);
    expectProblem(answers[1], status, reason);
    expect({ rest, ending }).toEqual({ rest: '', ending: 'fin' });
    expect(await settled(2)).toMatchObject([{ status: 200 }, { status, reason }]);
  });

  test.for([
    ['POST /check', 200],
    ['POST /open', 400],
    ['TRACE /open', 501],
  ] as const)('a fault in the same bytes as the end of the body of %s comes after its answer (F5)', async (row) => {
    const [first, status] = row;
    const { port, settled } = await openGate();
    const { answers, rest } = await ask(
      port,
      `${first} HTTP/1.1\r\n${host}Content-Length: 3\r\n\r\nabc /open HTTP/1.1\r\n\r\n`,
    );
    expect(rest).toBe('');
    expect(answers.map((answer) => answer.status)).toEqual([status, 400]);
    expectProblem(answers[1], 400, 'malformed-request');
    expect(await settled(2)).toMatchObject([{ status }, { status: 400, reason: 'malformed-request' }]);
  });

  test('nothing behind a request that asks for the end is served', async () => {
    const { port, settled } = await openGate();
    const { answers } = await ask(port, `GET /open HTTP/1.1\r\n${host}${close}\r\nGET /open HTTP/1.1\r\n${host}\r\n`);
    expect(answers).toHaveLength(1);
    expect(await settled(1)).toHaveLength(1);
  });
});

describe('what the parser refuses', () => {
  test.for([
    ['a header section beyond its size', `GET /open HTTP/1.1\r\n${host}X: ${'a'.repeat(17_000)}\r\n\r\n`, 431],
    ['a header section that does not end', `GET /open HTTP/1.1\r\n${host}X: ${'a'.repeat(40_000)}`, 431],
    ['a request line beyond its size (row 40)', `GET /${'a'.repeat(17_000)} HTTP/1.1\r\n${host}\r\n`, 414],
    ['a request line that does not end', `GET /${'a'.repeat(40_000)}`, 414],
    ['a method of no RFC, on a path that is there (row 48)', `FOO /open HTTP/1.1\r\n${host}\r\n`, 501],
    ['a method of no RFC, on a path that is not', `FOO /none HTTP/1.1\r\n${host}\r\n`, 404],
    ['a method in lower case', `get /open HTTP/1.1\r\n${host}\r\n`, 501],
    ['a method that the ladder would pass on', `G@T /open HTTP/1.1\r\n${host}\r\n`, 400],
    ['a version that is none', `GET /open HTTP/1.2\r\n${host}\r\n`, 505],
    ['a version to come', `GET /open HTTP/2.0\r\n${host}\r\n`, 505],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
    [
      'two ways to frame a body',
      `POST /check HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    ['a folded line', `GET /open HTTP/1.1\r\n${host}X: a\r\n b\r\n\r\n`, 400],
    ['a bare line feed', `GET /open HTTP/1.1\n${host}\r\n`, 400],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['half a head, and the end', `GET /open HTTP/1.1\r\nHo`, 400],
    ['no Host', 'GET /open HTTP/1.1\r\n\r\n', 400],
  ] as const)('%s is answered whole, once', async ([, text, status]) => {
    const { port, settled } = await openGate();
    const wire = await dial(port);
    wire.send(text);
    if (text.endsWith('Ho')) wire.socket.end();
    const { answers, rest } = await wire.end();
    expect(rest).toBe('');
    expect(answers.map((answer) => answer.status)).toEqual([status]);
    const [outcome, ...more] = await settled(1);
    expect(more).toEqual([]);
    expect(outcome).toMatchObject({ status });
    expectProblem(answers[0], status, outcome?.reason ?? '');
    expect(answers[0]?.fields.connection).toBe('close');
  });

  test('an unknown method in pieces is judged when its head is whole', async () => {
    const { port } = await openGate();
    const wire = await dial(port);
    for (const [at, piece] of ['FOO /op', 'en HTTP/1.1\r\nHost: api', '.test\r\n\r\n'].entries()) {
      setTimeout(() => wire.send(piece), 20 * at);
    }
    const { answers } = await wire.end();
    expectProblem(answers[0], 501, 'unknown-method');
    expect(answers[0]?.fields.allow).toBe('GET, HEAD, OPTIONS, POST');
  });

  test('more header fields than Node keeps by default all reach the ladder (row 40)', async () => {
    let seen = 0;
    const { port } = await openGate((exchange) => {
      seen = exchange.passage.facts.headers.length / 2;
      echo(exchange);
    });
    await ask(port, `GET /open HTTP/1.1\r\n${host}${close}${'a:1\r\n'.repeat(3000)}\r\n`);
    expect(seen).toBe(3002);
  });

  test.for([
    ['a chunk size that is none', 'xyz\r\n', 400],
    ['a chunk without its end', '3\r\nabcd\r\n', 400],
    ['a chunk extension without end', `3;${'e'.repeat(20_000)}\r\nabc\r\n0\r\n\r\n`, 413],
  ] as const)('a body with %s is refused once, with its head and behind it', async ([, body, status]) => {
    const { port, settled } = await openGate(({ request }) => request.resume());
    const way = async (path: string, apart: boolean): Promise<void> => {
      const wire = await dial(port);
      const head = `POST ${path} HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`;
      wire.send(apart ? head : head + body);
      await pause(20);
      if (apart) wire.send(body);
      const { answers, rest } = await wire.end();
      expect(rest).toBe('');
      expect(answers.map((answer) => answer.status)).toEqual([status]);
      expectProblem(answers[0], status, status === 413 ? 'body-too-large' : 'malformed-request');
    };
    await Promise.all([way('/check', false), way('/check', true), way('/stream', false), way('/stream', true)]);
    expect(await settled(4)).toHaveLength(4);
  });

  test('a body that breaks off is a client that went away', async () => {
    const { port, settled } = await openGate();
    const wire = await dial(port);
    wire.send(`POST /check HTTP/1.1\r\n${host}Content-Length: 10\r\n\r\nabc`);
    await pause(50);
    wire.socket.end();
    expect(await wire.end()).toMatchObject({ answers: [] });
    expect(await settled(1)).toMatchObject([{ ending: 'aborted', status: 0 }]);
  });
});

import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { describe, expect, it } from 'vitest';
import { PasswordsFault, refusal, SessionsFault } from '../src/index.ts';
import { inTurn } from './in-turn.ts';
import { openService } from './open-service.ts';
import { ask, expectProblem } from './wire-client.ts';

const close = 'Connection: close\r\n';

/** Status, Content-Type and body of the answer to one request. */
async function answerOf(origin: string, target: string, method = 'GET'): Promise<[number, string | null, string]> {
  const answer = await fetch(`${origin}${target}`, { method });
  return [answer.status, answer.headers.get('content-type'), await answer.text()];
}

async function* chunks(...parts: readonly unknown[]): AsyncGenerator {
  yield* parts;
}

/** Fails before its first chunk. */
async function* broken(secret: string): AsyncGenerator<string> {
  await Promise.reject(new Error(secret));
  yield '';
}

const sized = (): object => ({ status: 200, headers: { 'Content-Length': 3 }, body: chunks('abc') });

describe('a handler answers', () => {
  it.each<[string, string, string, unknown, number, string | null, string]>([
    ['an object', 'getTea', '/teas/1', { name: 'Sencha' }, 200, 'application/json', '{"name":"Sencha"}'],
    ['null', 'getTea', '/teas/1', null, 200, 'application/json', 'null'],
    ['a text, as JSON', 'getTea', '/teas/1', 'Señcha', 200, 'application/json', '"Señcha"'],
    ['bytes of JSON', 'getTea', '/teas/1', Buffer.from('{"a":1}'), 200, 'application/json', '{"a":1}'],
    ['a member called status', 'getTea', '/teas/1', { status: 'new' }, 200, 'application/json', '{"status":"new"}'],
    [
      'more than an answer has',
      'getTea',
      '/teas/1',
      { status: 404, a: 1 },
      200,
      'application/json',
      '{"status":404,"a":1}',
    ],
    ['a status that is no code', 'getTea', '/teas/1', { status: 7 }, 200, 'application/json', '{"status":7}'],
    ['a text, as HTML', 'getPage', '/page', '<p>', 200, 'text/html; charset=utf-8', '<p>'],
    ['an object beside HTML', 'getPage', '/page', [1], 200, 'application/json', '[1]'],
    ['nothing', 'getTea', '/teas/1', undefined, 200, null, ''],
    [
      'a code and a body',
      'getTea',
      '/teas/1',
      { status: 404, body: { why: 'x' } },
      404,
      'application/json',
      '{"why":"x"}',
    ],
    ['a code alone', 'putTeas', '/teas', { status: 202 }, 202, null, ''],
    [
      'an error of its own, folded',
      'getTea',
      '/teas/1',
      { status: 409, body: { a: 1 } },
      400,
      'application/json',
      '{"a":1}',
    ],
    [
      'a type of its own',
      'getTea',
      '/teas/1',
      { status: 200, headers: { 'content-type': 'text/csv' }, body: 'a,b' },
      200,
      'text/csv',
      'a,b',
    ],
  ])('%s', async (_, id, target, returned, ...due) => {
    const put = id === 'putTeas';
    const init = put ? { method: 'PUT', body: 'x', headers: { 'Content-Type': 'application/octet-stream' } } : {};
    await inTurn(2, async (turn) => {
      const { origin } = await openService({
        [id]: turn === 0 ? () => returned : async () => Promise.resolve(returned),
      });
      const answer = await fetch(origin + target, init);
      expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual(due);
    });
  });

  it('with the only 2xx that the operation has', async () => {
    const { origin } = await openService({ dropTea: async () => {}, choose: () => 'which?' });
    expect(await answerOf(origin, '/teas/1', 'DELETE')).toEqual([204, null, '']);
    expect((await answerOf(origin, '/choice'))[0]).toBe(500);
  });

  it('with fields of its own, but for those that are the gate’s', async () => {
    const { port } = await openService({
      getTea: () => ({
        status: 200,
        headers: {
          'Set-Cookie': ['a=1', 'b=2'],
          ETag: '"1"',
          'X-Next': undefined,
          'Content-Length': 1,
          'Transfer-Encoding': 'chunked',
          Connection: 'close',
          'X-Request-Id': 'forged',
        },
        body: {},
      }),
    });
    const { answers } = await ask(port, `GET /teas/1 HTTP/1.1\r\nHost: a\r\n${close}X-Request-Id: mine\r\n\r\n`);
    expect(answers[0]?.fields).toMatchObject({
      'set-cookie': 'a=1\nb=2',
      etag: '"1"',
      'content-length': '2',
      'x-request-id': 'mine',
    });
    expect(answers[0]?.fields).not.toHaveProperty('transfer-encoding');
  });

  it.each([
    ['a Readable', () => Readable.from(['ab', 'c'])],
    ['a ReadableStream', () => new ReadableStream({ pull: (to) => (to.enqueue(Buffer.from('abc')), to.close()) })],
    ['an async generator', () => chunks('a', Buffer.from('b'), 'c')],
    ['a promise of a stream', async () => Promise.resolve(chunks('abc'))],
    ['a stream with a code', () => ({ status: 200, body: chunks('abc') })],
  ])('with %s', async (_, handler) => {
    const { origin, errors } = await openService({ getPage: handler });
    expect(await answerOf(origin, '/page')).toEqual([200, 'text/html; charset=utf-8', 'abc']);
    expect(errors).toEqual([]);
  });

  it('with a stream whose length it knows', async () => {
    const { origin } = await openService({ getPage: sized });
    const answer = await fetch(`${origin}/page`);
    expect([answer.headers.get('content-length'), await answer.text()]).toEqual(['3', 'abc']);
  });

  it('with events, as objects or as text', async () => {
    const { origin } = await openService({
      getNews: () => chunks({ event: 'tea', id: 7, data: { hot: true } }, 'data: plain\n\n', { data: 'two\nlines' }),
    });
    expect(await answerOf(origin, '/news')).toEqual([
      200,
      'text/event-stream; charset=utf-8',
      'event: tea\nid: 7\ndata: {"hot":true}\n\ndata: plain\n\ndata: two\ndata: lines\n\n',
    ]);
  });

  it('with lines of JSON', async () => {
    const { origin } = await openService({ listTeas: () => chunks({ id: 1 }, { id: 2 }) });
    expect(await answerOf(origin, '/teas')).toEqual([200, 'application/jsonl', '{"id":1}\n{"id":2}\n']);
  });

  it('HEAD as GET, without the body', async () => {
    const seen: string[] = [];
    const streamed: string[] = [];
    const { port, errors } = await openService({
      getTea: ({ method }) => {
        seen.push(method);
        return { name: 'Sencha' };
      },
      getPage: () => Readable.from(['x']).on('close', () => streamed.push('closed')),
    });
    const head = (target: string): ReturnType<typeof ask> =>
      ask(port, `HEAD ${target} HTTP/1.1\r\nHost: a\r\n${close}\r\n`, undefined, { methods: ['HEAD'] });
    const { answers, rest } = await head('/teas/1');
    expect([answers[0]?.status, answers[0]?.fields['content-length'], rest, seen]).toEqual([200, '17', '', ['HEAD']]);
    expect((await head('/page')).answers[0]).toMatchObject({ status: 200, body: '' });
    expect([streamed, errors]).toEqual([['closed'], []]);
  });
});

describe('a handler refuses', () => {
  it('by a reason of the catalogue, in the one shape that refusals have', async () => {
    const { port, outcomes, errors } = await openService({
      getTea: () => {
        throw refusal('unknown-resource', {
          detail: 'There is no tea 7.',
          faults: [{ in: 'path', name: 'id', due: 'the id of a tea' }],
          cause: new Error('of the log alone'),
        });
      },
    });
    const { answers } = await ask(port, `GET /teas/7 HTTP/1.1\r\nHost: a\r\n${close}\r\n`);
    expectProblem(answers[0], 404, 'unknown-resource');
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({
      detail: 'There is no tea 7.',
      errors: [
        { in: 'path', name: 'id', reason: 'unknown-resource', due: 'the id of a tea', arrived: 'another value' },
      ],
    });
    expect(answers[0]?.body).not.toContain('log alone');
    expect(outcomes[0]).toMatchObject({ reason: 'unknown-resource', status: 404, operation: 'getTea' });
    expect(errors).toEqual([]);
  });

  it('by a code that the table folds, with the fields that its code must have', async () => {
    const { origin, outcomes } = await openService({
      getTea: async ({ params }) => {
        await Promise.resolve();
        if (params['id'] === 1) throw refusal('insufficient-credentials');
        throw refusal('consumer-limit', { headers: { 'Retry-After': 30 } });
      },
    });
    const folded = await fetch(`${origin}/teas/1`);
    expect([folded.status, folded.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Bearer /)]);
    const limited = await fetch(`${origin}/teas/2`);
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '30']);
    expect(outcomes.map(({ precise }) => precise)).toEqual([403, 429]);
  });

  it.each([new SessionsFault('the file of sessions is locked'), new PasswordsFault()])(
    'without a word on the credentials where it cannot know them: $name',
    async (fault) => {
      const { port, errors, outcomes } = await openService(
        { addTea: () => Promise.reject(fault) },
        { codes: 'standard' },
      );
      const body = `POST /teas HTTP/1.1\r\nHost: a\r\n${close}Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{"name":"x"}`;
      const { answers } = await ask(port, body);
      expectProblem(answers[0], 503, 'unverifiable-credentials');
      expect(answers[0]?.fields['retry-after']).toBe('1');
      expect(answers[0]?.body).not.toContain(fault.message);
      expect(errors.map(({ error }) => error)).toEqual([fault]);
      expect(outcomes.map(({ precise }) => precise)).toEqual([503]);
    },
  );

  it('by a reason that there is, or its mistake is told where it was made', () => {
    const reason: string = 'unknown-resorce';
    expect(() => Reflect.apply(refusal, undefined, [reason])).toThrow(
      'no such reason: unknown-resorce; did you mean "unknown-resource"?',
    );
  });
});

describe('a handler that fails', () => {
  const secret = 'c4nary-c4nary';
  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error(secret);
      },
    ],
    ['rejects', async () => Promise.reject(new Error(secret))],
    [
      'throws what is no error',
      () => {
        throw secret;
      },
    ],
    ['returns what is no JSON', () => Symbol(secret)],
    [
      'returns what turns in a circle',
      () => {
        const ring: Record<string, unknown> = { secret };
        ring['ring'] = ring;
        return ring;
      },
    ],
    ['sets a field that cannot be sent', () => ({ status: 200, headers: { [`X-${secret}`]: 'a\r\nb: c' }, body: {} })],
    ['returns a stream that fails at once', () => Readable.from(broken(secret))],
    [
      'refuses with a field that cannot be sent',
      () => {
        throw refusal('unknown-resource', { headers: { [`X-${secret}`]: '\n' } });
      },
    ],
  ])('as it %s is answered 500, nothing of it leaks, and the server lives on', async (_, handler) => {
    const { port, errors, outcomes, settled } = await openService({ getTea: handler });
    const request = 'GET /teas/1 HTTP/1.1\r\nHost: a\r\n\r\n';
    const { answers } = await ask(port, request + request.replace('\r\n\r\n', `\r\n${close}\r\n`));
    expect(answers).toHaveLength(2);
    for (const answer of answers) {
      expectProblem(answer, 500, 'unhandled-error');
      expect(JSON.stringify(answer)).not.toContain(secret);
    }
    await settled(2);
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatchObject({ operationId: 'getTea', requestId: outcomes[0]?.requestId });
  });

  it('is answered 5xx of its own with a problem body, too', async () => {
    const { origin, outcomes } = await openService({ getTea: () => ({ status: 503, body: { secret } }) });
    const [status, type, body] = await answerOf(origin, '/teas/1');
    expect([status, type, body.includes(secret)]).toEqual([500, 'application/problem+json', false]);
    expect(outcomes[0]).toMatchObject({ precise: 503, upstreamStatus: 503 });
  });
});

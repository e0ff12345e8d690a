import { describe, expect, it } from 'vitest';
import { openService } from './open-service.ts';
import { teas } from './teas.ts';
import { ask } from './wire-client.ts';

const tea = { type: 'object', properties: { id: { type: 'integer' }, name: { type: 'string' } } };
const event = { type: 'object', properties: { event: { const: 'tea' }, data: tea } };
const text = { type: ['string', 'null'] };

/** The teas, with a stream of these items for `/news`. */
function contractOf(type: string, itemSchema: unknown): typeof teas {
  const { get } = teas.paths['/news'];
  const responses = { 200: { description: 'It.', content: { [type]: { itemSchema } } } };
  return { ...teas, openapi: '3.2.0', paths: { ...teas.paths, '/news': { get: { ...get, responses } } } };
}

async function* chunks(...parts: readonly unknown[]): AsyncGenerator {
  yield* parts;
}

async function* broken(first: unknown): AsyncGenerator {
  yield first;
  await Promise.reject(new Error('spilt'));
}

const events = 'text/event-stream';

describe('what a stream yields', () => {
  it.each<[string, string, unknown, readonly unknown[], string]>([
    ['is a line', 'application/jsonl', tea, [{ id: 1 }, [2], 3, true, null], '{"id":1}\n[2]\n3\ntrue\nnull\n'],
    ['is a line of ndjson', 'application/x-ndjson', undefined, [{ id: 1 }, 3], '{"id":1}\n3\n'],
    ['is a record of a sequence', 'application/json-seq', tea, [{ id: 1 }, 3], '\u001e{"id":1}\n\u001e3\n'],
    ['is as it is where it is text', 'application/jsonl', tea, ['{"id":', Buffer.from('1}\n')], '{"id":1}\n'],
    [
      'is a line where texts are items',
      'application/jsonl',
      text,
      ['a\n', null, Buffer.from('1\n')],
      '"a\\n"\nnull\n1\n',
    ],
    ['is an event', events, event, [{ event: 'tea', data: { id: 1 } }], 'event: tea\ndata: {"id":1}\n\n'],
    ['is an event without data', events, event, [{ id: 7, retry: 9.9, more: 1 }], 'id: 7\nretry: 9\n\n'],
    [
      'is an event whose fields of null are none',
      events,
      event,
      [{ event: null, id: null, retry: null, data: null }],
      'data: null\n\n',
    ],
    ['is text of events', events, event, [': alive\n\n', { data: 'x' }], ': alive\n\ndata: x\n\n'],
    [
      'is the data of an event',
      events,
      tea,
      [{ id: 1, name: 'Sencha' }, { id: 2 }],
      'data: {"id":1,"name":"Sencha"}\n\ndata: {"id":2}\n\n',
    ],
    ['is an event with such data', events, tea, [{ id: 7, data: { id: 1 } }], 'id: 7\ndata: {"id":1}\n\n'],
    ['is data where texts are items', events, text, ['a\nb', null], 'data: a\ndata: b\n\ndata: null\n\n'],
    [
      'is what it looks like',
      events,
      undefined,
      [{ id: 1 }, { id: 1, name: 'a' }, [2], 3],
      'id: 1\n\ndata: {"id":1,"name":"a"}\n\ndata: [2]\n\ndata: 3\n\n',
    ],
    [
      'is what it looks like where a schema cannot be read',
      events,
      { $ref: '#/gone' },
      [{ event: 'tea' }, 'x'],
      'event: tea\n\nx',
    ],
  ])('%s', async (_, type, itemSchema, parts, due) => {
    const { origin, errors } = await openService(
      { getNews: () => chunks(...parts) },
      { contract: contractOf(type, itemSchema) },
    );
    const answer = await fetch(`${origin}/news`);
    expect([answer.headers.get('content-type')?.split(';')[0], await answer.text(), errors]).toEqual([type, due, []]);
  });

  it.each([
    ['application/jsonl', undefined],
    ['application/jsonl', (): void => {}],
    [events, Symbol('tea')],
    [events, { event: 'a\ndata: b', data: 1 }],
    [events, { id: 'a\rdata: b', data: 1 }],
    [events, { id: 'a\0', data: 1 }],
    [events, { retry: -1, data: 1 }],
    [events, { retry: Number.NaN, data: 1 }],
    ['text/plain', { id: 1 }],
  ])('is no good in %s where it is %s: the stream is cut', async (type, value) => {
    const contract = contractOf(type, tea);
    const { port, settled, errors } = await openService({ getNews: () => chunks('first\n\n', value) }, { contract });
    const asked = ask(port, 'GET /news HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const whole = asked.then(
      ({ answers }) => answers,
      () => [],
    );
    expect(await whole).toEqual([]);
    expect(await settled(1)).toMatchObject([{ status: 200, ending: 'truncated' }]);
    expect(String(errors[0]?.error)).toMatch(
      /^TypeError: (?:a stream .*yielded a value of type |the (?:name or id|retry) of an event )/,
    );
  });

  it.each(['watch', 'enforce'] as const)(
    'passes as it comes where responses are held by %s, and is counted',
    async (responses) => {
      const options = { contract: contractOf('application/jsonl', tea), responses };
      const { origin, settled } = await openService({ getNews: () => chunks({ id: 1 }) }, options);
      expect(await (await fetch(`${origin}/news`)).text()).toBe('{"id":1}\n');
      expect(await settled(1)).toMatchObject([{ status: 200, observed: undefined, unchecked: 'endless' }]);
    },
  );

  it('is cut off where it fails after an item, never ended', async () => {
    const contract = contractOf('application/jsonl', tea);
    const { origin, settled, errors } = await openService({ getNews: () => broken({ id: 1 }) }, { contract });
    const answer = await fetch(`${origin}/news`);
    await expect(answer.text()).rejects.toThrow('terminated');
    expect(await settled(1)).toMatchObject([{ status: 200, ending: 'truncated' }]);
    expect(String(errors[0]?.error)).toBe('Error: spilt');
  });
});

describe('the fields of an answer, enforced', () => {
  const string = { schema: { type: 'string' } };
  const list = { schema: { type: 'array', minItems: 2, items: { type: 'integer' } } };

  it.each([
    ['that the gate adds to a 401', 401, { 'WWW-Authenticate': { required: true, ...string } }, {}],
    ['that the gate adds to a 405', 405, { Allow: { required: true, ...string } }, {}],
    ['of several lines', 200, { 'X-Ids': { required: true, ...list } }, { 'X-Ids': ['1', '2'] }],
    ['of one line', 200, { 'x-ids': { required: true, ...list } }, { 'X-IDS': '1,2' }],
    ['of limits', 200, { 'X-RateLimit-Limit': { required: true, ...string } }, { 'X-RateLimit-Limit': 7 }],
  ])('pass where it is one %s', async (_, status, headers, given) => {
    const { get, ...item } = teas.paths['/teas/{id}'];
    const responses = { [status]: { description: 'It.', headers } };
    const contract = { ...teas, paths: { ...teas.paths, '/teas/{id}': { ...item, get: { ...get, responses } } } };
    const { port, settled } = await openService(
      { getTea: () => ({ status, headers: given }) },
      { contract, responses: 'enforce' },
    );
    const { answers } = await ask(port, 'GET /teas/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(answers).toMatchObject([{ status }]);
    expect(await settled(1)).toMatchObject([{ status }]);
  });
});

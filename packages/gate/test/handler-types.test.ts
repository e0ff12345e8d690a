import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Handlers, OperationHandler } from '../src/index.ts';

/** What `flick types` writes of a contract, or anybody by hand. */
interface Operations {
  getTea: {
    params: { id: number };
    query: { limit: number; fresh?: boolean };
    headers: { 'x-trace'?: string };
    responses: { 200: { name: string }; 404: { why: string } };
  };
  addTea: { body: { name: string }; responses: { 201: { id: number } } };
  dropTea: { params: { id: number }; responses: { 204: undefined } };
  putLeaf: { body: Readable; responses: { 200: { length: number }; 202: undefined; default: { code: number } } };
  choose: { responses: { 201: string; 202: string } };
  listTeas: { responses: { 200: { name: string }[] } };
  pour: {
    responses: { 200: { name: string }; 204: undefined; 429: unknown };
    responseHeaders: { 204: { ETag: string; 'X-Age'?: number }; 429: Record<string, number> };
    responseItems: { 200: { drop: number } };
  };
}

// What these say is said at compile time: `npm run lint` compiles this file, and fails where an error that is expected
// does not come.
const handlers: Handlers<Operations> = {
  getTea: ({ params, query, headers, body, consumer, signal }) => {
    const all: [number, number, boolean | undefined, string | undefined, undefined] = [
      params.id,
      query.limit,
      query.fresh,
      headers['x-trace'],
      body,
    ];
    if (signal.aborted || consumer?.subject === 'nobody') return { status: 404, body: { why: 'none' } };
    return { name: all.join() };
  },
  addTea: async ({ body }) => ({ status: 201, body: { id: body.name.length } }),
  dropTea: async () => {},
  putLeaf: async ({ body }) => {
    for await (const chunk of body) return { length: String(chunk).length };
    return Math.random() > 2 ? { status: 418, body: { code: 1 } } : { status: 202 };
  },
  choose: () => ({ status: 202, body: 'later' }),
  listTeas: () => [{ name: 'Sencha' }],
  pour: async function* () {
    yield { drop: 1 };
    yield '{"drop":2}\n';
  },
};

const others: { readonly [Id in keyof Operations]?: readonly OperationHandler<Operations[Id]>[] } = {
  // Without their maps, fields and items are any.
  getTea: [
    () => ({ status: 404, headers: { ETag: 7, 'X-Age': ['a'] }, body: { why: 'none' } }),
    async function* () {
      yield 7;
    },
  ],
  listTeas: [() => [{ name: 'Sencha' }] as const, () => ({ status: 200, body: [{ name: 'Sencha' }] as const })],
  pour: [
    () => ({ status: 204, headers: { ETag: '"1"', 'X-Age': undefined, 'X-Own': undefined } }),
    () => ({ status: 204, headers: { etag: '"1"', 'x-age': 7, 'Cache-Control': 'no-store' } }),
    () => ({ status: 429, body: 'slower' }),
    () => ({ status: 200, headers: { 'X-Own': 'any' }, body: { name: 'Sencha' } }),
  ],
};

const wrong: { readonly [Id in keyof Operations]: readonly OperationHandler<Operations[Id]>[] } = {
  getTea: [
    // @ts-expect-error a body that the contract does not list
    () => ({ title: 'Sencha' }),
    // @ts-expect-error a code that the contract does not list
    () => ({ status: 500, body: { why: 'x' } }),
    // @ts-expect-error the body of another code
    () => ({ status: 404, body: { name: 'Sencha' } }),
    // @ts-expect-error a code without the body that it has
    () => ({ status: 404 }),
    // @ts-expect-error nothing where a body is due
    () => {},
    // @ts-expect-error a parameter that the contract does not have
    ({ query }) => ({ name: String(query.limits) }),
    // @ts-expect-error a parameter of another type
    ({ params }) => ({ name: params.id.toUpperCase() }),
    // @ts-expect-error an operation without cookies
    ({ cookies }) => ({ name: String(cookies.theme) }),
  ],
  // @ts-expect-error a member of another type
  addTea: [() => ({ id: 'seven' })],
  // @ts-expect-error a body where there is none
  dropTea: [() => ({ gone: true })],
  putLeaf: [() => ({ status: 200, body: { length: 1 } })],
  // @ts-expect-error a bare value where several codes could have it
  choose: [() => 'which?'],
  // @ts-expect-error another item of a list
  listTeas: [() => [{ title: 'Sencha' }] as const],
  pour: [
    // @ts-expect-error a field is missing
    () => ({ status: 204 }),
    // @ts-expect-error a field of another type
    () => ({ status: 204, headers: { ETag: '"1"', 'X-Age': 'old' } }),
    // @ts-expect-error a field of another type, of any name
    () => ({ status: 429, headers: { Any: 'text' }, body: 'slower' }),
    // @ts-expect-error another item
    async function* () {
      yield { drops: 1 };
    },
  ],
};

const loose: Handlers = {
  getTea: ({ params, query }) => ({ id: params['id'], ...query }),
  stream: () => Readable.from(['a']),
  'GET /health': () => undefined,
};

describe('a map of types', () => {
  it('types handlers, and refuses wrong ones', () => {
    expect(Object.keys(handlers)).toEqual(Object.keys(wrong));
    expect(Object.keys(others)).toEqual(['getTea', 'listTeas', 'pour']);
  });

  it('is not needed', () => {
    expect(Object.keys(loose)).toContain('getTea');
  });

  it('holds each handler by itself', () => {
    const one: Handlers<Pick<Operations, 'dropTea'>> = { dropTea: () => ({ status: 204 }) };
    // @ts-expect-error a handler is missing
    const none: Handlers<Pick<Operations, 'dropTea'>> = {};
    expect([Object.keys(one), Object.keys(none)]).toEqual([['dropTea'], []]);
  });
});

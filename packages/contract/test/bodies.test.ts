import { contractFrom, type MediaType, type RequestBody } from '@flick/contract';
import { expect, it } from 'vitest';
import { documentOf, faultLines, operationOf, responses } from './documents.ts';

function bodyOf(
  requestBody: unknown,
  openapi = '3.1.0',
): { body: RequestBody | undefined; faults: string[]; broken: string | undefined } {
  const contract = contractFrom({
    ...documentOf({ '/things': { post: { operationId: 'getThings', requestBody, responses } } }),
    openapi,
  });
  const operation = operationOf(contract);
  return { body: operation.body, faults: faultLines(contract), broken: operation.broken };
}

function mediaOf(content: object): readonly MediaType[] {
  return bodyOf({ content }).body?.content ?? [];
}

const text = { schema: { type: 'string' } };
const object = { schema: { type: 'object' } };

it('has no body where the operation declares none', () => {
  expect(bodyOf(undefined)).toEqual({ body: undefined, faults: [], broken: undefined });
});

it('reads whether a body is required', () => {
  expect(bodyOf({ content: { 'application/json': object } }).body?.required).toBe(false);
  expect(bodyOf({ required: true, content: { 'application/json': object } }).body?.required).toBe(true);
});

it.each([
  ['application/json', object, 'json', true],
  ['Application/JSON; charset=utf-8', object, 'json', true],
  ['application/problem+json', object, 'json', true],
  ['application/json', {}, 'json', false],
  ['application/x-www-form-urlencoded', object, 'form', true],
  ['multipart/form-data', object, 'multipart', true],
  ['multipart/mixed', object, 'opaque', false],
  ['text/plain', text, 'text', true],
  ['text/csv', object, 'opaque', true],
  ['text/plain', {}, 'opaque', false],
  ['text/*', text, 'text', true],
  ['text/json', object, 'json', true],
  ['application/*+json', object, 'json', true],
  ['application/octet-stream', text, 'opaque', false],
  ['application/xml', object, 'opaque', false],
  ['image/*', text, 'opaque', true],
  ['application/*', object, 'opaque', true],
  ['*/*', object, 'opaque', true],
])('reads %s with %j as %s', (type, media, kind, checked) => {
  const [first] = mediaOf({ [type]: media });
  expect(first?.range).toBe(type.split(';')[0]?.toLowerCase());
  expect(first?.kind).toBe(kind);
  expect(first?.check !== undefined).toBe(checked);
  expect(first?.shape !== undefined).toBe(checked);
});

it('lists the most specific range first, and keeps document order among equals', () => {
  const ranges = mediaOf({ '*/*': {}, 'text/*': {}, 'a/*+json': {}, 'b/b': {}, 'application/*': {}, 'a/a': {} }).map(
    ({ range }) => range,
  );
  expect(ranges).toEqual(['b/b', 'a/a', 'a/*+json', 'text/*', 'application/*', '*/*']);
});

it('lets a body fit any of the entries that differ only in the parameters of their type', () => {
  const media = mediaOf({
    'application/json; v=1': { schema: { type: 'object', required: ['a'] } },
    'application/json; v=2': { schema: { type: 'object', required: ['b'] } },
  });
  expect(media).toHaveLength(1);
  expect(media[0]?.check?.({ a: 1 })).toBeUndefined();
  expect(media[0]?.check?.({ b: 1 })).toBeUndefined();
  expect(media[0]?.check?.({})).toBeDefined();
});

it('reads encodings of forms and multipart bodies, by member', () => {
  const encoding = {
    tags: { style: 'spaceDelimited', explode: false },
    file: { contentType: 'image/png, Image/*; q=1' },
    'x-plain': { allowReserved: true },
    odd: { style: 'matrix' },
  };
  const { body, faults } = bodyOf({ content: { 'multipart/form-data': { ...object, encoding } } });
  expect(Object.fromEntries(body?.content[0]?.encoding ?? [])).toEqual({
    tags: { contentTypes: [], style: 'spaceDelimited', explode: false, allowReserved: false },
    file: { contentTypes: ['image/png', 'image/*'], style: 'form', explode: true, allowReserved: false },
    'x-plain': { contentTypes: [], style: 'form', explode: true, allowReserved: true },
    odd: { contentTypes: [], style: 'form', explode: true, allowReserved: false },
  });
  expect(faults).toEqual([expect.stringContaining('"matrix" is no style here')]);
});

it('ignores encodings of other bodies', () => {
  expect(mediaOf({ 'application/json': { ...object, encoding: { a: {} } } })[0]?.encoding.size).toBe(0);
});

it.each([
  ['text', 'yes', /"requestBody" is not an object/],
  ['a content that is a list', { content: [] }, /"content" is not an object/],
  ['a ref that leads nowhere', { $ref: '#/components/requestBodies/none' }, /points at nothing/],
  ['a schema that is text', { content: { 'application/json': { schema: 'object' } } }, /the schema is not an object/],
])('breaks an operation whose body is %s', (_what, requestBody, reason) => {
  const { broken, faults } = bodyOf(requestBody);
  expect(broken).toMatch(reason);
  expect(faults).toEqual(expect.arrayContaining([expect.stringMatching(/^error /)]));
});

it.each([
  ['no content', {}, /names no media type and takes any body/],
  ['a media type that is none', { content: { json: object } }, /"json" is not a media type/],
  ['an empty media type', { content: { 'application/json': null } }, /has no schema/],
  ['an empty schema', { content: { 'application/json': { schema: null } } }, /the schema is empty/],
])('serves a body with %s, and says so', (_what, requestBody, message) => {
  const { broken, faults } = bodyOf(requestBody);
  expect(broken).toBeUndefined();
  expect(faults).toEqual([expect.stringMatching(message)]);
});

import { contractFrom } from '@flick/contract';
import { expect, it } from 'vitest';
import { documentOf, faultLines, operationOf, responses } from './documents.ts';

function pathParameter(name: string): object[] {
  return [{ name, in: 'path', required: true, schema: {} }];
}

it('lists operations in document order, with ids and templates', () => {
  const contract = contractFrom(
    documentOf({
      '/b/{id}.json': {
        put: { operationId: 'putB', responses, parameters: [{ name: 'id', in: 'path', required: true, schema: {} }] },
        get: { responses, parameters: [{ name: 'id', in: 'path', required: true, schema: {} }] },
      },
      '/a': { delete: { operationId: 'deleteA', responses } },
    }),
  );
  expect(contract.operations.map(({ id, method, templates }) => [id, method, templates])).toEqual([
    ['putB', 'PUT', ['/b/{id}.json']],
    ['GET /b/{id}.json', 'GET', ['/b/{id}.json']],
    ['deleteA', 'DELETE', ['/a']],
  ]);
  expect(contract.faults).toEqual([]);
});

it('reads every method of OpenAPI, with query and additional ones of 3.2', () => {
  const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'];
  const item = Object.fromEntries(methods.map((method) => [method, { responses }]));
  const all = { ...item, additionalOperations: { COPY: { responses }, 'M-SEARCH': { responses } } };
  const later = contractFrom({ ...documentOf({ '/a': all }), openapi: '3.2.0' });
  const names = [...methods.map((method) => method.toUpperCase()), 'COPY', 'M-SEARCH'];
  expect(later.operations.map(({ method }) => method)).toEqual(names);
  expect(later.faults).toEqual([]);
  const earlier = contractFrom(documentOf({ '/a': all }));
  expect(earlier.operations.map(({ method }) => method)).toEqual(names);
  expect(faultLines(earlier)).toEqual([
    expect.stringMatching(/^warning \/paths\/~1a\/query: "query" is of OpenAPI 3\.2/),
    expect.stringMatching(/^warning \/paths\/~1a\/additionalOperations: /),
  ]);
});

it('reports a misspelt method, with the nearest one', () => {
  const contract = contractFrom(documentOf({ '/a': { gett: { responses }, 'x-own': {}, summary: 'A' } }));
  expect(faultLines(contract)).toEqual([
    'warning /paths/~1a/gett: "gett" is no method and no member of a path item and is left out; did you mean "get"?',
  ]);
});

it('leaves extensions among the paths out', () => {
  const contract = contractFrom(documentOf({ 'x-paths': { get: { responses } } }));
  expect(contract.operations).toEqual([]);
  expect(contract.faults).toEqual([]);
});

it('serves a path without its slash as if it had one, and says so', () => {
  const contract = contractFrom(documentOf({ things: { get: { responses } } }));
  expect(contract.operations[0]).toMatchObject({ path: 'things', templates: ['/things'], broken: undefined });
  expect(faultLines(contract)).toEqual([expect.stringContaining('does not begin with a slash')]);
});

it.each([
  ['/a/{b', '/a/%7Bb', /braces .* do not match/],
  ['/a/b}', '/a/b%7D', /braces .* do not match/],
  ['/a/{}', '/a/%7B%7D', /braces .* do not match/],
  ['/a/{{b}}', '/a/%7B%7Bb%7D%7D', /braces .* do not match/],
  ['/a?b={c}', '/a?b={c}', /holds a query/],
  ['/a#b', '/a#b', /holds a query or a fragment/],
  ['/a//b', '/a//b', /has an empty segment, a dot segment or an encoded slash/],
  ['/a/../b', '/a/../b', /has an empty segment, a dot segment or an encoded slash/],
  ['/a%2Fb', '/a%2Fb', /has an empty segment, a dot segment or an encoded slash/],
  ['/a/{b}/{b}', '/a/{b}/{b}', /one parameter twice/],
])('keeps the path %s as an operation that cannot be served', (path, template, reason) => {
  const contract = contractFrom(documentOf({ [path]: { get: { responses } } }));
  expect(contract.operations[0]?.broken).toMatch(reason);
  expect(contract.operations[0]?.templates).toEqual([template]);
  expect(contract.faults.filter(({ severity }) => severity === 'error')).toHaveLength(1);
});

it('serves the first of two templates that differ only in parameter names, and reports the second', () => {
  const contract = contractFrom(
    documentOf({
      '/a/{x}': { get: { operationId: 'first', responses, parameters: pathParameter('x') } },
      '/a/{y}': {
        parameters: pathParameter('y'),
        get: { operationId: 'second', responses },
        put: { operationId: 'other', responses },
      },
    }),
  );
  expect(operationOf(contract, 'first')).toMatchObject({ templates: ['/a/{x}'], broken: undefined });
  expect(operationOf(contract, 'second')).toMatchObject({
    templates: [],
    broken: '"/a/{y}" takes the same requests as GET /a/{x}, which comes first; unite them',
  });
  expect(operationOf(contract, 'other')).toMatchObject({ templates: ['/a/{y}'], broken: undefined });
  expect(contract.faults).toEqual([expect.objectContaining({ severity: 'error', pointer: '/paths/~1a~1{y}/get' })]);
});

it('makes ids unique, and reports those that were not', () => {
  const get = { operationId: 'same', responses };
  const contract = contractFrom(
    documentOf({ '/a': { get }, '/b': { get }, '/c': { get }, '/d': { get: { ...get, operationId: 7 } } }),
  );
  expect(contract.operations.map(({ id }) => id)).toEqual(['same', 'same-2', 'same-3', 'GET /d']);
  expect(contract.faults.map(({ severity }) => severity)).toEqual(['warning', 'warning', 'warning']);
});

it('keeps an operation that is empty, and breaks one that is not an object', () => {
  const contract = contractFrom(documentOf({ '/a': { get: null, put: 'soon' }, '/b': null }));
  expect(contract.operations.map(({ method, broken }) => [method, broken !== undefined])).toEqual([
    ['GET', false],
    ['PUT', true],
  ]);
  expect(faultLines(contract)).toEqual([
    expect.stringMatching(/^warning \/paths\/~1a\/get: the operation is empty/),
    expect.stringMatching(/^error \/paths\/~1a\/put: the operation is not an object/),
    expect.stringMatching(/^warning \/paths\/~1b: the path item is not an object/),
  ]);
});

it('answers for every usual method of a path whose ref leads nowhere, since it may have any', () => {
  const contract = contractFrom(documentOf({ '/a': { $ref: '#/components/pathItems/none' } }));
  expect(contract.operations.map(({ method }) => method)).toEqual(['GET', 'PUT', 'POST', 'DELETE', 'PATCH']);
  for (const { broken } of contract.operations) expect(broken).toMatch(/points at nothing/);
  expect(contract.faults).toHaveLength(1);
});

it.each([[undefined], [null], [[]], ['paths']])(
  'reads a document whose "paths" is %j, and says that it has none',
  (paths) => {
    const contract = contractFrom({ openapi: '3.1.0', info: {}, paths });
    expect(contract.operations).toEqual([]);
    expect(faultLines(contract)).toContainEqual(expect.stringMatching(/^warning \/paths: the document has no "paths"/));
  },
);

it('follows a $ref in the place of all paths, which OpenAPI does not know, and says so', () => {
  const more = { 'x-paths': { '/a': { get: { operationId: 'a', responses } } } };
  const contract = contractFrom(documentOf({ $ref: '#/x-paths' }, more));
  expect(contract.operations.map(({ id, templates }) => [id, templates])).toEqual([['a', ['/a']]]);
  expect(faultLines(contract)).toEqual([expect.stringMatching(/^warning \/paths: "paths" is a \$ref/)]);
});

it('freezes the whole model', () => {
  const contract = contractFrom(
    documentOf({
      '/a': {
        post: {
          responses,
          parameters: [{ name: 'a', in: 'query', schema: {} }],
          requestBody: { content: { 'a/b': {} } },
        },
      },
    }),
  );
  const [operation] = contract.operations;
  for (const part of [
    contract,
    contract.api,
    contract.operations,
    contract.faults,
    contract.switches,
    contract.files,
  ]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
  for (const part of [
    operation,
    operation?.parameters,
    operation?.parameters[0],
    operation?.templates,
    operation?.switches,
  ]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
  for (const part of [operation?.body, operation?.body?.content, operation?.body?.content[0]]) {
    expect(part).toBeDefined();
    expect(Object.isFrozen(part)).toBe(true);
  }
});

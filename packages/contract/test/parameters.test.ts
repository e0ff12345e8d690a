import { contractFrom, type Parameter } from '@flick/contract';
import { expect, it } from 'vitest';
import { documentOf, faultLines, operationOf, responses, withOperation } from './documents.ts';

const schema = { type: 'string' };

function parametersOf(list: unknown, more: object = {}): { parameters: readonly Parameter[]; faults: string[] } {
  const contract = contractFrom({
    ...documentOf({ '/things/{id}': { get: { operationId: 'getThings', parameters: list, responses } } }),
    ...more,
  });
  return { parameters: operationOf(contract).parameters, faults: faultLines(contract) };
}

const id = { name: 'id', in: 'path', required: true, schema };

function namesOf(list: readonly Parameter[]): string[] {
  return list.map((each) => `${each.in} ${each.name}${each.required ? '!' : ''}`);
}

it.each([
  ['path', 'simple', false],
  ['query', 'form', true],
  ['header', 'simple', false],
  ['cookie', 'form', true],
])('gives a %s parameter the style %s and explode %s by default', (where, style, explode) => {
  const { parameters, faults } = parametersOf([{ name: 'id', in: where, required: true, schema }]);
  expect(parameters[0]).toMatchObject({ style, explode, required: true, allowReserved: false, allowEmptyValue: false });
  expect(faults.filter((line) => !line.includes('takes any text'))).toEqual([]);
});

it.each([
  ['path', 'label', false],
  ['path', 'matrix', false],
  ['query', 'spaceDelimited', false],
  ['query', 'pipeDelimited', false],
  ['query', 'deepObject', false],
  ['cookie', 'cookie', true],
])('reads the style %s %s, whose explode is %s by default', (where, style, explode) => {
  const { parameters } = parametersOf([{ name: 'id', in: where, required: true, style, schema }]);
  expect(parameters[0]).toMatchObject({ style, explode });
});

it('reads explode, allowReserved and allowEmptyValue', () => {
  const written = { name: 'q', in: 'query', explode: false, allowReserved: true, allowEmptyValue: true, schema };
  const { parameters } = parametersOf([id, written]);
  expect(parameters[1]).toMatchObject({ explode: false, allowReserved: true, allowEmptyValue: true, required: false });
});

it.each([
  ['path', 'form', 'simple'],
  ['query', 'matrix', 'form'],
  ['header', 'form', 'simple'],
  ['cookie', 'deepObject', 'form'],
  ['query', 'tabDelimited', 'form'],
])('reads a %s parameter of style %s, which has no meaning there, as %s', (where, style, taken) => {
  const { parameters, faults } = parametersOf([{ name: 'id', in: where, required: true, style, schema }]);
  expect(parameters[0]?.style).toBe(taken);
  expect(faults).toContainEqual(expect.stringContaining(`"${style}" is no style here and is read as ${taken}`));
});

it('reads the shape and the check of a schema, through refs', () => {
  const components = { schemas: { page: { type: 'integer' } } };
  const { parameters } = parametersOf([id, { name: 'q', in: 'query', schema: { $ref: '#/components/schemas/page' } }], {
    components,
  });
  expect([...(parameters[1]?.shape.types ?? [])]).toEqual(['integer']);
  expect(parameters[1]?.check(1)).toBeUndefined();
  expect(parameters[1]?.check('x')).toHaveLength(1);
});

it('reads a content parameter with its media type', () => {
  const content = { 'application/json; charset=utf-8': { schema: { type: 'object' } } };
  const { parameters, faults } = parametersOf([id, { name: 'filter', in: 'query', content }]);
  expect(parameters[1]?.media).toMatchObject({ range: 'application/json', kind: 'json' });
  expect(parameters[1]?.check({})).toBeUndefined();
  expect(parameters[1]?.check([])).toHaveLength(1);
  expect(faults).toEqual([]);
});

it('reads the whole-query parameter of OpenAPI 3.2', () => {
  const content = { 'application/x-www-form-urlencoded': { schema: { type: 'object' } } };
  const { parameters, faults } = parametersOf([id, { name: 'all', in: 'querystring', content }], { openapi: '3.2.0' });
  expect(parameters[1]).toMatchObject({ in: 'querystring', media: { kind: 'form' } });
  expect(faults).toEqual([]);
});

it('breaks an operation whose whole-query parameter stands beside query parameters', () => {
  const list = [id, { name: 'all', in: 'querystring', schema }, { name: 'q', in: 'query', schema }];
  expect(parametersOf(list, { openapi: '3.2.0' }).faults).toEqual([
    expect.stringMatching(/^error .*takes the whole query/),
  ]);
});

it('merges the parameters of the path with those of the operation, by place and name', () => {
  const contract = contractFrom(
    documentOf({
      '/things/{id}': {
        parameters: [
          id,
          { name: 'X-Trace', in: 'header', schema },
          { name: 'q', in: 'query', schema },
          { name: 'Q', in: 'query', schema },
        ],
        get: {
          operationId: 'getThings',
          responses,
          parameters: [
            { name: 'x-trace', in: 'header', required: true, schema },
            { name: 'q', in: 'cookie', schema },
            { name: 'q', in: 'query', required: true, schema },
          ],
        },
        put: { operationId: 'putThings', responses },
      },
    }),
  );
  expect(namesOf(operationOf(contract).parameters)).toEqual([
    'path id!',
    'header x-trace!',
    'query q!',
    'query Q',
    'cookie q',
  ]);
  expect(namesOf(operationOf(contract, 'putThings').parameters)).toEqual([
    'path id!',
    'header X-Trace',
    'query q',
    'query Q',
  ]);
  expect(contract.faults).toEqual([]);
});

// stoplightio/prism#2057.
it.each(['Accept', 'content-type', 'AUTHORIZATION'])('ignores the header parameter %s, as OpenAPI says', (name) => {
  const { parameters, faults } = parametersOf([id, { name, in: 'header', required: true, schema }]);
  expect(parameters.map((each) => each.name)).toEqual(['id']);
  expect(faults).toEqual([]);
});

it('requires a path parameter that is not marked so, and says so', () => {
  const { parameters, faults } = parametersOf([{ name: 'id', in: 'path', schema }]);
  expect(parameters[0]?.required).toBe(true);
  expect(faults).toEqual([expect.stringContaining('"id" is not marked as required; write required: true')]);
});

it('serves a template whose parameter is not declared: any text fits', () => {
  const { parameters, faults } = parametersOf(undefined);
  expect(parameters).toEqual([]);
  expect(faults).toEqual([expect.stringMatching(/^warning .*"id" of the template .* takes any text; declare it/)]);
});

it('leaves out a path parameter that the template does not have, for no request could bring it', () => {
  const { parameters, faults } = parametersOf([id, { name: 'ID', in: 'path', required: true, schema }]);
  expect(parameters.map(({ name }) => name)).toEqual(['id']);
  expect(faults).toEqual([expect.stringMatching(/^warning .*"ID" is not in the template/)]);
});

it('leaves out a header whose name no header can have, and says so', () => {
  const contract = contractFrom(withOperation({ parameters: [{ name: 'Content Kind', in: 'header', schema }] }));
  expect(operationOf(contract).parameters).toEqual([]);
  expect(faultLines(contract)).toEqual([expect.stringContaining('"Content Kind" can be no header\'s name')]);
});

it('takes the first of two parameters of one place and name', () => {
  const twice = [id, { name: 'a', in: 'header', schema }, { name: 'A', in: 'header', required: true, schema }];
  const { parameters, faults } = parametersOf(twice);
  expect(parameters[1]).toMatchObject({ name: 'a', required: false });
  expect(faults).toEqual([expect.stringMatching(/^warning .*parameters\/2: .*is there twice/)]);
});

it('takes any text where a parameter has neither schema nor content', () => {
  const { parameters, faults } = parametersOf([id, { name: 'q', in: 'query' }]);
  expect(parameters[1]?.check('anything')).toBeUndefined();
  expect(parameters[1]?.shape.types.size).toBe(0);
  expect(faults).toEqual([expect.stringContaining('"q" has neither "schema" nor "content" and takes any text')]);
});

it('prefers the schema where a parameter has schema and content', () => {
  const content = { 'application/json': { schema: { type: 'object' } } };
  const { parameters, faults } = parametersOf([id, { name: 'q', in: 'query', schema, content }]);
  expect(parameters[1]?.media).toBeUndefined();
  expect(faults).toEqual([expect.stringContaining('"schema" counts')]);
});

it.each([
  ['a list that is none', 'q', /"parameters" is not a list/],
  ['an item that is none', [id, 'q'], /the parameter is not an object/],
  ['no name', [id, { in: 'query', schema }], /has no "name"/],
  ['no place', [id, { name: 'q', schema }], /has no known place in "in"; write path/],
  ['a place of Swagger 2.0', [id, { name: 'q', in: 'body', schema }], /describe the body in "requestBody"/],
  ['a schema that is none', [id, { name: 'q', in: 'query', schema: 'string' }], /the schema is not an object/],
])('breaks an operation whose parameters have %s: what it takes is not known', (_what, list, reason) => {
  const contract = contractFrom(withOperation({ parameters: list }));
  expect(operationOf(contract).broken).toMatch(reason);
  expect(contract.faults.some(({ severity, message }) => severity === 'error' && reason.test(message))).toBe(true);
});

it('reports a fault of a shared parameter once, and breaks every operation that uses it', () => {
  const shared = { $ref: '#/components/parameters/bad' };
  const contract = contractFrom(
    documentOf(
      {
        '/a': { get: { operationId: 'a', parameters: [shared], responses } },
        '/b': { parameters: [shared], get: { operationId: 'b', responses }, put: { operationId: 'c', responses } },
        '/c': { get: { operationId: 'd', responses } },
      },
      { components: { parameters: { bad: { name: 'q', in: 'nowhere' } } } },
    ),
  );
  expect(contract.faults).toHaveLength(1);
  expect(contract.operations.map(({ broken }) => broken !== undefined)).toEqual([true, true, true, false]);
});

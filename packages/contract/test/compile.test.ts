import { contractFrom, readContract } from '@flick/contract';
import { expect, it } from 'vitest';
import { documentOf, folderWith, operationOf, responses, withOperation } from './documents.ts';

// A pattern that is no regular expression on any engine.
const bad = { type: 'string', pattern: '(' };

function post(schema: object, answer: object = {}): object {
  const content = { 'application/json': { schema } };
  return {
    requestBody: { content },
    responses: { 200: { description: '', content: { 'application/json': { schema: answer } } } },
  };
}

it('compiles nothing at load: a schema that cannot be compiled is found when the operation is warmed', () => {
  const contract = contractFrom(withOperation(post(bad)));
  const operation = operationOf(contract);
  expect(contract.faults).toEqual([]);
  expect(operation.broken).toBeUndefined();
  operation.compile();
  expect(operation.broken).toMatch(/pattern/);
});

it('reports a schema that cannot be compiled with its line, in YAML and in JSON', () => {
  const yaml = `openapi: 3.1.0
info: { title: Tests, version: '1' }
paths:
  /things:
    post:
      operationId: getThings
      requestBody:
        content:
          application/json:
            schema:
              type: string
              pattern: '('
      responses: { 200: { description: fine } }
`;
  const folder = folderWith({ 'api.yaml': yaml, 'api.json': withOperation(post(bad)) });
  const contract = readContract(`${folder}/api.yaml`);
  const fault = contract.warm(operationOf(contract));
  expect(fault).toMatchObject({ severity: 'error', file: `${folder}/api.yaml` });
  expect(fault?.line).toBeGreaterThanOrEqual(10);
  expect(fault?.line).toBeLessThanOrEqual(12);
  expect(fault?.pointer).toMatch(/^\/paths\/~1things\/post\/requestBody\/content\/application~1json\/schema/);
  expect(fault?.message).not.toContain(folder);
  const json = readContract(`${folder}/api.json`);
  expect(json.warm(operationOf(json))).toMatchObject({ line: 1 });
});

it('breaks every operation that stands on a bad schema, and reports it once', () => {
  const schema = { $ref: '#/components/schemas/bad' };
  const contract = contractFrom(
    documentOf(
      { '/a': { put: { operationId: 'a', ...post(schema) } }, '/b': { put: { operationId: 'b', ...post(schema) } } },
      { components: { schemas: { bad } } },
    ),
  );
  const faults = contract.operations.map((operation) => contract.warm(operation));
  expect(faults.filter((fault) => fault !== undefined)).toHaveLength(1);
  for (const { broken } of contract.operations) expect(broken).toMatch(/pattern/);
});

it('says nothing twice: neither what load has reported nor what was warmed before', () => {
  const contract = contractFrom(withOperation(post({ $ref: '#/components/schemas/none' })));
  expect(contract.faults).toHaveLength(1);
  expect(contract.warm(operationOf(contract))).toBeUndefined();
  const warmed = contractFrom(withOperation(post(bad)));
  expect(warmed.warm(operationOf(warmed))).toBeDefined();
  expect(warmed.warm(operationOf(warmed))).toBeUndefined();
});

it('warns of a response schema that cannot be compiled, and serves the operation', () => {
  const contract = contractFrom(withOperation(post({ type: 'object' }, bad)));
  const operation = operationOf(contract);
  expect(contract.warm(operation)).toBeUndefined();
  expect(contract.warm(operation, 'responses')).toMatchObject({ severity: 'warning' });
  operation.compile('responses');
  expect(operation.broken).toBeUndefined();
});

it('keeps operations apart: one that is broken does not keep others from being served', () => {
  const contract = contractFrom(
    documentOf({
      '/a': { put: { operationId: 'a', ...post(bad) } },
      '/b': { put: { operationId: 'b', ...post({ type: 'object' }) } },
    }),
  );
  for (const operation of contract.operations) operation.compile();
  expect(contract.operations.map(({ broken }) => broken === undefined)).toEqual([false, true]);
});

it.each([
  ['3.0.3', 0],
  ['3.1.0', 1],
  ['3.2.0', 1],
])('reads what stands beside a $ref as OpenAPI %s says', (openapi, faults) => {
  const components = { schemas: { text: { type: 'string' } } };
  const document = withOperation(post({ $ref: '#/components/schemas/text', maxLength: 1 }), { components });
  const check = operationOf(contractFrom({ ...document, openapi })).body?.content[0]?.check;
  expect(check?.('long') ?? []).toHaveLength(faults);
  expect(check?.(1)).toHaveLength(1);
});

it('judges requests and responses by their own sides of readOnly and writeOnly', () => {
  const schema = {
    type: 'object',
    required: ['id', 'password'],
    properties: { id: { type: 'integer', readOnly: true }, password: { type: 'string', writeOnly: true } },
  };
  const operation = operationOf(contractFrom(withOperation(post(schema, schema))));
  const request = operation.body?.content[0]?.check;
  const response = operation.responses.get('200')?.content[0]?.check;
  expect(request?.({ password: 'x' })).toBeUndefined();
  expect(request?.({ id: 1 })).toHaveLength(1);
  expect(response?.({ id: 1 })).toBeUndefined();
  expect(response?.({ password: 'x' })).toHaveLength(1);
});

it('refuses members that a schema does not name where the operation says so, in requests alone', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } };
  const strict = { ...post(schema, schema), 'x-flick': { unknown_members: 'refuse' } };
  const operation = operationOf(contractFrom(withOperation(strict)));
  expect(operation.body?.content[0]?.check?.({ b: 1 })).toHaveLength(1);
  expect(operation.responses.get('200')?.content[0]?.check?.({ b: 1 })).toBeUndefined();
  const lenient = operationOf(contractFrom(withOperation(post(schema))));
  expect(lenient.body?.content[0]?.check?.({ b: 1 })).toBeUndefined();
});

// Hilzu/express-openapi-validate#48, #80: circular schemas passed everything or overflowed the stack.
it('follows schemas that stand inside themselves, and in other files', () => {
  const folder = folderWith({
    'api.json': withOperation(post({ $ref: 'tree.yaml#/tree' })),
    'tree.yaml':
      'tree:\n  type: object\n  required: [name]\n  properties:\n    name: { type: string }\n' +
      '    children: { type: array, items: { $ref: "#/tree" } }\n',
  });
  const contract = readContract(`${folder}/api.json`);
  const check = operationOf(contract).body?.content[0]?.check;
  expect(contract.warm(operationOf(contract))).toBeUndefined();
  expect(check?.({ name: 'a', children: [{ name: 'b', children: [] }] })).toBeUndefined();
  expect(check?.({ name: 'a', children: [{ name: 'b', children: [{}] }] })).toMatchObject([
    { pointer: '/children/0/children/0/name', keyword: 'required' },
  ]);
});

it('loads a thousand operations without compiling one', () => {
  const paths: Record<string, object> = {};
  const schemas: Record<string, object> = {};
  for (let index = 0; index < 1000; index += 1) {
    const next = { $ref: `#/components/schemas/s${String((index + 1) % 1000)}` };
    schemas[`s${String(index)}`] = {
      type: 'object',
      properties: { next, name: index === 500 ? bad : { type: 'string' } },
    };
    const content = { 'application/json': { schema: { $ref: `#/components/schemas/s${String(index)}` } } };
    paths[`/things${String(index)}`] = {
      post: { operationId: `o${String(index)}`, requestBody: { content }, responses },
    };
  }
  const contract = contractFrom(JSON.stringify(documentOf(paths, { components: { schemas } })));
  expect(contract.operations).toHaveLength(1000);
  expect(contract.faults).toEqual([]);
  expect(contract.operations.every(({ broken }) => broken === undefined)).toBe(true);
});

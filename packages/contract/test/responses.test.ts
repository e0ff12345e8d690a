import { contractFrom } from '@flick/contract';
import { expect, it } from 'vitest';
import { documentOf, faultLines, operationOf, withOperation } from './documents.ts';

it('reads codes, ranges and default, and publishes the exact codes alone', () => {
  const contract = contractFrom(
    withOperation({
      responses: {
        409: { description: 'taken', content: { 'application/json': { schema: { type: 'object' } } } },
        200: { description: 'fine' },
        '4XX': { description: 'yours' },
        default: { description: 'ours' },
        'x-note': 'an extension',
      },
    }),
  );
  const operation = operationOf(contract);
  expect([...operation.responses.keys()].toSorted()).toEqual(['200', '409', '4XX', 'default']);
  expect(operation.ownCodes).toEqual(new Set([200, 409]));
  expect(operation.responses.get('409')?.content[0]).toMatchObject({ range: 'application/json', kind: 'json' });
  expect(contract.faults).toEqual([]);
});

it('reads response headers as parameters, and ignores Content-Type', () => {
  const headers = {
    'X-Rate': { required: true, schema: { type: 'integer' } },
    'x-list': { explode: true, schema: { type: 'array' } },
    'Content-Type': { schema: { type: 'string' } },
  };
  const contract = contractFrom(withOperation({ responses: { 200: { description: 'fine', headers } } }));
  expect(operationOf(contract).responses.get('200')?.headers).toMatchObject([
    { name: 'X-Rate', in: 'header', style: 'simple', explode: false, required: true },
    { name: 'x-list', in: 'header', style: 'simple', explode: true, required: false },
  ]);
  expect(contract.faults).toEqual([]);
});

it('reads what the items of a stream are, of answers alone and of what is no JSON', () => {
  const itemSchema = { type: 'object', properties: { id: { type: 'integer' } } };
  const content = {
    'application/jsonl': { itemSchema },
    'text/event-stream': { schema: { type: 'string' }, itemSchema },
    'application/json': { itemSchema },
    'text/csv': {},
  };
  const operation = { requestBody: { content }, responses: { 200: { description: 'fine', content } } };
  const contract = contractFrom({ ...withOperation(operation), openapi: '3.2.0' });
  const { body, responses } = operationOf(contract);
  expect(body?.content.filter(({ item }) => item !== undefined)).toEqual([]);
  const found = responses.get('200')?.content.filter(({ item }) => item !== undefined) ?? [];
  expect(found.map(({ range }) => range)).toEqual(['application/jsonl', 'text/event-stream']);
  expect(found.map(({ item }) => [item?.check({ id: 1 }), item?.check({ id: 'a' })?.length])).toEqual([
    [undefined, 1],
    [undefined, 1],
  ]);
  expect(found.map(({ item }) => item?.shape.types)).toEqual([new Set(['object']), new Set(['object'])]);
  expect(contract.faults).toEqual([]);
  expect(faultLines(contractFrom(withOperation(operation)))).toEqual([
    expect.stringContaining('jsonl/itemSchema: "itemSchema" is of OpenAPI 3.2; write openapi: 3.2.0'),
    expect.stringContaining('event-stream/itemSchema: "itemSchema" is of OpenAPI 3.2; write openapi: 3.2.0'),
  ]);
});

it.each(['600', '99', '20', 'ok', '2xX1', '6XX', ' 200'])('leaves out %j, which is no code, and says so', (code) => {
  const contract = contractFrom(withOperation({ responses: { [code]: {}, 200: { description: 'fine' } } }));
  expect([...operationOf(contract).responses.keys()]).toEqual(['200']);
  expect(faultLines(contract)).toEqual([expect.stringContaining(`"${code}" is no response code`)]);
});

it('reads a range in lower case, and says so', () => {
  const contract = contractFrom(withOperation({ responses: { '4xx': { description: 'yours' } } }));
  expect([...operationOf(contract).responses.keys()]).toEqual(['4XX']);
  expect(faultLines(contract)).toEqual([expect.stringContaining('"4xx" is read as 4XX')]);
});

it('never breaks an operation by what it answers', () => {
  const bad = {
    200: { $ref: '#/components/responses/none' },
    201: { description: '', content: { 'application/json': { schema: { $ref: '#/components/schemas/none' } } } },
    202: { description: '', content: [] },
    203: 'soon',
    204: { description: '', headers: { 'X-A': 'soon', 'X-B': { $ref: 'http://127.0.0.1:9/' } } },
  };
  const contract = contractFrom(withOperation({ responses: bad }));
  const operation = operationOf(contract);
  expect(operation.broken).toBeUndefined();
  expect([...operation.ownCodes]).toEqual([200, 201, 202, 203, 204]);
  expect(contract.faults.map(({ severity }) => severity)).toEqual(Array(6).fill('warning'));
});

it('asks OpenAPI 3.0 documents alone for responses', () => {
  const paths = { '/things': { get: { operationId: 'getThings' } } };
  expect(contractFrom(documentOf(paths)).faults).toEqual([]);
  expect(faultLines(contractFrom({ ...documentOf(paths), openapi: '3.0.3' }))).toEqual([
    expect.stringContaining('the operation has no "responses"'),
  ]);
  expect(faultLines(contractFrom(withOperation({ responses: {} })))).toEqual([
    expect.stringContaining('names no code'),
  ]);
});

it('reads responses that operations share once, and reports their faults once', () => {
  const responses = { 404: { $ref: '#/components/responses/missing' } };
  const contract = contractFrom(
    documentOf(
      { '/a': { get: { responses }, put: { responses } } },
      { components: { responses: { missing: { description: '', content: { json: {} } } } } },
    ),
  );
  expect(contract.faults).toHaveLength(1);
});

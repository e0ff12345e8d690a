import { symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { createServer as createConnections } from 'node:net';
import { contractFrom, readContract } from '@flick/contract';
import { expect, it, onTestFinished } from 'vitest';
import { documentOf, faultLines, folderWith, operationOf, responses, withOperation } from './documents.ts';

const limit = { name: 'limit', in: 'query', schema: { type: 'integer' } };

function bodyOf(name: string): object {
  return { content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } };
}

it('follows refs for path items, parameters, bodies, media types, responses, headers and security schemes', () => {
  const contract = contractFrom({
    openapi: '3.2.0',
    info: {},
    paths: { '/things': { $ref: '#/components/pathItems/things' } },
    components: {
      pathItems: {
        things: {
          post: {
            operationId: 'getThings',
            parameters: [{ $ref: '#/components/parameters/limit' }],
            requestBody: { $ref: '#/components/requestBodies/thing' },
            responses: { 200: { $ref: '#/components/responses/fine' } },
            security: [{ key: [] }],
          },
        },
      },
      parameters: { limit },
      requestBodies: {
        thing: { required: true, content: { 'application/json': { $ref: '#/components/mediaTypes/a' } } },
      },
      mediaTypes: { a: { schema: { type: 'object' } } },
      responses: { fine: { description: 'fine', headers: { 'X-Rate': { $ref: '#/components/headers/rate' } } } },
      headers: { rate: { required: true, schema: { type: 'integer' } } },
      securitySchemes: { key: { $ref: '#/components/securitySchemes/real' }, real: { type: 'http', scheme: 'Bearer' } },
    },
  });
  const operation = operationOf(contract);
  expect(faultLines(contract)).toEqual([]);
  expect(operation.pointer).toBe('/components/pathItems/things/post');
  expect(operation.parameters[0]).toMatchObject({ name: 'limit', pointer: '/components/parameters/limit' });
  expect(operation.body).toMatchObject({ required: true, content: [{ range: 'application/json', kind: 'json' }] });
  expect(operation.responses.get('200')?.headers).toEqual([
    expect.objectContaining({ name: 'X-Rate', required: true }),
  ]);
  expect(operation.security).toEqual([[{ scheme: { name: 'key', type: 'http', scheme: 'bearer' }, scopes: [] }]]);
});

it('follows chains of refs, and pointers that are percent-encoded and escaped', () => {
  const parameters = { 'a/b~c d%': limit, second: { $ref: '#/components/parameters/a~1b~0c%20d%25' } };
  const chain = { $ref: '#/components/parameters/second', description: 'Siblings change nothing here.' };
  const contract = contractFrom(withOperation({ parameters: [chain] }, { components: { parameters } }));
  expect(contract.faults).toEqual([]);
  expect(operationOf(contract).parameters.map(({ name }) => name)).toEqual(['limit']);
});

it('follows a pointer that leads through another ref', () => {
  const parameters = [{ $ref: '#/components/x-sets/all/0' }];
  const more = { components: { 'x-sets': { all: { $ref: '#/components/x-real' } }, 'x-real': [limit] } };
  const contract = contractFrom(withOperation({ parameters }, more));
  expect(contract.faults).toEqual([]);
  expect(operationOf(contract).parameters).toHaveLength(1);
});

it('takes what stands beside the ref of a path item before what it leads to', () => {
  const target = {
    parameters: [limit],
    get: { operationId: 'far', responses },
    put: { operationId: 'put', responses },
  };
  const paths = { '/a': { $ref: '#/components/pathItems/a', get: { operationId: 'near', responses } } };
  const contract = contractFrom(documentOf(paths, { components: { pathItems: { a: target } } }));
  expect(contract.operations.map(({ id }) => id)).toEqual(['near', 'put']);
  expect(operationOf(contract, 'near').parameters).toHaveLength(1);
});

it('reads several files of one folder, each naming the others relatively, up and down', () => {
  const folder = folderWith({
    'api.yaml': 'openapi: 3.1.0\ninfo: {}\npaths:\n  /things: { $ref: "paths/things.yaml" }\n',
    'paths/things.yaml':
      'get:\n  operationId: getThings\n  parameters:\n    - $ref: "../shared/all%20parameters.json#/limit"\n' +
      '    - $ref: "../api.yaml#/components/parameters/none"\n  responses: { 200: {} }\n',
    'shared/all parameters.json': { limit },
  });
  const contract = readContract(`${folder}/api.yaml`);
  expect(operationOf(contract).parameters.map(({ name }) => name)).toEqual(['limit']);
  expect(contract.faults.filter(({ severity }) => severity === 'error')).toEqual([
    {
      severity: 'error',
      message: `$ref "../api.yaml#/components/parameters/none" points at nothing in ${folder}/api.yaml; define it there, or mend the pointer`,
      file: 'paths/things.yaml',
      line: 5,
      column: 7,
      pointer: '/get/parameters/1/$ref',
    },
  ]);
  expect(contract.files.map((file) => file.slice(folder.length + 1))).toEqual([
    'api.yaml',
    'paths/things.yaml',
    'shared/all parameters.json',
  ]);
});

const refused = [
  ['http://127.0.0.1:9/x.yaml', /not fetched/],
  ['https://example.com/x.yaml#/a', /not fetched/],
  ['//example.com/x.yaml', /not fetched/],
  ['file:///etc/passwd', /not fetched/],
  ['FILE:///etc/passwd', /not fetched/],
  ['/etc/passwd', /absolute path and was not read/],
  ['%2Fetc%2Fpasswd', /absolute path and was not read/],
  ['../secret.yaml', /out of the folder and was not read/],
  ['sub/../../secret.yaml', /out of the folder and was not read/],
  ['%2e%2e/secret.yaml', /out of the folder and was not read/],
  ['link.yaml', /symbolic link that leads out of the folder/],
  ['linked/secret.yaml', /symbolic link that leads out of the folder/],
  ['none.yaml', /file that is not there/],
  ['sub', /cannot be read: sub: is not a file/],
  ['pipe', /is not a file/],
  ['bad.yaml', /neither JSON nor YAML/],
  ['a\u0000b', /cannot be read/],
] as const;

it.each(refused)('refuses the ref %j by name, and reads nothing', async (ref, reason) => {
  const outer = folderWith({
    'secret.yaml': 'name: secret\nin: query\n',
    'api/api.json': documentOf({
      '/a': { get: { operationId: 'parameter', parameters: [{ $ref: ref }], responses } },
      '/b': {
        get: { operationId: 'schema', parameters: [{ name: 'a', in: 'query', schema: { $ref: ref } }], responses },
      },
      '/c': { $ref: ref },
      '/d': { get: { operationId: 'good', responses } },
    }),
    'api/sub/x.yaml': 'a: 1',
    'api/bad.yaml': '"',
  });
  symlinkSync(`${outer}/secret.yaml`, `${outer}/api/link.yaml`);
  symlinkSync(outer, `${outer}/api/linked`);
  const pipe = createConnections().listen(`${outer}/api/pipe`);
  onTestFinished(() => void pipe.close());
  await once(pipe, 'listening');
  const contract = readContract(`${outer}/api/api.json`);
  expect(contract.files).toEqual([`${outer}/api/api.json`]);
  const errors = contract.faults.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ pointer }) => pointer)).toEqual([
    '/paths/~1a/get/parameters/0/$ref',
    '/paths/~1b/get/parameters/0/schema/$ref',
    '/paths/~1c/$ref',
  ]);
  for (const { message } of errors) {
    expect(message).toContain(`$ref "${ref}"`);
    expect(message).toMatch(reason);
  }
  expect(operationOf(contract, 'parameter').broken).toMatch(reason);
  expect(operationOf(contract, 'schema').broken).toMatch(reason);
  expect(operationOf(contract, 'GET /c').broken).toMatch(reason);
  expect(operationOf(contract, 'good').broken).toBeUndefined();
});

it('fetches nothing from the network', async () => {
  let hits = 0;
  const server = createServer((_, response) => {
    hits += 1;
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const $ref = `http://127.0.0.1:${String(port)}/schema.json`;
  const contract = contractFrom(
    withOperation(
      {
        parameters: [{ $ref }],
        requestBody: { content: { 'application/json': { schema: { $ref }, example: { $ref } } } },
      },
      { servers: [{ url: $ref }] },
    ),
  );
  contract.warm(operationOf(contract));
  await new Promise((resolve) => {
    server.close(resolve);
  });
  expect(hits).toBe(0);
  expect(operationOf(contract).broken).toContain($ref);
});

it('lets a document that was handed over reach other files only where it is told a folder', () => {
  const folder = folderWith({ 'other.yaml': 'limit: { name: limit, in: query, schema: {} }' });
  const document = withOperation({ parameters: [{ $ref: 'other.yaml#/limit' }] });
  expect(operationOf(contractFrom(document)).broken).toMatch(/has no folder/);
  expect(operationOf(contractFrom(document, {}, 'api', folder)).parameters).toHaveLength(1);
});

it('reads a document that is itself a symbolic link, with its neighbours, as mounted folders have it', () => {
  const folder = folderWith({
    '..data/api.json': withOperation({ parameters: [{ $ref: 'other.yaml#/limit' }] }),
    '..data/other.yaml': 'limit: { name: limit, in: query, schema: {} }',
  });
  symlinkSync('..data/api.json', `${folder}/api.json`);
  symlinkSync('..data/other.yaml', `${folder}/other.yaml`);
  expect(operationOf(readContract(`${folder}/api.json`)).parameters).toHaveLength(1);
});

it('ends at refs that go in a circle', () => {
  const parameters = { a: { $ref: '#/components/parameters/b' }, b: { $ref: '#/components/parameters/a' } };
  const contract = contractFrom(
    withOperation({ parameters: [{ $ref: '#/components/parameters/a' }] }, { components: { parameters } }),
  );
  expect(operationOf(contract).broken).toMatch(/leads in a circle/);
  const through = contractFrom(
    withOperation(
      { parameters: [{ $ref: '#/components/x-a/more' }] },
      { components: { 'x-a': { $ref: '#/components/x-a' } } },
    ),
  );
  expect(operationOf(through).broken).toMatch(/circle/);
});

it('reads no ref inside example, examples, enum, const and default', () => {
  const data = { $ref: 'http://127.0.0.1:9/none', $id: 'urn:none' };
  const schema = { type: 'object', properties: { a: { enum: [data], const: data, default: data, example: data } } };
  const named = { type: 'object', properties: { $ref: { type: 'string' }, default: { type: 'string' } } };
  const contract = contractFrom(
    withOperation({
      parameters: [{ name: 'a', in: 'query', schema: { type: 'string', examples: [data] }, example: data }],
      requestBody: {
        content: {
          'application/json': { schema, example: data, examples: { a: { $ref: 'http://127.0.0.1:9/none' } } },
          'application/x+json': { schema: named },
        },
      },
      callbacks: { a: { $ref: 'http://127.0.0.1:9/none' } },
    }),
  );
  expect(contract.faults).toEqual([]);
});

it('breaks only the operations whose requests need a ref that leads nowhere', () => {
  const schemas = {
    a: { type: 'object', properties: { b: { $ref: '#/components/schemas/b' } } },
    b: { type: 'array', items: { anyOf: [{ $ref: '#/components/schemas/none' }, { $ref: '#/components/schemas/a' }] } },
    c: { type: 'string' },
    d: { $ref: '#/components/schemas/nowhere' },
  };
  const contract = contractFrom(
    documentOf(
      {
        '/a': { post: { operationId: 'far', requestBody: bodyOf('a'), responses } },
        '/b': { post: { operationId: 'near', requestBody: bodyOf('b'), responses } },
        '/c': {
          post: {
            operationId: 'well',
            requestBody: bodyOf('c'),
            responses: { 200: { description: '', ...bodyOf('d') } },
          },
        },
      },
      { components: { schemas } },
    ),
  );
  expect(operationOf(contract, 'far').broken).toMatch(/schemas\/none/);
  expect(operationOf(contract, 'near').broken).toMatch(/schemas\/none/);
  expect(operationOf(contract, 'well').broken).toBeUndefined();
  expect(faultLines(contract)).toEqual([
    expect.stringMatching(/^error \/components\/schemas\/b\/items\/anyOf\/0\/\$ref/),
    expect.stringMatching(/^warning \/components\/schemas\/d\/\$ref/),
  ]);
});

it('reports what stands where a schema is due and is none', () => {
  const schema = {
    type: 'object',
    properties: { a: 'string', b: { $ref: '#/info/title' }, c: { $ref: '#/components/schemas/none' }, d: true },
    additionalProperties: 'no',
    allOf: [null],
    items: { type: 'string', properties: [] },
  };
  const contract = contractFrom(
    withOperation(
      { parameters: null, requestBody: { content: { 'application/json': { schema } } } },
      { components: { schemas: { none: false } } },
    ),
  );
  const at = '/paths/~1things/get/requestBody/content/application~1json/schema';
  expect(contract.faults.map(({ severity, pointer }) => `${severity} ${pointer}`).toSorted()).toEqual([
    `error ${at}/properties/b/$ref`,
    'warning /paths/~1things/get/parameters',
    `warning ${at}/additionalProperties`,
    `warning ${at}/allOf/0`,
    `warning ${at}/items/properties`,
    `warning ${at}/properties/a`,
  ]);
  expect(operationOf(contract).broken).toMatch(/"#\/info\/title" points at something that is no schema/);
});

it('follows $id and $anchor from OpenAPI 3.1 on', () => {
  const schemas = {
    named: { $id: 'https://example.com/schemas/named', $defs: { a: { type: 'string' } }, $ref: '#/$defs/a' },
    anchored: { $anchor: 'spot', type: 'string' },
  };
  const parameters = ['https://example.com/schemas/named', '#spot', '#/components/schemas/named'].map(
    ($ref, index) => ({
      name: `p${String(index)}`,
      in: 'query',
      schema: { $ref },
    }),
  );
  const contract = contractFrom(withOperation({ parameters }, { components: { schemas } }));
  expect(faultLines(contract)).toEqual([]);
});

it('loads 100,000 refs, a circle of them, and a file that they all share', () => {
  const schemas: Record<string, object> = {};
  const count = 100_000;
  for (let index = 0; index < count; index += 1) {
    schemas[`s${String(index)}`] = {
      properties: { next: { $ref: `#/components/schemas/s${String((index + 1) % count)}` } },
    };
  }
  const schema = { $ref: '#/components/schemas/s0' };
  const folder = folderWith({});
  const document = withOperation(
    { requestBody: { content: { 'application/json': { schema } } } },
    { components: { schemas } },
  );
  writeFileSync(`${folder}/api.json`, JSON.stringify(document));
  const contract = readContract(`${folder}/api.json`);
  expect(contract.faults).toEqual([]);
  expect(operationOf(contract).broken).toBeUndefined();
});

it('names the file of an operation that stands in a file of its own', () => {
  const item = { get: { operationId: 'getThings', responses } };
  const folder = folderWith({
    'api.json': documentOf({ '/things': { $ref: 'items/things.json' }, '/here': { get: { operationId: 'here' } } }),
    'items/things.json': item,
  });
  const contract = readContract(`${folder}/api.json`);
  expect(operationOf(contract)).toMatchObject({ file: 'items/things.json', pointer: '/get' });
  expect(operationOf(contract, 'here').file).toBeUndefined();
});

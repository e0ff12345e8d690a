import { writeFileSync } from 'node:fs';
import { ContractError, contractFrom, readContract } from '@flick/contract';
import { expect, it } from 'vitest';
import { faultLines, folderWith, operationOf, withOperation } from './documents.ts';

const yaml = `openapi: 3.1.0
info: { title: Ledger, version: '2' }
paths:
  /things:
    get:
      operationId: getThings
      responses:
        200: { description: fine }
`;

function errorOf(work: () => unknown): ContractError {
  try {
    work();
  } catch (error) {
    if (error instanceof ContractError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

it('reads YAML and JSON, from a file and from text', () => {
  const folder = folderWith({ 'api.yaml': yaml, 'api.json': withOperation({}) });
  for (const contract of [
    readContract(`${folder}/api.yaml`),
    readContract(`${folder}/api.json`),
    contractFrom(yaml),
    contractFrom(withOperation({})),
  ]) {
    expect(contract.operations.map(({ id }) => id)).toEqual(['getThings']);
    expect(contract.faults).toEqual([]);
  }
});

it('says what the API is called and which files it was read from', () => {
  const folder = folderWith({ 'api.yaml': yaml });
  const contract = readContract(`${folder}/api.yaml`);
  expect(contract.api).toEqual({ title: 'Ledger', version: '2', openapi: '3.1.0' });
  expect(contract.files).toEqual([`${folder}/api.yaml`]);
});

it('reads a file that begins with a byte order mark', () => {
  const folder = folderWith({ 'api.yaml': `\uFEFF${yaml}`, 'api.json': `\uFEFF${JSON.stringify(withOperation({}))}` });
  expect(readContract(`${folder}/api.yaml`).operations).toHaveLength(1);
  expect(readContract(`${folder}/api.json`).operations).toHaveLength(1);
});

it('takes unquoted response codes as codes', () => {
  const operation = operationOf(contractFrom(yaml));
  expect([...operation.responses.keys()]).toEqual(['200']);
  expect([...operation.ownCodes]).toEqual([200]);
});

it('keeps keys that YAML could take for something other than text', () => {
  const text = yaml.replace(
    '200:',
    'x-1: {}\n        1e3: { description: odd }\n        0404: { description: odd }\n        200:',
  );
  expect(faultLines(contractFrom(text))).toEqual([
    expect.stringContaining('"1e3" is no response code'),
    expect.stringContaining('"0404" is no response code'),
  ]);
});

it('reads yes and no of YAML 1.1 where true and false are due, and says so', () => {
  const text = `${yaml}      parameters:
        - { name: a, in: query, required: yes, schema: { type: string } }
        - { name: b, in: query, required: no, schema: { type: string, enum: [yes, no] } }
`;
  const contract = contractFrom(text);
  expect(operationOf(contract).parameters.map(({ required }) => required)).toEqual([true, false]);
  expect(faultLines(contract)).toEqual([
    'warning /paths/~1things/get/parameters/0/required: "required" is the text "yes" and is read as true; write true',
    'warning /paths/~1things/get/parameters/1/required: "required" is the text "no" and is read as false; write false',
  ]);
});

it('reads anchors and merge keys', () => {
  const text = `${yaml}      parameters:
        - &base { name: a, in: query, schema: { type: string } }
        - { <<: *base, name: b }
  /more:
    get: { operationId: more, parameters: [*base], responses: { default: { description: any } } }
`;
  const contract = contractFrom(text);
  expect(contract.faults).toEqual([]);
  expect(operationOf(contract).parameters.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(operationOf(contract, 'more').parameters.map(({ name }) => name)).toEqual(['a']);
});

it('reports a member that is there twice, and serves the last one', () => {
  const contract = contractFrom(`${yaml}  /things:\n    post: { operationId: post, responses: { 201: {} } }\n`);
  expect(contract.operations.map(({ id }) => id)).toEqual(['post']);
  expect(contract.faults).toEqual([
    expect.objectContaining({ severity: 'warning', line: 9, column: 3, pointer: '/paths/~1things' }),
  ]);
  expect(contract.faults[0]?.message).toMatch(/"\/things" is there twice/);
});

it('reports a member that is there twice in JSON', () => {
  const text = `{ "openapi": "3.1.0", "info": { "title": "a \\" : {[", "version": "1" },
  "paths": { "/a": {}, "/b": { "get": { "responses": { "200": {} } } },
    "/a": { "get": { "responses": { "200": {} } } } } }`;
  const contract = contractFrom(text, {}, 'api.json');
  expect(contract.operations.map(({ id }) => id)).toEqual(['GET /a', 'GET /b']);
  expect(contract.faults).toEqual([
    expect.objectContaining({ file: 'api.json', line: 3, column: 5, pointer: '/paths/~1a' }),
  ]);
});

it('gives line and column of a fault, in YAML and in JSON', () => {
  const operation = { parameters: [{ name: 'a', in: 'query' }], responses: { 200: { description: 'fine' } } };
  const json = JSON.stringify({ openapi: '3.1.0', info: {}, paths: { '/a~b': { get: operation } } }, null, 2);
  const spot = contractFrom(json).faults[0];
  const line = json
    .split('\n')
    .findIndex((text) => text.includes('{') && text.trim() === '{' && text.startsWith('          '));
  expect(spot).toMatchObject({ line: line + 1, column: 11, pointer: '/paths/~1a~0b/get/parameters/0' });
  const text = `${yaml}      parameters:\n        - name: a\n          in: query\n`;
  expect(contractFrom(text).faults[0]).toMatchObject({ line: 10, column: 11 });
});

it('counts columns of CRLF files as editors do', () => {
  const text = `${yaml}      parameters:\n        - name: a\n          in: query\n`.replaceAll('\n', '\r\n');
  expect(contractFrom(text).faults[0]).toMatchObject({ line: 10, column: 11 });
});

it('reads the first of several YAML documents in one file, and says so', () => {
  const contract = contractFrom(`${yaml}---\nopenapi: 3.0.0\n`);
  expect(contract.operations).toHaveLength(1);
  expect(contract.faults).toEqual([expect.objectContaining({ line: 9 })]);
});

it('refuses a file that is not there and a folder, in one line', () => {
  const folder = folderWith({ 'sub/x.yaml': '' });
  for (const path of [`${folder}/none.yaml`, `${folder}/sub`]) {
    const error = errorOf(() => readContract(path));
    expect(error.file).toBe(path);
    expect(error.message.startsWith(`${path}: `)).toBe(true);
    expect(error.message).not.toContain('\n');
  }
});

it('refuses bytes that are not UTF-8', () => {
  const folder = folderWith({});
  writeFileSync(`${folder}/api.yaml`, Buffer.from([0x6f, 0x70, 0xff, 0xfe]));
  expect(errorOf(() => readContract(`${folder}/api.yaml`)).message).toMatch(/is not UTF-8 text; save it as UTF-8$/);
});

it('refuses text that is neither JSON nor YAML, with the line', () => {
  const error = errorOf(() => contractFrom('openapi: 3.1.0\ninfo: [1, 2\npaths: {}\n', {}, 'api.yaml'));
  expect(error.message).toMatch(/^api\.yaml:\d+:\d+: is neither JSON nor YAML: /);
  expect(error.line).toBeGreaterThan(1);
  expect(error.message).not.toContain('\n');
});

it('refuses a bomb of aliases, quickly', () => {
  let text = 'a0: &a0 [x, x]\n';
  for (let level = 1; level < 30; level += 1) {
    text += `a${String(level)}: &a${String(level)} [${Array(10)
      .fill(`*a${String(level - 1)}`)
      .join(', ')}]\n`;
  }
  expect(errorOf(() => contractFrom(text)).message).toMatch(/alias/);
});

it('refuses an alias that stands inside what it names, and one without an anchor', () => {
  expect(errorOf(() => contractFrom('openapi: 3.1.0\npaths: &p\n  x: *p\n')).message).toMatch(
    /:3:\d+: .*\*p stands inside/,
  );
  expect(errorOf(() => contractFrom('openapi: 3.1.0\npaths: *q\n')).message).toMatch(/:2:\d+: .*\*q has no anchor/);
});

it.each([
  ['text', 'hello', /holds no object/],
  ['a list', '[1]', /holds no object/],
  ['nothing', '', /holds no object/],
  ['an object without "openapi"', '{"info": {}}', /write openapi: 3\.1\.0/],
  ['Swagger 2.0', 'swagger: "2.0"', /convert it to OpenAPI 3/],
  ['OpenAPI 4', 'openapi: 4.0.0', /"openapi" is 4\.0\.0/],
])('refuses %s as no OpenAPI document', (_what, text, message) => {
  expect(errorOf(() => contractFrom(text, {}, 'api.yaml')).message).toMatch(message);
});

it('reads an OpenAPI version that YAML takes for a number, and one that is newer than 3.2', () => {
  expect(faultLines(contractFrom('openapi: 3.1\ninfo: {title: a, version: 1.0}\npaths: {}'))).toEqual([
    expect.stringContaining('"openapi" is a number'),
  ]);
  expect(faultLines(contractFrom('openapi: 3.9.0\ninfo: {}\npaths: {}'))).toEqual([
    expect.stringContaining('OpenAPI 3.9 is not known and is read as 3.2'),
  ]);
});

it('treats names of the language as names: __proto__, constructor, toString', () => {
  const text = `{ "openapi": "3.1.0", "info": {}, "paths": { "/a": { "get": {
    "operationId": "__proto__", "security": [{ "constructor": [] }, { "toString": [] }],
    "parameters": [{ "name": "__proto__", "in": "query", "schema": { "$ref": "#/components/schemas/__proto__" } }],
    "responses": { "200": { "$ref": "#/components/responses/hasOwnProperty" } } } } },
    "components": { "schemas": { "__proto__": { "type": "string" } },
      "securitySchemes": { "constructor": { "type": "http", "scheme": "Basic" } } } }`;
  const contract = contractFrom(text, { operations: { ['__proto__']: { mode: 'observe' } } });
  const operation = operationOf(contract, '__proto__');
  expect(operation.switches.mode).toBe('observe');
  expect(operation.parameters[0]?.name).toBe('__proto__');
  expect(operation.broken).toMatch(/"toString" is not declared/);
  expect(faultLines(contract)).toEqual([
    expect.stringMatching(/^error .*"toString" is not declared/),
    expect.stringMatching(/^warning .*hasOwnProperty" points at nothing/),
  ]);
  expect(Object.prototype).not.toHaveProperty('mode');
});

it('ends at documents that nest very deep', () => {
  const text = JSON.stringify(withOperation({ requestBody: { content: { 'application/json': { schema: 'here' } } } }));
  const contract = contractFrom(
    text.replace('"here"', `${'{"not":'.repeat(20_000)}{"$ref":"#/none"}${'}'.repeat(20_000)}`),
  );
  expect(contract.faults).toEqual([expect.objectContaining({ severity: 'error', line: 1 })]);
  const flow = `openapi: 3.1.0\ninfo: {}\npaths: ${'['.repeat(50_000)}`;
  expect(errorOf(() => contractFrom(flow)).message).toMatch(/neither JSON nor YAML/);
});

it('finds the lines of 20,000 faults in one file', () => {
  const schemas = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [`s${String(index)}`, { $ref: `#/none/${String(index)}` }]),
  );
  const anyOf = Object.keys(schemas).map((name) => ({ $ref: `#/components/schemas/${name}` }));
  const document = withOperation(
    { requestBody: { content: { 'application/json': { schema: { anyOf } } } } },
    { components: { schemas } },
  );
  const contract = contractFrom(JSON.stringify(document, null, 1));
  expect(contract.faults).toHaveLength(20_000);
  expect(new Set(contract.faults.map(({ line }) => line)).size).toBe(20_000);
});

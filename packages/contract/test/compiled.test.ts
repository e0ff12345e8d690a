import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compileContract, type Contract, type ContractSettings, readContract, type Shape } from '../src/index.ts';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'flick-compiled-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Compiles the document of a folder; returns the path of what was written. */
function compiledIn(folder: string, name = 'openapi.yaml'): string {
  const output = join(folder, 'contract.flick');
  writeFileSync(output, compileContract(join(folder, name), output).bytes);
  return output;
}

/** How long it takes to read all operations of a contract, in microseconds of the processor. */
function readingTakes(path: string): number {
  const before = process.cpuUsage();
  const read = readContract(path).operations.map((operation) => operation.parameters.length);
  expect(new Set(read)).toEqual(new Set([1]));
  return process.cpuUsage(before).user;
}

/** All that a contract says, and what each of its checks says of some values. */
function sayings(contract: Contract): unknown {
  const values = [undefined, null, 0, 7, 'a', 'text', true, [], ['a'], {}, { name: 'x' }, { name: 1, more: 2 }];
  const sayingsOf = (
    parts: readonly { readonly check?: (value: unknown) => unknown; readonly shape?: Shape }[],
  ): unknown =>
    parts.map(({ check, shape, ...rest }) => ({
      ...rest,
      types: shape?.types,
      says: values.map((value) => check?.(value)),
    }));
  return {
    ...contract,
    table: contract.table.codes,
    files: [],
    suspects: undefined,
    warm: undefined,
    warmFor: undefined,
    operations: contract.operations.map((operation) => {
      const late = [contract.warm(operation), contract.warm(operation, 'responses')];
      return {
        ...operation,
        compile: undefined,
        late,
        parameters: operation.broken ?? sayingsOf(operation.parameters),
        body: operation.broken ?? sayingsOf(operation.body?.content ?? []),
        responses: [...operation.responses.values()].map(({ code, content, headers }) => [
          code,
          sayingsOf(content),
          sayingsOf(headers),
        ]),
      };
    }),
  };
}

const document = `
openapi: 3.1.0
info: { title: Things, version: 2.0 }
x-flick: { unknown_query: pass }
servers: [{ url: https://api.example.com/v1 }]
security: [{ key: [] }]
paths:
  /things:
    parameters: [{ $ref: '#/components/parameters/Limit' }]
    get: { operationId: listThings, responses: { 200: { $ref: '#/components/responses/Things' } } }
    post:
      operationId: makeThing
      x-flick: { unknown_members: refuse, mode: observe }
      security: []
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: ./parts/thing.yaml#/Thing } } }
      responses: { 201: { description: made }, 4XX: { description: no } }
  /things/{id}:
    get: { operationId: getThing, parameters: [{ name: id, in: path, required: true, schema: { type: integer } }], responses: { 200: { description: one } } }
    put: { operationId: listThings, responses: {} }
  /lost:
    get: { operationId: getLost, requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Nowhere' } } } }, responses: { 200: { description: one } } }
  /things/{other}:
    get: { operationId: getOther, responses: { 200: { description: hidden } } }
  /odd:
    get: { operationId: getOdd, parameters: [{ name: q, in: query, schema: { type: string, pattern: '(a)\\1' } }, { name: X-Odd, in: header, schema: { type: text } }], responses: { 200: { description: odd } } }
components:
  parameters: { Limit: { name: limit, in: query, schema: { type: integer, maximum: 9 } } }
  responses: { Things: { description: all, content: { application/json: { schema: { type: array, items: { $ref: parts/thing.yaml#/Thing } } } } } }
  securitySchemes: { key: { type: apiKey, in: header, name: X-Key } }
`;
const thing = `
Thing:
  type: object
  required: [name]
  properties: { name: { type: string, minLength: 1 }, inner: { $ref: '#/Thing' }, '__proto__': { type: integer } }
`;
const files = { 'openapi.yaml': document, 'parts/thing.yaml': thing };

describe('a compiled contract', () => {
  const everySetting: readonly ContractSettings[] = [
    {},
    { codes: [400, 401, 404, 500] },
    { mode: 'observe', unknownMembers: 'refuse', unknownQuery: 'refuse', hideMethods: true },
    { basePath: '/other/base' },
    { operations: { getThing: { mode: 'observe', fold: false }, makeThing: { unknownMembers: 'pass' } } },
    { allowUnsafePatterns: true },
  ];

  it.each(everySetting)('says what its document says, under the settings of the start: %j', (settings) => {
    const folder = folderWith(files);
    const compiled = readContract(compiledIn(folder), settings);
    const read = readContract(join(folder, 'openapi.yaml'), settings);
    expect(read.faults.length).toBeGreaterThan(3);
    expect(sayings(compiled)).toEqual(sayings(read));
  });

  it('needs none of the files that it was made of, wherever it stands', () => {
    const folder = folderWith(files);
    const due = sayings(readContract(join(folder, 'openapi.yaml')));
    const elsewhere = join(folderWith({}), 'contract.flick');
    renameSync(compiledIn(folder), elsewhere);
    rmSync(folder, { recursive: true });
    const contract = readContract(elsewhere);
    expect(sayings(contract)).toEqual(due);
    expect(contract.files).toEqual([elsewhere]);
  });

  it('knows which operations did not compile, and leaves the others unread', () => {
    const contract = readContract(compiledIn(folderWith(files)));
    expect(contract.suspects?.map(({ id }) => id)).toEqual(['getOdd']);
  });

  it('takes no longer to read than its document where that has hundreds of paths', () => {
    const parameters = [{ name: 'size', in: 'query', schema: { type: 'integer' } }];
    const get = { parameters, responses: { 200: { description: 'fine' } } };
    const paths = Object.fromEntries(Array.from({ length: 900 }, (_, at) => [`/things-${at}`, { get }]));
    const text = JSON.stringify({ openapi: '3.1.0', info: { title: 'Many', version: '1' }, paths });
    const folder = folderWith({ 'openapi.json': text });
    const compiled = compiledIn(folder, 'openapi.json');
    expect(readingTakes(compiled)).toBeLessThan(5 * readingTakes(join(folder, 'openapi.json')));
  });

  it('keeps ids, anchors and links within the folder', () => {
    const folder = folderWith({
      'openapi.yaml': `
openapi: 3.1.0
info: { title: Ids, version: '1' }
paths:
  /a: { post: { requestBody: { content: { application/json: { schema: { $ref: 'https://ids.example/thing' } } } }, responses: {} } }
  /b: { post: { requestBody: { content: { application/json: { schema: { $ref: '#named' } } } }, responses: {} } }
  /c: { post: { requestBody: { content: { application/json: { schema: { $ref: 'link.yaml#/Thing' } } } }, responses: {} } }
components:
  schemas:
    A: { $id: 'https://ids.example/thing', type: string }
    B: { $anchor: named, type: integer }
`,
      'real/thing.yaml': thing,
    });
    symlinkSync(join('real', 'thing.yaml'), join(folder, 'link.yaml'));
    const read = readContract(join(folder, 'openapi.yaml'));
    expect(read.operations.map(({ broken }) => broken)).toEqual([undefined, undefined, undefined]);
    expect(sayings(readContract(compiledIn(folder)))).toEqual(sayings(read));
  });

  it('says in one line that a source at hand has changed, and not that it was only touched', () => {
    const folder = folderWith(files);
    const output = compiledIn(folder);
    const source = join(folder, 'parts/thing.yaml');
    utimesSync(source, 1, 1);
    const changes = (): string[] =>
      readContract(output).faults.flatMap(({ message, file }) => (file === output ? message : []));
    expect(changes()).toEqual([]);
    writeFileSync(source, thing.replace('minLength: 1', 'minLength: 2'));
    expect(changes()).toEqual([
      'parts/thing.yaml has changed since it was compiled; compile it again, by flick compile',
    ]);
    writeFileSync(source, `${thing}\n`);
    expect(changes()).toHaveLength(1);
  });

  it('is refused with one line where it is of another format, damaged, cut off or made by hand', () => {
    const output = compiledIn(folderWith(files));
    const bytes = readFileSync(output);
    const refusalOf = (changed: Uint8Array | string): string => {
      writeFileSync(output, changed);
      try {
        readContract(output);
        return 'read';
      } catch (error) {
        return error instanceof Error ? `${error.name}: ${error.message}` : '';
      }
    };
    const again = 'compile it again, by flick compile';
    expect(refusalOf(bytes.toString('latin1').replace('flick-contract 2', 'flick-contract 7'))).toMatch(
      new RegExp(
        `^ContractError: ${output}: is a compiled contract of format 7, and Flick .* reads format 2; ${again}$`,
      ),
    );
    const due = `ContractError: ${output}: is a compiled contract that is damaged or cut off; ${again}`;
    for (const at of [60, 200, bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect([at, refusalOf(flipped)]).toEqual([at, due]);
    }
    for (const length of [16, 17, 40, 300, bytes.length - 1]) expect(refusalOf(bytes.subarray(0, length))).toBe(due);
  });

  it('is not made of what JSON cannot hold, nor of a compiled contract', () => {
    const folder = folderWith({ 'openapi.yaml': document.replace('maximum: 9', 'maximum: .inf') });
    expect(() => compiledIn(folder)).toThrow(/openapi\.yaml:\d+:\d+: a value here is none of JSON/);
    const output = compiledIn(folderWith(files));
    expect(() => compileContract(output, 'again.flick')).toThrow(/is a compiled contract already/);
  });
});

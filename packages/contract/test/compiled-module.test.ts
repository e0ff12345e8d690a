import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  type Check,
  compileContract,
  type Contract,
  ContractError,
  contractFrom,
  type ContractSettings,
  readContract,
} from '../src/index.ts';
import { type CompiledModule, compiledModuleOf } from '../src/compiled-module.ts';
import { version } from '../src/version.ts';
import { documentOf, folderWith, operationOf, responses } from './documents.ts';

const thing = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', pattern: "^it's" }, part: { $ref: '#/components/schemas/Part' } },
};
const openapi = documentOf(
  {
    '/things': {
      post: {
        operationId: 'addThing',
        requestBody: { content: { 'application/json': { schema: thing } } },
        responses: { 200: { description: 'fine', content: { 'application/json': { schema: thing } } } },
      },
      get: { operationId: 'getThings', responses },
    },
  },
  { components: { schemas: { Part: { type: 'object', properties: { size: { type: 'integer' } } } } } },
);

/** What the module exports that is made of a document under some settings. */
async function moduleOf(settings: ContractSettings = {}, document: object = openapi): Promise<CompiledModule> {
  const folder = folderWith({ 'openapi.json': document });
  const output = join(folder, 'contract.mjs');
  writeFileSync(output, compileContract(join(folder, 'openapi.json'), output, settings).bytes);
  const module = compiledModuleOf(await import(pathToFileURL(output).href));
  if (module === undefined) throw new Error('the module exports no contract');
  return module;
}

function checkOf(contract: Contract): Check {
  const check = operationOf(contract, 'addThing').body?.content[0]?.check;
  if (check === undefined) throw new Error('the body is not checked');
  return check;
}

/** The module with checks that let everything pass. */
function believing(module: CompiledModule): CompiledModule {
  const checks = Object.entries(module.checks).map(([reader, made]) => [
    reader,
    Object.fromEntries(Object.keys(made).map((key) => [key, () => () => true])),
  ]);
  return { ...module, checks: Object.fromEntries(checks) };
}

const wrong = { name: 'x', part: { size: 'y' } };
const good = { name: "it's a thing", part: { size: 1, more: true } };

describe('a contract compiled to a module', () => {
  it('is read from what the module exports, as a whole or by its default, and judges by its code', async () => {
    const module = await moduleOf();
    for (const exported of [module, { default: module }]) {
      const contract = contractFrom(exported);
      expect(contract).toMatchObject({ api: { title: 'Tests' }, faults: [], files: [], missing: [] });
      expect(checkOf(contract)(good)).toBeUndefined();
      expect(checkOf(contract)(wrong)).toMatchObject([{ pointer: '/name' }, { pointer: '/part/size' }]);
    }
    expect(checkOf(contractFrom(believing(module)))(wrong)).toBeUndefined();
  });

  it('has the code that its settings ask for, and judges without where the start has others', async () => {
    const plain = await moduleOf();
    const closed = await moduleOf({ unknownMembers: 'refuse', responses: 'watch' });
    expect(Object.keys(plain.checks)).toEqual(['request as_schema']);
    expect(Object.keys(closed.checks).toSorted()).toEqual(['request refuse', 'response as_schema']);
    const unmade = contractFrom(believing(plain), { unknownMembers: 'refuse', responses: 'watch' });
    expect(unmade.faults.map(({ message }) => message)).toEqual(
      ['unknown_members: refuse', 'responses'].map(
        (setting) =>
          `it has no code for ${setting}, which it judges more slowly; compile it again, by flick compile, beside a flick.yaml that has it`,
      ),
    );
    expect(checkOf(unmade)(wrong)).toMatchObject([{ pointer: '/name' }, { pointer: '/part/size' }]);
    expect(checkOf(unmade)(good)).toMatchObject([{ pointer: '/part/more', keyword: 'additionalProperties' }]);
    const made = contractFrom(closed, { unknownMembers: 'refuse', responses: 'watch' });
    expect(made.faults).toEqual([]);
    expect(checkOf(made)(good)).toEqual(checkOf(unmade)(good));
  });

  it('runs nothing of the texts of its document, whatever is in them', async () => {
    const texts = [
      '"',
      "'",
      '`',
      '\\',
      '\n',
      '\u2028',
      '*/',
      '${0}',
      '</script>',
      '"]; throw 1; //',
      "']: throw 1; //",
    ];
    const names = texts.map((text) => `${text} throw 1 ${text}`);
    const hostile = {
      type: 'object',
      required: names,
      properties: Object.fromEntries(names.map((name) => [name, { const: name, pattern: 'throw 1', title: name }])),
      patternProperties: { [`^['"\`]\\n$`]: { enum: names } },
      dependentRequired: Object.fromEntries(names.map((name) => [name, names])),
    };
    const content = { 'application/json': { schema: { $ref: '#/components/schemas/%27%60' } } };
    const document = documentOf(
      { "/'*/": { post: { operationId: 'addThing', requestBody: { content }, responses } } },
      { info: { title: "'; throw 1; //", version: '1' }, components: { schemas: { "'`": hostile } } },
    );
    const module = await moduleOf({}, document);
    expect(Object.keys(module.checks['request as_schema'] ?? {}).length).toBeGreaterThan(0);
    const check = checkOf(contractFrom(module));
    expect(check(Object.fromEntries(names.map((name) => [name, name])))).toBeUndefined();
    const bad = { [names[0] ?? '']: 'x' };
    expect(check(bad)).toEqual(checkOf(contractFrom(document))(bad));
  });

  it('tells schemas apart whose names are like the place that their files are given', async () => {
    const refs = ['#/components/schemas/A', '#/components/schemas/file:///flick-contract/A'];
    const [strict, lax] = [{ required: ['id'], properties: {} }, { properties: {} }];
    const properties = Object.fromEntries(refs.map(($ref, at) => [`member${at}`, { $ref }]));
    const content = { 'application/json': { schema: { properties } } };
    const document = documentOf(
      { '/things': { post: { operationId: 'addThing', requestBody: { content }, responses } } },
      { components: { schemas: { A: strict, 'file:': { '': { '': { 'flick-contract': { A: lax } } } } } } },
    );
    const check = checkOf(contractFrom(await moduleOf({}, document)));
    expect(check({ member0: {}, member1: {} })).toMatchObject([{ pointer: '/member0/id', keyword: 'required' }]);
  });

  it('is the same text for the same document wherever that lies, and imports nothing', () => {
    const [one, other] = [1, 2].map(() => {
      const folder = folderWith({ 'openapi.json': openapi });
      const text = compileContract(join(folder, 'openapi.json'), join(folder, 'contract.mjs')).bytes.toString();
      expect(text.replaceAll(folder, '')).not.toMatch(/\bimport\b|\brequire\(/);
      return text.replaceAll(folder, '');
    });
    expect(one).toBe(other);
  });

  it('of another format is refused, and of another version doubted, each with the mend', async () => {
    const module = await moduleOf();
    expect(() => contractFrom({ ...module, flickContract: 99 })).toThrow(
      new ContractError(
        `is of format 99, and Flick ${version} reads format 1; compile it again, by flick compile`,
        'the compiled contract',
      ),
    );
    expect(contractFrom({ ...module, version: '0.0.1' }).faults.map(({ message }) => message)).toEqual([
      `it was compiled by Flick 0.0.1, and this is ${version}; compile it again, by flick compile`,
    ]);
  });

  it.each([
    ['an index that is no JSON', { index: '{' }],
    ['no index', { index: undefined }],
    ['an index of nothing', { index: '{"api":{},"operations":[0]}' }],
    ['texts that are cut off', { texts: '{}' }],
    ['no texts', { texts: undefined }],
    ['no checks', { checks: undefined }],
    ['checks that are none', { checks: { 'request as_schema': null } }],
  ])('with %s is refused, with the mend', async (_, edited) => {
    const module = await moduleOf();
    expect(() => contractFrom({ ...module, ...edited })).toThrow(
      new ContractError(
        'is a compiled contract that is damaged or cut off; compile it again, by flick compile',
        'the compiled contract',
      ),
    );
  });

  it('is not run where its path is all that is known', () => {
    const folder = folderWith({ 'contract.mjs': 'export default {};' });
    expect(() => readContract(join(folder, 'contract.mjs'))).toThrow(
      'is a module, and code is not run from here; name the document that it is made of, or import it in code',
    );
  });
});

it('knows its own version', () => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(manifest).toMatchObject({ version });
});

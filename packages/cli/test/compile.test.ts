import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../../tools/test/markdown.ts';
import { listenAs, runFlick, serveFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

const ledger = readDocument('examples/ledger/gateway/ledger.yaml');

async function compiledLedger(): Promise<string> {
  const folder = folderWith({ 'openapi.yaml': ledger });
  const run = await runFlick(['compile', 'openapi.yaml', '-o', 'contract.flick'], folder);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.stdout).toMatch(/^flick: contract\.flick: 9 operations of openapi\.yaml, \d+ kB\n$/);
  return folder;
}

describe('flick compile', () => {
  it('writes a file from which flick serve serves, under the settings of the start', async () => {
    const folder = await compiledLedger();
    const { origin: upstream } = await listenAs((_request, response) => response.end('{}'));
    const settings = ['--upstream', upstream, '--codes', 'standard', '--base-path', '/v2'];
    const { origin, line, stderr } = await serveFlick(['contract.flick', ...settings], folder);
    expect(line).toMatch(/^flick: Ledger 1\.4\.0 on .*, 9 operations, table standard, no faults of the contract/);
    expect(stderr()).toBe('flick: bearerAuth: presence and form only; the upstream verifies\n');
    const codes = ['/v2/rates?from=EUR&to=USD', '/v2/rates?from=EUR&to=euro', '/rates', '/v2/accounts'].map(
      async (path) => (await fetch(origin + path)).status,
    );
    expect(await Promise.all(codes)).toEqual([200, 400, 404, 401]);
  });

  it('is told of a source that has changed, in one line of the start', async () => {
    const folder = await compiledLedger();
    writeFileSync(join(folder, 'openapi.yaml'), `${ledger}\n`);
    const { stderr } = await serveFlick(['contract.flick', '--upstream', 'http://127.0.0.1:9'], folder);
    const due =
      'flick: warning: contract.flick: openapi.yaml has changed since it was compiled; compile it again, by flick compile';
    expect(
      stderr()
        .split('\n')
        .filter((text) => text.includes('changed')),
    ).toEqual([due]);
  });

  it('explains by the compiled contract as by the document', async () => {
    const folder = await compiledLedger();
    const asked = ['-X', 'DELETE', 'https://ledger.example/rates'];
    const [one, other] = await Promise.all(
      ['contract.flick', 'openapi.yaml'].map((path) => runFlick(['explain', '--contract', path, ...asked], folder)),
    );
    expect(one?.stdout).toMatch(/405/);
    expect(one).toEqual(other);
  });

  it('leaves linting to the document, and says its name', async () => {
    const folder = await compiledLedger();
    const due =
      'flick: contract.flick: is a compiled contract, which lint cannot read; name the document that it is made of\n';
    expect(await runFlick(['lint', 'contract.flick'], folder)).toMatchObject({ code: 2, stderr: due });
    expect(await runFlick(['lint', 'contract.flick', '--fix'], folder)).toMatchObject({ code: 2, stderr: due });
  });

  it('tells what is wrong with the document, and writes nothing where --strict has it so', async () => {
    const broken = ledger.replace(/^ {2}securitySchemes:\n {4}bearerAuth:/m, '  securitySchemes:\n    other:');
    const folder = folderWith({ 'openapi.yaml': broken });
    const strict = await runFlick(['compile', 'openapi.yaml', '--strict'], folder);
    expect(strict.code).toBe(2);
    expect(strict.stderr).toMatch(
      /^flick: error: openapi\.yaml:\d+:\d+: .*\n(?:flick: .*\n)*flick: --strict: .* nothing was written\n$/,
    );
    expect(await runFlick(['serve', 'contract.flick', '-u', 'http://127.0.0.1:9'], folder)).toMatchObject({ code: 2 });
    const run = await runFlick(['compile', 'openapi.yaml'], folder);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stderr).toMatch(/^flick: error: /);
    expect(readFileSync(join(folder, 'contract.flick'), 'latin1').slice(0, 17)).toBe('flick-contract 2\n');
  });

  it('writes a module where the output is named as one, with its declaration for TypeScript', async () => {
    const folder = folderWith({ 'openapi.yaml': ledger, 'flick.yaml': 'unknown_members: refuse\n' });
    const run = await runFlick(['compile', 'openapi.yaml', '-o', 'contract.mjs'], folder);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/^flick: contract\.mjs: 9 operations of openapi\.yaml, \d+ kB\n$/);
    const module: unknown = await import(pathToFileURL(join(folder, 'contract.mjs')).href);
    expect(module).toMatchObject({ default: { flickContract: 1, checks: { 'request refuse': {} } } });
    expect(readFileSync(join(folder, 'contract.d.mts'), 'utf8')).toContain('export default contract;');
    writeFileSync(join(folder, 'contract.d.mts'), '// mine');
    expect(await runFlick(['compile', 'openapi.yaml', '-o', 'contract.mjs'], folder)).toEqual(run);
    expect(readFileSync(join(folder, 'contract.d.mts'), 'utf8')).toBe('// mine');
    const serving = await runFlick(['serve', 'contract.mjs', '-u', 'http://127.0.0.1:9'], folder);
    expect(serving).toMatchObject({
      code: 2,
      stderr:
        'flick: contract.mjs: is a module, and code is not run from here; name the document that it is made of, or import it in code\n',
    });
  });

  it.each([
    [
      ['compile', 'openapi.yaml', '-o', 'openapi.yaml'],
      'openapi.yaml: is the document itself; name another file by --output',
    ],
    [['compile', 'missing.yaml'], 'missing.yaml: names a file that is not there; mend the path'],
    [['compile', 'openapi.yaml', '-o', 'folder'], 'folder: cannot be written: it is a folder, not a file'],
    [['compile', 'openapi.yaml', '-o', 'no/such/folder'], 'no/such/folder: cannot be written: no such file'],
    [['compile'], 'no contract: name one, such as openapi.yaml'],
    [
      ['compile', 'openapi.yaml', '-o', 'contract.ts'],
      'contract.ts: a module is written as .mjs, or as .js; name it so by --output',
    ],
    [
      ['compile', 'openapi.yaml', '-o', 'server.js'],
      'server.js: is there and was not made by flick compile; remove it, or name another file by --output',
    ],
    [['lint', 'missing.yaml', '--fix'], 'missing.yaml: names a file that is not there; mend the path'],
    [
      ['lint', 'contract.mjs', '--fix'],
      'contract.mjs: is a module, which lint cannot read; name the document that it is made of',
    ],
    [
      ['types', 'contract.mjs'],
      'contract.mjs: is a module, and code is not run from here; name the document that it is made of, or import it in code',
    ],
    [
      ['serve', 'other.flick', '-u', 'http://127.0.0.1:9'],
      'other.flick: is a compiled contract of format 99, and Flick 0.1.0 reads format 2; compile it again, by flick compile',
    ],
  ])('says a mistake in one line: %j', async (args, due) => {
    const folder = folderWith({
      'openapi.yaml': ledger,
      'other.flick': 'flick-contract 99\n{}\n',
      'server.js': 'mine',
    });
    mkdirSync(join(folder, 'folder'));
    expect(await runFlick(args, folder)).toEqual({ code: 2, stdout: '', stderr: `flick: ${due}\n` });
    expect(readFileSync(join(folder, 'openapi.yaml'), 'utf8')).toBe(ledger);
    expect(readFileSync(join(folder, 'server.js'), 'utf8')).toBe('mine');
  });
});

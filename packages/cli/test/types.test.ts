import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readDocument } from '../../../tools/test/markdown.ts';
import { runFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

// Each run loads a compiler.
vi.setConfig({ testTimeout: 60_000 });

const ledger = readDocument('examples/ledger/gateway/ledger.yaml');

describe('flick types', () => {
  it('writes the types of a contract to a file, and says so', async () => {
    const folder = folderWith({ 'openapi.yaml': ledger });
    const { code, stdout, stderr } = await runFlick(['types', 'openapi.yaml', '-o', 'api.d.ts'], folder);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'flick: api.d.ts: 9 operations of openapi.yaml\n',
      stderr: '',
    });
    const text = readFileSync(join(folder, 'api.d.ts'), 'utf8');
    expect(text).toContain('export interface CreateTransfer {');
    expect(text).toContain('    createTransfer: CreateTransfer;');
  });

  it('writes them to stdout without a name, of the contract that flick.yaml names', async () => {
    const folder = folderWith({ 'api/openapi.yaml': ledger, 'flick.yaml': 'contract: ./api/openapi.yaml\n' });
    const [named, found] = await Promise.all([
      runFlick(['types', 'api/openapi.yaml'], folder),
      runFlick(['types'], folder),
    ]);
    expect(found).toEqual(named);
    expect(found.stdout).toMatch(/^\/\/ The types of Ledger 1\.4\.0, /);
  });

  it('tells by its exit code whether a file is stale, and leaves it alone', async () => {
    const folder = folderWith({ 'openapi.yaml': ledger });
    const path = join(folder, 'api.d.ts');
    const check = (): ReturnType<typeof runFlick> =>
      runFlick(['types', 'openapi.yaml', '-o', 'api.d.ts', '--check'], folder);
    const stale = {
      code: 1,
      stdout: '',
      stderr: 'flick: api.d.ts: is not what flick types makes of openapi.yaml; run flick types without --check\n',
    };
    expect(await check()).toEqual(stale);
    await runFlick(['types', 'openapi.yaml', '-o', 'api.d.ts'], folder);
    expect(await check()).toEqual({ code: 0, stdout: '', stderr: '' });
    const fresh = readFileSync(path, 'utf8');
    // Git may have changed its line ends.
    writeFileSync(path, fresh.replaceAll('\n', '\r\n'));
    expect((await check()).code).toBe(0);
    writeFileSync(path, `${fresh} `);
    expect(await check()).toEqual(stale);
    expect(readFileSync(path, 'utf8')).toBe(`${fresh} `);
  });

  it('leaves a file alone that is fresh: it starts no build', async () => {
    const folder = folderWith({ 'openapi.yaml': ledger });
    const args = ['types', 'openapi.yaml', '-o', 'api.d.ts'];
    await runFlick(args, folder);
    const before = statSync(join(folder, 'api.d.ts'));
    expect((await runFlick(args, folder)).code).toBe(0);
    const after = statSync(join(folder, 'api.d.ts'));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });

  it.each([
    [['types'], 'flick: no contract: name one, such as openapi.yaml\n'],
    [['types', 'gone.yaml'], 'flick: gone.yaml: names a file that is not there; mend the path\n'],
    [['types', 'openapi.yaml', '--check'], 'flick: --check: which file? name it by --output\n'],
    [
      ['types', 'openapi.yaml', '-o', 'openapi.yaml'],
      'flick: openapi.yaml: is the document itself; name another file by --output\n',
    ],
    [['types', 'openapi.yaml', '-o', 'no/api.d.ts'], 'flick: no/api.d.ts: cannot be written: no such file\n'],
    [['types', 'openapi.yaml', '-o', '.'], 'flick: .: cannot be read: it is a folder, not a file\n'],
    [['types', 'openapi.yaml', '--out', 'x'], "flick: unknown option '--out'; did you mean --output?\n"],
    [['types', 'list.yaml'], 'flick: list.yaml: is not an OpenAPI document: it holds no object\n'],
  ])('%j is refused in one line', async (args, stderr) => {
    const folder = folderWith({ 'openapi.yaml': ledger, 'list.yaml': '[1]' });
    expect(await runFlick(args, folder)).toEqual({ code: 2, stdout: '', stderr });
  });

  it('takes no compiled contract: it reads the document', async () => {
    const folder = folderWith({ 'openapi.yaml': ledger });
    await runFlick(['compile', 'openapi.yaml'], folder);
    const { code, stderr } = await runFlick(['types', 'contract.flick'], folder);
    expect(code).toBe(2);
    expect(stderr).toBe('flick: contract.flick: is a compiled contract; name the OpenAPI document\n');
  });
});

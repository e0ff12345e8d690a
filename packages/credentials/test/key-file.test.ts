import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { addKey, createKeyVerifier, FileFault, listKeys, revokeKey } from '@flick/credentials';
import { describe, expect, it } from 'vitest';
import { temporaryFile } from './temporary-folder.ts';

const scheme = { name: 'apiKey', type: 'apiKey', in: 'header', parameter: 'X-Key' } as const;
const alice = { subject: 'alice', scopes: ['read'] };

describe('a file of keys', () => {
  it('is made for its owner alone, and never holds a key', async () => {
    const file = temporaryFile('keys.jsonl');
    const { key, record } = await addKey(file, alice, 1000);
    expect(key).toMatch(/^flk_[\w-]{48}$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain(key.slice(4));
    expect(await listKeys(file)).toEqual([record]);
    expect(readdirSync(dirname(file))).toEqual(['keys.jsonl']);
  });

  it('keeps its mode, and the link that it is reached by', async () => {
    const file = temporaryFile('keys.jsonl', '');
    chmodSync(file, 0o640);
    const link = join(dirname(file), 'link');
    symlinkSync(file, link);
    await addKey(link, alice, 1000);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(await listKeys(file)).toHaveLength(1);
    expect(await listKeys(link)).toHaveLength(1);
  });

  it('keeps the line of a key that is revoked, and its first time', async () => {
    const file = temporaryFile('keys.jsonl');
    const { record } = await addKey(file, { ...alice, expiresMs: 5000 }, 1000);
    await addKey(file, alice, 2000);
    await revokeKey(file, record.id, 3000);
    expect(await revokeKey(file, record.id, 4000)).toEqual({ ...record, revokedMs: 3000 });
    expect((await listKeys(file)).map(({ revokedMs }) => revokedMs)).toEqual([3000, undefined]);
  });

  it('stays as it is where no key has the id, or it is at fault', async () => {
    const file = temporaryFile('keys.jsonl', '{\n');
    await expect(addKey(file, alice, 1)).rejects.toThrow(`${file}: line 1: it is not JSON`);
    expect(readFileSync(file, 'utf8')).toBe('{\n');
    writeFileSync(file, '');
    await expect(revokeKey(file, 'none', 1)).rejects.toThrow('no key has that id');
    expect(readdirSync(dirname(file))).toEqual(['keys.jsonl']);
  });

  it.each([
    ['a subject of nothing', { ...alice, subject: '' }],
    ['a subject with an escape in it', { ...alice, subject: '\u001b[2J' }],
    ['a scope with a blank', { ...alice, scopes: ['a b'] }],
    ['a scope of nothing', { ...alice, scopes: [''] }],
  ])('takes no key for %s', async (_, key) => {
    const file = temporaryFile('keys.jsonl');
    await expect(addKey(file, key, 1)).rejects.toThrow(FileFault);
    expect(readdirSync(dirname(file))).toEqual([]);
  });

  it('loses no key where many write at once', async () => {
    const file = temporaryFile('keys.jsonl');
    const subjects = Array.from({ length: 20 }, (_, index) => `user ${index}`);
    await Promise.all(subjects.map((subject) => addKey(file, { subject, scopes: [] }, 1)));
    expect((await listKeys(file)).map(({ subject }) => subject).toSorted()).toEqual(subjects.toSorted());
  });

  it('loses no key where several processes write at once', async () => {
    const file = temporaryFile('keys.jsonl');
    const door = new URL('../dist/index.js', import.meta.url).href;
    const script = `import { addKey } from ${JSON.stringify(door)};
      for (let i = 0; i < 10; i += 1) await addKey(${JSON.stringify(file)}, { subject: 'a', scopes: [] }, 1);`;
    const codes = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
        const [code] = await once(child, 'exit');
        return Number(code);
      }),
    );
    expect(codes).toEqual([0, 0, 0]);
    expect(await listKeys(file)).toHaveLength(30);
  });

  it('names the lock that somebody left', async () => {
    const file = temporaryFile('keys.jsonl', '');
    writeFileSync(`${file}.lock`, '');
    await expect(addKey(file, alice, 1)).rejects.toThrow(`${file}.lock is there: another flick is writing`);
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});

/** A verifier of a file, and what it warned of. */
async function watched() {
  const file = temporaryFile('keys.jsonl');
  const { key, record } = await addKey(file, alice, 1000);
  const warnings: string[] = [];
  const verifier = createKeyVerifier({
    file,
    warn: (message) => {
      warnings.push(message);
    },
  });
  const kindOf = async (asked: string) => (await verifier.verify(asked, scheme)).kind;
  return { file, key, record, warnings, verifier, kindOf };
}

describe('a running verifier', () => {
  it('takes a key that is added', async () => {
    const { file, verifier, kindOf, warnings } = await watched();
    const { key } = await addKey(file, alice, 1000);
    await expect.poll(() => kindOf(key), { timeout: 5000 }).toBe('good');
    expect(warnings).toEqual([]);
    verifier.close();
  });

  // The machine may be busy once, not three times.
  it('refuses a key within a second of its revocation', { retry: 2 }, async () => {
    const { file, key, record, verifier, kindOf } = await watched();
    await revokeKey(file, record.id, 2000);
    const start = performance.now();
    await expect.poll(() => kindOf(key), { timeout: 5000, interval: 10 }).toBe('bad');
    expect(performance.now() - start).toBeLessThan(1000);
    verifier.close();
  });

  it.each([
    ['half a line is written', (file: string) => writeFileSync(file, '{"id":')],
    ['it is gone', (file: string) => rmSync(file)],
    [
      'it becomes a folder',
      (file: string) => {
        rmSync(file);
        symlinkSync('/', file);
      },
    ],
  ])('keeps to what the file said where %s, says so once, and takes the next that loads', async (_, spoil) => {
    const { file, key, record, warnings, verifier, kindOf } = await watched();
    const good = readFileSync(file, 'utf8');
    spoil(file);
    await expect.poll(() => warnings, { timeout: 5000 }).toHaveLength(1);
    await new Promise((resolve) => {
      setTimeout(resolve, 600);
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('what it said before still holds');
    expect(await kindOf(key)).toBe('good');
    writeFileSync(`${file}.next`, good.replace('}', ',"revoked":"2026-11-23T00:00:00Z"}'));
    renameSync(`${file}.next`, file);
    await expect.poll(() => kindOf(key), { timeout: 5000 }).toBe('bad');
    expect((await listKeys(file))[0]?.id).toBe(record.id);
    verifier.close();
  });

  it('warns of a file that everybody may read', async () => {
    const { file } = await watched();
    chmodSync(file, 0o644);
    const warnings: string[] = [];
    createKeyVerifier({ file, warn: (message) => warnings.push(message) }).close();
    expect(warnings).toEqual([`${file}: everybody may read or write it; mend it with: chmod 600`]);
  });

  it('looks at the file no more once it is closed', async () => {
    const { file, key, verifier, kindOf, warnings } = await watched();
    verifier.close();
    rmSync(file);
    await new Promise((resolve) => {
      setTimeout(resolve, 600);
    });
    expect(warnings).toEqual([]);
    expect(await kindOf(key)).toBe('good');
  });
});

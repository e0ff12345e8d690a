import { createHash } from 'node:crypto';
import { addKey, createKeyVerifier, type KeyRecord, revokeKey } from '@flick/credentials';
import type { Verifier } from '@flick/decide';
import { describe, expect, it } from 'vitest';
import { nowS } from './tokens.ts';
import { temporaryFile } from './temporary-folder.ts';

const scheme = { name: 'apiKey', type: 'apiKey', in: 'header', parameter: 'X-Key' } as const;
const nowMs = nowS * 1000;
const clock = { wallMs: () => nowMs, monotonicMs: () => 0 };
const ownKey = 'a key from elsewhere, 256 random bits';

function recordOf(key: string, more: Partial<KeyRecord> = {}): KeyRecord {
  const sha256 = createHash('sha256').update(key).digest('hex');
  return { id: '1', subject: 'alice', scopes: ['read'], createdMs: nowMs, sha256, ...more };
}

/** The key with another character at that place. */
const changed = (key: string, at: number) => `${key.slice(0, at)}${key[at] === 'A' ? 'B' : 'A'}${key.slice(at + 1)}`;
const ask = async (verifier: Verifier, key: string) => verifier.verify(key, scheme);

/** A file with a key for each of these times of expiry. */
async function fileOf(...expiries: readonly (number | undefined)[]) {
  const file = temporaryFile('keys.jsonl');
  const added = await Promise.all(
    expiries.map((expiresMs) => {
      return addKey(file, { subject: 'bob', scopes: [], ...(expiresMs !== undefined && { expiresMs }) }, nowMs);
    }),
  );
  return { file, keys: added.map(({ key }) => key), records: added.map(({ record }) => record) };
}

describe('a key', () => {
  it('that is in the file is good, without a promise, for its subject and scopes', async () => {
    const file = temporaryFile('keys.jsonl');
    const { key } = await addKey(file, { subject: 'alice', scopes: ['read', 'write'] }, nowMs);
    const verifier = createKeyVerifier({ file, clock });
    expect(verifier.verify(key, scheme)).toEqual({
      kind: 'good',
      consumer: { subject: 'alice', scopes: ['read', 'write'], scheme: 'apiKey' },
    });
    verifier.close();
  });

  it('may come from elsewhere: its SHA-256 is all that is kept', async () => {
    const verifier = createKeyVerifier({ keys: [recordOf(ownKey)], clock });
    expect(await ask(verifier, ownKey)).toMatchObject({ kind: 'good', consumer: { subject: 'alice' } });
  });

  it('has expired from its time on', async () => {
    const { file, keys } = await fileOf(nowMs + 1, nowMs);
    const verifier = createKeyVerifier({ file, clock });
    expect(await ask(verifier, keys[0] ?? '')).toMatchObject({ kind: 'good' });
    expect(await ask(verifier, keys[1] ?? '')).toMatchObject({ kind: 'bad', reason: 'expired-credentials' });
    verifier.close();
  });

  it('that was revoked is refused with that reason, expired or not', async () => {
    const { file, keys, records } = await fileOf(nowMs, undefined);
    await Promise.all(records.map(({ id }) => revokeKey(file, id, nowMs)));
    const verifier = createKeyVerifier({ file, clock });
    const verdicts = await Promise.all(keys.map((key) => ask(verifier, key)));
    const refused = { kind: 'bad', reason: 'invalid-credentials', description: 'The key was revoked' };
    expect(verdicts).toEqual([refused, refused]);
    verifier.close();
  });
});

describe('a forged key is refused and never thrown at', () => {
  const unknown = 'The key is not known';
  const mistyped = 'The key is mistyped or cut short: its checksum does not hold';
  const forgeries: readonly (readonly [string, (key: string, other: string) => string, string])[] = [
    ['nothing', () => '', unknown],
    ['the prefix alone', () => 'flk_', mistyped],
    ['a key of another file', (_, other) => other, unknown],
    ['one character changed, at the start', (key) => changed(key, 4), mistyped],
    ['one character changed, in the middle', (key) => changed(key, 30), mistyped],
    ['one character changed, in the checksum', (key) => changed(key, 51), mistyped],
    ['cut short', (key) => key.slice(0, -1), mistyped],
    ['too long by a character', (key) => `${key}A`, mistyped],
    ['padded', (key) => `${key}=`, mistyped],
    ['with a blank before it', (key) => ` ${key}`, unknown],
    ['with a NUL after it', (key) => `${key}\0`, mistyped],
    ['in upper case', (key) => key.toUpperCase(), unknown],
    [
      'in the other alphabet of base64',
      (key) => key.replaceAll('-', '+').replaceAll(/(?<=^flk_.*)_/g, '/') + '/',
      mistyped,
    ],
    ['without its prefix', (key) => key.slice(4), unknown],
    ['its own digest', (key) => createHash('sha256').update(key).digest('hex'), unknown],
    ['the name of a member of every object', () => '__proto__', unknown],
    ['a megabyte', () => 'x'.repeat(1_048_576), unknown],
    ['text that is no Unicode', () => '\ud800\udfff\udc00', unknown],
    ['emoji', () => 'flk_👩‍🚀', mistyped],
  ];
  it.each(forgeries)('%s', async (_, forge, description) => {
    const { file, keys } = await fileOf(undefined);
    const { keys: others } = await fileOf(undefined);
    const verifier = createKeyVerifier({ file, clock });
    expect(await ask(verifier, forge(keys[0] ?? '', others[0] ?? ''))).toEqual({
      kind: 'bad',
      reason: 'invalid-credentials',
      description,
    });
    verifier.close();
  });

  it('every single character of it changed', async () => {
    const { file, keys } = await fileOf(undefined);
    const [key = ''] = keys;
    const verifier = createKeyVerifier({ file, clock });
    const kinds = await Promise.all(Array.from(key, (_, at) => ask(verifier, changed(key, at))));
    expect(kinds.filter(({ kind }) => kind === 'bad')).toHaveLength(52);
    verifier.close();
  });
});

describe('settings that cannot be are told with the mend', () => {
  const first = { ...recordOf(ownKey) };
  it.each([
    ['neither file nor keys', {}, /^file, keys: exactly one is due, and there is none of them/],
    ['both', { file: 'a', keys: [] }, /^file, keys: exactly one is due, and there is both of them/],
    [
      'no such file',
      { file: 'nowhere/keys.jsonl' },
      /^file: nowhere\/keys.jsonl: .*no such file; flick keys add makes/,
    ],
    ['a folder', { file: '/' }, /^file: \/: cannot be read \(EISDIR\)/],
    ['one id twice', { keys: [first, { ...recordOf('another'), id: first.id }] }, /^keys: line 2: its "id" is that of/],
    ['one key twice', { keys: [first, { ...first, id: '2' }] }, /^keys: line 2: its "sha256" is that of/],
    ['a time that is none', { keys: [{ ...first, createdMs: Number.NaN }] }, /^keys: /],
    ['a scope with a blank', { keys: [{ ...first, scopes: ['read write'] }] }, /^keys: line 1: "scopes" is not a list/],
  ])('%s', (_, settings, message) => {
    expect(() => createKeyVerifier(settings)).toThrow(message);
    expect(() => createKeyVerifier(settings)).toThrow(TypeError);
  });
});

describe('a file that is at fault is told with the line, and without what it says', () => {
  const canary = 'c4nary';
  const good = {
    id: 'a',
    subject: 'alice',
    created: '2026-11-23T00:00:00Z',
    sha256: createHash('sha256').update('x').digest('hex'),
  };
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));
  it.each([
    ['text', canary, 'it is not JSON'],
    ['half a line', JSON.stringify({ ...good, id: canary }).slice(0, -2), 'it is not JSON'],
    ['a list', `["${canary}"]`, 'it is no object'],
    ['null', 'null', 'it is no object'],
    ['a member twice', `{"id":"a","id":"${canary}"}`, 'it has a member twice'],
    [
      'a misspelt member',
      JSON.stringify({ ...good, expries: canary }),
      'it has an unknown member; known are id, subject',
    ],
    ['__proto__', `{"__proto__":"${canary}"}`, 'it has an unknown member'],
    ['no id', JSON.stringify(without('id')), '"id" is missing'],
    ['no digest', JSON.stringify(without('sha256')), '"sha256" is missing'],
    ['no time', JSON.stringify(without('created')), '"created" is missing'],
    ['the key itself', JSON.stringify({ ...good, sha256: canary }), '"sha256" is not 64 hexadecimal digits'],
    ['a digest in upper case', JSON.stringify({ ...good, sha256: good.sha256.toUpperCase() }), '"sha256" is not 64'],
    ['a number for a subject', JSON.stringify({ ...good, subject: 7 }), '"subject" is not a text'],
    ['a subject with a line end', JSON.stringify({ ...good, subject: `${canary}\n` }), '"subject" is longer than 256'],
    ['one scope as a text', JSON.stringify({ ...good, scopes: canary }), '"scopes" is not a list of scopes'],
    ['a scope that is none', JSON.stringify({ ...good, scopes: [canary, 7] }), '"scopes" is not a list of scopes'],
    ['a day that is none', JSON.stringify({ ...good, expires: '2026-02-30' }), '"expires" is not a time in UTC'],
    ['a month that is none', JSON.stringify({ ...good, expires: '2026-13-01T00:00:00Z' }), '"expires" is not a time'],
    ['local time', JSON.stringify({ ...good, revoked: '2026-11-23T00:00:00+01:00' }), '"revoked" is not a time'],
  ])('%s', (_, line, message) => {
    const file = temporaryFile(
      'keys.jsonl',
      `${JSON.stringify({ ...good, id: 'b', sha256: '0'.repeat(64) })}\n\n${line}\n`,
    );
    let said = '';
    try {
      createKeyVerifier({ file });
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain(`${file}: line 3: ${message}`);
    expect(said).not.toContain(canary);
  });
});

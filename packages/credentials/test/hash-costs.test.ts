import { hash, scrypt } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createBasicVerifier } from '../src/basic-verifier.ts';
import { createKeyVerifier } from '../src/key-verifier.ts';
import { mintKey } from '../src/key-text.ts';
import { temporaryFile } from './temporary-folder.ts';

// What an attacker could time is the hashing: so it is the hashing that is counted, which no busy machine blurs.
vi.mock('node:crypto', async (importActual) => {
  const actual = await importActual<typeof import('node:crypto')>();
  return {
    ...actual,
    hash: vi.fn<typeof actual.hash>(actual.hash),
    scrypt: vi.fn<typeof actual.scrypt>(actual.scrypt),
  };
});

const encode = (text: string): string => Buffer.from(text).toString('base64');

/** A file of users whose hashes cost what `costs` say. */
function verifierOf(...costs: readonly string[]) {
  const lines = costs.map(
    (cost, index) => `{"name":"user ${index}","password":"$scrypt$${cost}$${'A'.repeat(22)}$${'A'.repeat(43)}"}\n`,
  );
  const verifier = createBasicVerifier({ file: temporaryFile('users.jsonl', lines.join('')) });
  onTestFinished(verifier.close);
  return verifier;
}

/** The work that one verification does: bytes of the key, cost, blocks, lanes, of each run of scrypt. */
async function workOf(verifier: ReturnType<typeof verifierOf>, name: string): Promise<string> {
  vi.mocked(scrypt).mockClear();
  const scheme = { name: 'basicAuth', type: 'http', scheme: 'basic' } as const;
  const { kind } = await verifier.verify(encode(`${name}:wrong password`), scheme);
  expect(kind).toBe('bad');
  return vi
    .mocked(scrypt)
    .mock.calls.map(([, , bytes, options]) => JSON.stringify({ bytes, ...options }))
    .join();
}

describe('a user that is not known costs one hash, as dear as that of a user who is', () => {
  it('in a file of one cost', async () => {
    const verifier = verifierOf('ln=11,r=8,p=1', 'ln=11,r=8,p=1');
    const known = await workOf(verifier, 'user 0');
    expect(known).toMatch(/^\{"bytes":32,"N":2048,"r":8,"p":1,"maxmem":\d+\}$/);
    expect(await workOf(verifier, 'nobody')).toBe(known);
    expect(await workOf(verifier, '')).toBe(known);
    expect(await workOf(verifier, 'user 00')).toBe(known);
  });

  it('in a file of several costs: each name always the same, and every cost comes up', async () => {
    const verifier = verifierOf('ln=10,r=8,p=1', 'ln=11,r=8,p=1');
    const names = Array.from({ length: 12 }, (_, index) => `nobody ${index}`);
    const works = await worksOf(verifier, names);
    expect(await worksOf(verifier, names)).toEqual(works);
    expect(new Set(works)).toEqual(new Set(await worksOf(verifier, ['user 0', 'user 1'])));
  });

  it('in a file of none: what a new user would cost', async () => {
    expect(await workOf(verifierOf(), 'nobody')).toMatch(/^\{"bytes":32,"N":32768,"r":8,"p":3,"maxmem":\d+\}$/);
  });
});

/** One after the other, so that each counts its own. */
function worksOf(verifier: ReturnType<typeof verifierOf>, names: readonly string[]): Promise<readonly string[]> {
  return names.reduce<Promise<readonly string[]>>(async (before, name) => {
    return [...(await before), await workOf(verifier, name)];
  }, Promise.resolve([]));
}

it('a key that nobody has costs what a good, a revoked and a nearly right one do: one hash, one look-up', () => {
  const keys = Array.from({ length: 3 }, mintKey);
  const records = keys.map((key, index) => ({
    id: String(index),
    subject: 'alice',
    scopes: [],
    createdMs: 0,
    sha256: hash('sha256', key, 'hex'),
    ...(index === 1 && { revokedMs: 1 }),
  }));
  const verifier = createKeyVerifier({ keys: records });
  const look = vi.spyOn(Map.prototype, 'get');
  onTestFinished(() => {
    look.mockRestore();
  });
  const works = [...keys, mintKey(), 'flk'].map((key) => {
    vi.mocked(hash).mockClear();
    look.mockClear();
    void verifier.verify(key, { name: 'apiKey', type: 'apiKey', in: 'header', parameter: 'X-Key' });
    return [vi.mocked(hash).mock.calls.length, look.mock.calls.length];
  });
  expect(works).toEqual(works.map(() => [1, 1]));
});

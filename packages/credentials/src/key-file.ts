import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type KeyRecord, createKeysReader, writeKeys } from './key-records.ts';
import { digestOf, mintKey } from './key-text.ts';
import { FileFault, isName, isScope } from './record-lines.ts';
import { rewriteFile } from './rewrite-file.ts';

/** Whose a new key is, and for how long. */
export interface NewKey {
  readonly subject: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch; never where absent. */
  readonly expiresMs?: number;
}

/**
 * Makes a key and writes what is kept of it into a file, which is made where it is not there.
 *
 * @returns the key, which nobody can tell again, and its record
 * @throws FileFault where the subject, a scope or the file is at fault; errors of the file system as they come
 */
export async function addKey(
  path: string,
  { subject, scopes, expiresMs }: NewKey,
  nowMs: number,
): Promise<{ readonly key: string; readonly record: KeyRecord }> {
  if (!isName(subject)) throw new FileFault('the subject is not 1 to 256 characters without control characters');
  if (!scopes.every(isScope)) throw new FileFault('a scope is empty, or has a blank, a quote or a backslash in it');
  const key = mintKey();
  const record: KeyRecord = {
    id: randomBytes(6).toString('hex'),
    subject,
    scopes,
    createdMs: nowMs,
    ...(expiresMs !== undefined && { expiresMs }),
    sha256: digestOf(key),
  };
  await rewriteFile(path, (text) => writeKeys([...parse(path, text).values(), record]));
  return { key, record };
}

/**
 * Reads the keys of a file, in its order.
 *
 * @throws FileFault where the file is at fault; errors of the file system as they come
 */
export async function listKeys(path: string): Promise<readonly KeyRecord[]> {
  return [...parse(path, await readFile(path, 'utf8')).values()];
}

/**
 * Marks a key as revoked. Its line stays, so that its holder is told why it is refused.
 *
 * @returns its record; one that was revoked before stays as it was
 * @throws FileFault where no key has that id or the file is at fault; errors of the file system as they come
 */
export async function revokeKey(path: string, id: string, nowMs: number): Promise<KeyRecord> {
  let revoked: KeyRecord | undefined;
  await rewriteFile(path, (text) => {
    const keys = [...parse(path, text).values()].map((record) => {
      if (record.id !== id) return record;
      revoked = { revokedMs: nowMs, ...record };
      return revoked;
    });
    if (revoked === undefined) throw new FileFault(`${path}: no key has that id; flick keys list shows those it has`);
    return writeKeys(keys);
  });
  if (revoked === undefined) throw new Error('rewriteFile did not call back');
  return revoked;
}

function parse(path: string, text: string): ReadonlyMap<string, KeyRecord> {
  try {
    return createKeysReader()(text);
  } catch (error) {
    if (error instanceof FileFault) throw new FileFault(`${path}: ${error.message}`);
    throw error;
  }
}

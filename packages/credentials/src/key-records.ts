import { createLineReader, FileFault, lineOf, type Members, nameOf, scopesOf, textOf, timeOf } from './record-lines.ts';

/** An API key as it is kept: all but the key. Times are milliseconds since the epoch. */
export interface KeyRecord {
  /** By which it is revoked; no secret. */
  readonly id: string;
  /** Whose it is. */
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly createdMs: number;
  /** From when on it is refused; never where absent. */
  readonly expiresMs?: number;
  readonly revokedMs?: number;
  /** SHA-256 of the key's text, 64 hexadecimal digits in lower case. */
  readonly sha256: string;
}

const members = ['id', 'subject', 'scopes', 'created', 'expires', 'revoked', 'sha256'];

/**
 * Makes a reader of files of keys, one JSON object a line.
 *
 * @returns a function that gives the keys by their digest; throws FileFault where a line is at fault, or two keys share
 *   an id or a digest
 */
export function createKeysReader(): (text: string) => ReadonlyMap<string, KeyRecord> {
  const readLines = createLineReader(members, recordOf);
  return (text) => {
    const ids = new Set<string>();
    const keys = new Map<string, KeyRecord>();
    for (const { number, record } of readLines(text)) {
      const { id, sha256 } = record;
      const twice = ids.has(id) ? 'id' : keys.has(sha256) ? 'sha256' : undefined;
      if (twice !== undefined) {
        throw new FileFault(`line ${number}: its "${twice}" is that of a line before; take one of them out`);
      }
      ids.add(id);
      keys.set(sha256, record);
    }
    return keys;
  };
}

function recordOf(line: Members): KeyRecord {
  const sha256 = textOf(line, 'sha256');
  if (!/^[\da-f]{64}$/.test(sha256)) throw new FileFault('"sha256" is not 64 hexadecimal digits in lower case');
  const createdMs = timeOf(line, 'created');
  if (createdMs === undefined) throw new FileFault('"created" is missing');
  const expiresMs = timeOf(line, 'expires');
  const revokedMs = timeOf(line, 'revoked');
  return {
    id: nameOf(line, 'id'),
    subject: nameOf(line, 'subject'),
    scopes: scopesOf(line),
    createdMs,
    ...(expiresMs !== undefined && { expiresMs }),
    ...(revokedMs !== undefined && { revokedMs }),
    sha256,
  };
}

/** Writes a file of keys. */
export function writeKeys(keys: Iterable<KeyRecord>): string {
  return Array.from(keys, ({ id, subject, scopes, createdMs, expiresMs, revokedMs, sha256 }) =>
    lineOf({
      id,
      subject,
      scopes,
      created: timeText(createdMs),
      expires: expiresMs === undefined ? undefined : timeText(expiresMs),
      revoked: revokedMs === undefined ? undefined : timeText(revokedMs),
      sha256,
    }),
  ).join('');
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

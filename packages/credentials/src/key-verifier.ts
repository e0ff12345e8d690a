import type { Clock, Verification, Verifier } from '@flick/decide';
import { createKeysReader, type KeyRecord, writeKeys } from './key-records.ts';
import { digestOf, isMistyped, MAX_KEY_LENGTH } from './key-text.ts';
import { systemClock } from './system-clock.ts';
import { watchFile, type WatchedFile } from './watched-file.ts';

/** Which API keys are good. Exactly one of `file` and `keys` is due. */
export interface KeySettings {
  /** The path of a file of keys, as `flick keys add` writes it; read again when it changes. */
  readonly file?: string;
  readonly keys?: readonly KeyRecord[];
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Told what is wrong with the file, once a fault: one sentence without secrets. Default: nobody. */
  readonly warn?: (message: string) => void;
}

/** A verifier that watches a file. */
export interface WatchingVerifier extends Verifier {
  /** Ends the watching. */
  readonly close: () => void;
}

/**
 * Makes a verifier of API keys. Only hashes of keys are at hand. A key is looked up by its digest, so that one that
 * nobody has and one that is nearly another's cost the same; only whoever holds a key learns that it was revoked.
 *
 * @throws TypeError where a setting cannot be: the message begins with its name and tells the mend
 */
export function createKeyVerifier({
  file,
  keys,
  clock = systemClock,
  warn = () => undefined,
}: KeySettings): WatchingVerifier {
  const source = sourceOf(file, keys, warn);
  return {
    verify(credential, { name }) {
      if (credential.length > MAX_KEY_LENGTH) return unknown;
      const record = source.current().get(digestOf(credential));
      if (record === undefined) return isMistyped(credential) ? mistyped : unknown;
      const { subject, scopes, expiresMs, revokedMs } = record;
      if (revokedMs !== undefined) return revoked;
      if (expiresMs !== undefined && expiresMs <= clock.wallMs()) return expired;
      return { kind: 'good', consumer: { subject, scopes, scheme: name } };
    },
    close: source.close,
  };
}

function sourceOf(
  file: string | undefined,
  keys: readonly KeyRecord[] | undefined,
  warn: (message: string) => void,
): WatchedFile<ReadonlyMap<string, KeyRecord>> {
  if ((file === undefined) === (keys === undefined)) {
    throw new TypeError(`file, keys: exactly one is due, and there is ${file === undefined ? 'none' : 'both'} of them`);
  }
  if (file !== undefined) return watchFile({ path: file, parse: createKeysReader(), maker: 'flick keys add', warn });
  const known = readGiven(keys ?? []);
  return { current: () => known, close: () => undefined };
}

/** What is given as values is held to the same rules as a file. */
function readGiven(keys: readonly KeyRecord[]): ReadonlyMap<string, KeyRecord> {
  try {
    return createKeysReader()(writeKeys(keys));
  } catch (error) {
    throw new TypeError(`keys: ${error instanceof Error ? error.message : 'they cannot be read'}`, { cause: error });
  }
}

function bad(description: string): Verification {
  return { kind: 'bad', reason: 'invalid-credentials', description };
}

const unknown = bad('The key is not known');
const mistyped = bad('The key is mistyped or cut short: its checksum does not hold');
const revoked = bad('The key was revoked');
const expired: Verification = { kind: 'bad', reason: 'expired-credentials', description: 'The key has expired' };

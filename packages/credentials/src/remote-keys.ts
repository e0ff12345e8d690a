import type { Clock } from '@flick/decide';
import type { JWK } from 'jose';
import { type Bounds, explainFetch, fetchText, isRecord, Refused } from './bounded-fetch.ts';
import { jose } from './jose.ts';
import type { KeySet, KeySource } from './key-set.ts';

/** Older keys are used on while new ones are fetched: a key that its issuer removed is refused after this, or soon. */
const FRESH_MS = 300_000;
/** While the issuer does not answer, its last keys are used no longer than this. */
const STALE_MS = 86_400_000;
/** From the end of one fetch to the start of the next. */
const COOLDOWN_MS = 5000;
const accept = 'application/jwk-set+json, application/json';
const bounds: Bounds = { timeoutMs: 3000, maxBytes: 262_144 };

/** What a source of remote keys stands on. */
export interface RemoteKeysOptions {
  readonly url: URL;
  readonly clock: Clock;
  /** Told of each fetch that failed: one sentence without secrets. */
  readonly warn: (message: string) => void;
}

/**
 * Keeps the JSON Web Key Set of an issuer (RFC 7517, section 5): fetched at its first use, one fetch at a time, bounded
 * in time and bytes, no redirect followed. An issuer that is down does not lock out those whose keys are known.
 */
export function createRemoteKeys({ url, clock, warn }: RemoteKeysOptions): KeySource {
  let keys: KeySet | undefined;
  let text: string | undefined;
  let fetchedMs = 0;
  let last: { readonly endedMs: number; readonly answered: boolean } | undefined;
  let underWay: Promise<KeySet | undefined> | undefined;

  const load = async (): Promise<KeySet | undefined> => {
    let answered = true;
    try {
      const answer = await fetchText(url, { headers: { accept } }, bounds);
      // The same keys stay the same object, so that tokens verified by them stay verified.
      if (answer !== text || keys === undefined) keys = { key: jose().createLocalJWKSet(parse(answer)) };
      text = answer;
      fetchedMs = clock.monotonicMs();
    } catch (error) {
      answered = false;
      warn(`The keys of ${url.origin}${url.pathname} cannot be fetched: ${explainFetch(error, bounds)}`);
    }
    last = { endedMs: clock.monotonicMs(), answered };
    underWay = undefined;
    return answered ? keys : undefined;
  };

  const renew = (): Promise<KeySet | undefined> => {
    if (underWay !== undefined) return underWay;
    if (last !== undefined && clock.monotonicMs() - last.endedMs < COOLDOWN_MS) {
      return Promise.resolve(last.answered ? keys : undefined);
    }
    underWay = load();
    return underWay;
  };

  return {
    renew,
    underWay: () => underWay,
    bound: () => ({
      name: 'key_set_bytes',
      used: text === undefined ? 0 : Buffer.byteLength(text),
      limit: bounds.maxBytes,
    }),
    current() {
      if (keys === undefined) return undefined;
      const ageMs = clock.monotonicMs() - fetchedMs;
      if (ageMs >= FRESH_MS) void renew();
      if (ageMs >= STALE_MS) keys = undefined;
      return keys;
    },
  };
}

function parse(text: string): { keys: JWK[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refused('its answer is not JSON');
  }
  if (!isRecord(value) || !Array.isArray(value.keys)) throw new Refused('its answer has no list "keys"');
  // RFC 7517, section 5: what cannot be understood of a set is passed over, not the whole of it.
  return { keys: value.keys.filter((key): key is JWK => isRecord(key)) };
}

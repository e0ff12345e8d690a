import type { Verification } from '@flick/decide';
import type { KeySet } from './key-set.ts';

/** A token that was verified once. */
export interface VerifiedToken {
  readonly verification: Extract<Verification, { kind: 'good' }>;
  /** Seconds since the epoch; Infinity where the token never expires. */
  readonly exp: number;
  /** The keys by which it was verified: where these are not the keys of the day, it must be verified again. */
  readonly keys: KeySet;
}

/** Verified tokens by their digest: at most as many as it was made for, those used lately rather than others. */
export interface TokenCache {
  readonly get: (digest: string) => VerifiedToken | undefined;
  readonly set: (digest: string, token: VerifiedToken) => void;
}

/**
 * Makes a cache of two halves: what is used moves to the young half; when that is full, the old one is dropped. Nearly
 * as good as forgetting the least recently used, and a hit costs one look-up.
 */
export function createTokenCache(maxEntries: number): TokenCache {
  const half = Math.ceil(maxEntries / 2);
  let young = new Map<string, VerifiedToken>();
  let old = new Map<string, VerifiedToken>();
  const set = (digest: string, token: VerifiedToken): void => {
    if (young.size >= half) {
      old = young;
      young = new Map();
    }
    young.set(digest, token);
  };
  return {
    set,
    get(digest) {
      const token = young.get(digest);
      if (token !== undefined) return token;
      const aged = old.get(digest);
      if (aged !== undefined) set(digest, aged);
      return aged;
    },
  };
}

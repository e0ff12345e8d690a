import type { Bound } from '@flick/decide';
import type { CryptoKey, JWTVerifyGetKey, KeyObject } from 'jose';

/** Keys as they are at one time. A change of keys is another object. */
export interface KeySet {
  readonly key: JWTVerifyGetKey | CryptoKey | KeyObject | Uint8Array;
}

/** Where the keys come from. */
export interface KeySource {
  /** The keys at hand, without waiting; has them renewed in the background where that is due. */
  readonly current: () => KeySet | undefined;
  /** The keys as their issuer last said, asking it where it was not asked just now; undefined where it does not answer. */
  readonly renew: () => Promise<KeySet | undefined>;
  /** The fetch that goes on now, in the background or not. */
  readonly underWay?: () => Promise<unknown> | undefined;
  /** What is kept of the issuer's answer, in bytes. */
  readonly bound?: () => Bound;
}

/** Keys that never change. */
export function createFixedKeys(key: KeySet['key']): KeySource {
  const keys: KeySet = { key };
  return { current: () => keys, renew: () => Promise.resolve(keys) };
}

import type { Bound } from '@flick/decide';

/** Values by their key: at most as many as it was made for, those used lately rather than others. */
export interface BoundedCache<Value> {
  readonly get: (key: string) => Value | undefined;
  readonly set: (key: string, value: Value) => void;
  /** How full it is, under a name. */
  readonly bound: (name: string) => Bound;
}

/**
 * Makes a cache of two halves: what is used moves to the young half; when that is full, the old one is dropped. Nearly
 * as good as forgetting the least recently used, and a hit costs one look-up.
 */
export function createBoundedCache<Value>(maxEntries: number): BoundedCache<Value> {
  const half = Math.ceil(maxEntries / 2);
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  const set = (key: string, value: Value): void => {
    if (young.size >= half) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };
  return {
    set,
    // What has moved to the young half counts in the old one, too, until that is dropped.
    bound: (name) => ({ name, used: young.size + old.size, limit: 2 * half }),
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const aged = old.get(key);
      if (aged !== undefined) set(key, aged);
      return aged;
    },
  };
}

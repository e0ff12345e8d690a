/** Shares the work of those who ask the same at the same time. */
export interface UnderWay<T> {
  readonly get: (key: string) => Promise<T> | undefined;
  /** Keeps what is under way until it is over. Returns it. */
  readonly set: (key: string, work: Promise<T>) => Promise<T>;
}

/** Makes an empty one; it is as large as what runs and waits. */
export function createUnderWay<T>(): UnderWay<T> {
  const works = new Map<string, Promise<T>>();
  return {
    get: (key) => works.get(key),
    set(key, work) {
      const shared = work.finally(() => works.delete(key));
      works.set(key, shared);
      return shared;
    },
  };
}

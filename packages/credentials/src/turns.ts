import type { Bound } from '@flick/decide';

/** Bounds how much of something runs at once. */
export interface Turns {
  /**
   * Runs `task` now, or when its turn comes.
   *
   * @returns undefined where as many wait already as may: the task does not run
   */
  readonly take: <T>(task: () => Promise<T>) => Promise<T> | undefined;
  /** What runs and waits, under a name. */
  readonly bound: (name: string) => Bound;
}

/**
 * Makes turns, taken in the order of asking.
 *
 * @param running - tasks that run at once
 * @param waiting - tasks that wait beside them
 */
export function createTurns(running: number, waiting: number): Turns {
  const queue: (() => void)[] = [];
  let free = running;
  const run = async <T>(task: () => Promise<T>): Promise<T> => {
    try {
      return await task();
    } finally {
      const next = queue.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
  return {
    bound: (name) => ({ name, used: running - free + queue.length, limit: running + waiting }),
    take(task) {
      if (free > 0) {
        free -= 1;
        return run(task);
      }
      if (queue.length >= waiting) return undefined;
      return new Promise<void>((resolve) => {
        queue.push(resolve);
      }).then(() => run(task));
    },
  };
}

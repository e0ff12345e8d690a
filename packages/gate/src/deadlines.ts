import { performance } from 'node:perf_hooks';

/** Something that is due within the time that all have. */
export interface Dated {
  /** When it is due, on the clock of `performance.now`; set where it is added. */
  dueMs: number;
  /** Its time is over; it is not waited for any longer. */
  readonly expire: () => void;
}

/** How often is looked, at most. */
const lookMs = 50;

/** Deadlines that are all equally far away, by one timer: each of Node's own costs a request a microsecond. */
export class Deadlines<One extends Dated> {
  readonly #afterMs: number;
  // In the order in which they are due.
  readonly #waiting = new Set<One>();
  #timer: NodeJS.Timeout | undefined = undefined;

  /** @param afterMs - from when one is added */
  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  add(one: One): void {
    one.dueMs = performance.now() + this.#afterMs;
    this.#waiting.add(one);
    if (this.#timer === undefined) this.#look(this.#afterMs);
  }

  delete(one: One): void {
    this.#waiting.delete(one);
  }

  #look(inMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const nowMs = performance.now();
      for (const one of this.#waiting) {
        if (one.dueMs > nowMs) break;
        this.#waiting.delete(one);
        one.expire();
      }
      const [next] = this.#waiting;
      if (next !== undefined && this.#timer === undefined) this.#look(Math.max(lookMs, next.dueMs - nowMs));
    }, inMs).unref();
  }
}

import { performance } from 'node:perf_hooks';

/** Something that is due within the time that all have. Of the members, all but `expire` are the list's. */
export interface Dated {
  /** When it is due, on the clock of `performance.now`; set where it is added. */
  dueMs: number;
  /** Those that wait before and after it; `undefined` at an end of the list, and outside of it. */
  earlier: Dated | undefined;
  later: Dated | undefined;
  /** Its time is over; it is not waited for any longer. */
  readonly expire: () => void;
}

/** How often is looked, at most. */
const lookMs = 50;

/** Deadlines that are all equally far away, by one timer: each of Node's own costs a request a microsecond. */
export class Deadlines {
  readonly #afterMs: number;
  // A list in the order in which they are due: to come and to go changes two neighbours.
  #first: Dated | undefined = undefined;
  #last: Dated | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;

  /** @param afterMs - from when one is added */
  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** @returns the time, on the clock of `performance.now` */
  add(one: Dated): number {
    this.delete(one);
    const nowMs = performance.now();
    one.dueMs = nowMs + this.#afterMs;
    one.earlier = this.#last;
    if (this.#last === undefined) this.#first = one;
    else this.#last.later = one;
    this.#last = one;
    if (this.#timer === undefined) this.#look(this.#afterMs);
    return nowMs;
  }

  delete(one: Dated): void {
    const { earlier, later } = one;
    if (earlier !== undefined) earlier.later = later;
    else if (this.#first === one) this.#first = later;
    if (later !== undefined) later.earlier = earlier;
    else if (this.#last === one) this.#last = earlier;
    one.earlier = undefined;
    one.later = undefined;
  }

  #look(inMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const nowMs = performance.now();
      for (let one = this.#first; one !== undefined && one.dueMs <= nowMs; one = this.#first) {
        this.delete(one);
        one.expire();
      }
      if (this.#first !== undefined && this.#timer === undefined) {
        this.#look(Math.max(lookMs, this.#first.dueMs - nowMs));
      }
    }, inMs).unref();
  }
}

import type { Balance, Bound, Charge, LimitStore } from '@flick/decide';
import { append, type Chain, type Chained, unlink } from './chain.ts';

/** Bounds of a memory store. */
export interface MemoryLimitsOptions {
  /** Counters kept at once, over all limits; a whole number of at least 1. Default 100,000 (about 20 MB). */
  readonly maxKeys?: number;
}

/** A store of limits in this process's memory. Answers without a promise, keeps no timer, never fails. */
export interface MemoryLimits extends LimitStore {
  readonly charge: (charges: readonly Charge[], nowMs: number) => readonly Balance[];
  readonly refund: (charge: Charge, chargedMs: number) => void;
  /** Counters kept now, those included whose window has ended and that are not swept yet. */
  readonly size: number;
  /** The counters, as what is bounded. */
  readonly bound: Bound;
}

/** Requests of one key in its window. In a list with the other counters of its limit, by the start of the window. */
interface Counter extends Chained<Counter> {
  readonly key: string;
  readonly lane: Lane;
  startMs: number;
  used: number;
}

/** All counters of one limit. As they share a window, the oldest is also the first whose window ends. */
interface Lane extends Chain<Counter> {
  readonly name: string;
  windowMs: number;
}

/** How many ended windows one charge clears away at most: more than it opens, as a rule, so that what is left shrinks. */
const SWEPT_PER_CHARGE = 2;

/**
 * Makes a store of limits in memory. A key's window starts at its first request and takes `requests` until it ends.
 *
 * When the store is full, the counter that is forgotten is one whose window has ended; failing that, the one nearest
 * its end within the limit that has most counters. So a flood of new keys under one limit (by address, say) drives out
 * counters of that limit alone, and forgetting one only ever gives requests back: nobody is refused by it.
 * A limit is what a key names before its first `|`.
 *
 * @throws RangeError where `maxKeys` is not a whole number of at least 1
 */
export function createMemoryLimits(options: MemoryLimitsOptions = {}): MemoryLimits {
  const { maxKeys = 100_000 } = options;
  if (!Number.isSafeInteger(maxKeys) || maxKeys < 1) {
    throw new RangeError(`maxKeys: ${maxKeys} is no bound; give a whole number of at least 1`);
  }
  const counters = new Map<string, Counter>();
  const lanes: Lane[] = [];
  let nextSwept = 0;

  const laneOf = (charge: Charge): Lane => {
    const bar = charge.key.indexOf('|');
    const name = bar < 0 ? '' : charge.key.slice(0, bar);
    let lane = lanes.find((each) => each.name === name);
    if (lane === undefined) {
      lane = { name, windowMs: charge.windowMs, size: 0, oldest: undefined, newest: undefined };
      lanes.push(lane);
    }
    return lane;
  };

  const forget = (counter: Counter): void => {
    unlink(counter.lane, counter);
    counters.delete(counter.key);
    if (counter.lane.size === 0) lanes.splice(lanes.indexOf(counter.lane), 1);
  };

  const sweep = (nowMs: number): void => {
    nextSwept = nextSwept + 1 < lanes.length ? nextSwept + 1 : 0;
    const lane = lanes[nextSwept];
    for (let swept = 0; swept < SWEPT_PER_CHARGE; swept += 1) {
      const counter = lane?.oldest;
      if (counter === undefined || !hasEnded(counter, counter.lane.windowMs, nowMs)) return;
      forget(counter);
    }
  };

  const makeRoom = (nowMs: number): void => {
    let fullest = lanes[0];
    for (const lane of lanes) {
      if (lane.oldest !== undefined && hasEnded(lane.oldest, lane.windowMs, nowMs)) {
        forget(lane.oldest);
        return;
      }
      if (fullest === undefined || lane.size > fullest.size) fullest = lane;
    }
    if (fullest?.oldest !== undefined) forget(fullest.oldest);
  };

  const open = (charge: Charge, nowMs: number): Counter => {
    if (counters.size >= maxKeys) makeRoom(nowMs);
    const lane = laneOf(charge);
    const counter: Counter = { key: charge.key, lane, startMs: nowMs, used: 0, older: undefined, newer: undefined };
    counters.set(charge.key, counter);
    append(lane, counter);
    return counter;
  };

  /** The counter of a charge with its window at `nowMs`; undefined where no window is open. */
  const find = (charge: Charge, nowMs: number): Counter | undefined => {
    const counter = counters.get(charge.key);
    if (counter === undefined) return undefined;
    // A clock that steps back takes the window along, or its key would be held for as long as the step.
    if (counter.startMs > nowMs) counter.startMs = nowMs;
    counter.lane.windowMs = charge.windowMs;
    if (!hasEnded(counter, charge.windowMs, nowMs)) return counter;
    forget(counter);
    return undefined;
  };

  return {
    charge(charges, nowMs) {
      sweep(nowMs);
      const [sole] = charges;
      if (sole !== undefined && charges.length === 1) {
        let counter = find(sole, nowMs);
        const allowed = hasRoom(sole, counter);
        if (allowed) {
          counter ??= open(sole, nowMs);
          counter.used += 1;
        }
        return [balanceOf(sole, counter, allowed, nowMs)];
      }
      const fits = charges.every((charge) => hasRoom(charge, find(charge, nowMs)));
      const balances: Balance[] = [];
      for (const charge of charges) {
        let counter = find(charge, nowMs);
        // Asked before the charge: the last request that a window takes leaves no room and was allowed all the same.
        const allowed = fits || hasRoom(charge, counter);
        if (fits) {
          counter ??= open(charge, nowMs);
          counter.used += 1;
        }
        balances.push(balanceOf(charge, counter, allowed, nowMs));
      }
      return balances;
    },
    refund({ key }, chargedMs) {
      const counter = counters.get(key);
      // A window that has begun since owes nothing.
      if (counter === undefined || counter.startMs > chargedMs) return;
      counter.used -= 1;
      if (counter.used === 0) forget(counter);
    },
    get size() {
      return counters.size;
    },
    get bound() {
      return { name: 'limit_counters', used: counters.size, limit: maxKeys };
    },
  };
}

function hasEnded(counter: Counter, windowMs: number, nowMs: number): boolean {
  return nowMs - counter.startMs >= windowMs;
}

function balanceOf(charge: Charge, counter: Counter | undefined, allowed: boolean, nowMs: number): Balance {
  return {
    remaining: Math.max(0, charge.requests - (counter?.used ?? 0)),
    // In this order: a sum with the clock's fractions would round to more than the window.
    resetMs: counter === undefined ? charge.windowMs : charge.windowMs - (nowMs - counter.startMs),
    allowed,
  };
}

function hasRoom(charge: Charge, counter: Counter | undefined): boolean {
  return (counter?.used ?? 0) < charge.requests;
}

import type { Balance } from '@flick/decide';
import { createMemoryLimits } from '@flick/stores';
import { describe, expect, test } from 'vitest';
import { describeLimitStore } from './limit-store-suite.ts';

describeLimitStore('the memory store', () => {
  let nowMs = 5000;
  return {
    store: createMemoryLimits(),
    nowMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
  };
});

const one = (key: string, requests = 1, windowMs = 1000) => [{ key, requests, windowMs }];

describe('the memory store', () => {
  test('never holds more counters than its bound', () => {
    const store = createMemoryLimits({ maxKeys: 10 });
    for (let index = 0; index < 1000; index += 1) store.charge(one(`a|address|${index}`), 0);
    expect(store.size).toBe(10);
  });

  test('a window that just began is told as no longer than it is, whatever fraction the clock has', () => {
    const resets: (number | undefined)[] = [];
    for (let index = 0; index < 100; index += 1) {
      resets.push(createMemoryLimits().charge(one('a|all', 5, 2000), index * 997.123_456)[0]?.resetMs);
    }
    expect(new Set(resets)).toEqual(new Set([2000]));
  });

  test('forgets ended windows while others are charged, a few at a time', () => {
    const store = createMemoryLimits();
    for (let index = 0; index < 100; index += 1) store.charge(one(`a|address|${index}`), 0);
    for (let index = 0; index < 100; index += 1) store.charge(one('b|address|x', 1000, 60_000), 2000);
    expect(store.size).toBe(1);
  });

  test('when full, forgets the counter of the fullest limit that is nearest its end', () => {
    const store = createMemoryLimits({ maxKeys: 3 });
    store.charge(one('a|consumer|alice'), 0);
    store.charge(one('b|address|1'), 1);
    store.charge(one('b|address|2'), 2);
    store.charge(one('b|address|3'), 3);
    expect(store.charge(one('a|consumer|alice'), 4)[0]?.allowed).toBe(false);
    expect(store.charge(one('b|address|2'), 4)[0]?.allowed).toBe(false);
    expect(store.charge(one('b|address|1'), 4)[0]?.allowed).toBe(true);
  });

  test('a flood of addresses leaves the counters of consumers exact and refuses none of them', () => {
    const store = createMemoryLimits({ maxKeys: 100 });
    const balances: (Balance | undefined)[] = [];
    for (let index = 0; index < 10_000; index += 1) {
      store.charge(one(`addresses|address|${index}`, 100), 0);
      if (index % 100 === 0) balances.push(store.charge(one('accounts|consumer|bob', 50), 0)[0]);
    }
    expect(balances.filter((balance) => balance?.allowed)).toHaveLength(50);
  });

  test('when full, prefers to forget a window that has ended, of whatever limit', () => {
    const store = createMemoryLimits({ maxKeys: 3 });
    store.charge(one('short|all|', 1, 10), 0);
    store.charge(one('long|address|1'), 0);
    store.charge(one('long|address|2'), 0);
    store.charge(one('long|address|3'), 20);
    expect(store.charge(one('long|address|1'), 20)[0]?.allowed).toBe(false);
  });

  test('a window made shorter by a new configuration holds nobody for the old one', () => {
    const store = createMemoryLimits();
    store.charge(one('a|b|c', 1, 3_600_000), 0);
    expect(store.charge(one('a|b|c', 1, 1000), 500)[0]).toEqual({ allowed: false, remaining: 0, resetMs: 500 });
    expect(store.charge(one('a|b|c', 1, 1000), 1000)[0]?.allowed).toBe(true);
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses %d as its bound at setup', (maxKeys) => {
    expect(() => createMemoryLimits({ maxKeys })).toThrow(/maxKeys/);
  });
});

import { createMemorySessions, SessionsFault } from '@flick/stores';
import { describe, expect, test } from 'vitest';
import { addAll, describeSessionStore, known, nobody, sessionWith } from './session-store-suite.ts';

describeSessionStore('memory', () => createMemorySessions({ maxPerSubject: 3 }));

const of = (name: string, usedMs = 1000) => sessionWith(name, { subject: name, usedMs });

describe('a store of sessions in memory', () => {
  test('answers without a promise', async () => {
    const store = createMemorySessions();
    await store.add(of('a'), nobody);
    expect(store.find('a')).toEqual(of('a'));
  });

  test('when full, refuses new sessions and ends none', async () => {
    const store = createMemorySessions({ maxSessions: 2 });
    await addAll(store, [of('a'), of('b')]);
    await expect(store.add(of('c'), { staleMs: 0, expiredMs: 1000 })).rejects.toBeInstanceOf(SessionsFault);
    await expect(store.add(of('c'), nobody)).rejects.toThrow('2 sessions are kept, and none has expired');
    expect([store.size, store.find('a'), store.find('b')]).toEqual([2, of('a'), of('b')]);
  });

  test('when full, forgets the expired one that was used longest ago', async () => {
    const store = createMemorySessions({ maxSessions: 3 });
    await addAll(store, [of('a'), of('b'), of('c')]);
    store.touch('a', 3000);
    store.touch('b', 2000);
    await store.add(of('d', 4000), { staleMs: 0, expiredMs: 1001 });
    expect(await known(store, ['a', 'b', 'c', 'd'])).toEqual(['a', 'b', 'd']);
  });

  test('takes a further session of a subject that has as many as it may, full as it is', async () => {
    const store = createMemorySessions({ maxSessions: 2, maxPerSubject: 2 });
    await addAll(store, [sessionWith('a'), sessionWith('b'), sessionWith('c')]);
    expect(store.size).toBe(2);
  });

  test('keeps nothing of what has ended', async () => {
    const store = createMemorySessions({ maxPerSubject: 3 });
    const names = Array.from({ length: 300 }, (_, index) => `s${index}`);
    const live = async (name: string, index: number): Promise<void> => {
      await store.add(of(name), nobody);
      await store.rotate(name, { digest: `${name}'`, scopes: [], usedMs: 1000, graceUntilMs: 2000 });
      if (index % 2 === 0) await store.remove(`${name}'`, 0);
      else await store.removeAll(name);
    };
    await Promise.all(names.map(live));
    expect(await known(store, [...names, ...names.map((name) => `${name}'`)])).toEqual([]);
    expect(store.size).toBe(0);
  });

  test.each([0, -1, 1.5, Number.NaN])('takes no bound of %d', (bound) => {
    expect(() => createMemorySessions({ maxSessions: bound })).toThrow(/^maxSessions: /);
    expect(() => createMemorySessions({ maxPerSubject: bound })).toThrow(/^maxPerSubject: /);
  });
});

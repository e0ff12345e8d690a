import type { Outcome } from '@flick/decide';
import type { RecordFilter, RecordStore } from '@flick/stores';
import { describe, expect, test } from 'vitest';
import { emptyOutcome, fullOutcome, outcomeWith } from './outcomes.ts';

/** A store under test. */
export interface RecordStoreStage {
  readonly store: RecordStore;
  /** Waits until all that was appended is written or dropped. */
  readonly settled: () => Promise<void>;
}

/** What every store of records holds to. */
export function describeRecordStore(name: string, setUp: () => RecordStoreStage | Promise<RecordStoreStage>): void {
  const holding = async (...outcomes: readonly Outcome[]): Promise<RecordStore> => {
    const { store, settled } = await setUp();
    for (const outcome of outcomes) store.append(outcome);
    await settled();
    return store;
  };

  describe(`${name}, as every store of records`, () => {
    test('gives back what was appended, whole', async () => {
      const store = await holding(fullOutcome, emptyOutcome);
      expect(await store.get('full')).toEqual([fullOutcome]);
      expect(await store.get('empty')).toEqual([emptyOutcome]);
      expect(await store.get('another')).toEqual([]);
    });

    test('keeps every request of an id that a caller sent twice, the latest first', async () => {
      const first = outcomeWith({ status: 500 });
      const second = outcomeWith({ status: 200 });
      const store = await holding(first, outcomeWith({ requestId: 'b2' }), second);
      expect(await store.get('a1')).toEqual([second, first]);
    });

    test.each<[string, RecordFilter, readonly string[]]>([
      ['all', {}, ['d', 'c', 'b', 'a']],
      ['from a time on', { sinceMs: 2000 }, ['d', 'c', 'b']],
      ['before a time', { untilMs: 2000 }, ['a']],
      ['an operation', { operation: 'getPot' }, ['c']],
      ['a consumer by its whole name', { consumer: 'bearer:urn:ada' }, ['a']],
      ['a consumer by its subject alone', { consumer: 'urn:ada' }, ['a']],
      ['what would have been refused', { observed: true }, ['d']],
      ['all of these together', { observed: true, sinceMs: 1, untilMs: 9000, operation: 'getTea' }, ['d']],
    ])('finds %s', async (_what, filter, ids) => {
      const tea = { operation: 'getTea', consumer: 'bearer:bob' };
      const store = await holding(
        outcomeWith({ ...tea, requestId: 'a', timeMs: 1000, consumer: 'bearer:urn:ada' }),
        outcomeWith({ ...tea, requestId: 'b', timeMs: 2000 }),
        outcomeWith({ ...tea, requestId: 'c', timeMs: 3000, operation: 'getPot', consumer: undefined }),
        outcomeWith({ ...tea, requestId: 'd', timeMs: 4000, observed: fullOutcome.observed }),
      );
      const { records, next } = await store.query(filter);
      expect(records.map(({ requestId }) => requestId)).toEqual(ids);
      expect(next).toBeUndefined();
      expect((await store.count(filter)).requests).toBe(ids.length);
    });

    test('gives many records page by page, each once', async () => {
      const many = Array.from({ length: 2500 }, (_, index) => outcomeWith({ requestId: `r${index}` }));
      const store = await holding(...many);
      const pagesFrom = async (next?: number): Promise<readonly (readonly Outcome[])[]> => {
        const page = await store.query({ operation: 'getAccount' }, next);
        return [page.records, ...(page.next === undefined ? [] : await pagesFrom(page.next))];
      };
      const pages = await pagesFrom();
      const seen = pages.flat().map(({ requestId }) => requestId);
      expect(seen).toEqual(many.map(({ requestId }) => requestId).toReversed());
      expect(pages).toHaveLength(3);
    });

    test('counts callers by consumer, or by address where nobody was recognised', async () => {
      const store = await holding(
        outcomeWith(),
        outcomeWith(),
        outcomeWith({ consumer: 'key:ada' }),
        outcomeWith({ consumer: undefined }),
        outcomeWith({ consumer: undefined, address: '192.0.2.2' }),
      );
      expect(await store.count({})).toEqual({ requests: 5, callers: 4 });
      expect(await store.count({ operation: 'none' })).toEqual({ requests: 0, callers: 0 });
    });

    test('counts what it wrote', async () => {
      const store = await holding(outcomeWith(), outcomeWith());
      expect([store.written, store.dropped]).toEqual([2, 0]);
    });
  });
}

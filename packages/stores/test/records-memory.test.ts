import { createMemoryRecords } from '@flick/stores';
import { expect, test } from 'vitest';
import { outcomeWith } from './outcomes.ts';
import { describeRecordStore } from './record-store-suite.ts';

describeRecordStore('memory', () => ({ store: createMemoryRecords(), settled: async () => {} }));

test('memory holds no more records than its bound, and forgets the oldest', async () => {
  const store = createMemoryRecords(3);
  for (let index = 0; index < 10; index += 1) store.append(outcomeWith({ requestId: `r${index}` }));
  const { records } = await store.query({});
  expect(records.map(({ requestId }) => requestId)).toEqual(['r9', 'r8', 'r7']);
  expect(await store.get('r6')).toEqual([]);
});

test.each([0, -1, 1.5, Number.NaN])('memory takes no bound of %d', (capacity) => {
  expect(() => createMemoryRecords(capacity)).toThrow(RangeError);
});

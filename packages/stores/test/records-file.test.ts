import type { Outcome } from '@flick/decide';
import { smallestFile } from '@flick/stores';
import { expect, onTestFinished, test } from 'vitest';
import { openRecordsFile } from '../src/records-file.ts';
import { type Cell, pushRow } from '../src/records-row.ts';
import { outcomeWith } from './outcomes.ts';
import { otherConnection, recordsPath } from './record-files.ts';

function openFile() {
  const path = recordsPath();
  const file = openRecordsFile(path, { keepMs: 60_000, sizeBytes: smallestFile });
  onTestFinished(() => file.close());
  return { path, file };
}

function rowOf(outcome: Partial<Outcome>): readonly Cell[] {
  const cells: Cell[] = [];
  pushRow(cells, outcomeWith({ timeMs: Date.now(), ...outcome }));
  return cells;
}

test('a pruning that found the file locked does not keep later records from being written', () => {
  const { path, file } = openFile();
  const other = otherConnection(path);
  other.exec('BEGIN IMMEDIATE');
  expect(() => file.prune(Date.now())).toThrow('locked');
  other.exec('COMMIT');
  file.write(rowOf({}));
  expect(file.count({})).toEqual({ requests: 1, callers: 1 });
});

test('a file that is full of a few large records loses the older half of them', () => {
  const { file } = openFile();
  const path = `/${'a'.repeat(2000)}`;
  let written = 0;
  expect(() => {
    for (; ; written += 1) file.write(rowOf({ path, requestId: `r${written}` }));
  }).toThrow('full');
  expect(file.prune(Date.now())).toBe(true);
  expect(file.get('r0')).toEqual([]);
  expect(file.get(`r${written - 1}`)).toHaveLength(1);
  expect(file.count({}).requests).toBe(Math.floor(written / 2));
  expect(file.prune(Date.now())).toBe(false);
});

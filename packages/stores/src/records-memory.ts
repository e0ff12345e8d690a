import type { Outcome } from '@flick/decide';
import { type RecordFilter, type RecordStore, recordsPerPage } from './records.ts';

/**
 * Keeps the latest records in this process's memory; older ones make room. Nothing is ever dropped.
 *
 * @param capacity - how many are kept; a whole number of at least 1
 */
export function createMemoryRecords(capacity = 10_000): RecordStore {
  if (!Number.isSafeInteger(capacity) || capacity < 1) {
    throw new RangeError(`capacity: ${capacity} is no bound; give a whole number of at least 1`);
  }
  const ring: Outcome[] = [];
  let written = 0;

  /** The records from the number `from` downwards: a record's number is how many were written before it. */
  function* downwards(from: number): Generator<readonly [number, Outcome]> {
    const oldest = Math.max(0, written - capacity);
    for (let number = Math.min(from, written - 1); number >= oldest; number -= 1) {
      const record = ring[number % capacity];
      if (record !== undefined) yield [number, record];
    }
  }

  return {
    append(outcome) {
      ring[written % capacity] = outcome;
      written += 1;
    },
    get written() {
      return written;
    },
    dropped: 0,
    get bound() {
      return { name: 'records_kept', used: Math.min(written, capacity), limit: capacity };
    },
    async get(requestId) {
      const found: Outcome[] = [];
      for (const [, record] of downwards(written)) if (record.requestId === requestId) found.push(record);
      return found;
    },
    async query(filter, next = written) {
      const records: Outcome[] = [];
      for (const [number, record] of downwards(next - 1)) {
        if (!isMeant(record, filter)) continue;
        records.push(record);
        if (records.length === recordsPerPage) return { records, next: number };
      }
      return { records, next: undefined };
    },
    async count(filter) {
      const callers = new Set<string>();
      let requests = 0;
      for (const [, record] of downwards(written)) {
        if (!isMeant(record, filter)) continue;
        requests += 1;
        callers.add(record.consumer ?? record.address);
      }
      return { requests, callers: callers.size };
    },
    async close() {},
  };
}

function isMeant(record: Outcome, { sinceMs, untilMs, operation, consumer, observed }: RecordFilter): boolean {
  if (sinceMs !== undefined && record.timeMs < sinceMs) return false;
  if (untilMs !== undefined && record.timeMs >= untilMs) return false;
  if (operation !== undefined && record.operation !== operation) return false;
  if (observed && record.observed === undefined) return false;
  if (consumer === undefined || record.consumer === consumer) return true;
  return record.consumer?.slice(record.consumer.indexOf(':') + 1) === consumer;
}

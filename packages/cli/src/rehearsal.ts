import type { Reason } from '@flick/contract';
import type { Outcome } from '@flick/decide';
import type { RecordFilter, RecordReader } from '@flick/stores';

/** Requests that would be refused alike. */
export interface RehearsedGroup {
  /** Undefined where no operation answers: an unknown path, a method that is not declared. */
  readonly operation: string | undefined;
  readonly reason: Reason;
  /** The code that would be sent. */
  readonly status: number;
  readonly precise: number;
  readonly requests: number;
  readonly consumers: readonly RehearsedConsumer[];
  /** How many callers there are in all: `consumers` names those with most requests. */
  readonly callers: number;
  /** The codes that were sent instead, those that came most first. */
  readonly sent: readonly (readonly [status: number, requests: number])[];
  /** What was wrong, the most frequent first: places and what was due, never a value. */
  readonly faults: readonly (readonly [fault: string, requests: number])[];
  /** Methods and paths of those without an operation, the most frequent first. */
  readonly paths: readonly (readonly [path: string, requests: number])[];
  /** Request ids, the latest first. */
  readonly samples: readonly string[];
  readonly firstMs: number;
  readonly lastMs: number;
}

/** One who calls: a consumer as far as credentials prove it, else an address. */
interface RehearsedConsumer {
  readonly name: string;
  readonly requests: number;
}

/** Who would be refused, were it enforced. */
export interface Rehearsal {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** All requests that were recorded in that time. */
  readonly requests: number;
  readonly callers: number;
  /** Those of them that would get another code. */
  readonly refused: number;
  readonly refusedCallers: number;
  /** Those that would be refused with the very code that the API gives them already. */
  readonly unchanged: number;
  /** Those with most requests first. */
  readonly groups: readonly RehearsedGroup[];
}

/** Counts by key in bounded memory: a flood of different keys must not fill it, and the frequent ones come early. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(key: string): void {
    const times = this.#counts.get(key);
    if (times !== undefined || this.#counts.size < mostKeys) this.#counts.set(key, (times ?? 0) + 1);
  }

  get size(): number {
    return this.#counts.size;
  }

  top(most: number): readonly (readonly [string, number])[] {
    return [...this.#counts].toSorted(([, one], [, other]) => other - one).slice(0, most);
  }
}

const mostKeys = 100_000;
const mostSamples = 5;
const mostShown = 5;

interface Counting {
  readonly operation: string | undefined;
  readonly observed: NonNullable<Outcome['observed']>;
  requests: number;
  readonly callers: Tally;
  readonly sent: Tally;
  readonly faults: Tally;
  readonly paths: Tally;
  readonly samples: string[];
  firstMs: number;
  lastMs: number;
}

/**
 * Works out from the records of what was only observed what enforcing it would change.
 *
 * @param filter - which records; both ends of the time are set
 */
export async function rehearse(
  reader: RecordReader,
  filter: RecordFilter & { readonly sinceMs: number; readonly untilMs: number },
): Promise<Rehearsal> {
  const { requests, callers } = await reader.count(filter);
  const groups = new Map<string, Counting>();
  const refusedCallers = new Tally();
  let refused = 0;
  let unchanged = 0;
  await eachPage(reader, { ...filter, observed: true }, (records) => {
    for (const record of records) {
      if (record.status === record.observed?.status) {
        unchanged += 1;
        continue;
      }
      refused += 1;
      refusedCallers.add(record.consumer ?? record.address);
      count(groups, record);
    }
  });
  const { sinceMs, untilMs } = filter;
  return {
    sinceMs,
    untilMs,
    requests,
    callers,
    refused,
    refusedCallers: refusedCallers.size,
    unchanged,
    groups: [...groups.values()].toSorted((one, other) => other.requests - one.requests).map(groupOf),
  };
}

/** Reads page after page: each names the next. */
async function eachPage(
  reader: RecordReader,
  filter: RecordFilter,
  take: (records: readonly Outcome[]) => void,
  from?: number,
): Promise<void> {
  const { records, next } = await reader.query(filter, from);
  take(records);
  if (next !== undefined) await eachPage(reader, filter, take, next);
}

/** Counts a record that would have been refused. Records come latest first. */
function count(groups: Map<string, Counting>, record: Outcome): void {
  const { observed, operation, timeMs } = record;
  if (observed === undefined) return;
  const key = `${observed.status} ${observed.precise} ${observed.reason} ${operation ?? ''}`;
  let group = groups.get(key);
  if (group === undefined) {
    group = {
      operation,
      observed,
      requests: 0,
      callers: new Tally(),
      sent: new Tally(),
      faults: new Tally(),
      paths: new Tally(),
      samples: [],
      firstMs: timeMs,
      lastMs: timeMs,
    };
    groups.set(key, group);
  }
  group.requests += 1;
  group.callers.add(record.consumer ?? record.address);
  group.sent.add(String(record.status));
  for (const { in: where, name, pointer, due } of observed.violations) {
    group.faults.add(`${[where, name, pointer].filter(Boolean).join(' ')}: due ${due}`);
  }
  if (operation === undefined) group.paths.add(`${record.method} ${record.path}`.trim());
  if (group.samples.length < mostSamples) group.samples.push(record.requestId);
  group.firstMs = Math.min(group.firstMs, timeMs);
  group.lastMs = Math.max(group.lastMs, timeMs);
}

function groupOf({ operation, observed, requests, callers, sent, faults, paths, ...rest }: Counting): RehearsedGroup {
  const { reason, status, precise } = observed;
  return {
    operation,
    reason,
    status,
    precise,
    requests,
    consumers: callers.top(mostShown).map(([name, times]) => ({ name, requests: times })),
    callers: callers.size,
    sent: sent.top(mostShown).map(([code, times]) => [Number(code), times] as const),
    faults: faults.top(mostShown),
    paths: paths.top(mostShown),
    ...rest,
  };
}

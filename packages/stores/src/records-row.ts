import type { Outcome } from '@flick/decide';

/** What a column holds. */
export type Cell = string | number | null;

/** The columns of a record but for its number, in the order of {@link pushRow}. */
export const columns = {
  request_id: 'TEXT NOT NULL',
  time_ms: 'INTEGER NOT NULL',
  method: 'TEXT NOT NULL',
  path: 'TEXT NOT NULL',
  operation: 'TEXT',
  status: 'INTEGER NOT NULL',
  precise: 'INTEGER NOT NULL',
  upstream_status: 'INTEGER',
  reason: 'TEXT',
  detail: 'TEXT',
  violations: 'TEXT',
  observed_reason: 'TEXT',
  observed_status: 'INTEGER',
  observed_precise: 'INTEGER',
  observed_detail: 'TEXT',
  observed_violations: 'TEXT',
  consumer: 'TEXT',
  address: 'TEXT NOT NULL',
  duration_ms: 'REAL NOT NULL',
  upstream_ms: 'REAL',
  ending: 'TEXT NOT NULL',
} as const;

/** How many cells a row has. */
export const rowCells = Object.keys(columns).length;

/** What a request may take of the file: callers choose paths and names, and must not fill it with a few of them. */
const longestText = 2048;
const longestWords = 512;
const mostViolations = 16;

/** Appends the cells of a record: one list for many rows is what costs least to hand to another thread. */
export function pushRow(cells: Cell[], outcome: Outcome): void {
  const { observed } = outcome;
  cells.push(
    text(outcome.requestId),
    Math.trunc(outcome.timeMs),
    outcome.method,
    text(outcome.path),
    outcome.operation ?? null,
    outcome.status,
    outcome.precise,
    outcome.upstreamStatus ?? null,
    outcome.reason ?? null,
    outcome.detail === undefined ? null : text(outcome.detail),
    list(outcome.violations),
    observed?.reason ?? null,
    observed?.status ?? null,
    observed?.precise ?? null,
    observed === undefined ? null : text(observed.detail),
    observed === undefined ? null : list(observed.violations),
    outcome.consumer === undefined ? null : text(outcome.consumer),
    outcome.address,
    outcome.durationMs,
    outcome.upstreamMs ?? null,
    outcome.ending,
  );
}

function text(value: string, longest = longestText): string {
  return value.length > longest ? value.slice(0, longest) : value;
}

function list(violations: Outcome['violations']): string | null {
  if (violations.length === 0) return null;
  return JSON.stringify(violations.slice(0, mostViolations), (_key, value: unknown) =>
    typeof value === 'string' ? text(value, longestWords) : value,
  );
}

type Observed = NonNullable<Outcome['observed']>;

/** A row as the database gives it: what {@link pushRow} wrote, which the schema's version vouches for. */
export interface Row extends Record<keyof typeof columns, Cell> {
  readonly seq: number;
  readonly request_id: string;
  readonly time_ms: number;
  readonly method: string;
  readonly path: string;
  readonly operation: string | null;
  readonly status: number;
  readonly precise: number;
  readonly upstream_status: number | null;
  readonly reason: NonNullable<Outcome['reason']> | null;
  readonly detail: string | null;
  readonly violations: string | null;
  readonly observed_reason: Observed['reason'] | null;
  readonly observed_status: number | null;
  readonly observed_precise: number | null;
  readonly observed_detail: string | null;
  readonly observed_violations: string | null;
  readonly consumer: string | null;
  readonly address: string;
  readonly duration_ms: number;
  readonly upstream_ms: number | null;
  readonly ending: Outcome['ending'];
}

/** Whether this is a row: any that a query of all columns gave. */
export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}

/** The record of a row. */
export function outcomeOfRow(row: Row): Outcome {
  return {
    requestId: row.request_id,
    timeMs: row.time_ms,
    method: row.method,
    path: row.path,
    operation: row.operation ?? undefined,
    status: row.status,
    precise: row.precise,
    upstreamStatus: row.upstream_status ?? undefined,
    reason: row.reason ?? undefined,
    detail: row.detail ?? undefined,
    violations: listOf(row.violations),
    observed:
      row.observed_reason === null
        ? undefined
        : {
            reason: row.observed_reason,
            status: row.observed_status ?? 0,
            precise: row.observed_precise ?? 0,
            detail: row.observed_detail ?? '',
            violations: listOf(row.observed_violations),
          },
    consumer: row.consumer ?? undefined,
    address: row.address,
    durationMs: row.duration_ms,
    upstreamMs: row.upstream_ms ?? undefined,
    ending: row.ending,
  };
}

function listOf(json: string | null): Outcome['violations'] {
  return json === null ? [] : JSON.parse(json);
}

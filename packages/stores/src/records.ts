import type { Bound, Outcome } from '@flick/decide';

/** Which records are asked for; of what is not set, all. */
export interface RecordFilter {
  /** From this time on, in ms since the epoch. */
  readonly sinceMs?: number;
  /** Before this time. */
  readonly untilMs?: number;
  readonly operation?: string;
  /** `scheme:subject`, or the subject alone. */
  readonly consumer?: string;
  /** Only requests that would have been refused, were they not observed only. */
  readonly observed?: true;
}

/** Some of the records that were asked for. */
export interface RecordPage {
  /** The latest first. */
  readonly records: readonly Outcome[];
  /** Hand this on for the page before this one in time; undefined where there is none. */
  readonly next: number | undefined;
}

/** How many requests were recorded, and of how many callers: by consumer, or by address where nobody was recognised. */
export interface RecordCount {
  readonly requests: number;
  readonly callers: number;
}

/** Reads records. Rejects with a {@link RecordsFault} where they cannot be read. */
export interface RecordReader {
  /** The records of one request id, the latest first: several, where a caller sent one id several times. */
  readonly get: (requestId: string) => Promise<readonly Outcome[]>;
  /** A page of records: the latest, or those before `next` of another page of the same filter. */
  readonly query: (filter: RecordFilter, next?: number) => Promise<RecordPage>;
  readonly count: (filter: RecordFilter) => Promise<RecordCount>;
  /** Writes what waits, as far as that takes no longer than a moment; the rest is dropped and counted. */
  readonly close: () => Promise<void>;
}

/** Keeps what became of each request. What was appended is written, dropped, or waits: exactly one of these. */
export interface RecordStore extends RecordReader {
  /**
   * Never blocks and never throws: a record that finds no room is dropped and counted.
   *
   * @param isSpare - whether it may be dropped, and counted, as soon as half of the room is taken: one of very many alike
   */
  readonly append: (outcome: Outcome, isSpare?: boolean) => void;
  readonly written: number;
  readonly dropped: number;
  /** The records that are kept in memory, or wait in it to be written. */
  readonly bound: Bound;
}

/** Why records cannot be kept or read: one line, with what to do about it. */
export class RecordsFault extends Error {
  override readonly name = 'RecordsFault';
}

/** How many records a page has at most. */
export const recordsPerPage = 1000;

/** The least that a file is bounded to, in bytes: it must hold one batch of the longest records. */
export const smallestFile = 16 * 1024 * 1024;

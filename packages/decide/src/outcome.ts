import type { Reason } from '@flick/contract';
import type { Refusal, Violation } from './verdict.ts';

/** How an exchange came to its end. */
export type Ending =
  /** The answer was sent whole. */
  | 'complete'
  /** The client went away before it was. */
  | 'aborted'
  /** The API broke off, or a deadline passed, after its answer had begun: the connection was cut. */
  | 'truncated'
  /** The client did not read the answer within the time that the gate waits. */
  | 'unread'
  /** The connection was refused or cut before anything could be answered. */
  | 'dropped';

/** What became of one request: exactly one a request, those included that never reached the ladder. No secrets. */
export interface Outcome {
  readonly requestId: string;
  /** When its head was read, ms since the epoch. */
  readonly timeMs: number;
  /** Empty where the request line could not be read. */
  readonly method: string;
  /** Canonical path without query; empty where it could not be read. */
  readonly path: string;
  readonly operation: string | undefined;
  /** The code that was sent; 0 where none was. */
  readonly status: number;
  /** The code before folding. */
  readonly precise: number;
  /** What the API itself answered. */
  readonly upstreamStatus: number | undefined;
  /** Why it was refused: by Flick, or by the API as far as its code tells. */
  readonly reason: Reason | undefined;
  readonly detail: string | undefined;
  readonly violations: readonly Violation[];
  /** Under `observe`: how the request would have been refused; under `responses: watch`, its answer. */
  readonly observed: Pick<Refusal, 'reason' | 'status' | 'precise' | 'detail' | 'violations'> | undefined;
  /** `scheme:subject`. */
  readonly consumer: string | undefined;
  readonly address: string;
  /** From the head's arrival to the end. */
  readonly durationMs: number;
  /** What of that passed while the API was waited for, to its response head. */
  readonly upstreamMs: number | undefined;
  readonly ending: Ending;
  /** Why the body of a watched answer was not checked. Not kept in records. */
  readonly unchecked?: Unchecked | undefined;
}

/** Why the body of an answer was not checked. */
export type Unchecked =
  /** It has more bytes than the server holds. */
  | 'size'
  /** It may go on without an end. */
  | 'endless'
  /** Its content coding is not known, or is not what it says. */
  | 'coding'
  /** Its schema cannot be compiled, or its charset is not known. */
  | 'schema';

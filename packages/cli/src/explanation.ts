import type { Reason, Stage } from '@flick/contract';
import type { Violation } from '@flick/decide';

/** What a rung of the ladder said of a request. */
export type RungResult =
  | 'passed'
  | 'refused'
  /** Would have refused, were the operation not observed only. */
  | 'observed'
  /** Answered in the API's place: OPTIONS. */
  | 'answered'
  /** The exchange ended there without a word of any rung. */
  | 'broken off'
  /** Not asked, since another had refused before. */
  | 'not reached'
  /** Nobody can know without sending the request. */
  | 'not known';

/** One rung as it is explained. */
export interface ExplainedRung {
  readonly stage: Stage;
  readonly result: RungResult;
  readonly note?: string;
}

/** Why a request was, or would be, refused. */
export interface ExplainedRefusal {
  readonly reason: Reason;
  readonly status: number;
  readonly precise: number;
  readonly detail: string;
  readonly violations: readonly Violation[];
}

/** Why a request got its code, or would get it. */
export interface Explanation {
  readonly method: string;
  readonly path: string;
  readonly operation: string | undefined;
  /** The code that was sent, or would be; undefined where only the API knows, 0 where none was. */
  readonly status: number | undefined;
  readonly ladder: readonly ExplainedRung[];
  readonly refusal: ExplainedRefusal | undefined;
  /** Under observe: the refusal that would be, were it enforced. */
  readonly observed: ExplainedRefusal | undefined;
  /** What else is known, in the order of its lines. A name is also a key of the JSON. */
  readonly facts: readonly (readonly [name: string, value: string | number | undefined])[];
  /** What only sending the request would show. */
  readonly unknowns: readonly string[];
}

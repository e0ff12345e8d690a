import { type Reason, reasons } from '@flick/contract';
import { sentenceOf } from './fault-words.ts';
import type { Refusal, Violation } from './verdict.ts';

/** One fault in a problem body. */
export interface ProblemError extends Omit<Violation, 'name' | 'pointer' | 'detail'> {
  readonly name: string | undefined;
  readonly pointer: string | undefined;
  /** The fault in one sentence. */
  readonly detail: string;
}

/** A problem body (RFC 9457), as JSON writes it. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly request_id: string;
  readonly reason: Reason;
  readonly errors: readonly ProblemError[];
}

/**
 * The problem body of a refusal: a value, which the gate serialises.
 *
 * @param about - the request's id, and its canonical path, which is percent-encoded and has no query
 */
export function problemOf(refusal: Refusal, about: { readonly requestId: string; readonly instance: string }): Problem {
  const { reason, status, detail, violations } = refusal;
  return {
    type: `urn:flick:reason:${reason}`,
    title: reasons[reason].title,
    status,
    detail,
    instance: about.instance,
    request_id: about.requestId,
    reason,
    // Those of an answer are the API's own: for the record, and nothing of them for the caller.
    errors: reason === 'response-breach' ? [] : violations.map(errorOf),
  };
}

function errorOf(violation: Violation): ProblemError {
  // A literal: V8 gives a copy that a member is added to a shape of its own, and JSON leaves out what is undefined.
  const { in: place, name, pointer, reason, due, arrived } = violation;
  return { in: place, name, pointer, reason, due, arrived, detail: sentenceOf(violation) };
}

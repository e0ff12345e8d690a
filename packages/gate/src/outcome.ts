import type { Reason } from '@flick/contract';
import type { Ending, Outcome, Passage, Refusal, RequestFacts, Unchecked } from '@flick/decide';

/** What the ladder cannot tell of a request: how its answer went. */
interface Course {
  readonly requestId: string;
  readonly timeMs: number;
  readonly status: number;
  readonly precise: number;
  readonly upstreamStatus: number | undefined;
  /** Why the API itself refused, as far as its code tells. */
  readonly reason: Reason | undefined;
  /** What the API's answer breaks, found out while it is passed on. */
  readonly breach?: Refusal | undefined;
  readonly unchecked?: Unchecked | undefined;
  readonly durationMs: number;
  readonly upstreamMs: number | undefined;
  readonly ending: Ending;
}

const noViolations: Outcome['violations'] = Object.freeze([]);

// A method is a stranger's text: long ones are no methods.
const methodLength = 32;

/** Writes the record of one request. */
export function outcomeOf(
  facts: RequestFacts,
  passage: Passage | undefined,
  refusal: Refusal | undefined,
  course: Course,
): Outcome {
  // An answer that is refused for it has it as its reason.
  const observed = passage?.observed ?? (refusal?.reason === 'response-breach' ? undefined : course.breach);
  const consumer = passage?.consumer;
  return {
    requestId: course.requestId,
    timeMs: course.timeMs,
    method: facts.method.slice(0, methodLength),
    path: passage?.path ?? '',
    operation: passage?.operation?.id,
    status: course.status,
    precise: course.precise,
    upstreamStatus: course.upstreamStatus,
    reason: refusal?.reason ?? course.reason,
    detail: refusal?.detail,
    violations: refusal?.violations ?? noViolations,
    observed: observed && {
      reason: observed.reason,
      status: observed.status,
      precise: observed.precise,
      detail: observed.detail,
      violations: observed.violations,
    },
    consumer: consumer && `${consumer.scheme}:${consumer.subject}`,
    address: passage?.address || facts.address,
    durationMs: course.durationMs,
    upstreamMs: course.upstreamMs,
    ending: course.ending,
    unchecked: course.unchecked,
  };
}

/** The record of a connection that ended before a request could be read: no method, no path, no code. */
export function droppedOutcome(requestId: string, address: string, detail: string): Outcome {
  return {
    requestId,
    timeMs: Date.now(),
    method: '',
    path: '',
    operation: undefined,
    status: 0,
    precise: 0,
    upstreamStatus: undefined,
    reason: undefined,
    detail,
    violations: [],
    observed: undefined,
    consumer: undefined,
    address,
    durationMs: 0,
    upstreamMs: undefined,
    ending: 'dropped',
  };
}

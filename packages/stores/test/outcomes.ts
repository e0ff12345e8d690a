import type { Outcome } from '@flick/decide';

/** An outcome in which nothing went wrong, but for what is told otherwise. */
export function outcomeWith(changes: Partial<Outcome> = {}): Outcome {
  return {
    requestId: 'a1',
    timeMs: 1_000_000,
    method: 'GET',
    path: '/accounts/7',
    operation: 'getAccount',
    status: 200,
    precise: 200,
    upstreamStatus: 200,
    reason: undefined,
    detail: undefined,
    violations: [],
    observed: undefined,
    consumer: 'bearer:ada',
    address: '192.0.2.1',
    durationMs: 1.5,
    upstreamMs: 1.25,
    ending: 'complete',
    ...changes,
  };
}

const violations = [
  { in: 'query', name: 'kind', reason: 'wrong-value', due: 'green or black', arrived: 'a string of 4 characters' },
] as const;

/** An outcome that says all that an outcome can say. */
export const fullOutcome = outcomeWith({
  requestId: 'full',
  status: 400,
  precise: 413,
  upstreamStatus: undefined,
  reason: 'body-too-large',
  detail: 'The body is larger than the server takes.',
  violations,
  observed: { reason: 'wrong-value', status: 400, precise: 400, detail: 'Query parameter "kind".', violations },
  upstreamMs: undefined,
  ending: 'aborted',
});

/** An outcome of which as little as possible is known. */
export const emptyOutcome = outcomeWith({
  requestId: 'empty',
  method: '',
  path: '',
  operation: undefined,
  status: 0,
  precise: 0,
  upstreamStatus: undefined,
  consumer: undefined,
  upstreamMs: undefined,
  ending: 'dropped',
});

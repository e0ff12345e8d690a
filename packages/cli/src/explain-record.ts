import { type Reason, reasons, type Stage, stages } from '@flick/contract';
import type { Outcome, Violation } from '@flick/decide';
import type { ExplainedRung, Explanation, RungResult } from './explanation.ts';

/** Explains a recorded request. */
export function explainRecord(record: Outcome): Explanation {
  const { reason, observed } = record;
  return {
    method: record.method,
    path: record.path,
    operation: record.operation,
    status: record.status,
    ladder: ladderOf(record),
    refusal:
      reason === undefined
        ? undefined
        : {
            reason,
            status: record.status,
            precise: record.precise,
            detail: record.detail ?? 'The API refused the request itself.',
            violations: record.violations,
          },
    observed,
    facts: [
      ['request_id', record.requestId],
      ['time', new Date(record.timeMs).toISOString()],
      ['consumer', record.consumer],
      ['address', record.address],
      ['upstream_status', record.upstreamStatus],
      ['duration_ms', rounded(record.durationMs)],
      ['upstream_ms', record.upstreamMs === undefined ? undefined : rounded(record.upstreamMs)],
      ['ending', record.ending],
    ],
    unknowns: [],
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

interface Stop {
  readonly stage: Stage;
  readonly result: RungResult;
  readonly note?: string;
}

function ladderOf(record: Outcome): readonly ExplainedRung[] {
  const stop = stopOf(record);
  const end = stop === undefined ? stages.length : stages.indexOf(stop.stage);
  const observed = record.observed && stageOf(record.observed.reason, record.observed.violations);
  return stages.map((stage, index): ExplainedRung => {
    if (stage === stop?.stage) return stop;
    if (stage === 'response' && stage === observed) {
      return { stage, result: 'observed', note: record.observed?.detail ?? '' };
    }
    // Whatever the API answers is looked at on the way back.
    if (stage === 'response' && record.upstreamStatus !== undefined) return passedWith(stage, fold(record));
    if (index > end) return { stage, result: 'not reached' };
    if (stage === observed) return { stage, result: 'observed', note: record.observed?.detail ?? '' };
    return passedWith(stage, noteOf(stage, record));
  });
}

function noteOf(stage: Stage, { operation, consumer, upstreamStatus }: Outcome): string | undefined {
  if (stage === 'method' && operation !== undefined) return operation;
  if (stage === 'credentials') return consumer;
  if (stage === 'handler' && upstreamStatus !== undefined) return `the API answered ${upstreamStatus}`;
  return undefined;
}

function passedWith(stage: Stage, note: string | undefined): ExplainedRung {
  return note === undefined ? { stage, result: 'passed' } : { stage, result: 'passed', note };
}

function fold({ upstreamStatus, status }: Outcome): string | undefined {
  return status === upstreamStatus || status === 0 ? undefined : `${upstreamStatus} became ${status}`;
}

/** Where a request ended before the top of the ladder; undefined where the API's answer came through. */
function stopOf({
  reason,
  violations,
  detail = '',
  upstreamStatus,
  ending,
  method,
  path,
  status,
  consumer,
}: Outcome): Stop | undefined {
  if (reason !== undefined) {
    if (upstreamStatus === undefined || reason === 'response-breach') {
      // Whoever is known by then had climbed past the load rung: there was no room in front of the API.
      const stage = reason === 'overloaded' && consumer !== undefined ? 'handler' : stageOf(reason, violations);
      return { stage, result: 'refused', note: detail };
    }
    return { stage: 'handler', result: 'refused', note: `the API answered ${upstreamStatus}` };
  }
  if (upstreamStatus !== undefined) {
    return ending === 'complete' ? undefined : { stage: 'response', result: 'broken off', note: endings[ending] };
  }
  if (status !== 0) return { stage: 'method', result: 'answered', note: 'with the methods of the path' };
  const stage = method === '' || path === '' ? 'message' : 'handler';
  return { stage, result: 'broken off', note: ending === 'complete' ? detail : endings[ending] };
}

const endings = {
  aborted: 'the client went away',
  truncated: 'the answer broke off, and the connection was cut',
  unread: 'the client did not read the answer',
  dropped: 'the connection ended before anything could be answered',
} as const;

/** The rung that a reason stands on. A member of the body may have the reason of a parameter. */
function stageOf(reason: Reason, violations: readonly Violation[]): Stage {
  const { stage } = reasons[reason];
  if (stage === 'parameters' && violations[0]?.in === 'body') return 'body';
  // An operation that cannot be served is refused before its parameters would be read.
  return reason === 'misconfiguration' ? 'parameters' : stage;
}

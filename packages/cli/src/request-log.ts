import type { Outcome } from '@flick/gate/gateway';
import type { LogSetting } from '@flick/settings';
import { printable } from '@flick/settings/printable';
import { createColors } from 'picocolors';
import type { LevelWithSilent, Logger } from 'pino';
import { pino } from './pino.ts';

/** Writes one line a request to stderr. */
export interface RequestLog {
  /** Which requests are logged from now on. */
  setting: LogSetting;
  /** Lines left out since the start, beyond those of one second. */
  readonly leftOut: number;
  readonly write: (outcome: Outcome) => void;
  /** Writes what waits, and stops. */
  readonly end: () => void;
}

/** What a request log stands on. */
export interface RequestLogOptions {
  readonly setting: LogSetting;
  /** `json` for machines, `line` for a person at a terminal. */
  readonly form: 'json' | 'line';
  readonly colour: boolean;
  /** Takes whole lines, each with its end. */
  readonly out: { readonly write: (line: string) => void };
  /** Milliseconds that never run backwards. */
  readonly monotonicMs: () => number;
}

/** A flood of refusals must not become a flood of lines: beyond these, a second's lines are counted, not written. */
const linesPerSecond = 200;

/** Makes a request log. */
export function createRequestLog({ setting, form, colour, out, monotonicMs }: RequestLogOptions): RequestLog {
  let logger: Logger | undefined;
  const json = (): Logger =>
    (logger ??= pino().pino({ base: null, timestamp: false, formatters: { level: (level) => ({ level }) } }, out));
  const line = createLine(colour);
  let secondBegan = Number.NEGATIVE_INFINITY;
  let written = 0;
  let leftOut = 0;
  let leftOutBefore = 0;
  let timer: NodeJS.Timeout | undefined;

  const tellLeftOut = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (leftOut === 0) return;
    const message = `${leftOut} ${leftOut === 1 ? 'line' : 'lines'} left out`;
    if (form === 'json') json().warn({ time: new Date().toISOString(), left_out: leftOut }, message);
    else out.write(`${message}\n`);
    leftOutBefore += leftOut;
    leftOut = 0;
  };

  const log: RequestLog = {
    setting,
    get leftOut() {
      return leftOutBefore + leftOut;
    },
    write(outcome) {
      if (log.setting === 'off' || (log.setting === 'refusals' && !isRefusal(outcome))) return;
      const now = monotonicMs();
      if (now - secondBegan >= 1000) {
        secondBegan = now;
        written = 0;
        tellLeftOut();
      }
      if (written >= linesPerSecond) {
        leftOut++;
        timer ??= setTimeout(tellLeftOut, 1000).unref();
        return;
      }
      written++;
      if (form === 'line') out.write(line(outcome));
      else json()[levelOf(outcome)](fieldsOf(outcome));
    },
    end: tellLeftOut,
  };
  return log;
}

/** Whether something went otherwise than the caller, or the API's owner, would have it. */
function isRefusal({ reason, observed, status, ending }: Outcome): boolean {
  if (reason !== undefined || observed !== undefined || status >= 400) return true;
  return ending === 'truncated' || ending === 'unread' || ending === 'dropped';
}

function levelOf({ status, ending }: Outcome): Exclude<LevelWithSilent, 'silent'> {
  if (status >= 500 || ending === 'truncated') return 'error';
  return status >= 400 || status === 0 ? 'warn' : 'info';
}

function fieldsOf(outcome: Outcome): object {
  return {
    time: new Date(outcome.timeMs).toISOString(),
    request_id: printable(outcome.requestId, 128),
    method: printable(outcome.method, 32),
    path: printable(outcome.path),
    operation: safe(outcome.operation),
    status: outcome.status,
    precise: outcome.precise,
    upstream_status: outcome.upstreamStatus,
    reason: outcome.reason,
    detail: safe(outcome.detail),
    errors: faultsOf(outcome.violations),
    observed: outcome.observed && observedFields(outcome.observed),
    consumer: safe(outcome.consumer),
    address: printable(outcome.address, 64),
    duration_ms: rounded(outcome.durationMs),
    upstream_ms: outcome.upstreamMs === undefined ? undefined : rounded(outcome.upstreamMs),
    ending: outcome.ending,
  };
}

function observedFields({ reason, status, precise, detail, violations }: NonNullable<Outcome['observed']>): object {
  // Its detail tells of a request what is wrong with it, and of an answer nothing.
  const errors = reason === 'response-breach' ? faultsOf(violations) : undefined;
  return { reason, status, precise, detail: printable(detail), errors };
}

function faultsOf(violations: Outcome['violations']): readonly object[] | undefined {
  return violations.length === 0 ? undefined : violations.slice(0, 8).map(fault);
}

function fault({ in: where, name, pointer, reason, due, arrived }: Outcome['violations'][number]): object {
  return { in: where, name: safe(name), pointer: safe(pointer), reason, due: safe(due), arrived: safe(arrived) };
}

function safe(text: string | undefined): string | undefined {
  return text === undefined ? undefined : printable(text);
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

function createLine(colour: boolean): (outcome: Outcome) => string {
  const { red, yellow, green, cyan, dim } = createColors(colour);
  const paint = (status: number): ((text: string) => string) => {
    if (status === 0 || status >= 500) return red;
    if (status >= 400) return yellow;
    return status >= 300 ? cyan : green;
  };
  return (outcome) => {
    const { method, path, status, reason, observed, detail, violations, ending, durationMs } = outcome;
    const colourOfStatus = paint(status);
    const words = [
      dim(new Date(outcome.timeMs).toTimeString().slice(0, 8)),
      colourOfStatus(status === 0 ? '---' : String(status)),
      // What lines up comes first.
      dim(`${Math.round(durationMs)} ms`.padStart(8)),
      `${printable(method, 32) || '-'} ${printable(path, 200) || '-'}`,
    ];
    if (reason !== undefined) words.push(colourOfStatus(reason));
    if (observed !== undefined) words.push(yellow(`would be ${observed.status} ${observed.reason}`));
    const faults = observed?.reason === 'response-breach' ? observed.violations : violations;
    if (faults.length > 0) words.push(dim(faults.slice(0, 3).map(nameOf).join(', ')));
    if (ending !== 'complete') words.push(red(ending));
    if (reason === undefined && detail !== undefined) words.push(dim(printable(detail, 200)));
    return `${words.join('  ')}\n`;
  };
}

/** `query from`, `body /amount`: where a fault is. */
function nameOf({ in: where, name, pointer }: Outcome['violations'][number]): string {
  return [where, printable(name ?? '', 60), printable(pointer ?? '', 60)].filter((part) => part !== '').join(' ');
}

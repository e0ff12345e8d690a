import { reasons } from '@flick/contract';
import { printable } from '@flick/settings/printable';
import { createColors } from 'picocolors';
import type { Rehearsal, RehearsedGroup } from './rehearsal.ts';

type Colors = ReturnType<typeof createColors>;

/** Ids take half a line each; the JSON has more of them. */
const mostSamples = 2;

/** Writes a rehearsal for people, each line with its end. */
export function rehearsalText(rehearsal: Rehearsal, colour: boolean): string {
  const colors = createColors(colour);
  const { requests, callers, refused, refusedCallers, unchanged, sinceMs, untilMs, groups } = rehearsal;
  const span = colors.dim(`${timeText(sinceMs)} to ${timeText(untilMs)}`);
  if (requests === 0) return `No requests were recorded.\n${span}\n`;
  const all = `${counted(requests, 'request')} of ${counted(callers, 'caller')} recorded`;
  const same =
    unchanged === 0
      ? []
      : [
          `${counted(unchanged, refused === 0 ? 'request' : 'more request')} would get the code that the API gives already.`,
        ];
  if (refused === 0) {
    const nothing = colors.green(unchanged === 0 ? 'Nothing would be refused.' : 'Nothing would change.');
    return `${[`${nothing} ${all}.`, ...same, span].join('\n')}\n`;
  }
  const head = [
    `${colors.bold(`${counted(refused, 'request')} of ${counted(refusedCallers, 'caller')} would be answered otherwise`)}, ` +
      `${share(refused, requests)} of ${all}.`,
    ...same,
    span,
  ];
  return `${[head, ...groups.map((group) => groupLines(group, colors))].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function groupLines(group: RehearsedGroup, colors: Colors): readonly string[] {
  const { operation, reason, status, requests, callers, consumers, sent, faults, paths, samples } = group;
  const { title, mend } = reasons[reason];
  const paint = status >= 500 ? colors.red : colors.yellow;
  const named = operation === undefined ? 'no operation' : printable(operation, 80);
  const line = (label: string, words: string): string => `  ${colors.dim(label.padEnd(10))}${words}`;
  const some = (list: readonly (readonly [string, number])[]): string =>
    list.map(([text, times]) => `${printable(text, 120)}${colors.dim(` ×${numberText(times)}`)}`).join(', ');
  const more = callers - consumers.length;
  const lines = [
    `${paint(String(status))}  ${colors.bold(named)}  ${reason}  ${colors.dim(title)}`,
    line(
      'requests',
      `${numberText(requests)}, now answered ${some(sent.map(([code, times]) => [answerText(code), times]))}`,
    ),
    line(
      'callers',
      `${numberText(callers)}: ${some(consumers.map(({ name, requests: times }) => [name, times]))}` +
        (more > 0 ? ` and ${numberText(more)} more` : ''),
    ),
    ...faults.map(([fault, times], index) => line(index === 0 ? 'faults' : '', some([[fault, times]]))),
    ...paths.map(([path, times], index) => line(index === 0 ? 'paths' : '', some([[path, times]]))),
    line('seen', `${timeText(group.firstMs)} to ${timeText(group.lastMs)}`),
    line(
      'samples',
      samples
        .slice(0, mostSamples)
        .map((id) => printable(id, 128))
        .join(' '),
    ),
    line('mend', mend),
  ];
  return lines;
}

function answerText(code: number): string {
  return code === 0 ? 'not at all' : String(code);
}

const number = new Intl.NumberFormat('en-US');

function numberText(value: number): string {
  return number.format(value);
}

function counted(value: number, noun: string): string {
  return `${numberText(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** How large a part is, never rounded to nothing or to all. */
function share(part: number, whole: number): string {
  if (part === whole) return '100 %';
  const percent = (100 * part) / whole;
  return percent < 0.1 ? 'less than 0.1 %' : `${Math.min(percent, 99.9).toFixed(1)} %`;
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A rehearsal for machines. */
export function rehearsalJson({ sinceMs, untilMs, groups, refusedCallers, ...rest }: Rehearsal): object {
  return {
    since: new Date(sinceMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    requests: rest.requests,
    callers: rest.callers,
    refused: rest.refused,
    refused_callers: refusedCallers,
    unchanged: rest.unchanged,
    groups: groups.map(({ firstMs, lastMs, sent, faults, paths, ...group }) => ({
      ...group,
      title: reasons[group.reason].title,
      mend: reasons[group.reason].mend,
      sent: sent.map(([status, requests]) => ({ status, requests })),
      faults: faults.map(([fault, requests]) => ({ fault, requests })),
      paths: paths.map(([path, requests]) => ({ path, requests })),
      first: new Date(firstMs).toISOString(),
      last: new Date(lastMs).toISOString(),
    })),
  };
}

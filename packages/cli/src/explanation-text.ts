import { reasons } from '@flick/contract';
import type { Violation } from '@flick/decide';
import { printable } from '@flick/settings/printable';
import { createColors } from 'picocolors';
import type { ExplainedRefusal, ExplainedRung, Explanation } from './explanation.ts';

type Colors = ReturnType<typeof createColors>;

/** Writes an explanation for people, each line with its end. */
export function explanationText(explanation: Explanation, colour: boolean): string {
  const colors = createColors(colour);
  const { method, path, operation, status, refusal, observed, ladder, facts, unknowns } = explanation;
  const request = `${printable(method, 32) || 'no request'} ${printable(path, 300)}`.trim();
  const blocks = [
    [
      `${colors.bold(request)}${operation === undefined ? '' : colors.dim(`  ${printable(operation, 120)}`)}`,
      verdictOf(status, refusal, observed, colors),
    ],
    ladder.map((rung) => rungLine(rung, colors)),
  ];
  const due = refusal ?? observed;
  if (due !== undefined) blocks.push(...refusalBlocks(due, ladder, colors));
  if (unknowns.length > 0) {
    blocks.push([colors.dim('Not known without sending it:'), ...unknowns.map((unknown) => `  ${safe(unknown)}`)]);
  }
  const known = facts.filter(([, value]) => value !== undefined);
  if (known.length > 0) {
    blocks.push(
      known.map(
        ([name, value]) => `${colors.dim(name.replaceAll('_', ' ').padEnd(16))}${printable(String(value), 200)}`,
      ),
    );
  }
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function safe(text: string): string {
  return printable(text, 1000);
}

function paintOf(status: number, { red, yellow, green }: Colors): (text: string) => string {
  if (status === 0 || status >= 500) return red;
  return status >= 400 ? yellow : green;
}

function verdictOf(
  status: number | undefined,
  refusal: ExplainedRefusal | undefined,
  observed: ExplainedRefusal | undefined,
  colors: Colors,
): string {
  if (refusal !== undefined) {
    const { reason } = refusal;
    return paintOf(refusal.status, colors)(`${refusal.status || 'no answer'}  ${reason}: ${reasons[reason].title}`);
  }
  const would =
    observed === undefined ? '' : colors.yellow(`  enforced, it would be ${observed.status} ${observed.reason}`);
  if (status === undefined) return colors.green('passes to the API') + would;
  return paintOf(status, colors)(status === 0 ? 'no answer' : String(status)) + would;
}

function rungLine({ stage, result, note }: ExplainedRung, colors: Colors): string {
  const quiet = result === 'not reached' || result === 'not known';
  const mark = marks[result];
  const paint =
    result === 'refused' || result === 'broken off' ? colors.red : result === 'observed' ? colors.yellow : colors.green;
  const said = result === 'refused' ? 'refused here' : result === 'observed' ? 'would refuse' : result;
  const line = `${mark} ${stage.replace('-', ' ').padEnd(15)} ${said.padEnd(13)}`;
  const words = note ? ` ${colors.dim(safe(note))}` : '';
  return `  ${quiet ? colors.dim(line) : paint(mark) + line.slice(mark.length)}${words}`.trimEnd();
}

const marks = {
  passed: '✓',
  refused: '✗',
  observed: '!',
  answered: '✓',
  'broken off': '✗',
  'not reached': '·',
  'not known': '?',
} as const;

function refusalBlocks(refusal: ExplainedRefusal, ladder: Explanation['ladder'], colors: Colors): readonly string[][] {
  const { reason, detail, violations } = refusal;
  const { meaning, mend } = reasons[reason];
  const why = [`${colors.bold('Why')}   ${meaning}`];
  // Else the faults say it one by one, or the rung has.
  if (violations.length === 0 && !ladder.some(({ note }) => note === detail)) why.push(`      ${safe(detail)}`);
  const fold = foldWords(refusal);
  if (fold !== undefined) why.push(`      ${fold}`);
  const mending = `${colors.bold('Mend')}  ${mend}`;
  if (violations.length === 0) return [why, [mending]];
  return [why, [colors.bold('errors[]'), ...violations.map((violation) => `  ${faultLine(violation)}`)], [mending]];
}

function foldWords({ status, precise }: ExplainedRefusal): string | undefined {
  if (status === 0 || status === precise) return undefined;
  return `Its precise code is ${precise}; neither the table nor the operation publishes that, so ${status} is sent.`;
}

function faultLine({ in: where, name, pointer, due, arrived, reason }: Violation): string {
  const place = [where, name, pointer].filter((part) => part !== undefined && part !== '').join(' ');
  return `${safe(place)}: ${reason}; due ${safe(due)}, arrived ${safe(arrived)}`;
}

/** An explanation for machines. */
export function explanationJson({ ladder, facts, refusal, observed, ...rest }: Explanation): object {
  return {
    ...Object.fromEntries(facts),
    method: rest.method,
    path: rest.path,
    operation: rest.operation,
    status: rest.status,
    refusal: refusal && refusalJson(refusal),
    observed: observed && refusalJson(observed),
    ladder,
    unknown: rest.unknowns,
  };
}

function refusalJson({ reason, status, precise, detail, violations }: ExplainedRefusal): object {
  const { title, meaning, mend } = reasons[reason];
  return { reason, status, precise, title, detail, meaning, mend, errors: violations };
}

import picocolors from 'picocolors';
import type { Finding, Report, Severity } from './finding.ts';
import { safeText } from './safe-text.ts';
import { summaryOf } from './summary.ts';

/** Writes a report for people: by file and operation, in columns, with a line that sums it up. */
export function asText(report: Report, colour: boolean): string {
  const colours = picocolors.createColors(colour);
  const paint = { error: colours.red, warning: colours.yellow, note: colours.cyan } satisfies Record<Severity, unknown>;
  const places = report.findings.map(placeOf);
  const placeWidth = Math.max(0, ...places.map((place) => place.length));
  const severityWidth = Math.max(0, ...report.findings.map(({ severity }) => severity.length));
  const lines: string[] = [];
  let last: Finding | undefined;
  for (const [index, finding] of report.findings.entries()) {
    if (finding.file !== last?.file) {
      if (last !== undefined) lines.push('');
      lines.push(colours.underline(safeText(finding.file)));
    }
    if (finding.file !== last?.file || finding.operation !== last.operation) {
      lines.push(`  ${colours.bold(safeText(finding.operation ?? 'the document'))}`);
    }
    const place = (places[index] ?? '').padStart(placeWidth);
    const severity = paint[finding.severity](finding.severity.padEnd(severityWidth));
    lines.push(`    ${place}  ${severity}  ${safeText(finding.message)}  ${colours.dim(finding.rule)}`);
    last = finding;
  }
  if (last !== undefined) lines.push('');
  return `${[...lines, `${safeText(report.document)}: ${summaryOf(report)}`].join('\n')}\n`;
}

function placeOf({ line, column }: Finding): string {
  return line === 0 ? '' : `${line}:${column}`;
}

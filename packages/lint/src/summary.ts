import { type Report, severities } from './finding.ts';

/** `1 error, 2 warnings, no notes in 12 operations`. */
export function summaryOf({ findings, operations }: Report): string {
  const counts = severities.map((severity) => {
    return counted(findings.filter((finding) => finding.severity === severity).length, severity);
  });
  return `${counts.join(', ')} in ${counted(operations, 'operation')}`;
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`;
}

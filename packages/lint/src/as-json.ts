import type { Report } from './finding.ts';

/** Writes a report as JSON, as it is. */
export function asJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

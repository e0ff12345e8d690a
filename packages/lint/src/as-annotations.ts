import type { Report, Severity } from './finding.ts';

const commands: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'notice' };

/** Writes a report as workflow commands of GitHub Actions, which show findings beside the lines of a pull request. */
export function asAnnotations({ findings }: Report): string {
  return findings
    .map(({ severity, rule, file, line, column, message, operation }) => {
      const place = line === 0 ? [] : [`line=${line}`, `col=${column}`];
      const properties = [`file=${property(file)}`, ...place, `title=${property(`flick ${rule}`)}`];
      const where = operation === undefined ? '' : `${operation}: `;
      return `::${commands[severity]} ${properties.join(',')}::${data(where + message)}\n`;
    })
    .join('');
}

/** A line end would begin a command of its own. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

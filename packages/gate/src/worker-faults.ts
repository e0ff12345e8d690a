import type { CodeSettings } from '@flick/settings';

/** Says, in one line each, which settings ask for what a Worker has none of. */
export function unfitForWorkers({ overload, records, credentials = {} }: Partial<CodeSettings>): string[] {
  const faults: string[] = [];
  if (overload !== undefined) faults.push('overload: the host of Workers sheds by itself; leave it out');
  if (records !== undefined && records !== 'memory' && records !== 'off') {
    faults.push('records: a Worker has no disk; hear of each outcome by onOutcome, and send it on');
  }
  for (const [scheme, credential] of Object.entries(credentials)) {
    for (const kind of ['keys', 'users'] as const) {
      if (!(kind in credential)) continue;
      faults.push(`credentials.${scheme}.${kind}: a Worker has no file to read them from; hand over a verifier`);
    }
  }
  return faults;
}

import { durationMs, openWrittenRecords, readSettingsFile } from '@flick/settings';
import { StartFault } from '@flick/settings/start-fault';
import { rehearse } from './rehearsal.ts';
import { rehearsalJson, rehearsalText } from './rehearsal-text.ts';

/** Flags of `flick rehearse`, as the command line gives them: text that nobody has checked. */
export interface RehearseFlags {
  readonly config?: string;
  readonly records?: string;
  readonly since: string;
  readonly until?: string;
  readonly operation?: string;
  readonly consumer?: string;
  readonly json?: boolean;
}

/**
 * Runs `flick rehearse`: reports from the records who would be refused, were what is observed enforced.
 *
 * @returns the exit code: 0, whatever it found
 * @throws StartFault where a flag is at fault, or there are no records to read
 */
export async function runRehearsal(flags: RehearseFlags): Promise<number> {
  const now = Date.now();
  const untilMs = flags.until === undefined ? now : readTime('--until', flags.until, now);
  const sinceMs = readTime('--since', flags.since, now);
  if (sinceMs >= untilMs) throw new StartFault('--since: due is a time before --until');
  const { operation, consumer } = flags;
  const reader = await openWrittenRecords(flags.records, readSettingsFile(flags.config));
  try {
    const rehearsal = await rehearse(reader, {
      sinceMs,
      untilMs,
      ...(operation !== undefined && { operation }),
      ...(consumer !== undefined && { consumer }),
    });
    const { stdout } = process;
    stdout.write(
      flags.json
        ? `${JSON.stringify(rehearsalJson(rehearsal), null, 2)}\n`
        : rehearsalText(rehearsal, stdout.isTTY && stdout.hasColors()),
    );
    return 0;
  } finally {
    await reader.close();
  }
}

/** A time as `24h`, so long ago, or as `2026-11-23` or `2026-11-23T08:00Z`. */
function readTime(flag: string, text: string, now: number): number {
  if (/^[1-9]\d{0,6}(s|m|h|d)$/.test(text)) return now - durationMs(text);
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new StartFault(`${flag}: due is a time as long ago, such as 24h or 7d, or one such as 2026-11-23T08:00:00Z`);
}

import {
  createMemoryRecords,
  openSqliteRecords,
  readSqliteRecords,
  type RecordReader,
  RecordsFault,
  type RecordStore,
  smallestFile,
} from '@flick/stores';
import type { ConfigFile } from './config-file.ts';
import { resolveFrom } from './references.ts';
import { createSettingFaults, type SettingFaults } from './setting-faults.ts';
import { StartFault } from './start-fault.ts';
import { durationMs, sizeBytes } from './units.ts';

/** Where records are kept. */
export type RecordSetting = 'memory' | 'off' | SqliteSetting;

interface SqliteSetting {
  readonly path: string;
  readonly keepMs?: number;
  readonly sizeBytes?: number;
}

/**
 * Reads where records are kept; a flag wins over the file. By default in memory: a server that nobody told to writes
 * no file, and the latest requests cost little to keep.
 *
 * @param flag - `sqlite:PATH`, `memory` or `off`
 * @returns undefined where it is at fault, which is then among the faults
 */
export function readRecordSetting(
  flag: string | undefined,
  { config, folder }: Pick<ConfigFile, 'config' | 'folder'>,
  faults: SettingFaults,
): RecordSetting | undefined {
  const { records } = config;
  if (flag !== undefined) return settingOf(flag, '.') ?? faults.add('--records: due is sqlite:PATH, memory or off');
  if (records === undefined) return 'memory';
  if (typeof records === 'string') return settingOf(records, folder);
  const size = records.size === undefined ? undefined : sizeBytes(records.size);
  if (size !== undefined && size < smallestFile) return faults.at(['records', 'size'], 'due is 16MiB or more');
  return {
    path: resolveFrom(folder, records.sqlite),
    ...(records.keep !== undefined && { keepMs: durationMs(records.keep) }),
    ...(size !== undefined && { sizeBytes: size }),
  };
}

function settingOf(text: string, folder: string): RecordSetting | undefined {
  if (text === 'memory' || text === 'off') return text;
  const [, path] = /^sqlite:(.+)$/s.exec(text) ?? [];
  return path === undefined ? undefined : { path: resolveFrom(folder, path) };
}

/**
 * Opens the store of a server.
 *
 * @returns undefined where records are off
 * @throws StartFault where the file can never take records
 */
export async function openRecords(
  setting: RecordSetting,
  say: (line: string) => void,
): Promise<RecordStore | undefined> {
  if (setting === 'off') return undefined;
  if (setting === 'memory') return createMemoryRecords();
  try {
    return await openSqliteRecords({ ...setting, say });
  } catch (error) {
    throw startFaultOf(error);
  }
}

/**
 * Opens the records that a server wrote, to read them: those of the flag, else of the file.
 *
 * @throws StartFault where there are none that another process could read
 */
export async function openWrittenRecords(flag: string | undefined, file: ConfigFile): Promise<RecordReader> {
  const faults = createSettingFaults(file.place);
  const setting = readRecordSetting(flag, file, faults);
  if (setting === undefined) throw new StartFault(faults.lines);
  if (typeof setting === 'string') {
    const why =
      setting === 'off' ? 'records are off' : "records are in the server's memory, where no other command sees";
    throw new StartFault(
      `${why}; serve with \`records: sqlite:./flick.db\`, and name the file: --records sqlite:./flick.db`,
    );
  }
  try {
    return await readSqliteRecords(setting.path);
  } catch (error) {
    throw startFaultOf(error);
  }
}

function startFaultOf(error: unknown): unknown {
  return error instanceof RecordsFault ? new StartFault(error.message) : error;
}

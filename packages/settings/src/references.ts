import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { ConfigPath } from './config-file.ts';
import type { SettingFaults } from './setting-faults.ts';
import { systemReason } from './start-fault.ts';

/** How a config file names a secret: `{ env: NAME }` or `{ file: PATH }`. */
export interface Reference {
  readonly env?: string;
  readonly file?: string;
}

/** A path of the config file, which is relative to the file's folder. */
export function resolveFrom(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

/**
 * Reads what a reference names. A file's last line end is no part of it: editors and `echo` put it there.
 *
 * @returns `undefined` where it cannot be read, which is then among the faults
 */
export function readReference(
  { env, file }: Reference,
  folder: string,
  path: ConfigPath,
  faults: SettingFaults,
): string | undefined {
  if (file === undefined) {
    const value = process.env[env ?? ''];
    return value || faults.at(path, `the environment variable ${env} is not set`);
  }
  try {
    return readFileSync(resolveFrom(folder, file), 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    return faults.at(path, `${file} cannot be read: ${systemReason(error)}`);
  }
}

import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { ConfigPath } from './config-file.ts';
import type { SettingFaults } from './setting-faults.ts';
import { systemReason } from './start-fault.ts';

/** How a config file names a secret: `{ env: NAME }` or `{ file: PATH }`. In code it may stand there itself. */
export interface Reference {
  readonly env?: string;
  readonly file?: string;
  readonly value?: string;
}

/** A path of the config file, which is relative to the file's folder. */
export function resolveFrom(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

/** Every reference within a part of the config, a key set that is a file included. */
export function referencesIn(part: unknown): readonly Reference[] {
  if (typeof part !== 'object' || part === null) return [];
  if ('env' in part && typeof part.env === 'string') return [{ env: part.env }];
  if ('file' in part && typeof part.file === 'string') return [{ file: part.file }];
  const jwks = 'jwks' in part && typeof part.jwks === 'string' && !isUrl(part.jwks) ? [{ file: part.jwks }] : [];
  return [...jwks, ...Object.values(part).flatMap(referencesIn)];
}

/** Whether a text names something that is fetched, not a file. */
export function isUrl(text: string): boolean {
  return /^[a-z]+:\/\//i.test(text);
}

/**
 * Reads what a reference names. A file's last line end is no part of it: editors and `echo` put it there.
 *
 * @returns `undefined` where it cannot be read, which is then among the faults
 */
export function readReference(
  { env, file, value: given }: Reference,
  folder: string,
  path: ConfigPath,
  faults: SettingFaults,
): string | undefined {
  if (given !== undefined) return given;
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

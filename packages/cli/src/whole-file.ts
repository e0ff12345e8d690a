import { randomBytes } from 'node:crypto';
import { realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { StartFault, systemReason } from '@flick/settings/start-fault';

/**
 * Writes a file. Whoever reads it meanwhile has the old one or the new one, whole.
 *
 * @throws StartFault where it cannot be written
 */
export function replaceFile(path: string, content: Uint8Array | string): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    writeFileSync(draft, content);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new StartFault(`${path}: cannot be written: ${systemReason(error)}`);
  }
}

/** Whether two paths lead to one file that is there. */
export function isSameFile(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const staleMs = 300_000;

/**
 * Installs what a folder's lock file names, which is too heavy for the workspace's own `npm ci`. Several test files may
 * ask for the same folder at once.
 *
 * @param folder - its name beside this file
 * @param last - a package that is there once all are
 */
export async function installIn(folder: string, last: string): Promise<void> {
  const path = fileURLToPath(new URL(`${folder}/`, import.meta.url));
  const lock = join(path, '.installing');
  const isThere = (): boolean => !existsSync(lock) && existsSync(join(path, 'node_modules', last, 'package.json'));
  if (isThere()) return;
  if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > staleMs) rmSync(lock, { recursive: true });
  try {
    mkdirSync(lock);
  } catch {
    await wait(250);
    await installIn(folder, last);
    return;
  }
  try {
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', args, { cwd: path, shell: process.platform === 'win32' });
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

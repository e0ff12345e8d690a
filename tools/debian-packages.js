// Runs before `npm test`: the Debian packages whose programs tests drive. They are installed only where they are missing,
// by root, and in CI or when asked to (`FLICK_INSTALL=1 npm test`); else it says which to install, and goes on: the tests
// that need them fail with the same sentence.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** By the program that tests run. */
const packages = { chromium: 'chromium' };

const folders = (process.env.PATH ?? '').split(delimiter);
const missing = Object.entries(packages)
  .filter(([program]) => !folders.some((folder) => existsSync(join(folder, program))))
  .map(([, name]) => name);

const asked = [process.env.CI, process.env.FLICK_INSTALL].some((value) => value !== undefined && value !== '');

/** Runs apt-get; its output is the user's. A mirror that hangs, or another that installs, is not waited for without end. */
function apt(minutes, ...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const bounds = ['-o', 'Acquire::http::Timeout=30', '-o', 'Acquire::Retries=2', '-o', 'DPkg::Lock::Timeout=60'];
  const options = { stdio: ['ignore', 'inherit', 'inherit'], env, timeout: minutes * 60_000 };
  return spawnSync('/usr/bin/apt-get', ['-qq', ...bounds, ...args], options).status === 0;
}

if (missing.length > 0) {
  const command = `apt-get install ${missing.join(' ')}`;
  if (!asked || process.getuid?.() !== 0) process.stderr.write(`Some tests need Debian packages: ${command}\n`);
  else if (!apt(3, 'update') || !apt(7, 'install', '--yes', '--no-install-recommends', ...missing)) {
    process.stderr.write(`Could not install what some tests need: ${command}\n`);
  }
}

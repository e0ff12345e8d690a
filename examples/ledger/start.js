// `npm start`: the ledger in one process, with a tour of the table of codes. With `--gateway`: a ledger that checks
// nothing, and `flick serve` before it. `--tour` takes the tour itself and ends. `--port N` says where it listens.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { startEmbedded } from './embedded.js';
import { startGateway } from './gateway/gateway.js';
import { printHead, printResults, printStops, printWaiting } from './print.js';
import { writeSecretFiles } from './secret-files.js';
import { runTour } from './tour.js';

const usualPort = 8080;

function giveUp(line) {
  process.stderr.write(`${line}\n`);
  process.exit(2);
}

function readArguments() {
  try {
    const {
      gateway = false,
      tour = false,
      port,
    } = parseArgs({
      options: { gateway: { type: 'boolean' }, tour: { type: 'boolean' }, port: { type: 'string' } },
    }).values;
    if (port === undefined || (/^\d{1,5}$/.test(port) && Number(port) < 65_536)) return { gateway, tour, port };
  } catch {}
  return giveUp('usage: npm start -- [--gateway] [--tour] [--port N]');
}

async function isFree(port) {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}

const { gateway, tour, port } = readArguments();
if (port !== undefined && !(await isFree(Number(port)))) giveUp(`Port ${port} is in use. Choose another with --port.`);

const startAt = (at) => (gateway ? startGateway : startEmbedded)({ port: at, showLog: !tour });
const firstPort = port ?? ((await isFree(usualPort)) ? usualPort : 0);
let way = startAt(firstPort);

let files;
let endingSince;

/** Stops all of it; what is in flight may finish. */
async function end(code) {
  endingSince = Date.now();
  await way.stop();
  files?.remove();
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (endingSince === undefined) void end(0);
    // npm and the terminal both pass one Ctrl-C on.
    else if (Date.now() - endingSince > 500) {
      way.kill();
      process.exit(130);
    }
  });
}

// A signal to npm alone ends npm and its shell, and never comes here: what npm started must not outlive it.
if (process.env['npm_lifecycle_event'] !== undefined) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent && endingSince === undefined) void end(0);
  }, 250);
}

/** Whoever stops it while it starts is told nothing; `end` ends. */
function unlessEnding(error) {
  return endingSince === undefined ? giveUp(error.message) : new Promise(() => {});
}

const { origin, head } = await way.serving
  .catch(async (error) => {
    // Somebody else, such as a second `npm start`, may have been faster, if only to look whether the port is free.
    if (endingSince !== undefined || firstPort !== usualPort) throw error;
    await way.stop();
    way = startAt(0);
    return way.serving;
  })
  .catch(unlessEnding);
const over = async () => {
  if (endingSince !== undefined) return;
  process.stderr.write('The gate has ended by itself.\n');
  await end(1);
};
void way.ended.then(over, () => {});
const { stops, callers, secrets } = await way.prepare(origin).catch(unlessEnding);

printHead(head);
if (tour) {
  printWaiting();
  const good = printResults(await runTour({ origin, stops, callers, secrets }));
  await end(good ? 0 : 1);
} else {
  files = writeSecretFiles(callers, secrets);
  printStops(stops, origin, files.pathOf);
}

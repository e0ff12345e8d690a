// `npm start`: the ledger, which checks nothing, and `flick serve` before it, with a tour of the table of codes.
// `npm start -- --tour` takes the tour itself and ends. `--port N` says where the gate listens.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { startGate } from './gate.js';
import { printHead, printResults, printStops, printWaiting } from './print.js';
import { createLedger } from './server.js';
import { writeHeaderFiles } from './header-files.js';
import { runTour, signTokens } from './tour.js';

const ledgerPort = 4190;
const gatePort = 8080;

function giveUp(line) {
  process.stderr.write(`${line}\n`);
  process.exit(2);
}

function readArguments() {
  try {
    const { tour = false, port } = parseArgs({
      options: { tour: { type: 'boolean' }, port: { type: 'string' } },
    }).values;
    if (port === undefined || (/^\d{1,5}$/.test(port) && Number(port) < 65_536)) return { tour, port };
  } catch {}
  return giveUp('usage: npm start -- [--tour] [--port N]');
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

/** Listens on the port where it is free, else on any that is. Returns the port. */
async function listenNear(server, port) {
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    await once(server.listen(0, '127.0.0.1'), 'listening');
  }
  return server.address().port;
}

const { tour, port } = readArguments();
if (port !== undefined && !(await isFree(Number(port)))) giveUp(`Port ${port} is in use. Choose another with --port.`);

const ledger = createLedger();
const upstream = `http://127.0.0.1:${await listenNear(ledger, ledgerPort)}`;

const secret = process.env['LEDGER_SECRET'] || randomBytes(32).toString('base64url');
const tokens = signTokens(secret);
const startAt = (at) => startGate({ listen: `127.0.0.1:${at}`, upstream, secret, showLog: !tour });
let gate = startAt(port ?? ((await isFree(gatePort)) ? gatePort : 0));

let files;
let endingSince;

/** Stops the gate, which lets what is in flight finish, then the ledger. */
async function end(code) {
  endingSince = Date.now();
  await gate.stop();
  ledger.closeAllConnections();
  ledger.close();
  files?.remove();
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (endingSince === undefined) void end(0);
    // npm and the terminal both pass one Ctrl-C on.
    else if (Date.now() - endingSince > 500) {
      gate.kill();
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

const { line, origin } = await gate.serving
  .catch(async (error) => {
    // Somebody else, such as a second `npm start`, may have been faster.
    if (endingSince !== undefined || port !== undefined || (await isFree(gatePort))) throw error;
    gate = startAt(0);
    return gate.serving;
  })
  // Whoever stops it while it starts is told nothing; `end` ends.
  .catch((error) => (endingSince === undefined ? giveUp(error.message) : new Promise(() => {})));
void gate.ended.then(() => {
  if (endingSince !== undefined) return;
  process.stderr.write('The gate has ended by itself.\n');
  void end(1);
});

printHead(line, upstream);
if (tour) {
  printWaiting();
  const good = printResults(await runTour(origin, tokens));
  await end(good ? 0 : 1);
} else {
  files = writeHeaderFiles(tokens);
  printStops(origin, files.pathOf);
}

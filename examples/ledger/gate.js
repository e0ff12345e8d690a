import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const flick = fileURLToPath(new URL('bin/flick.js', import.meta.resolve('@flick/cli/package.json')));
const config = fileURLToPath(new URL('flick.yaml', import.meta.url));

/**
 * Runs `flick serve` as anyone would, and waits for the line that says that it serves.
 *
 * @param readLog - whether to read its log in place of showing it
 * @throws Error with what it said where it does not start
 */
export async function startGate({ listen, upstream, secret, readLog }) {
  const flags = ['--config', config, '--listen', listen, '--upstream', upstream];
  const gate = spawn(process.execPath, [flick, 'serve', ...flags, ...(readLog ? ['--log', 'all'] : [])], {
    env: { ...process.env, LEDGER_SECRET: secret },
    stdio: ['ignore', 'pipe', readLog ? 'pipe' : 'inherit'],
    // Ctrl-C reaches a whole group of processes; the gate gets its one signal from here instead.
    detached: true,
  });
  const ended = once(gate, 'exit');
  const reasons = new Map();
  const said = [];
  if (readLog) {
    createInterface({ input: gate.stderr }).on('line', (line) => {
      if (line.startsWith('{')) {
        const { request_id: id, reason } = JSON.parse(line);
        deferredFor(reasons, id).resolve(reason);
      } else said.push(line);
    });
  }
  const first = once(createInterface({ input: gate.stdout }), 'line');
  const line = await Promise.race([first.then(([text]) => text), ended.then(() => undefined)]);
  if (line === undefined) throw new Error(said.length === 0 ? 'The gate did not start.' : said.join('\n'));
  return {
    line,
    origin: /http:\/\/[^\s,]+/.exec(line)[0],
    /** The reason in the log, which is written a moment after the answer is sent. */
    loggedReason: (id) => Promise.race([deferredFor(reasons, id).promise, sleep(2000, undefined, { ref: false })]),
    onEnd: (listener) => gate.on('exit', listener),
    kill: () => gate.kill('SIGKILL'),
    async stop() {
      gate.kill('SIGTERM');
      await ended;
    },
  };
}

/** A promise by key, made by whoever comes first: the one who waits or the one who knows. */
function deferredFor(map, key) {
  let deferred = map.get(key);
  if (deferred === undefined) {
    deferred = {};
    deferred.promise = new Promise((resolve) => {
      deferred.resolve = resolve;
    });
    map.set(key, deferred);
  }
  return deferred;
}

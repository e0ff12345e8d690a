import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const flick = fileURLToPath(new URL('bin/flick.js', import.meta.resolve('@flick/cli/package.json')));
const config = fileURLToPath(new URL('flick.yaml', import.meta.url));

/**
 * Runs `flick serve` as anyone would, and waits for the line that says that it serves. Its log goes to stderr.
 *
 * @throws Error where it does not start; stderr has said why
 */
export async function startGate({ listen, upstream, secret, log }) {
  const flags = ['--config', config, '--listen', listen, '--upstream', upstream, '--log', log];
  const gate = spawn(process.execPath, [flick, 'serve', ...flags], {
    env: { ...process.env, LEDGER_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
    // Ctrl-C reaches a whole group of processes; the gate gets its one signal from here instead.
    detached: true,
  });
  const ended = once(gate, 'exit');
  const first = once(createInterface({ input: gate.stdout }), 'line');
  const line = await Promise.race([first.then(([text]) => text), ended.then(() => undefined)]);
  if (line === undefined) throw new Error('The gate did not start.');
  return {
    line,
    origin: /http:\/\/[^\s,]+/.exec(line)[0],
    onEnd: (listener) => gate.on('exit', listener),
    kill: () => gate.kill('SIGKILL'),
    async stop() {
      gate.kill('SIGTERM');
      await ended;
    },
  };
}

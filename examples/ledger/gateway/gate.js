import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const flick = fileURLToPath(new URL('bin/flick.js', import.meta.resolve('@flick/cli/package.json')));
const config = fileURLToPath(new URL('flick.yaml', import.meta.url));

/**
 * Starts `flick serve` as anyone would.
 *
 * @param showLog - whether its stderr is shown as it comes
 * @returns `serving` resolves to the line that says so and the address in it; it rejects, with what the gate said,
 *   where the gate does not start
 */
export function startGate({ listen, upstream, secret, showLog }) {
  const flags = ['--config', config, '--listen', listen, '--upstream', upstream];
  const gate = spawn(process.execPath, [flick, 'serve', ...flags], {
    env: { ...process.env, LEDGER_SECRET: secret },
    stdio: ['ignore', 'pipe', showLog ? 'inherit' : 'pipe'],
    // Ctrl-C reaches a whole group of processes; the gate gets its one signal from here instead.
    detached: true,
  });
  let said = '';
  gate.stderr?.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = once(gate, 'close');
  const first = once(createInterface({ input: gate.stdout }), 'line');
  return {
    serving: Promise.race([first, ended.then(() => [])]).then(([line]) => {
      if (line === undefined) throw new Error(said.trim() || 'The gate did not start.');
      return { line, origin: /http:\/\/[^\s,]+/.exec(line)[0] };
    }),
    ended,
    kill: () => gate.kill('SIGKILL'),
    async stop() {
      gate.kill('SIGTERM');
      await ended;
    },
  };
}

/**
 * `node bench/fairness.js`: one consumer asks for a hundred times what a limit allows, another for half of it. Prints what
 * both got, and how long the second waited, alone and beside the first. Ends with 1 where a request was counted wrongly.
 */
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { endAll, start } from './child.js';

const perWindow = 10;
const seconds = 15;
const secret = 'the secret of those who share one gate, long enough for HS256';

const folder = mkdtempSync(join(tmpdir(), 'flick-fairness-'));
const api = await start('soak/api.js');
writeFileSync(
  join(folder, 'flick.yaml'),
  JSON.stringify({
    contract: fileURLToPath(new URL('soak/openapi.yaml', import.meta.url)),
    listen: '127.0.0.1:0',
    upstream: `http://127.0.0.1:${Object(api.first).port}`,
    codes: 'standard',
    credentials: { bearer: { jwt: { algorithms: ['HS256'], secret: { env: 'FAIRNESS_SECRET' } } } },
    limits: { each: { requests: perWindow, window: '1s', by: 'consumer' } },
    log: 'off',
  }),
);
const bin = fileURLToPath(new URL('../packages/cli/bin/flick.js', import.meta.url));
const gate = spawn(process.execPath, [bin, 'serve'], {
  cwd: folder,
  env: { ...process.env, FAIRNESS_SECRET: secret },
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.on('exit', () => {
  gate.kill('SIGKILL');
  endAll();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
const [line] = await Promise.race([once(createInterface({ input: gate.stdout }), 'line'), once(gate, 'exit')]);
const port = Number(/ on http:\/\/[^:]+:(\d+)/.exec(String(line))?.[1]);
if (!port) throw new Error('flick did not start');

/** @param {object} value */
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param {string} subject */
function tokenOf(subject) {
  const signed = `${part({ alg: 'HS256' })}.${part({ sub: subject, exp: Math.floor(Date.now() / 1000) + 600 })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/**
 * Asks on a thread of its own, so that nobody waits for another's client.
 *
 * @param {string} subject
 * @param {number} perSecond
 * @returns {Promise<{ all: number, passed: number, refused: number, medianMs: number, slowMs: number }>}
 */
async function askEvenly(subject, perSecond) {
  const workerData = { port, token: tokenOf(subject), perSecond, seconds };
  const worker = new Worker(new URL('soak/evenly.js', import.meta.url), { workerData });
  const [told] = await once(worker, 'message');
  return told;
}

await askEvenly('warm', 1);
const alone = await askEvenly('quiet', perWindow / 2);
const [beside, loud] = await Promise.all([askEvenly('quiet', perWindow / 2), askEvenly('loud', perWindow * 100)]);

/** @param {string} name @param {typeof alone} told */
const rowOf = (name, { all, passed, refused, medianMs, slowMs }) =>
  `| ${name} | ${all} | ${passed} | ${refused} | ${medianMs.toFixed(1)} ms | ${slowMs.toFixed(1)} ms |`;
process.stdout.write(
  [
    `Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}, ${seconds} s, ${perWindow} requests a second and consumer`,
    '',
    '| asks for | requests | 200 | 429 | median | 99 % |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    rowOf('half of its limit, alone', alone),
    rowOf('half of its limit, beside the other', beside),
    rowOf('a hundred times its limit', loud),
    '',
  ].join('\n'),
);
const isExact = [alone, beside].every(({ all, passed }) => all === passed) && loud.passed + loud.refused === loud.all;
// A window begins with its first request: in so many seconds there are as many, and those that begin and end the run.
const isBounded = loud.passed >= perWindow && loud.passed <= perWindow * (seconds + 30);
process.exit(isExact && isBounded ? 0 : 1);

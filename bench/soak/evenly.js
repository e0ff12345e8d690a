/** Run as a worker: asks so many times a second, however long answers take, and says what came of it. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/** @typedef {{ port: number, token: string, perSecond: number, seconds: number }} Order */

/** @param {Order} order */
async function askEvenly({ port, token, perSecond, seconds }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  const headers = { Authorization: `Bearer ${token}` };
  const began = performance.now();
  const answers = await Promise.all(
    Array.from({ length: perSecond * seconds }, async (_, at) => {
      await pause(began + (at / perSecond) * 1000 - performance.now());
      const sent = performance.now();
      const asked = request({ port, host: '127.0.0.1', path: '/accounts/7', agent, headers }).end();
      const [answer] = await once(asked, 'response');
      answer.resume();
      await once(answer, 'end');
      return { status: Number(answer.statusCode), ms: performance.now() - sent };
    }),
  );
  agent.destroy();
  const times = answers.map(({ ms }) => ms).toSorted((one, other) => one - other);
  const ms = (/** @type {number} */ part) => times[Math.ceil(part * times.length) - 1] ?? Number.NaN;
  const of = (/** @type {number} */ status) => answers.filter((answer) => answer.status === status).length;
  return { all: answers.length, passed: of(200), refused: of(429), medianMs: ms(0.5), slowMs: ms(0.99) };
}

parentPort?.postMessage(await askEvenly(workerData), []);

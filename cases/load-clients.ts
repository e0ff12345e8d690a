import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** One answer as its client saw it. */
export interface Seen {
  readonly status: number;
  /** From the request's bytes to the answer's last. */
  readonly ms: number;
  readonly retryAfter: string | undefined;
  /** Which of the texts was sent. */
  readonly text: number;
}

/** What clients do. */
export interface LoadOrder {
  readonly port: number;
  /** Whole requests; each client sends one of them over and over. */
  readonly texts: readonly string[];
  readonly clients: number;
  readonly ms: number;
  /** How long a client waits after a refusal. */
  readonly restMs: number;
}

// On a thread of its own, which the gate's work does not block.
const clients = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { connect } = require('node:net');
  const { port, texts, clients, ms, restMs } = workerData;
  const end = performance.now() + ms;
  const seen = [];
  const run = (number) => new Promise((resolve) => {
    const text = number % texts.length;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let got = '';
    let sent = 0;
    const ask = () => { sent = performance.now(); socket.write(texts[text]); };
    socket.setEncoding('latin1').on('connect', ask);
    socket.on('data', (chunk) => {
      got += chunk;
      const head = got.indexOf('\\r\\n\\r\\n');
      const length = Number(/content-length: *(\\d+)/i.exec(got)?.[1] ?? 0);
      if (head < 0 || got.length < head + 4 + length) return;
      const status = Number(got.slice(9, 12));
      seen.push({ status, ms: performance.now() - sent, retryAfter: /\\r\\nretry-after: *(\\S+)/i.exec(got)?.[1], text });
      got = '';
      if (performance.now() >= end) socket.end();
      else if (status < 400) ask();
      else setTimeout(ask, restMs);
    });
    socket.on('error', () => {});
    socket.on('close', resolve);
  });
  Promise.all(Array.from({ length: clients }, (_, number) => run(number))).then(() => parentPort.postMessage(seen));
`;

/** Runs clients that each send one request after the other on one connection, and hears what they saw. */
export async function runClients(order: LoadOrder): Promise<readonly Seen[]> {
  const worker = new Worker(clients, { eval: true, workerData: order });
  const [seen]: readonly (readonly Seen[])[] = await once(worker, 'message');
  return seen ?? [];
}

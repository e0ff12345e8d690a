/** The load: connections that each send one request after the other, and read every answer to its end. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { serveParent } from './child.js';
import { scenarios } from './requests.js';

/**
 * @typedef {{ port: number, scenario: string, connections: number, ms: number }} Order
 * @typedef {{ requests: number, bad: number, ms: number }} Load
 */

serveParent('ready', async (/** @type {Order} */ order) => {
  const endMs = performance.now() + order.ms;
  const startMs = performance.now();
  const counts = await Promise.all(
    Array.from({ length: order.connections }, (_, index) => runConnection(order, index, endMs)),
  );
  return {
    requests: counts.reduce((sum, { requests }) => sum + requests, 0),
    bad: counts.reduce((sum, { bad }) => sum + bad, 0),
    ms: performance.now() - startMs,
  };
});

/**
 * Sends requests until the time is over. A connection that breaks counts as one bad answer, and is not opened again.
 *
 * @param {Order} order
 * @param {number} first - the request to begin with
 * @param {number} endMs
 */
async function runConnection({ port, scenario }, first, endMs) {
  const requests = scenarios[scenario] ?? [];
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.setEncoding('latin1');
  const count = { requests: 0, bad: 0 };
  let next = first;
  let isWaiting = false;
  let text = '';
  const send = () => {
    isWaiting = true;
    socket.write(requests[next % requests.length] ?? '');
    next += 1;
  };
  socket.on('connect', send);
  socket.on('data', (/** @type {string} */ chunk) => {
    text = text === '' ? chunk : text + chunk;
    if (!isWhole(text)) return;
    count.requests += 1;
    if (text.charAt('HTTP/1.1 '.length) !== '2') count.bad += 1;
    text = '';
    isWaiting = false;
    if (performance.now() < endMs) send();
    else socket.end();
  });
  socket.on('error', () => {});
  await once(socket, 'close');
  if (isWaiting) count.bad += 1;
  return count;
}

/** Whether an answer is there to its end. What is measured answers with a length or in chunks. */
function isWhole(/** @type {string} */ text) {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= headEnd + 4 + Number(length);
}

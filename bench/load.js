/** The load: connections that each send one request after the other, and read every answer to its end. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { serveParent } from './child.js';
import { scenarios } from './requests.js';

/**
 * @typedef {{ port: number, scenario: string, connections: number, ms: number }} Order
 * @typedef {{ requests: number, bad: number, ms: number, cpu: number }} Load - `cpu`: the load's own, in microseconds
 */

const readBytes = 64 * 1024;
const headEnd = Buffer.from('\r\n\r\n');
const codeAt = 'HTTP/1.1 '.length;

/** Requests as bytes, by scenario. */
const byName = new Map(
  scenarios.map(({ name, code, requests }) => [
    name,
    { due: String(code), requests: requests.map((text) => Buffer.from(text, 'latin1')) },
  ]),
);

serveParent('ready', async (/** @type {Order} */ order) => {
  const startMs = performance.now();
  const before = process.cpuUsage();
  const endMs = startMs + order.ms;
  const counts = await Promise.all(
    Array.from({ length: order.connections }, (_, index) => runConnection(order, index, endMs)),
  );
  const { user, system } = process.cpuUsage(before);
  return {
    requests: counts.reduce((sum, { requests }) => sum + requests, 0),
    bad: counts.reduce((sum, { bad }) => sum + bad, 0),
    ms: performance.now() - startMs,
    cpu: user + system,
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
  const { due = '', requests = [] } = byName.get(scenario) ?? {};
  const count = { requests: 0, bad: 0 };
  let next = first;
  let isWaiting = false;
  /** What came of an answer that is not whole yet. */
  let begun = Buffer.alloc(0);
  // One buffer for all that is read: the load must be lighter than what it measures.
  const buffer = Buffer.allocUnsafe(readBytes);
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback: take } });
  const send = () => {
    isWaiting = true;
    socket.write(requests[next % requests.length] ?? '');
    next += 1;
  };
  function take(/** @type {number} */ length) {
    const chunk = buffer.subarray(0, length);
    const bytes = begun.length === 0 ? chunk : Buffer.concat([begun, chunk]);
    if (!isWhole(bytes)) {
      begun = Buffer.from(bytes);
      return true;
    }
    if (begun.length > 0) begun = Buffer.alloc(0);
    count.requests += 1;
    if (bytes.latin1Slice(codeAt, codeAt + 3) !== due) count.bad += 1;
    isWaiting = false;
    if (performance.now() < endMs) send();
    else socket.end();
    return true;
  }
  socket.on('connect', send);
  socket.on('error', () => {});
  await once(socket, 'close');
  if (isWaiting) count.bad += 1;
  return count;
}

/** Whether an answer is there to its end. What is measured answers with a length or in chunks. */
function isWhole(/** @type {Buffer} */ bytes) {
  const end = bytes.indexOf(headEnd);
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.latin1Slice(0, end))?.[1];
  if (length !== undefined) return bytes.length >= end + headEnd.length + Number(length);
  return bytes.latin1Slice(-7) === '\r\n0\r\n\r\n';
}

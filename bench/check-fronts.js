/** A front that skips its checks must not win: what is to be refused is refused, before anything is measured. */
import { connect } from 'node:net';
import { accountGet, forgedGet, refusedGets, refusedPosts, transferPost } from './requests.js';

/** @typedef {import('./requests.js').Scenario} Scenario */

const noCredentials = refusedGets.filter(({ code }) => code === 401);

/** What a front that checks all is to refuse. */
export const allChecks = [
  ...refusedPosts,
  ...refusedGets.filter(({ code }) => code === 400),
  ...noCredentials,
  forgedGet,
];

/** Prism's proxy takes any token and unknown parameters, and leaves a body that is no JSON without an answer. */
export const prismChecks = [...refusedPosts.slice(0, 1), ...noCredentials];

/** Some compile at their first request; an answer that does not come has the code 0. */
const answerMs = 20_000;

/**
 * @param {string} name
 * @param {number} port
 * @param {readonly Scenario[]} refused
 */
export async function checkFront(name, port, refused) {
  const due = [accountGet, transferPost, ...refused];
  const codes = await Promise.all(due.map(({ requests: [request = ''] }) => codeOf(port, request)));
  for (const [at, { name: what, code }] of due.entries()) {
    const came = codes[at] ?? 0;
    // Which code of the 4xx is for each to choose.
    if (code < 400 ? came !== code : came < 400 || came > 499) throw new Error(`${name} answers ${came} to ${what}`);
  }
}

/**
 * @param {number} port
 * @param {string} request
 * @returns {Promise<number>}
 */
function codeOf(port, request) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.setTimeout(answerMs, () => resolve(0));
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(Number(bytes.latin1Slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)));
    });
    socket.on('error', reject);
    socket.on('timeout', () => socket.destroy());
  });
}

/** The callers of the soak: connections that ask, read every answer to its end, and hold it against the one that is due. */
import { once } from 'node:events';
import { connect } from 'node:net';

/** How long an answer may take before it counts as none. */
const answerMs = 60_000;

/**
 * @typedef {import('./mix.js').Drawn} Drawn
 * @typedef {{ status: number, said: string, close: boolean, end: number }} Answer
 * @typedef {() => Drawn | undefined | Promise<Drawn | undefined>} Draw
 */

/** A connection that asks one thing after the other. */
class Caller {
  /** @type {import('node:net').Socket} */
  #socket;
  #text = '';

  constructor(/** @type {number} */ port) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1').setTimeout(answerMs, () => this.#socket.destroy());
    this.#socket.on('data', (/** @type {string} */ chunk) => {
      this.#text += chunk;
      this.#socket.emit('more');
    });
    this.#socket.on('close', () => this.#socket.emit('more'));
    this.#socket.on('error', () => {});
  }

  /** @returns {Promise<Answer | undefined>} undefined where the connection ends without an answer */
  ask(/** @type {Drawn} */ { bytes, head }) {
    return new Promise((resolve) => {
      const read = () => {
        const answer = answerOf(this.#text, head);
        if (answer === undefined && !this.#socket.closed) return;
        this.#socket.off('more', read);
        this.#text = this.#text.slice(answer?.end ?? 0);
        resolve(answer);
      };
      this.#socket.on('more', read);
      this.#socket.write(bytes, 'latin1');
      read();
    });
  }

  /** Sends, and goes away as soon as that is with the operating system. */
  async leave(/** @type {Drawn} */ { bytes }) {
    await new Promise((resolve) => {
      this.#socket.on('close', resolve);
      this.#socket.write(bytes, 'latin1', () => this.#socket.destroy());
    });
  }

  /** What came that nobody had asked for. */
  get rest() {
    return this.#text;
  }

  async close() {
    if (this.#socket.closed) return;
    this.#socket.end();
    this.#socket.destroySoon();
    await once(this.#socket, 'close');
  }
}

/**
 * Reads an answer from the beginning of a text.
 *
 * @param {string} text
 * @param {boolean} head
 * @returns {Answer | undefined} undefined where it is not whole yet
 */
function answerOf(text, head) {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const status = Number(text.slice(9, 12));
  const fields = text.slice(0, headEnd + 2).toLowerCase();
  const close = fields.includes('\r\nconnection: close\r\n');
  const length = /\r\ncontent-length: *(\d+)/.exec(fields)?.[1];
  let end = headEnd + 4;
  if (!head && status !== 204 && status !== 304) {
    if (length !== undefined) end += Number(length);
    else {
      const last = text.indexOf('\r\n0\r\n\r\n', headEnd + 2);
      if (last < 0) return undefined;
      end = last + 7;
    }
  }
  if (text.length < end) return undefined;
  const reason = /"reason":"([a-z-]+)"/.exec(text.slice(headEnd, end))?.[1];
  const isOdd = !fields.startsWith('http/1.1 ') || !fields.includes('\r\nx-request-id: ');
  return { status, said: `${status}${reason === undefined ? '' : ` ${reason}`}${isOdd ? ' odd' : ''}`, close, end };
}

/**
 * Sends requests until there are as many as are asked for.
 *
 * @param {object} order
 * @param {number} order.port
 * @param {number} order.callers - connections at once
 * @param {Draw} order.draw - the next request, when it is due; undefined where there are enough
 * @param {(drawn: Drawn, said: string) => void} order.heard - told of each answer that was due
 */
export async function callAll({ port, callers, draw, heard }) {
  await Promise.all(Array.from({ length: callers }, () => callOn(port, draw, heard)));
}

/**
 * @param {number} port
 * @param {Draw} draw
 * @param {(drawn: Drawn, said: string) => void} heard
 * @returns {Promise<void>}
 */
function callOn(port, draw, heard) {
  /** @type {Caller | undefined} */
  let kept;
  const call = async (/** @type {Drawn} */ drawn) => {
    const caller = drawn.alone ? new Caller(port) : (kept ??= new Caller(port));
    if (drawn.leaves) {
      await caller.leave(drawn);
      return;
    }
    const answer = await caller.ask(drawn);
    heard(drawn, answer === undefined ? 'no answer' : answer.said + (caller.rest === '' ? '' : ', and more'));
    if (!drawn.alone && answer !== undefined && !answer.close) return;
    if (!drawn.alone) kept = undefined;
    await caller.close();
  };
  return new Promise((resolve, reject) => {
    // Not one promise behind the other: they would all be kept to the end.
    const go = (/** @type {Drawn | undefined} */ drawn) => {
      if (drawn !== undefined) call(drawn).then(next, reject);
      else if (kept === undefined) resolve();
      else kept.close().then(resolve, reject);
    };
    const next = () => {
      const drawn = draw();
      if (drawn instanceof Promise) drawn.then(go, reject);
      else go(drawn);
    };
    next();
  });
}

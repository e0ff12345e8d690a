/** Asks the language server of TypeScript what an editor asks. */
import { spawn } from 'node:child_process';

/**
 * Starts a language server.
 *
 * @param {string} script - `tsserver.js`
 * @param {string} cwd
 */
export function startServer(script, cwd) {
  const child = spawn(process.execPath, [script, '--disableAutomaticTypingAcquisition'], {
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  /** @type {Map<number, (body: any) => void>} */
  const waiting = new Map();
  const ended = new Promise((_, reject) => {
    child.once('exit', () => reject(new Error('the language server ended')));
  });
  // Heard where somebody waits.
  ended.catch(() => {});
  let sequence = 0;
  let buffer = Buffer.alloc(0);
  child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const end = buffer.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/.exec(buffer.toString('latin1', 0, Math.max(0, end)))?.[1]);
      if (end === -1 || buffer.length < end + 4 + length) return;
      const message = JSON.parse(buffer.toString('utf8', end + 4, end + 4 + length));
      buffer = buffer.subarray(end + 4 + length);
      if (message.type === 'response') waiting.get(message.request_seq)?.(message.body);
    }
  });
  /**
   * @param {string} command
   * @param {object} args
   */
  const send = (command, args) => {
    sequence += 1;
    child.stdin.write(`${JSON.stringify({ seq: sequence, type: 'request', command, arguments: args })}\n`);
    return sequence;
  };
  return {
    send,
    /**
     * Asks, and tells how many milliseconds the answer took.
     *
     * @param {string} command
     * @param {object} args
     */
    ask: (command, args) => {
      const began = performance.now();
      const answer = new Promise((resolve) => {
        waiting.set(send(command, args), (body) => resolve({ body, ms: performance.now() - began }));
      });
      return Promise.race([answer, ended]);
    },
    end: () => child.kill(),
  };
}

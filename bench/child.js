/** The bench runs each server, and the load, as a process of its own. Both ends of what they say to each other. */
import { fork } from 'node:child_process';
import { once } from 'node:events';

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

/**
 * Starts a file of the bench and waits until it has said that it is ready.
 *
 * @param {string} file - relative to this one
 * @param {...(string | number)} args
 */
export async function start(file, ...args) {
  const child = fork(new URL(file, import.meta.url), args.map(String), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.add(child);
  const ended = once(child, 'exit').then(([code, signal]) => {
    children.delete(child);
    throw new Error(`${file} ended with ${code ?? signal}`);
  });
  // Heard below where somebody waits; else the run is over.
  ended.catch(() => {});
  /** The child's next message. */
  const next = async () => (await Promise.race([once(child, 'message'), ended]))[0];
  const first = await next();
  return {
    /** What the child said when it was ready. */
    first,
    /** @param {import('node:child_process').Serializable} message */
    ask: (message) => {
      const answer = next();
      child.send(message);
      return answer;
    },
    end: () => {
      child.kill();
    },
  };
}

/** Ends what was started. */
export function endAll() {
  for (const child of children) child.kill();
}

/**
 * In a child: answers what the parent asks, after saying that it is ready.
 *
 * @param {unknown} first
 * @param {(message: any) => unknown} answer
 */
export function serveParent(first, answer) {
  process.on('message', async (message) => process.send?.(await answer(message)));
  process.on('disconnect', () => process.exit());
  process.send?.(first);
}

/** In a server's child: says its port, then its CPU time in microseconds whenever it is asked. */
export function serveUsage(/** @type {number} */ port) {
  serveParent({ port }, () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  });
}

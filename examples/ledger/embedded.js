import { openLedger } from './dist/service.js';
import { prepare } from './stops.js';

const say = (line) => process.stderr.write(`  ${line}\n`);

/**
 * Starts the ledger in this process, its data in memory.
 *
 * @param port - 0 for any
 * @param showLog - whether what is refused, and what a handler throws, is shown
 * @returns a way of the tour, as `start.js` takes it
 */
export function startEmbedded({ port, showLog }) {
  const opening = openLedger({
    listen: `127.0.0.1:${port}`,
    onOutcome({ status, method, path, reason, detail }) {
      if (showLog && status >= 400) say(`${status} ${method} ${path}  ${reason ?? ''}: ${detail ?? ''}`);
    },
    onError(error, { operationId }) {
      if (showLog) say(`${operationId}: ${error instanceof Error ? error.message : 'it threw'}`);
    },
    onWarning: say,
  });
  return {
    serving: opening.then(({ origin, title, operations }) => ({
      origin,
      head: [
        `${title} on ${origin}, in this process, ${operations} operations, table default`,
        'Contract, ladder, sessions, and a function for each operation; its data is in memory.',
      ],
    })),
    prepare,
    ended: new Promise(() => {}),
    kill() {},
    stop: () =>
      opening.then(
        (ledger) => ledger.stop(),
        () => {},
      ),
  };
}

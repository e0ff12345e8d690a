import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { startGate } from './gate.js';
import { createLedger } from './server.js';
import { signTokens, stops } from './stops.js';

const ledgerPort = 4190;

/**
 * Starts the ledger that checks nothing, and `flick serve` before it.
 *
 * @param port - of the gate; 0 for any
 * @param showLog - whether the gate's log is shown
 * @returns a way of the tour, as `start.js` takes it
 */
export function startGateway({ port, showLog }) {
  const secret = process.env['LEDGER_SECRET'] || randomBytes(32).toString('base64url');
  const ledger = createLedger();
  let gate;
  let stopped = false;
  const serve = async () => {
    const upstream = `http://127.0.0.1:${await listenNear(ledger, ledgerPort)}`;
    if (stopped) return new Promise(() => {});
    gate = startGate({ listen: `127.0.0.1:${port}`, upstream, secret, showLog });
    const { line, origin } = await gate.serving;
    return { origin, head: [line, `Behind it, at ${upstream}, a ledger that checks nothing.`] };
  };
  const serving = serve();
  return {
    serving,
    prepare: async () => ({ callers: signTokens(secret), secrets: {}, stops }),
    ended: serving.then(
      () => gate.ended,
      () => new Promise(() => {}),
    ),
    kill: () => gate?.kill(),
    async stop() {
      stopped = true;
      await gate?.stop();
      ledger.closeAllConnections();
      ledger.close();
    },
  };
}

/** Listens on the port where it is free, else on any that is. Returns the port. */
async function listenNear(server, port) {
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    await once(server.listen(0, '127.0.0.1'), 'listening');
  }
  return server.address().port;
}

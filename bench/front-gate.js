/** Flick's gate before an upstream, with all that `flick serve` puts into it but the log. */
import { createGate, createUpstream } from '@flick/gate';
import { serveUsage } from './child.js';
import { createBenchDecider, sizes, timeouts } from './decider.js';

const decider = createBenchDecider();
const handler = createUpstream({ origin: `http://127.0.0.1:${process.argv[2]}`, decider, timeouts });
const gate = createGate({ decider, handler, timeouts, sizes });
const { port } = await gate.listen(0, '127.0.0.1');
serveUsage(port);

/** Flick's gate with a handler in process: JWT, parameters and body checked, requests limited and recorded. */
import { createGate } from '@flick/gate';
import { createMemoryRecords } from '@flick/stores';
import { account, booked } from './answers.js';
import { serveUsage } from './child.js';
import { createBenchDecider, sizes, timeouts } from './decider.js';
import { manyOperations } from './many-operations.js';

const operations = Number(process.argv[2] ?? 0);
const decider = createBenchDecider(operations === 0 ? undefined : manyOperations(operations));
const records = createMemoryRecords();

/** @type {import('@flick/gate').Handler} */
const handler = {
  handle({ request, response }) {
    const body = JSON.stringify(request.method === 'POST' ? booked : account);
    response.writeHead(200, ['Content-Type', 'application/json', 'Content-Length', body.length]);
    response.end(body);
  },
  async close() {},
  async destroy() {},
};

const gate = createGate({ decider, handler, timeouts, sizes, onOutcome: (outcome) => records.append(outcome) });
const { port } = await gate.listen(0, '127.0.0.1');
serveUsage(port);

/** Flick's gate with handlers in process: JWT, parameters and body checked, requests limited and recorded. */
import { readContract } from '@flick/contract';
import { createGate, createHandlers } from '@flick/gate';
import { createMemoryRecords } from '@flick/stores';
import { account, booked } from './answers.js';
import { serveUsage } from './child.js';
import { createBenchDecider, sizes, timeouts } from './decider.js';
import { manyOperations } from './many-operations.js';
import { contractFile } from './requests.js';

const operations = Number(process.argv[2] ?? 0);
const contract = operations === 0 ? readContract(contractFile) : manyOperations(operations);
const decider = createBenchDecider(contract, true);
const records = createMemoryRecords();
const handlers = Object.fromEntries(
  contract.operations.map(({ id, method }) => [id, method === 'POST' ? () => booked : () => account]),
);
const handler = createHandlers({ contract, decider, handlers, timeouts, onError: () => {} });

const gate = createGate({ decider, handler, timeouts, sizes, onOutcome: (outcome) => records.append(outcome) });
const { port } = await gate.listen(0, '127.0.0.1');
serveUsage(port);

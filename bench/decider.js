/** The ladder of the bench's contract, as the gate has it and as it is measured alone. */
import { readContract } from '@flick/contract';
import { createJwtVerifier } from '@flick/credentials';
import { createDecider } from '@flick/decide';
import { createMemoryLimits } from '@flick/stores';
import { contractFile, secret } from './requests.js';

export const sizes = { targetBytes: 8192, headerCount: 100, headerBytes: 16_384, jsonDepth: 64, bodyBytes: 1_048_576 };

export const timeouts = {
  headersMs: 10_000,
  requestMs: 60_000,
  upstreamMs: 30_000,
  idleMs: 60_000,
  unreadMs: 30_000,
  drainMs: 1000,
};

/** A limit by consumer is counted for each request and never reached, but for one operation, where it always is. */
const limits = /** @type {const} */ ([
  { name: 'all', requests: 1_000_000_000, windowMs: 60_000, by: 'consumer' },
  { name: 'scarce', requests: 1, windowMs: 3_600_000, by: 'consumer', operations: ['getScarceAccount'] },
]);

/** @param {boolean} keepsValues - whether handlers in process want the values that were read */
export function createBenchDecider(contract = readContract(contractFile), keepsValues = false) {
  for (const operation of contract.operations) operation.compile();
  return createDecider(contract, {
    clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
    limits,
    limitStore: createMemoryLimits(),
    limitStoreDown: 'pass',
    limitHeaders: 'draft',
    verifiers: new Map([['bearerAuth', createJwtVerifier({ algorithms: ['HS256'], secret })]]),
    realm: 'bench',
    trustedProxies: [],
    sizes,
    keepsValues,
  });
}

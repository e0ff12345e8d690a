/** The ladder of the bench's contract, as the gate has it and as it is measured alone. */
import { readContract } from '@flick/contract';
import { createJwtVerifier } from '@flick/credentials';
import { createDecider } from '@flick/decide';
import { createMemoryLimits } from '@flick/stores';
import { contractFile, secret } from './requests.js';

export const sizes = { targetBytes: 8192, headerCount: 100, headerBytes: 16_384, jsonDepth: 64, bodyBytes: 1_048_576 };

/** A limit by consumer is counted for each request, and never reached. */
const limit = /** @type {const} */ ({ name: 'all', requests: 1_000_000_000, windowMs: 60_000, by: 'consumer' });

export function createBenchDecider() {
  const contract = readContract(contractFile);
  for (const operation of contract.operations) operation.compile();
  return createDecider(contract, {
    clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
    limits: [limit],
    limitStore: createMemoryLimits(),
    limitStoreDown: 'pass',
    limitHeaders: 'draft',
    verifiers: new Map([['bearerAuth', createJwtVerifier({ algorithms: ['HS256'], secret })]]),
    realm: 'bench',
    trustedProxies: [],
    sizes,
  });
}

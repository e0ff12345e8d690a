import type { Explanation } from './explanation.ts';
import { StartFault } from './start-fault.ts';

/** Explains a request that is never sent. */
export async function explainRequest(): Promise<Explanation> {
  throw new StartFault('requests that were never sent cannot be explained yet; name a request id');
}

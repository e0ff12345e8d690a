import { compiledModuleOf, type Contract, ContractError, contractFrom, readContract } from '@flick/contract';
import { createDecider, type LimitStore, type TracingDecider } from '@flick/decide';
import { createMemoryLimits } from '@flick/stores';
import { checkNames } from './contract-names.ts';
import type { ServeSettings } from './settings.ts';
import { StartFault } from './start-fault.ts';
import { isWorker } from './worker.ts';

/**
 * Reads the contract that the settings name.
 *
 * @throws StartFault where it cannot be read, or cannot be served in this runtime
 */
export function loadContract(settings: ServeSettings): Contract {
  const { contract, codes, switches, operations, basePath, allowUnsafePatterns, place } = settings;
  if (!makesFunctions() && (typeof contract === 'string' || compiledModuleOf(contract) === undefined)) {
    const why = 'this runtime makes no functions of text, so that it takes compiled contracts alone';
    const mend = 'run flick compile openapi.yaml -o contract.mjs, and hand over what that module exports';
    throw new StartFault(`${place(['contract'])}: ${why}; ${mend}`);
  }
  const common = { ...switches, codes, basePath, allowUnsafePatterns };
  try {
    const chosen = { ...common, operations };
    return typeof contract === 'string' ? readContract(contract, chosen) : contractFrom(contract, chosen);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    // Where a name in the settings is at fault, its own place says more than the document.
    if (Object.keys(operations).length > 0) checkNames(loadContract({ ...settings, operations: {} }), settings);
    throw new StartFault(error.message);
  }
}

/**
 * Makes the ladder of a contract under the settings.
 *
 * @param limitStore - counts; handed on from one ladder to the next, a limit goes on where it was
 * @param keepsValues - whether handlers in process want the values that it reads
 */
export function createLadder(
  settings: ServeSettings,
  contract: Contract,
  limitStore: LimitStore = createMemoryLimits(),
  keepsValues = false,
): TracingDecider {
  const { limits, limitHeaders, limitStoreDown, verifiers, trustedProxies, cors, sizes } = settings;
  return createDecider(contract, {
    clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
    limits,
    limitStore,
    limitStoreDown,
    limitHeaders,
    verifiers,
    realm: settings.realm ?? realmOf(contract.api.title),
    trustedProxies,
    cors,
    sizes: { ...sizes, headerCount: 100, jsonDepth: 64 },
    keepsValues,
  });
}

/** Whether functions may be made of text, as validators are. Some runtimes forbid it, to all or once they have started. */
function makesFunctions(): boolean {
  // As it starts it allows what it forbids to requests.
  if (isWorker) return false;
  try {
    return typeof Reflect.construct(Function, []) === 'function';
  } catch {
    return false;
  }
}

/** A realm stands in quotes in a header field. */
function realmOf(title: string): string {
  return title.replace(/[^ -~]|["\\]/g, '').trim() || 'api';
}

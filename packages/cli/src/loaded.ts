import { resolve } from 'node:path';
import { inspect } from 'node:util';
import type { Contract, ContractFault } from '@flick/contract';
import {
  createHandlers,
  createUpstream,
  type ErrorPlace,
  type Handlers,
  refuseUnverified,
  type Revision,
} from '@flick/gate/gateway';
import {
  checkNames,
  closeVerifiers,
  type ConfigFile,
  createLadder,
  createWarmUp,
  loadContract,
  readSettingsFile,
  type ServeFlags,
  type ServeSettings,
  settingsOf,
  type WarmUp,
} from '@flick/settings';
import { printable } from '@flick/settings/printable';
import { StartFault } from '@flick/settings/start-fault';
import type { MemoryLimits } from '@flick/stores';
import { say } from './say.ts';

/** Settings and the contract that they name, read and found to fit each other. */
export interface Loaded {
  readonly settings: ServeSettings;
  readonly contract: Contract;
  readonly warmUp: WarmUp;
  /** The functions that answer in place of an upstream: loaded once, at the start. */
  readonly handlers: Handlers | undefined;
}

/**
 * Reads settings and contract.
 *
 * @param file - the settings, where they are read already
 * @param files - takes the path of every file that was read, or looked for, as far as reading came
 * @throws StartFault with what is wrong, one line each
 */
export function load(
  openapi: string | undefined,
  flags: ServeFlags,
  files: Set<string>,
  file: ConfigFile = readSettingsFile(flags.config),
): Loaded {
  const settings = settingsOf(file, openapi, flags, say);
  for (const path of [...settings.files, settings.contract]) if (typeof path === 'string') files.add(resolve(path));
  try {
    const contract = loadContract(settings);
    for (const path of [...contract.files, ...contract.missing]) files.add(path);
    checkNames(contract, settings);
    return { settings, contract, warmUp: createWarmUp(contract), handlers: undefined };
  } catch (error) {
    closeVerifiers(settings.verifiers);
    throw error;
  }
}

/** All that is known to be wrong with a contract that is served. */
export function faultsOf({ contract, warmUp }: Loaded): readonly ContractFault[] {
  return [...contract.faults, ...warmUp.faults];
}

/**
 * Refuses a contract with errors, as `--strict` would have it.
 *
 * @throws StartFault where there are any
 */
export function refuseErrors(faults: readonly ContractFault[]): void {
  const errors = faults.filter(({ severity }) => severity === 'error').length;
  if (errors === 0) return;
  throw new StartFault(
    `--strict: ${counted(errors, 'fault')} of the contract ${errors === 1 ? 'is an error' : 'are errors'}; not started`,
  );
}

/** What is served, in one line. `place` is where, such as ` on http://127.0.0.1:8080`. */
export function describeLoaded(loaded: Loaded, place = ''): string {
  const { api, operations, table, switches } = loaded.contract;
  const parts = [
    `${printable(`${api.title} ${api.version}`, 120)}${place}`,
    loaded.handlers === undefined ? `upstream ${loaded.settings.upstream}` : `handlers ${loaded.settings.handlers}`,
    counted(operations.length, 'operation'),
    `table ${table.name}${table.name === 'custom' ? ` (${table.codes.join(' ')})` : ''}`,
    `${counted(faultsOf(loaded).length, 'fault')} of the contract reported`,
  ];
  if (switches.mode === 'observe') parts.push('observing only: nothing is refused');
  return parts.join(', ');
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * What the gate is to judge and answer by.
 *
 * @throws StartFault where handlers do not fit the contract, or nobody would verify credentials for them
 */
export function revisionOf({ settings, contract, handlers }: Loaded, limits: MemoryLimits): Revision {
  const { sizes, timeouts, upstream = '', overload } = settings;
  const decider = createLadder(settings, contract, limits, handlers !== undefined);
  if (handlers !== undefined) refuseUnverified(contract, settings);
  const handler =
    handlers === undefined
      ? createUpstream({ origin: upstream, decider, timeouts, maxInFlight: overload.upstream })
      : createHandlers({ contract, decider, handlers, timeouts, onError: tellError });
  return { decider, handler, timeouts, sizes, maxConnections: overload.connections, overload };
}

/** What a handler threw: on one line, as all that is told here, with the places that it went through. */
function tellError(error: unknown, { operationId, requestId }: ErrorPlace): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  say(`${operationId} failed in request ${requestId}: ${text.replaceAll(/\s*\n\s*/g, ' | ')}`);
}

import type { Contract, ContractFault } from '@flick/contract';
import { createGate, createUpstream, type Gate, type Outcome } from '@flick/gate';
import {
  authority,
  checkNames,
  createLadder,
  createWarmUp,
  describeFaults,
  loadContract,
  openRecords,
  readSettings,
  type ServeFlags,
  type ServeSettings,
  unverifiedSchemes,
} from '@flick/settings';
import { printable } from '@flick/settings/printable';
import { StartFault, systemReason } from '@flick/settings/start-fault';
import { pino } from 'pino';
import { createRequestLog, type RequestLog } from './request-log.ts';
import { say } from './say.ts';
import { untilStopped } from './until-stopped.ts';

/** How long the start may compile validators: most documents are ready by then, and the largest soon after. */
const warmBeforeListeningMs = 200;

/** Lines of the log that wait for a slow reader of stderr; beyond them, lines are lost rather than memory. */
const logBufferBytes = 1_048_576;

/**
 * Runs `flick serve` until it is stopped.
 *
 * @param openapi - the OpenAPI document, where the command line names one
 * @returns the exit code
 * @throws StartFault where it cannot start
 */
export async function serve(openapi: string | undefined, flags: ServeFlags): Promise<number> {
  const settings = readSettings(openapi, flags, say);
  const contract = loadContract(settings);
  checkNames(contract, settings);
  const warmUp = createWarmUp(contract);
  warmUp.runFor(settings.strict ? Number.POSITIVE_INFINITY : warmBeforeListeningMs);
  const faults = [...contract.faults, ...warmUp.faults];
  for (const line of describeFaults(faults)) say(line);
  if (settings.strict) refuseErrors(faults);
  for (const name of unverifiedSchemes(contract, settings.verifiers)) {
    say(`${name}: presence and form only; the upstream verifies`);
  }

  const log = openLog(settings);
  const records = await openRecords(settings.records, say);
  const gate = createGateOf(settings, contract, (outcome) => {
    log.write(outcome);
    records?.append(outcome);
  });
  const address = await listen(gate, settings);
  const stopped = untilStopped(gate, say);
  process.stdout.write(`${startLine(settings, contract, faults.length, address)}\n`);
  warmUp.runInBackground((later) => describeFaults(later).forEach(say));
  for (const verifier of settings.verifiers.values()) void verifier.warm?.();

  const code = await stopped;
  warmUp.stop();
  await records?.close();
  log.end();
  return code;
}

function refuseErrors(faults: readonly ContractFault[]): void {
  const errors = faults.filter(({ severity }) => severity === 'error').length;
  if (errors === 0) return;
  throw new StartFault(
    `--strict: ${counted(errors, 'fault')} of the contract ${errors === 1 ? 'is an error' : 'are errors'}; not started`,
  );
}

function openLog({ log: setting }: ServeSettings): RequestLog {
  const { stderr } = process;
  const out = pino.destination({ fd: stderr.fd, sync: false, maxLength: logBufferBytes });
  out.on('error', () => {});
  return createRequestLog({
    setting,
    form: stderr.isTTY ? 'line' : 'json',
    colour: stderr.isTTY && stderr.hasColors(),
    out,
    monotonicMs: () => performance.now(),
  });
}

function createGateOf(settings: ServeSettings, contract: Contract, onOutcome: (outcome: Outcome) => void): Gate {
  const { sizes, timeouts, tls } = settings;
  const decider = createLadder(settings, contract);
  const handler = createUpstream({ origin: settings.upstream, decider, timeouts });
  return createGate({ decider, handler, timeouts, sizes, ...(tls && { tls }), onOutcome });
}

/** Starts to listen. Returns the address as a client would write it. */
async function listen(gate: Gate, { listen: { host, port }, tls }: ServeSettings): Promise<string> {
  try {
    const bound = await gate.listen(port, host);
    return `${tls === undefined ? 'http' : 'https'}://${authority(bound.address, bound.port)}`;
  } catch (error) {
    throw new StartFault(
      `cannot listen on ${authority(host, port)}: ${systemReason(error)}; choose another with --listen`,
    );
  }
}

function startLine(
  settings: ServeSettings,
  { api, operations, table, switches }: Contract,
  faults: number,
  address: string,
): string {
  const parts = [
    `${printable(`${api.title} ${api.version}`, 120)} on ${address}`,
    `upstream ${settings.upstream}`,
    counted(operations.length, 'operation'),
    `table ${table.name}${table.name === 'custom' ? ` (${table.codes.join(' ')})` : ''}`,
    `${counted(faults, 'fault')} of the contract reported`,
  ];
  if (switches.mode === 'observe') parts.push('observing only: nothing is refused');
  return `flick: ${parts.join(', ')}`;
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`;
}

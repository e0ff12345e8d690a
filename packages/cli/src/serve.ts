import { closeSync, openSync } from 'node:fs';
import { createGate, type Gate, type Handlers } from '@flick/gate/gateway';
import {
  authority,
  describeFaults,
  openRecords,
  readSettingsFile,
  type ServeFlags,
  type ServeSettings,
} from '@flick/settings';
import { StartFault, systemReason } from '@flick/settings/start-fault';
import { createMemoryLimits } from '@flick/stores';
import type { DestinationStream } from 'pino';
import type { AdminListener, Told } from './admin-listener.ts';
import { describeLoaded, faultsOf, type Loaded, load, refuseErrors, revisionOf } from './loaded.ts';
import { pino } from './pino.ts';
import { createReloading, type Reloading, type ReloadingOptions, tellUnverified } from './reloading.ts';
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
 * @param unbundled - serves in place of this where functions answer: they import the packages, whose modules must be those
 *   of the server
 * @returns the exit code
 * @throws StartFault where it cannot start
 */
export async function serve(
  openapi: string | undefined,
  flags: ServeFlags,
  unbundled?: () => Promise<number>,
): Promise<number> {
  const sinceMs = Date.now();
  const files = new Set<string>();
  const file = readSettingsFile(flags.config);
  if (unbundled !== undefined && (flags.handlers ?? file.config.handlers) !== undefined) return unbundled();
  const loaded = load(openapi, flags, files, file);
  const told: Told = { logLinesLost: 0, isDraining: false };
  // Before what may take its time: whoever asks meanwhile hears that it starts.
  const admin = await adminOf(loaded.settings, told);
  try {
    return await serveLoaded({ openapi, flags, loaded, files, sinceMs }, told, admin);
  } finally {
    await admin?.close();
  }
}

async function adminOf({ admin }: ServeSettings, told: Told): Promise<AdminListener | undefined> {
  if (admin === undefined) return undefined;
  // Most start without it, and it brings a library of its own.
  const { listenForAdmins } = await import('./admin-listener.ts');
  return listenForAdmins(admin, told);
}

async function handlersOf(path: string): Promise<Handlers> {
  const { loadHandlers } = await import('./handler-module.ts');
  return loadHandlers(path);
}

async function serveLoaded(
  { loaded, ...start }: Pick<ReloadingOptions, 'openapi' | 'flags' | 'files' | 'sinceMs'> & { readonly loaded: Loaded },
  told: Told,
  admin: AdminListener | undefined,
): Promise<number> {
  const { settings, warmUp } = loaded;
  await admin?.metrics.setOperations(idsOf(loaded));
  if (settings.strict) warmUp.runFor(Number.POSITIVE_INFINITY);
  else warmUp.runAhead(warmBeforeListeningMs);
  describeFaults(faultsOf(loaded)).forEach(say);
  if (settings.strict) refuseErrors(faultsOf(loaded));
  const handlers = settings.handlers === undefined ? undefined : await handlersOf(settings.handlers);
  const first: Loaded = { ...loaded, handlers };
  const limits = createMemoryLimits();
  const revision = revisionOf(first, limits);
  tellUnverified(first);

  const log = openLog(settings, () => {
    told.logLinesLost += 1;
  });
  const records = await openRecords(settings.records, say);
  const { handler } = revision;
  const record = admin?.metrics.record;
  const gate = createGate({
    ...revision,
    ...(settings.tls && { tls: settings.tls }),
    onOutcome(outcome) {
      log.write(outcome);
      // A storm of what is shed must not take the place of what is not.
      records?.append(outcome, outcome.reason === 'overloaded');
      record?.(outcome);
    },
  });
  const address = await listen(gate, settings);
  const onReload = (next: Loaded): void => void admin?.metrics.setOperations(idsOf(next));
  const reloading = createReloading({ ...start, first, handler, limits, gate, log, onReload });
  Object.assign(told, { gate, reloading, records, limits, log });
  const stopped = untilStopped(
    {
      stop() {
        told.isDraining = true;
        reloading.close();
        return gate.stop();
      },
    },
    say,
  );
  reloadOnHangUp(reloading);
  process.stdout.write(`flick: ${describeLoaded(first, ` on ${address}`)}\n`);
  // After what answers take.
  setTimeout(pino, 100).unref();
  warmUp.runInBackground((later) => describeFaults(later).forEach(say));
  for (const verifier of settings.verifiers.values()) void verifier.warm?.();

  const code = await stopped;
  await records?.close();
  log.end();
  return code;
}

/** The signal has two meanings: load anew, and that the terminal is closed, where whoever started this wants it ended. */
function reloadOnHangUp({ reload }: Reloading): void {
  const { isTTY } = process.stdin;
  const hear = (): void => {
    if (!isTTY || hasTerminal()) {
      void reload('SIGHUP');
    } else {
      process.off('SIGHUP', hear);
      process.kill(process.pid, 'SIGHUP');
    }
  };
  process.on('SIGHUP', hear);
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

function idsOf({ contract }: Loaded): readonly string[] {
  return contract.operations.map(({ id }) => id);
}

function openLog({ log: setting }: ServeSettings, onLost: () => void): RequestLog {
  const { stderr } = process;
  let out: DestinationStream | undefined;
  const open = (): DestinationStream => {
    const opened = pino().destination({ fd: stderr.fd, sync: false, maxLength: logBufferBytes });
    opened.on('error', () => {});
    opened.on('drop', onLost);
    return opened;
  };
  return createRequestLog({
    setting,
    form: stderr.isTTY ? 'line' : 'json',
    colour: stderr.isTTY && stderr.hasColors(),
    out: { write: (line) => (out ??= open()).write(line) },
    monotonicMs: () => performance.now(),
  });
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

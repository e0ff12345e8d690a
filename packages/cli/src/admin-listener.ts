import { type Admin, createAdmin, createMetrics, type Measured, type Metrics, type NamedBound } from '@flick/admin';
import type { Gate } from '@flick/gate/gateway';
import { authority, type ListenAddress } from '@flick/settings';
import { StartFault, systemReason } from '@flick/settings/start-fault';
import type { MemoryLimits, RecordStore } from '@flick/stores';
import type { Reloading } from './reloading.ts';
import type { RequestLog } from './request-log.ts';
import { say } from './say.ts';

/** What there is to tell of a server; what is missing is not there yet. */
export interface Told {
  gate?: Gate;
  reloading?: Reloading;
  records?: RecordStore | undefined;
  limits?: MemoryLimits;
  log?: RequestLog;
  logLinesLost: number;
  isDraining: boolean;
}

/** An admin listener that listens, and what it counts. */
export interface AdminListener {
  readonly metrics: Metrics;
  readonly close: () => Promise<void>;
}

/**
 * Listens for those who run the server.
 *
 * @throws StartFault where it cannot
 */
export async function listenForAdmins({ host, port }: ListenAddress, told: Told): Promise<AdminListener> {
  const metrics = createMetrics(() => measure(told));
  const readiness = () => (told.isDraining ? 'draining' : told.reloading === undefined ? 'starting' : 'ready');
  const admin: Admin = createAdmin({ metrics, readiness });
  try {
    const bound = await admin.listen(port, host);
    say(`admin on http://${authority(bound.address, bound.port)}: /live, /ready, /metrics`);
  } catch (error) {
    throw new StartFault(
      `cannot listen on ${authority(host, port)}: ${systemReason(error)}; choose another with --admin`,
    );
  }
  return { metrics, close: admin.close };
}

function measure({ gate, reloading, records, limits, log, logLinesLost }: Told): Measured {
  return {
    inFlight: gate?.load.inFlight ?? 0,
    refusedConnections: gate?.load.refusedConnections ?? 0,
    bounds: boundsOf(gate, reloading, records, limits),
    recordsWritten: records?.written ?? 0,
    recordsDropped: records?.dropped ?? 0,
    logLinesLeftOut: log?.leftOut ?? 0,
    logLinesLost,
    revision: reloading?.revision ?? 0,
    reloadsRefused: reloading?.failures ?? 0,
  };
}

function boundsOf(
  gate: Gate | undefined,
  reloading: Reloading | undefined,
  records: RecordStore | undefined,
  limits: MemoryLimits | undefined,
): readonly NamedBound[] {
  const bounds: NamedBound[] = [];
  if (gate !== undefined) {
    const { connections, maxConnections, counted } = gate.load;
    bounds.push({ name: 'connections', used: connections, limit: maxConnections }, counted);
  }
  if (limits !== undefined) bounds.push(limits.bound);
  if (records !== undefined) bounds.push(records.bound);
  if (reloading === undefined) return bounds;
  bounds.push(...(reloading.handler.bounds?.() ?? []));
  for (const [scheme, verifier] of reloading.current.settings.verifiers) {
    for (const bound of verifier.bounds?.() ?? []) bounds.push({ ...bound, scheme });
  }
  return bounds;
}

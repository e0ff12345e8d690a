import { contractFrom } from '@flick/contract';
import { createDecider, type LimitStore } from '@flick/decide';
import { createGate, type Exchange, type Timeouts } from '@flick/gate/gateway';
import type { Metrics } from './metrics.ts';

/** Whether requests may be sent: not yet, now, or no more. */
export type Readiness = 'starting' | 'ready' | 'draining';

/** What an admin listener tells of. */
export interface AdminOptions {
  readonly metrics: Metrics;
  readonly readiness: () => Readiness;
}

/** A listener for those who run the server. */
export interface Admin {
  /**
   * Starts to listen.
   *
   * @param port - 0 for any that is free
   * @returns where it listens; rejects with the error of the operating system, such as EADDRINUSE
   */
  readonly listen: (port: number, host: string) => Promise<{ readonly address: string; readonly port: number }>;
  readonly close: () => Promise<void>;
}

/** Its clients are few and near: who is slow or comes in numbers is not waited for. */
const timeouts: Timeouts = {
  headersMs: 5000,
  requestMs: 5000,
  upstreamMs: 5000,
  idleMs: 60_000,
  unreadMs: 5000,
  drainMs: 1000,
};
const maxConnections = 32;
const sizes = { bodyBytes: 1024, headerBytes: 16_384, targetBytes: 1024, headerCount: 100, jsonDepth: 1 };

const operation = (operationId: string) => ({ get: { operationId, responses: { '200': {}, '503': {} } } });
const document = {
  openapi: '3.1.0',
  info: { title: 'Flick admin', version: '1' },
  paths: { '/live': operation('live'), '/ready': operation('ready'), '/metrics': operation('metrics') },
};

const noLimits: LimitStore = { charge: () => [], refund: () => {} };

/**
 * Makes the admin listener: `/live` is answered while the process lives, `/ready` with 503 unless requests may be sent,
 * `/metrics` in Prometheus' text format. All else is refused as the gate refuses. It asks for no credentials and tells
 * no secrets; who may reach it is for its address to say.
 */
export function createAdmin({ metrics, readiness }: AdminOptions): Admin {
  const contract = contractFrom(document, { codes: 'standard', unknownQuery: 'pass' }, 'admin');
  const decider = createDecider(contract, {
    clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
    limits: [],
    limitStore: noLimits,
    limitStoreDown: 'pass',
    limitHeaders: 'off',
    verifiers: new Map(),
    realm: 'admin',
    trustedProxies: [],
    sizes,
  });

  const refuse = (exchange: Exchange, reason: 'overloaded' | 'draining', detail: string): void => {
    exchange.refuse(decider.refuse(exchange.passage, reason, detail, { fields: [['Retry-After', '1']] }));
  };

  const handle = (exchange: Exchange): void => {
    const asked = exchange.passage.operation?.id;
    if (asked === 'metrics') {
      metrics.text().then(
        (text) => answer(exchange, metrics.contentType, text),
        () => exchange.refuse(decider.refuse(exchange.passage, 'unhandled-error', 'The metrics cannot be read.')),
      );
      return;
    }
    const state = asked === 'live' ? 'ready' : readiness();
    if (state === 'starting') refuse(exchange, 'overloaded', 'The server is starting.');
    else if (state === 'draining') refuse(exchange, 'draining', 'The server is stopping and takes no new work.');
    else answer(exchange, 'text/plain; charset=utf-8', asked === 'live' ? 'live\n' : 'ready\n');
  };

  const gate = createGate({
    decider,
    handler: { handle, close: noWork, destroy: noWork },
    timeouts,
    sizes,
    maxConnections,
  });
  return { listen: (port, host) => gate.listen(port, host), close: () => gate.destroy() };
}

/** Nothing is kept that would have to be closed. */
function noWork(): Promise<void> {
  return Promise.resolve();
}

function answer({ response }: Exchange, type: string, text: string): void {
  const head = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text), 'Cache-Control': 'no-store' };
  response.writeHead(200, head).end(text);
}

import { createRequire } from 'node:module';
import type { Bound, Outcome } from '@flick/decide';
import type * as Module from 'prom-client';

const load: (name: 'prom-client') => typeof Module = createRequire(import.meta.url);
const { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } = load('prom-client');

/** A bound, and the security scheme that it is of, where it is of one. */
export interface NamedBound extends Bound {
  readonly scheme?: string;
}

/** What is read when somebody asks for metrics; counts are those since the start. */
export interface Measured {
  readonly inFlight: number;
  readonly refusedConnections: number;
  readonly bounds: readonly NamedBound[];
  readonly recordsWritten: number;
  readonly recordsDropped: number;
  readonly logLinesLeftOut: number;
  readonly logLinesLost: number;
  readonly revision: number;
  readonly reloadsRefused: number;
}

/** Counts what becomes of requests. */
export interface Metrics {
  /** Counts one request. */
  readonly record: (outcome: Outcome) => void;
  /** Names the operations that have labels of their own from now on; those of others are forgotten. */
  readonly setOperations: (ids: Iterable<string>) => Promise<void>;
  /** All of it, in Prometheus' text format. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

/** Seconds; from what a ladder takes to the default of `timeouts.upstream`. */
const buckets = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];

/** What a label says where there is nothing to say. */
const none = 'none';

/**
 * Rendering takes the loop that serves: it is done again no sooner than this many times as long as it took.
 */
const restFactor = 10;

/** Makes metrics with a registry of their own. */
export function createMetrics(measure: () => Measured): Metrics {
  const registry = new Registry();
  const registers = [registry];
  let known: ReadonlySet<string> = new Set();

  const requests = new Counter({
    name: 'flick_requests_total',
    help: 'Requests by operation, published code and reason.',
    labelNames: ['operation', 'code', 'reason'] as const,
    registers,
  });
  const observed = new Counter({
    name: 'flick_observed_total',
    help: 'Requests that passed because they were only observed, by the reason for which they would have been refused.',
    labelNames: ['operation', 'reason'] as const,
    registers,
  });
  const breaches = new Counter({
    name: 'flick_response_breaches_total',
    help: 'Answers of the API that break the contract, by what of them does first: status, header or body.',
    labelNames: ['operation', 'kind'] as const,
    registers,
  });
  const unchecked = new Counter({
    name: 'flick_responses_unchecked_total',
    help: 'Answers that are watched and whose body was not checked, by why: size, endless, coding or schema.',
    labelNames: ['operation', 'why'] as const,
    registers,
  });
  const endings = new Counter({
    name: 'flick_endings_total',
    help: 'Requests by how their answer ended.',
    labelNames: ['ending'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'flick_request_duration_seconds',
    help: 'From the head of a request to the end of its answer.',
    labelNames: ['operation'] as const,
    buckets,
    registers,
  });
  const upstreamDurations = new Histogram({
    name: 'flick_upstream_duration_seconds',
    help: 'From sending a request to the API to the head of its answer.',
    labelNames: ['operation'] as const,
    buckets,
    registers,
  });

  addMeasured(registers, measure);
  collectDefaultMetrics({ register: registry });

  let text = Promise.resolve('');
  let restUntilMs = 0;
  let underWay = false;
  const render = async (): Promise<string> => {
    const began = performance.now();
    try {
      return await registry.metrics();
    } finally {
      underWay = false;
      const now = performance.now();
      restUntilMs = now + (now - began) * restFactor;
    }
  };

  return {
    record(outcome) {
      const { operation, status, reason, observed: would, ending, durationMs, upstreamMs, unchecked: why } = outcome;
      // A request that began before a reload may be of an operation that is no more.
      const name = operation !== undefined && known.has(operation) ? operation : none;
      requests.inc({ operation: name, code: status === 0 ? none : status, reason: reason ?? none });
      endings.inc({ ending });
      if (would !== undefined) observed.inc({ operation: name, reason: would.reason });
      const breach = [outcome, would].find((refusal) => refusal?.reason === 'response-breach');
      if (breach !== undefined) breaches.inc({ operation: name, kind: breach.violations[0]?.in ?? none });
      if (why !== undefined) unchecked.inc({ operation: name, why });
      durations.observe({ operation: name }, durationMs / 1000);
      if (upstreamMs !== undefined) upstreamDurations.observe({ operation: name }, upstreamMs / 1000);
    },
    async setOperations(ids) {
      known = new Set(ids);
      const labelled: readonly (Module.Counter | Module.Histogram)[] = [
        requests,
        observed,
        breaches,
        unchecked,
        durations,
        upstreamDurations,
      ];
      const values = await Promise.all(labelled.map((metric) => metric.get()));
      for (const [at, { values: series }] of values.entries()) {
        for (const { labels } of series) {
          const { operation } = labels;
          if (operation === undefined || operation === none || known.has(String(operation))) continue;
          // The buckets of a histogram are series too, and not to be removed one by one.
          labelled[at]?.remove(Object.fromEntries(Object.entries(labels).filter(([label]) => label !== 'le')));
        }
      }
    },
    text() {
      if (!underWay && performance.now() >= restUntilMs) {
        underWay = true;
        text = render();
      }
      return text;
    },
    contentType: registry.contentType,
  };
}

type Reading = Exclude<keyof Measured, 'bounds'>;

const counts: readonly (readonly [Reading, name: string, help: string])[] = [
  ['refusedConnections', 'flick_refused_connections_total', 'Connections closed as they came, beyond their bound.'],
  ['recordsWritten', 'flick_records_written_total', 'Records written.'],
  ['recordsDropped', 'flick_records_dropped_total', 'Records dropped, because they came faster than they are written.'],
  ['logLinesLeftOut', 'flick_log_lines_left_out_total', 'Lines of the log left out, beyond those of one second.'],
  ['logLinesLost', 'flick_log_lines_lost_total', 'Lines of the log lost, because nobody read them in time.'],
  ['reloadsRefused', 'flick_reloads_refused_total', 'Times that new settings or a new contract were not taken.'],
];

const states: readonly (readonly [Reading, name: string, help: string])[] = [
  ['inFlight', 'flick_in_flight', 'Requests whose head is read and whose answer is not sent.'],
  ['revision', 'flick_revision', 'Which revision of settings and contract serves: 1 is that of the start.'],
];

function addMeasured(registers: Module.Registry[], measure: () => Measured): void {
  for (const [reading, name, help] of counts) {
    const counter: Module.Counter = new Counter({
      name,
      help,
      registers,
      collect() {
        counter.reset();
        counter.inc(measure()[reading]);
      },
    });
  }
  for (const [reading, name, help] of states) {
    const gauge: Module.Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(measure()[reading]) });
  }
  const labelNames = ['bound', 'scheme'] as const;
  const used = new Gauge({
    name: 'flick_bound_used',
    help: 'How much there is of what is bounded.',
    labelNames,
    registers,
    collect: () => readBounds(),
  });
  const limit = new Gauge({ name: 'flick_bound_limit', help: 'How much there may be of it.', labelNames, registers });
  const readBounds = (): void => {
    used.reset();
    limit.reset();
    for (const { name, scheme = none, ...bound } of measure().bounds) {
      used.set({ bound: name, scheme }, bound.used);
      limit.set({ bound: name, scheme }, bound.limit);
    }
  };
}

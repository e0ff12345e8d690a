import type { Outcome } from '@flick/decide';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAdmin, createMetrics, type Measured, type Readiness } from '../src/index.ts';

const nothing: Measured = {
  inFlight: 0,
  refusedConnections: 0,
  bounds: [],
  recordsWritten: 0,
  recordsDropped: 0,
  logLinesLeftOut: 0,
  logLinesLost: 0,
  revision: 1,
  reloadsRefused: 0,
};

const passed: Outcome = {
  requestId: '7d9f',
  timeMs: 0,
  method: 'GET',
  path: '/tea',
  operation: 'getTea',
  status: 200,
  precise: 200,
  upstreamStatus: 200,
  reason: undefined,
  detail: undefined,
  violations: [],
  observed: undefined,
  consumer: undefined,
  address: '127.0.0.1',
  durationMs: 20,
  upstreamMs: undefined,
  ending: 'complete',
};

function linesOf(text: string, start: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith(start));
}

describe('an admin listener', () => {
  it('says 503 while the server starts, is ready, and drains', async () => {
    let state: Readiness = 'starting';
    const admin = createAdmin({ metrics: createMetrics(() => nothing), readiness: () => state });
    onTestFinished(() => admin.close());
    const { port } = await admin.listen(0, '127.0.0.1');
    const ready = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/ready`);
      return [response.status, response.headers.get('retry-after'), await response.text()];
    };
    expect(await ready()).toEqual([503, '1', expect.stringContaining('"The server is starting."')]);
    state = 'ready';
    expect(await ready()).toEqual([200, null, 'ready\n']);
    state = 'draining';
    expect(await ready()).toEqual([503, '1', expect.stringContaining('"reason":"draining"')]);
  });
});

describe('metrics', () => {
  it('give a label of its own to operations that are named, and to no other', async () => {
    const metrics = createMetrics(() => nothing);
    await metrics.setOperations(['getTea']);
    metrics.record(passed);
    metrics.record({ ...passed, operation: 'chosen by a stranger' });
    metrics.record({ ...passed, operation: undefined, status: 0, ending: 'dropped' });
    expect(linesOf(await metrics.text(), 'flick_requests_total')).toEqual([
      'flick_requests_total{operation="getTea",code="200",reason="none"} 1',
      'flick_requests_total{operation="none",code="200",reason="none"} 1',
      'flick_requests_total{operation="none",code="none",reason="none"} 1',
    ]);
  });

  it('forget every series of operations that are no more', async () => {
    const metrics = createMetrics(() => nothing);
    await metrics.setOperations(['getTea', 'getPot']);
    const refusal = { reason: 'wrong-value', status: 400, precise: 400, detail: '', violations: [] } as const;
    metrics.record({ ...passed, observed: refusal, upstreamMs: 3 });
    metrics.record({ ...passed, operation: 'getPot' });
    await metrics.setOperations(['getPot']);
    const text = await metrics.text();
    expect(text).not.toContain('getTea');
    expect(linesOf(text, 'flick_request_duration_seconds_count')).toEqual([
      'flick_request_duration_seconds_count{operation="getPot"} 1',
    ]);
  });

  it('are rendered once for all who ask at the same time', async () => {
    let measured = 0;
    const metrics = createMetrics(() => {
      measured += 1;
      return nothing;
    });
    await metrics.text();
    const once = measured;
    await Promise.all(Array.from({ length: 50 }, () => metrics.text()));
    expect(measured).toBeLessThanOrEqual(2 * once);
  });
});

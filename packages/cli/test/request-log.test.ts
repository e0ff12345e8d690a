import type { Outcome } from '@flick/gate';
import { describe, expect, it, vi } from 'vitest';
import { createRequestLog, type RequestLogOptions } from '../src/request-log.ts';

const refused: Outcome = {
  requestId: '7d9f',
  timeMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  method: 'GET',
  path: '/rates',
  operation: 'getRate',
  status: 400,
  precise: 400,
  upstreamStatus: undefined,
  reason: 'missing-parameter',
  detail: 'The query parameter to is missing.',
  violations: [{ in: 'query', name: 'to', reason: 'missing-parameter', due: 'a value', arrived: 'nothing' }],
  observed: undefined,
  consumer: undefined,
  address: '127.0.0.1',
  durationMs: 1.234_56,
  upstreamMs: undefined,
  ending: 'complete',
};

const faultOf = (name: string) =>
  ({ in: 'query', name, reason: 'wrong-value', due: 'a value', arrived: 'nothing' }) as const;

const passed: Outcome = {
  ...refused,
  status: 200,
  precise: 200,
  upstreamStatus: 200,
  reason: undefined,
  detail: undefined,
  violations: [],
};

const unknownPath = {
  reason: 'unknown-path',
  status: 404,
  precise: 404,
  detail: 'The API has no such path.',
  violations: [],
} as const;

function logOf(options: Partial<RequestLogOptions> = {}) {
  const lines: string[] = [];
  let now = 0;
  const log = createRequestLog({
    setting: 'refusals',
    form: 'json',
    colour: false,
    out: { write: (line) => lines.push(line) },
    monotonicMs: () => now,
    ...options,
  });
  return { log, lines, setNow: (ms: number) => (now = ms) };
}

describe('the request log', () => {
  it('writes one JSON object a refusal, with its reason', () => {
    const { log, lines } = logOf();
    log.write(refused);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      time: '2026-01-02T03:04:05.000Z',
      request_id: '7d9f',
      method: 'GET',
      path: '/rates',
      status: 400,
      reason: 'missing-parameter',
      errors: [{ in: 'query', name: 'to' }],
      duration_ms: 1.23,
    });
  });

  it('writes one readable line at a terminal', () => {
    const { log, lines } = logOf({ form: 'line' });
    log.write(refused);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d {2}400 {6}1 ms {2}GET \/rates {2}missing-parameter {2}query to\n$/);
  });

  it.each([
    [204, '\u001b[32m204\u001b[39m'],
    [304, '\u001b[36m304\u001b[39m'],
    [404, '\u001b[33m404\u001b[39m'],
    [502, '\u001b[31m502\u001b[39m'],
    [0, '\u001b[31m---\u001b[39m'],
  ])('colours the code %i by its class', (status, due) => {
    const { log, lines } = logOf({ form: 'line', setting: 'all', colour: true });
    log.write({ ...passed, status });
    expect(lines[0]).toContain(due);
  });

  it.each([
    ['the first faults', { violations: ['a', 'b', 'c', 'd'].map(faultOf) }, '  query a, query b, query c\n'],
    [
      'a place in the body',
      { violations: [{ in: 'body', pointer: '/a', reason: 'wrong-value', due: 'a text', arrived: 'a list' }] },
      '  body /a\n',
    ],
    ['an answer that was cut', { violations: [], ending: 'truncated' }, '  missing-parameter  truncated\n'],
    ['why nobody was answered', { ...passed, status: 0, ending: 'dropped', detail: 'Gone.' }, '  dropped  Gone.\n'],
    ['what would have been refused', { ...passed, observed: unknownPath }, 'GET /rates  would be 404 unknown-path\n'],
  ] as const)('names %s at a terminal', (_, change, due) => {
    const { log, lines } = logOf({ form: 'line' });
    log.write({ ...refused, ...change });
    expect(lines[0]?.slice(-due.length)).toBe(due);
  });

  it.each([
    ['refusals', refused, 1],
    ['refusals', passed, 0],
    ['refusals', { ...passed, status: 500, precise: 504 }, 1],
    ['refusals', { ...passed, observed: unknownPath }, 1],
    ['refusals', { ...passed, ending: 'truncated' }, 1],
    ['refusals', { ...passed, ending: 'aborted' }, 0],
    ['all', passed, 1],
    ['off', refused, 0],
  ] as const)('set to %s, writes of outcome %#: %i lines', (setting, outcome, count) => {
    const { log, lines } = logOf({ setting });
    log.write(outcome);
    expect(lines).toHaveLength(count);
  });

  it.each(['json', 'line'] as const)(
    'lets nothing of a caller reach the terminal as an escape or a line end (%s)',
    (form) => {
      const { log, lines } = logOf({ form });
      const bad = '\u001b[2J\u0007\r\n\u009b31m\u007f\u202etxt\u2028\ud800';
      log.write({ ...refused, method: bad, path: `/${bad}`, detail: bad, consumer: bad, requestId: bad, address: bad });
      expect(lines).toHaveLength(1);
      expect((lines[0] ?? '').slice(0, -1)).toMatch(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e]+$/u);
    },
  );

  it('cuts what is too long', () => {
    const { log, lines } = logOf();
    log.write({ ...refused, path: `/${'a'.repeat(100_000)}` });
    expect(lines[0]?.length).toBeLessThan(2000);
  });

  it('counts what is beyond two hundred lines a second, and says how many', () => {
    const { log, lines, setNow } = logOf();
    for (let sent = 0; sent < 250; sent += 1) log.write(refused);
    expect(lines).toHaveLength(200);
    setNow(1000);
    log.write(refused);
    expect(lines).toHaveLength(202);
    expect(JSON.parse(lines[200] ?? '')).toMatchObject({ left_out: 50, msg: '50 lines left out' });
  });

  it('says how many were left out also where no request follows', () => {
    vi.useFakeTimers();
    const { log, lines } = logOf({ form: 'line' });
    for (let sent = 0; sent < 201; sent += 1) log.write(refused);
    vi.advanceTimersByTime(1000);
    expect(lines[200]).toBe('1 line left out\n');
    log.end();
    expect(lines).toHaveLength(201);
    vi.useRealTimers();
  });
});

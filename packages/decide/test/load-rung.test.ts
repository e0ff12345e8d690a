import type { Overload } from '@flick/decide';
import { describe, expect, it } from 'vitest';
import {
  bearer,
  contract,
  countingStore,
  decider,
  facts,
  field,
  judge,
  need,
  operation,
  refusalOf,
  switches,
  verify,
} from './story.ts';

const full = (line: string, fields?: Readonly<Record<string, string>>, overload: Overload = 'in-flight') => ({
  ...facts(line, fields),
  overload: () => overload,
});

const preflight = { Origin: 'https://page.test', 'Access-Control-Request-Method': 'GET' };

describe('an overloaded server', () => {
  const limitStore = countingStore();
  const asked: string[] = [];
  const operations = [
    operation('GET /books', { security: [[need(bearer)]] }),
    operation('GET /health', { switches: { ...switches, shed: 'never' }, security: [[need(bearer)]] }),
    operation('GET /seen', { switches: { ...switches, mode: 'observe' } }),
    operation('GET /declared', { ownCodes: new Set([503]) }),
    operation('OPTIONS /declared'),
  ];
  const ladder = decider(contract(operations), {
    limitStore,
    limits: [
      { name: 'a', requests: 9, windowMs: 1000, by: 'address' },
      { name: 'c', requests: 9, windowMs: 1000, by: 'consumer' },
    ],
    verifiers: new Map([
      [
        'bearer',
        {
          verify: (credential, scheme) => {
            asked.push(credential);
            return verify(credential, scheme);
          },
        },
      ],
    ]),
  });

  it.each(['handler', 'in-flight', 'loop-lag'] as const)(
    'sheds by 503, says when to come back, and asks neither limits nor verifiers (%s)',
    (overload) => {
      const refusal = refusalOf(judge(ladder, full('GET /books', { Authorization: 'Bearer good-ann' }, overload)));
      expect([refusal.reason, refusal.precise, field(refusal, 'Retry-After')]).toEqual(['overloaded', 503, '1']);
      // The default table has no 503.
      expect(refusal.status).toBe(500);
      expect([asked.length, limitStore.counts.size]).toEqual([0, 0]);
    },
  );

  it('says the code that the operation publishes', () => {
    expect(refusalOf(judge(ladder, full('GET /declared'))).status).toBe(503);
  });

  it.each([
    ['GET /nothing', 'unknown-path'],
    ['DELETE /books', 'method-not-allowed'],
    ['GET /%zz', 'malformed-target'],
  ] as const)('still says what costs less than to shed: %s', (line, reason) => {
    expect(refusalOf(judge(ladder, full(line))).reason).toBe(reason);
  });

  it('answers OPTIONS, and sheds preflights, which the API would answer', () => {
    expect(judge(ladder, full('OPTIONS /books')).verdict.kind).toBe('answer');
    expect(refusalOf(judge(ladder, full('OPTIONS /books', preflight))).reason).toBe('overloaded');
    expect(refusalOf(judge(ladder, full('OPTIONS /declared', preflight))).reason).toBe('overloaded');
    expect(judge(ladder, facts('OPTIONS /declared', preflight)).verdict.kind).toBe('pass');
  });

  it('spares an operation that is never shed, and judges it like any other', () => {
    expect(judge(ladder, full('GET /health', { Authorization: 'Bearer good-ann' })).verdict.kind).toBe('pass');
    expect(refusalOf(judge(ladder, full('GET /health'))).reason).toBe('missing-credentials');
  });

  it('can be asked again about what has waited since', () => {
    let overload: Overload | undefined;
    const asking = { ...facts('GET /seen'), overload: () => overload };
    const passage = judge(ladder, asking);
    expect(ladder.judgeLoad(passage).verdict.kind).toBe('pass');
    overload = 'loop-lag';
    expect(refusalOf(ladder.judgeLoad(passage)).reason).toBe('overloaded');
  });

  it('sheds what is only observed, too', () => {
    expect(refusalOf(judge(ladder, full('GET /seen'))).reason).toBe('overloaded');
  });
});

import type { MediaType, Operation } from '@flick/contract';
import { describe, expect, it } from 'vitest';
import type { Limit, Passage } from '@flick/decide';
import {
  bearer,
  contract,
  countingStore,
  decider,
  facts,
  judge,
  need,
  operation,
  outcome,
  parameter,
  refusalOf,
  switches,
  verify,
} from './story.ts';

const json: MediaType = { range: 'application/json', kind: 'json', encoding: new Map() };
const body = { required: true, content: [json], pointer: '' };
const observe = { ...switches, mode: 'observe' } as const;
const verifiers = new Map([['bearer', { verify }]]);
const token = { Authorization: 'Bearer good-ann' };

function watched(one: Operation): Operation {
  return { ...one, switches: observe };
}

const library = contract([
  operation('POST /books', {
    security: [[need(bearer)]],
    parameters: [{ ...parameter('page', 'query'), required: true }],
    body,
  }),
]);

it('refuses by the first rung that has a reason, in the one order', () => {
  const limits: readonly Limit[] = [
    { name: 'a', requests: 3, windowMs: 1000, by: 'address' },
    { name: 'c', requests: 1, windowMs: 1000, by: 'consumer' },
  ];
  const ladder = decider(library, { verifiers, limits });
  const everything = {
    Expect: 'x',
    Authorization: 'Bearer forged',
    'Content-Type': 'text/plain',
    'Content-Length': '1',
  };
  const { Expect: _, ...sound } = everything;
  const steps = [
    ['PUT /../nowhere', everything, 'unknown-expectation'],
    ['PUT /../nowhere', sound, 'malformed-target'],
    ['PUT /nowhere', sound, 'unknown-path'],
    ['PUT /books', sound, 'method-not-allowed'],
    ['POST /books', sound, 'invalid-credentials'],
    ['POST /books', { ...sound, ...token }, 'missing-parameter'],
    ['POST /books?page=1', { ...sound, ...token }, 'consumer-limit'],
    ['POST /books', sound, 'address-limit'],
  ] as const;
  for (const [line, fields, reason] of steps) {
    expect([line, outcome(ladder, facts(line, fields))]).toEqual([line, reason]);
  }
});

describe('what becomes of a body', () => {
  const ladder = decider(library, { verifiers });
  const head = (fields: Readonly<Record<string, string>>): Passage =>
    judge(ladder, facts('POST /books?page=1', { ...token, 'Content-Type': 'application/json', ...fields }));

  it('is said with the pass', () => {
    expect(head({ 'Content-Length': '2' })).toMatchObject({
      verdict: { kind: 'pass' },
      bodyPlan: 'check',
      media: json,
    });
    expect(head({ 'Transfer-Encoding': 'Chunked' })).toMatchObject({ bodyPlan: 'check' });
  });
  it('is judged from the head where the head tells', () => {
    expect(refusalOf(head({})).reason).toBe('missing-body');
    expect(refusalOf(head({ 'Content-Length': '101' })).reason).toBe('body-too-large');
    expect(refusalOf(head({ 'Content-Length': '2', 'Content-Type': 'text/css' })).reason).toBe(
      'unsupported-media-type',
    );
  });
  it('is judged by its bytes in the same passage', () => {
    const good = head({ 'Content-Length': '2' });
    expect(ladder.judgeBody(good, Buffer.from('{}'))).toBe(good);
    expect(good.verdict.kind).toBe('pass');
    const bad = head({ 'Content-Length': '2' });
    expect(ladder.judgeBody(bad, Buffer.from('{,'))).toBe(bad);
    expect(refusalOf(bad).reason).toBe('malformed-body');
  });
  it('of a request that was refused is not judged', () => {
    const refused = head({});
    expect(ladder.judgeBody(refused, Buffer.from('{,'))).toBe(refused);
    expect(refusalOf(refused).reason).toBe('missing-body');
  });
});

describe('observe', () => {
  const observed = contract(library.operations.map(watched), { switches: observe });
  const ladder = decider(observed, { verifiers });
  const seen = (line: string, fields = {}) => {
    const { verdict, observed: refusal, bodyPlan, consumer, operation: found } = judge(ladder, facts(line, fields));
    return [verdict.kind, refusal?.reason, bodyPlan, consumer?.subject, found?.id];
  };
  const some = { 'Content-Length': '1' };

  it('lets pass what would have been refused, and keeps the first reason', () => {
    expect(seen('POST /nowhere', some)).toEqual(['pass', 'unknown-path', 'stream', undefined, undefined]);
    expect(seen('PUT /books')).toEqual(['pass', 'method-not-allowed', 'none', undefined, undefined]);
    expect(seen('POST /books?x=1', some)).toEqual(['pass', 'missing-credentials', 'stream', undefined, 'POST /books']);
    expect(seen('POST /books?page=1&x=1', { ...some, ...token })[1]).toBe('unknown-parameter');
    expect(seen('POST /books?page=1', { ...some, ...token })[1]).toBe('unsupported-media-type');
  });
  it('still finds out who calls', () => {
    const limits: readonly Limit[] = [{ name: 'a', requests: 0, windowMs: 1000, by: 'address' }];
    const strict = decider(observed, { verifiers, limits });
    const { observed: refusal, consumer } = judge(strict, facts('POST /books', token));
    expect([refusal?.reason, consumer?.subject]).toEqual(['address-limit', 'ann']);
  });
  it('charges no consumer for a request that would not have come so far', () => {
    const limitStore = countingStore();
    const limits: readonly Limit[] = [{ name: 'c', requests: 9, windowMs: 1000, by: 'consumer' }];
    judge(decider(observed, { verifiers, limits, limitStore }), facts('POST /books'));
    expect(limitStore.counts.size).toBe(0);
  });
  it('gives nothing back where one of the limits would not have taken it: none was charged', () => {
    const limitStore = countingStore();
    const limits = [0, 9].map((requests): Limit => ({ name: `${requests}`, requests, windowMs: 1000, by: 'address' }));
    const strict = decider(observed, { verifiers, limits, limitStore });
    const passage = judge(strict, facts('POST /books'));
    expect(passage.observed?.reason).toBe('address-limit');
    strict.refuse(passage, 'overloaded', 'Full.', { uncharged: true });
    expect(limitStore.counts.size).toBe(0);
  });
  it('leaves OPTIONS to the API', () => {
    expect(seen('OPTIONS /books')).toEqual(['pass', undefined, 'none', undefined, undefined]);
  });
  it('judges a body and lets it pass', () => {
    const fields = { ...token, ...some, 'Content-Type': 'application/json' };
    const passage = judge(ladder, facts('POST /books?page=1', fields));
    const after = ladder.judgeBody(passage, Buffer.from('{'));
    expect([after.verdict.kind, after.observed?.reason]).toEqual(['pass', 'malformed-body']);
  });
  it('refuses all the same what is ambiguous or broken off', () => {
    expect(outcome(ladder, facts('POST /a/../books'))).toBe('malformed-target');
    expect(outcome(ladder, facts('POST /books', { Connection: 'host' }))).toBe('malformed-request');
    const verbs = decider(contract([operation('POST /a:b'), operation('POST /{x}')], { switches: observe }));
    expect(outcome(verbs, facts('POST /a%3Ab'))).toBe('malformed-target');
    expect(outcome(ladder, { ...facts('POST /nowhere'), fault: 'body-too-slow' })).toBe('body-too-slow');
  });
  it('can be of one operation alone', () => {
    const mixed = decider(contract([operation('GET /a'), operation('GET /b', { switches: observe })]));
    expect(outcome(mixed, facts('GET /a?x'))).toBe('unknown-parameter');
    expect(judge(mixed, facts('GET /b?x'))).toMatchObject({ verdict: { kind: 'pass' }, observed: { status: 400 } });
    expect(outcome(mixed, facts('GET /c'))).toBe('unknown-path');
  });
});

describe('an operation that cannot be served', () => {
  it('answers 500 and says nothing of why to the caller', () => {
    const broken = decider(contract([operation('GET /a', { broken: 'canary' })]));
    const { detail, ...refusal } = refusalOf(judge(broken, facts('GET /a?unknown=1')));
    expect(refusal).toMatchObject({ reason: 'misconfiguration', precise: 500, cause: 'canary' });
    expect(detail).not.toContain('canary');
  });
  it('is found out at its first request, once', () => {
    let compiled = 0;
    const made = { ...operation('GET /a'), broken: undefined as string | undefined };
    const late = {
      ...made,
      get broken() {
        return compiled > 0 ? 'a schema' : undefined;
      },
      compile: () => {
        compiled += 1;
      },
    };
    const ladder = decider(contract([late]));
    expect([compiled, outcome(ladder, facts('GET /a')), outcome(ladder, facts('GET /a')), compiled]).toEqual([
      0,
      'misconfiguration',
      'misconfiguration',
      1,
    ]);
  });
  it('answers strangers 401, as if it were whole', () => {
    const broken = decider(contract([operation('GET /a', { broken: 'x', security: [[need(bearer)]] })]));
    expect(outcome(broken, facts('GET /a'))).toBe('missing-credentials');
  });
});

describe('whatever is thrown inside', () => {
  const failing = operation('GET /a', {
    compile: () => {
      throw new Error('canary');
    },
  });
  it('is a refusal, and its cause is for the log alone', () => {
    const { cause, ...refusal } = refusalOf(judge(decider(contract([failing])), facts('GET /a')));
    expect(refusal).toMatchObject({ reason: 'misconfiguration', status: 500 });
    expect(cause).toBeInstanceOf(Error);
    expect(JSON.stringify(refusal)).not.toContain('canary');
  });
  it('behind a promise too', async () => {
    const late = decider(contract([{ ...failing, security: [[need(bearer)]] }]), {
      verifiers: new Map([['bearer', { verify: async (text, scheme) => verify(text, scheme) }]]),
    });
    expect(refusalOf(await late.judgeHead(facts('GET /a', token))).reason).toBe('misconfiguration');
  });
  it('passes under observe', () => {
    const observed = decider(contract([{ ...failing, switches: observe }]));
    expect(judge(observed, facts('GET /a'))).toMatchObject({
      verdict: { kind: 'pass' },
      observed: { reason: 'misconfiguration' },
    });
  });
  it('in a store that counts wrong', () => {
    const limits: readonly Limit[] = [{ name: 'a', requests: 1, windowMs: 1000, by: 'address' }];
    const odd = decider(contract([operation('GET /a')]), {
      limits,
      limitStore: { charge: () => [], refund: () => {} },
    });
    expect(judge(odd, facts('GET /a')).verdict.kind).toBe('pass');
  });
  it('while a body is judged', () => {
    const check = Object.assign(
      () => {
        throw new Error('canary');
      },
      { prepare: () => undefined, compile: () => true },
    );
    const content = [{ ...json, check }];
    const ladder = decider(contract([operation('POST /a', { body: { required: true, content, pointer: '' } })]));
    const passage = judge(ladder, facts('POST /a', { 'Content-Type': 'application/json', 'Content-Length': '2' }));
    expect(refusalOf(ladder.judgeBody(passage, Buffer.from('{}'))).reason).toBe('misconfiguration');
  });
});

it('gives every request that passes one and the same verdict', () => {
  const ladder = decider(contract([operation('GET /a')]));
  expect(judge(ladder, facts('GET /a')).verdict).toBe(judge(ladder, facts('HEAD /a')).verdict);
});

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DeciderOptions, Limit, Verification } from '@flick/decide';
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
  outcome,
  refusalOf,
  verify,
} from './story.ts';

const library = contract([
  operation('GET /books', { id: 'listBooks', templates: ['/v1/books'] }),
  operation('GET /books/{id}', { id: 'getBook', templates: ['/v1/books/{id}'] }),
  operation('GET /mine', { id: 'mine', security: [[need(bearer)], []] }),
  operation('GET /secret', { id: 'secret', security: [[need(bearer)]] }),
]);

function limit(rest: Partial<Limit> = {}): Limit {
  return { name: 'l', requests: 2, windowMs: 60_000, by: 'address', ...rest };
}

function limited(limits: readonly Limit[], options: Partial<DeciderOptions> = {}) {
  const limitStore = countingStore();
  const verifiers = new Map([['bearer', { verify }]]);
  return { ladder: decider(library, { limits, limitStore, verifiers, ...options }), counts: limitStore.counts };
}

const token = (subject: string) => ({ Authorization: `Bearer good-${subject}` });

it('refuses the request that is one too many, and says when to come again', () => {
  const { ladder } = limited([limit()]);
  for (const due of ['pass', 'pass', 'address-limit']) expect(outcome(ladder, facts('GET /v1/books'))).toBe(due);
  const refusal = refusalOf(judge(ladder, facts('GET /v1/books')));
  expect([refusal.status, field(refusal, 'Retry-After')]).toEqual([429, '30']);
});

it('never lets Retry-After be less than a second or more than the window', () => {
  for (const [resetMs, windowMs, due] of [
    [0, 1000, '1'],
    [1, 60_000, '1'],
    [1001, 60_000, '2'],
    [90_000, 60_000, '60'],
    [100, 200, '1'],
  ] as const) {
    const limitStore = { charge: () => [{ remaining: 0, resetMs, allowed: false }], refund: () => {} };
    const { ladder } = limited([limit({ windowMs })], { limitStore });
    expect(field(refusalOf(judge(ladder, facts('GET /v1/books'))), 'Retry-After')).toBe(due);
  }
});

it('charges an address limit before any credential is looked at', () => {
  const { ladder } = limited([limit({ requests: 1 })]);
  expect(outcome(ladder, facts('GET /secret'))).toBe('missing-credentials');
  expect(outcome(ladder, facts('GET /secret'))).toBe('address-limit');
});

it('charges a consumer limit by who was recognised, else by address', () => {
  const { ladder, counts } = limited([limit({ by: 'consumer', requests: 1 })]);
  expect(outcome(ladder, facts('GET /mine', token('ann')))).toBe('pass');
  expect(outcome(ladder, facts('GET /mine', token('ann')))).toBe('consumer-limit');
  expect(outcome(ladder, facts('GET /mine', token('bob')))).toBe('pass');
  expect(outcome(ladder, facts('GET /mine'))).toBe('pass');
  expect(outcome(ladder, facts('GET /secret'))).toBe('missing-credentials');
  expect([...counts.keys()]).toEqual(['l|scheme|bearer|ann', 'l|scheme|bearer|bob', 'l|address|192.0.2.1']);
});

it('keeps callers apart whose issuer, name or limit holds the mark that parts keys', () => {
  const any = { scopes: [], scheme: 'bearer' };
  const consumers = [
    { ...any, issuer: 'a|b', subject: 'c' },
    { ...any, issuer: 'a', subject: 'b|c' },
    { ...any, issuer: 'a%7Cb', subject: 'c' },
    { ...any, issuer: 'bearer', subject: 'c' },
    { ...any, subject: 'c' },
  ];
  const verifier = {
    verify: (credential: string): Verification => {
      const consumer = consumers[Number(credential)];
      return consumer === undefined ? { kind: 'unknown', description: '' } : { kind: 'good', consumer };
    },
  };
  const limits = [limit({ by: 'consumer', name: 'l|consumer' }), limit({ by: 'consumer', name: 'l' })];
  const { ladder, counts } = limited(limits, { verifiers: new Map([['bearer', verifier]]) });
  consumers.forEach((_, index) => judge(ladder, facts('GET /mine', { Authorization: `Bearer ${index}` })));
  expect([...counts.values()]).toEqual(Array.from({ length: 10 }, () => 1));
});

it('counts all callers together where a limit says so', () => {
  const { ladder, counts } = limited([limit({ by: 'all' })]);
  for (const due of ['pass', 'pass', 'shared-limit']) expect(outcome(ladder, facts('GET /v1/books'))).toBe(due);
  expect([...counts.keys()]).toEqual(['l|all']);
});

const counted = (rest: Partial<Limit>) =>
  ['/v1/books', '/v1/books/7', '/mine'].filter((path) => {
    const { ladder, counts } = limited([limit(rest)]);
    judge(ladder, facts(`GET ${path}`));
    return counts.size > 0;
  });

it('counts only the operations that it names, by id or by path', () => {
  expect(counted({})).toEqual(['/v1/books', '/v1/books/7', '/mine']);
  expect(counted({ paths: ['/books'] })).toEqual(['/v1/books']);
  expect(counted({ paths: ['/v1/books/*'] })).toEqual(['/v1/books/7']);
  expect(counted({ paths: ['/books/{id}', '/mine'] })).toEqual(['/v1/books/7', '/mine']);
  expect(counted({ paths: ['/*'] })).toEqual(['/v1/books', '/v1/books/7', '/mine']);
  expect(counted({ operations: ['mine'] })).toEqual(['/mine']);
  expect(counted({ operations: ['mine'], paths: ['/books'] })).toEqual([]);
});

it('does not count what no operation answers for', () => {
  const { ladder, counts } = limited([limit()]);
  for (const line of ['GET /nowhere', 'POST /mine', 'OPTIONS /mine']) judge(ladder, facts(line));
  expect(counts.size).toBe(0);
});

it('charges none of several limits where one does not fit, and shows them all', () => {
  const { ladder, counts } = limited([limit({ name: 'wide', requests: 9 }), limit({ name: 'narrow', requests: 1 })]);
  judge(ladder, facts('GET /mine'));
  const { limitFields } = judge(ladder, facts('GET /mine'));
  expect(counts.get('wide|address|192.0.2.1')).toBe(1);
  expect(limitFields).toEqual([
    ['RateLimit-Policy', '"wide";q=9;w=60, "narrow";q=1;w=60'],
    ['RateLimit', '"wide";r=8;t=30, "narrow";r=0;t=30'],
  ]);
});

it('shows the limits of both rungs on a request that passes', () => {
  const { ladder } = limited([limit({ name: 'a "b"', windowMs: 1500 }), limit({ name: 'c', by: 'consumer' })]);
  expect(judge(ladder, facts('GET /mine', token('ann'))).limitFields).toEqual([
    ['RateLimit-Policy', '"a \\"b\\"";q=2;w=2, "c";q=2;w=60'],
    ['RateLimit', '"a \\"b\\"";r=1;t=1, "c";r=1;t=30'],
  ]);
});

it('shows the tightest limit in the legacy fields', () => {
  const limits = [limit({ name: 'wide', requests: 9 }), limit({ name: 'tight', windowMs: 10_000 })];
  const { ladder } = limited(limits, { limitHeaders: 'legacy' });
  expect(judge(ladder, facts('GET /mine')).limitFields).toEqual([
    ['X-RateLimit-Limit', '2'],
    ['X-RateLimit-Remaining', '1'],
    ['X-RateLimit-Reset', '5'],
  ]);
});

it('shows nothing where the fields are off, but for Retry-After', () => {
  const { ladder } = limited([limit({ requests: 0 })], { limitHeaders: 'off' });
  const passage = judge(ladder, facts('GET /mine'));
  expect(passage.limitFields).toEqual([]);
  expect(field(refusalOf(passage), 'Retry-After')).toBe('30');
});

it('gives back what is shed outside before anybody has worked on it, once', () => {
  const { ladder, counts } = limited([limit(), limit({ by: 'consumer' })]);
  const passage = judge(ladder, facts('GET /mine', token('ann')));
  ladder.refuse(passage, 'upstream-unreachable', 'Gone.');
  expect([...counts.values()]).toEqual([1, 1]);
  for (let times = 0; times < 2; times += 1) ladder.refuse(passage, 'overloaded', 'Full.', { uncharged: true });
  expect([...counts.values()]).toEqual([0, 0]);
  expect(passage.limitFields).toEqual([]);
});

it('waits for a store that answers later', async () => {
  const store = countingStore();
  const limitStore = {
    ...store,
    charge: async (...charge: Parameters<typeof store.charge>) => store.charge(...charge),
  };
  const { ladder } = limited([limit({ requests: 1 }), limit({ by: 'consumer' })], { limitStore });
  expect((await ladder.judgeHead(facts('GET /mine'))).verdict.kind).toBe('pass');
  expect((await ladder.judgeHead(facts('GET /mine'))).verdict.kind).toBe('refuse');
});

it.each([
  [
    'throws',
    () => {
      throw new Error('down');
    },
  ],
  ['rejects', () => Promise.reject(new Error('down'))],
])('never says 429 where the store %s: passes, or says 503 where told to', async (_, charge) => {
  const causes: unknown[] = [];
  const onStoreFault = (cause: unknown): void => void causes.push(cause);
  const { ladder } = limited([limit()], { limitStore: { charge, refund: () => {} }, onStoreFault });
  expect((await ladder.judgeHead(facts('GET /mine'))).verdict.kind).toBe('pass');
  expect(causes).toEqual([new Error('down')]);
  const strict = limited([limit()], { limitStore: { charge, refund: () => {} }, limitStoreDown: 'refuse' });
  const refusal = refusalOf(await strict.ladder.judgeHead(facts('GET /mine')));
  expect([refusal.reason, refusal.precise, field(refusal, 'Retry-After')]).toEqual(['overloaded', 503, '1']);
  expect(refusal.cause).toBeInstanceOf(Error);
});

it('counts one client as one, whatever a caller writes into its forwarding fields', () => {
  const spoof = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('', 'unknown', '_hidden', '"', '127.0.0.1', '10.0.0.1', '::ffff:10.0.0.1', '1.2.3.4:80', '[::1]:1'),
    fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)) }),
  );
  fc.assert(
    fc.property(fc.array(spoof, { maxLength: 5 }), fc.boolean(), (hops, proxied) => {
      const { ladder, counts } = limited([limit({ requests: 1000 })], { trustedProxies: ['10.0.0.0/8'] });
      const chain = proxied ? [...hops, '198.51.100.7'] : hops;
      const address = proxied ? '10.0.0.9' : '198.51.100.7';
      judge(ladder, { ...facts('GET /mine', { 'X-Forwarded-For': chain.join(', ') }), address });
      if (!proxied) judge(ladder, { ...facts('GET /mine', { Forwarded: `for=${hops.join(',for=')}` }), address });
      expect([...counts.keys()]).toEqual(['l|address|198.51.100.7']);
    }),
  );
});

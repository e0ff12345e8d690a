import { describe, expect, it } from 'vitest';
import { bearer, contract, decider, facts, judge, need, operation, outcome, raw, refusalOf } from './story.ts';

const ladder = decider(
  contract([
    operation('GET /'),
    operation('GET /admin', { security: [[need(bearer)]] }),
    operation('GET /admin:all', { security: [[need(bearer)]] }),
    operation('GET /public/{name}'),
    operation('GET /{page}'),
    operation('POST /public/{name}'),
    operation('GET /café'),
  ]),
);

describe('33 spellings of a protected path: none gets past its credentials', () => {
  const refused = {
    '/admin': 'missing-credentials',
    '/%61dmin': 'missing-credentials',
    '/%61%64%6d%69%6E': 'missing-credentials',
    '/admin?': 'missing-credentials',
    'http://api.test/admin': 'missing-credentials',
    'HTTP://API.TEST:80/admin': 'missing-credentials',
    '//admin': 'malformed-target',
    '///admin': 'malformed-target',
    '/./admin': 'malformed-target',
    '/public/../admin': 'malformed-target',
    '/public/%2e%2e/admin': 'malformed-target',
    '/public/.%2E/admin': 'malformed-target',
    '/public/..%2fadmin': 'malformed-target',
    '/public/..%5cadmin': 'malformed-target',
    '/public/..;/admin': 'malformed-target',
    '/public/..;x=1/admin': 'malformed-target',
    '/public%2f..%2fadmin': 'malformed-target',
    '/public\\..\\admin': 'malformed-target',
    '/public/%c0%ae%c0%ae/admin': 'malformed-target',
    '/%c0%afadmin': 'malformed-target',
    '/admin#x': 'malformed-target',
    '/admin%00': 'malformed-target',
    '/admin%00.html': 'malformed-target',
    '/admin%0a': 'malformed-target',
    '/admin%': 'malformed-target',
    '/admin%2': 'malformed-target',
    '/%GGadmin': 'malformed-target',
    '/admin/.': 'malformed-target',
    '/admin/..': 'malformed-target',
    '/admin//': 'malformed-target',
    '/admin%3Aall': 'malformed-target',
    '/admin/': 'unknown-path',
    admin: 'malformed-target',
  } as const;
  it.each(Object.entries(refused))('%s', (target, reason) => {
    expect(outcome(ladder, facts(`GET ${target}`))).toBe(reason);
  });
  it('are 33', () => {
    expect(Object.keys(refused)).toHaveLength(33);
  });
});

it('reads what is another path as one', () => {
  for (const target of ['/Admin', '/admin;x=1', '/admin%20', '/%2561dmin']) {
    const passage = judge(ladder, facts(`GET ${target}`));
    expect([target, passage.operation?.id, passage.target]).toEqual([target, 'GET /{page}', target]);
  }
});

it.each([
  ['/public/%7ea%2d%c3%bc?q=%7e', '/public/~a-%C3%BC?q=%7e'],
  ['/public/a|[b]^', '/public/a%7C%5Bb%5D%5E'],
  ['/public/a%2Cb', '/public/a%2Cb'],
  ['/caf%c3%a9', '/caf%C3%A9'],
  ['http://api.test?q', '/?q'],
  ['http://api.test', '/'],
  ['/?', '/?'],
])('forwards the canonical bytes that it matched: %s as %s', (sent, canonical) => {
  const { target, path, operation: found } = judge(ladder, facts(`GET ${sent}`));
  expect([target, path, found?.method]).toEqual([canonical, canonical.split('?')[0], 'GET']);
});

it('takes an absolute target only for the host that Host names', () => {
  expect(outcome(ladder, facts('GET http://other.test/public/a'))).toBe('malformed-target');
  expect(outcome(ladder, facts('GET http://me@api.test/public/a'))).toBe('malformed-target');
  expect(outcome(ladder, facts('GET http://api.test:81/public/a'))).toBe('malformed-target');
  expect(outcome(ladder, facts('GET ftp://api.test/public/a'))).toBe('malformed-target');
  expect(outcome(ladder, facts('GET https://api.test:443/public/a'))).toBe('pass');
  expect(outcome(ladder, raw('GET http://api.test/public/a HTTP/1.0'))).toBe('pass');
});

it('takes an asterisk for OPTIONS alone, and no authority', () => {
  expect(outcome(ladder, facts('OPTIONS *'))).toBe('answer');
  expect(outcome(ladder, facts('OPTIONS http://api.test'))).toBe('answer');
  expect(outcome(ladder, facts('GET *'))).toBe('malformed-target');
  expect(outcome(ladder, facts('CONNECT api.test:443'))).toBe('malformed-target');
});

it('refuses a query that can be read in two ways, and keeps the bytes of any other', () => {
  for (const query of ['%', '%zz', 'a=%00', 'a#b', 'a b', 'caf\u00e9']) {
    expect([query, outcome(ladder, facts(`POST /public/a?${query}`))]).toEqual([query, 'malformed-target']);
  }
  const kept = 'a=%7e&&b={"c":[1]}%0A';
  expect(judge(ladder, facts(`POST /public/a?${kept}`)).target).toBe(`/public/a?${kept}`);
});

it('refuses a target longer than the bound with 414, and says both sizes', () => {
  const refusal = refusalOf(judge(ladder, facts(`GET /${'a'.repeat(200)}`)));
  expect(refusal).toMatchObject({ reason: 'target-too-long', precise: 414, status: 400 });
  expect(refusal.detail).toContain('201');
});

it('shows no path of a target that it refused', () => {
  expect(judge(ladder, facts('GET /a/../b'))).toMatchObject({ path: '', target: '', allow: [] });
});

import type { CrossSitePolicy, Verifier } from '@flick/decide';
import { describe, expect, it } from 'vitest';
import {
  bearer,
  contract,
  decider,
  facts,
  field,
  headerKey,
  judge,
  need,
  operation,
  outcome,
  refusalOf,
  session,
  verify,
} from './story.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const library = contract([
  ...methods.map((method) => operation(`${method} /cookie`, { security: [[need(session)]] })),
  operation('POST /either', { security: [[need(session)], [need(bearer)]] }),
  operation('POST /maybe', { security: [[need(session)], []] }),
  operation('POST /key', { security: [[need(session), need(headerKey)], [need(headerKey)]] }),
  operation('POST /open'),
]);

/** A ladder whose sessions travel in a cookie. */
function ladderWith(crossSite: CrossSitePolicy, check: Verifier['verify'] = verify) {
  const verifier: Verifier = { verify: check, crossSite };
  return decider(library, {
    verifiers: new Map([
      ['session', verifier],
      ['bearer', verifier],
      ['headerKey', { verify }],
    ]),
  });
}

const strict = ladderWith({ origins: new Set(), sameSite: false });
const lax = ladderWith({ origins: new Set(['https://app.example']), sameSite: true });
const cookie = { Cookie: 'sid=good-ann' };
const refused = 'cross-site-request';

describe('a session in a cookie, with a method that may change things', () => {
  it.each<[Record<string, string>, string, string]>([
    [{}, 'pass', 'pass'],
    [{ 'Sec-Fetch-Site': 'same-origin' }, 'pass', 'pass'],
    [{ 'Sec-Fetch-Site': 'none' }, 'pass', 'pass'],
    [{ 'Sec-Fetch-Site': 'same-site' }, refused, 'pass'],
    [{ 'Sec-Fetch-Site': 'cross-site' }, refused, refused],
    [{ 'Sec-Fetch-Site': 'Same-Origin' }, refused, refused],
    [{ 'Sec-Fetch-Site': '' }, refused, refused],
    [{ 'Sec-Fetch-Site': 'same-origin, cross-site' }, refused, refused],
    [{ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://app.example' }, refused, 'pass'],
    [{ 'Sec-Fetch-Site': 'cross-site', Origin: 'http://api.test' }, refused, refused],
    [{ 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }, 'pass', 'pass'],
    [{ Origin: 'https://api.test' }, 'pass', 'pass'],
    [{ Origin: 'http://api.test' }, 'pass', 'pass'],
    [{ Origin: 'https://api.test:8443' }, refused, refused],
    [{ Origin: 'https://api.test:8443', Host: 'api.test:8443' }, 'pass', 'pass'],
    [{ Origin: 'https://api.test', Host: 'api.test:443' }, 'pass', 'pass'],
    [{ Origin: 'http://api.test', Host: 'API.test:80' }, 'pass', 'pass'],
    [{ Origin: 'https://api.test', Host: 'api.test:80' }, refused, refused],
    [{ Origin: 'https://app.example' }, refused, 'pass'],
    [{ Origin: 'https://APP.example' }, refused, refused],
    [{ Origin: 'https://app.example.evil.test' }, refused, refused],
    [{ Origin: 'https://api.test.evil.test' }, refused, refused],
    [{ Origin: 'https://api.test@evil.test' }, refused, refused],
    [{ Origin: 'https://evil.test/api.test' }, refused, refused],
    [{ Origin: 'https://api.test/' }, refused, refused],
    [{ Origin: 'null' }, refused, refused],
    [{ Origin: '' }, refused, refused],
    [{ Origin: 'https://api.test, https://evil.test' }, refused, refused],
    [{ Referer: 'https://evil.test/' }, 'pass', 'pass'],
  ])('and %j: %s; where the same site and one origin are allowed: %s', (fields, due, allowed) => {
    const request = facts('POST /cookie', { ...cookie, ...fields });
    expect([outcome(strict, request), outcome(lax, request)]).toEqual([due, allowed]);
  });

  it('over TLS takes the origin of no other scheme', () => {
    const request = facts('POST /cookie', { ...cookie, Origin: 'http://api.test' });
    expect(outcome(strict, { ...request, secure: true })).toBe(refused);
    expect(outcome(strict, facts('POST /cookie', { ...cookie, Origin: 'https://api.test' }))).toBe('pass');
  });

  it.each(methods.slice(2))('%s is asked whence it comes', (method) => {
    const request = facts(`${method} /cookie`, { ...cookie, 'Sec-Fetch-Site': 'cross-site' });
    expect(outcome(strict, request)).toBe(refused);
  });
});

it.each(['GET', 'HEAD'])('%s is not asked whence it comes', (method) => {
  const request = facts(`${method} /cookie`, {
    ...cookie,
    'Sec-Fetch-Site': 'cross-site',
    Origin: 'https://evil.test',
  });
  expect(outcome(strict, request)).toBe('pass');
});

const elsewhere = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.test' };

it.each<[string, string, Record<string, string>, string]>([
  ['a token in Authorization may come from anywhere', '/either', { Authorization: 'Bearer good-ann' }, 'pass'],
  ['a request without a session has no credentials', '/cookie', {}, 'missing-credentials'],
  [
    'a cookie beside a token stays ambiguous',
    '/either',
    { ...cookie, Authorization: 'Bearer good' },
    'invalid-credentials',
  ],
  ['a cookie that may be left out is refused all the same', '/maybe', cookie, refused],
  ['whoever needs none may come from anywhere', '/open', cookie, 'pass'],
  ['a key that is enough alone is enough', '/key', { ...cookie, 'X-Key': 'good-ann' }, 'pass'],
])('%s', (_, path, fields, due) => {
  expect(outcome(strict, facts(`POST ${path}`, { ...fields, ...elsewhere }))).toBe(due);
});

it('the refusal is 403, told as the table has it, and says what came and what was due; nobody verifies the session', () => {
  let asked = 0;
  const counting = ladderWith({ origins: new Set(), sameSite: false }, (text, scheme) => {
    asked += 1;
    return verify(text, scheme);
  });
  const canary = { Cookie: 'sid=c4nary', 'Sec-Fetch-Site': 'cross-site', Origin: 'https://c4nary.test' };
  const refusal = refusalOf(judge(counting, facts('POST /cookie', canary)));
  expect([refusal.reason, refusal.precise, refusal.status]).toEqual([refused, 403, 401]);
  expect(refusal.detail).toBe(
    'A page of another origin may not have the cookie sent. ' +
      'Header field "Sec-Fetch-Site": expected same-origin or none, got cross-site.',
  );
  expect(refusal.violations).toEqual([
    { in: 'header', name: 'Sec-Fetch-Site', reason: refused, due: 'same-origin or none', arrived: 'cross-site' },
  ]);
  expect(field(refusal, 'WWW-Authenticate')).toMatch(
    /^ApiKey realm="library", in="cookie", name="sid", error="cross-site-request", error_description="A page /,
  );
  expect(JSON.stringify(refusal)).not.toContain('c4nary');
  expect(asked).toBe(0);
});

it('a cookie of a verifier that does not ask whence it comes may come from anywhere', () => {
  const open = decider(library, { verifiers: new Map([['session', { verify }]]) });
  expect(outcome(open, facts('POST /cookie', { ...cookie, ...elsewhere }))).toBe('pass');
});

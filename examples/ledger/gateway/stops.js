// The ways of the tour before an upstream: one request for each way to each code of the table.
import { randomBytes } from 'node:crypto';
import { signToken } from './token.js';

const reading = 'accounts:read';
const everything = 'accounts:read accounts:write transfers:write';

/** The stops, as `tour.js` reads them. */
export const stops = [
  { code: 200, about: 'received, understood, processed', target: '/accounts', who: 'ada' },
  { code: 400, about: 'a required parameter is missing', target: '/rates?from=EUR', reason: 'missing-parameter' },
  { code: 400, about: 'a parameter has an incorrect value', target: '/rates?from=EUR&to=euro', reason: 'wrong-value' },
  {
    code: 400,
    about: 'a parameter that the server does not recognise',
    target: '/rates?from=EUR&to=USD&day=today',
    reason: 'unknown-parameter',
  },
  {
    code: 400,
    about: 'malformed syntax',
    method: 'POST',
    target: '/accounts',
    who: 'ada',
    body: '{"name": "Holidays", ',
    reason: 'malformed-body',
  },
  { code: 401, about: 'credentials required and none given', target: '/accounts', reason: 'missing-credentials' },
  { code: 401, about: 'invalid credentials', target: '/accounts', who: 'forged', reason: 'invalid-credentials' },
  { code: 401, about: 'the token has expired', target: '/accounts', who: 'expired', reason: 'expired-credentials' },
  {
    code: 401,
    about: 'insufficient: the token is good, and only for reading',
    method: 'POST',
    target: '/accounts',
    who: 'reader',
    body: '{"name": "Holidays", "currency": "EUR"}',
    reason: 'insufficient-credentials',
  },
  { code: 404, about: 'no such path', target: '/acounts', reason: 'unknown-path' },
  {
    code: 404,
    about: 'no such resource, as the ledger itself answers',
    target: '/accounts/acc_nobody00',
    who: 'ada',
  },
  {
    code: 405,
    about: 'the path exists, the method is not supported on it',
    method: 'DELETE',
    target: '/rates',
    reason: 'method-not-allowed',
  },
  {
    code: 408,
    about: 'the client does not send a complete request in time (3 s)',
    method: 'POST',
    target: '/accounts',
    who: 'ada',
    body: '{"name": ',
    trickle: true,
    reason: 'body-too-slow',
  },
  {
    code: 429,
    about: 'more requests than the limit allows (20 in 2 s)',
    target: '/accounts?limit=1',
    who: 'bob',
    times: 25,
    reason: 'consumer-limit',
  },
  { code: 500, about: 'the ledger crashes', target: '/reports/daily', who: 'ada', reason: 'unhandled-error' },
  { code: 500, about: 'the ledger hangs (5 s)', target: '/reports/monthly', who: 'ada', reason: 'upstream-too-slow' },
];

/** Signs a token for each caller that the stops name: the field that they send. */
export function signTokens(secret) {
  const now = Math.floor(Date.now() / 1000);
  const half = 12 * 3600;
  const fieldOf = (claims, key = secret) => ({ Authorization: `Bearer ${signToken(claims, key)}` });
  return {
    ada: fieldOf({ sub: 'ada', scope: everything, exp: now + half }),
    bob: fieldOf({ sub: 'bob', scope: reading, exp: now + half }),
    reader: fieldOf({ sub: 'ada', scope: reading, exp: now + half }),
    expired: fieldOf({ sub: 'ada', scope: everything, exp: now - half }),
    forged: fieldOf({ sub: 'ada', scope: everything, exp: now + half }, randomBytes(32)),
  };
}

// The stops of the tour: one request for each way to each code of the table. Both faces of the tour read them: the
// curl lines that `npm start` prints, and the run of `npm start -- --tour`.
import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { signToken } from './token.js';

const reading = 'accounts:read';
const everything = 'accounts:read accounts:write transfers:write';

/**
 * `who` is one of the tokens below. `trickle` sends half a body and waits, `times` sends the request that often.
 * `reason` is the one that the gate gives; where it is absent, the ledger itself answers.
 */
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

/** Signs a token for each caller that the stops name. */
export function signTokens(secret) {
  const now = Math.floor(Date.now() / 1000);
  const half = 12 * 3600;
  return {
    ada: signToken({ sub: 'ada', scope: everything, exp: now + half }, secret),
    bob: signToken({ sub: 'bob', scope: reading, exp: now + half }, secret),
    reader: signToken({ sub: 'ada', scope: reading, exp: now + half }, secret),
    expired: signToken({ sub: 'ada', scope: everything, exp: now - half }, secret),
    forged: signToken({ sub: 'ada', scope: everything, exp: now + half }, randomBytes(32)),
  };
}

/**
 * Writes a stop as one line for a shell.
 *
 * @param headerFile - gives the file that holds a caller's Authorization field, which curl reads by `-H @file`
 */
export function curlOf({ method = 'GET', target, who, body, trickle, times }, origin, headerFile) {
  const words = ['curl'];
  words.push(times === undefined ? '-i' : "-s -o /dev/null -w '%{http_code} '");
  if (method !== 'GET' && (body === undefined || trickle)) words.push(`-X ${method}`);
  if (who !== undefined) words.push(`-H ${quoted(`@${headerFile(who)}`)}`);
  if (body !== undefined) words.push("-H 'Content-Type: application/json'");
  if (trickle) words.push('-T .');
  else if (body !== undefined) words.push(`-d ${quoted(body)}`);
  // curl counts a range of brackets through by itself.
  words.push(quoted(origin + (times === undefined ? target : target.replace(/\d+$/, `[1-${times}]`))));
  const line = words.join(' ');
  return trickle ? `(printf ${quoted(body)}; sleep 4) | ${line}` : line;
}

function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Sends a stop to the gate, as often as it says.
 *
 * @returns code and reason; of several answers, those of the first that is not 200
 */
async function runStop(stop, origin, tokens) {
  const sent = Array.from({ length: stop.times ?? 1 }, () => send(stop, origin, tokens));
  const answers = await Promise.all(sent);
  return answers.find(({ code }) => code !== 200) ?? answers[0];
}

async function send({ method = 'GET', target, who, body, trickle }, origin, tokens) {
  const headers = {};
  if (who !== undefined) headers['authorization'] = `Bearer ${tokens[who]}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (body !== undefined && !trickle) headers['content-length'] = Buffer.byteLength(body);
  const request = httpRequest(origin + target, { method, headers, agent: false, signal: AbortSignal.timeout(20_000) });
  const answered = new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
  });
  if (trickle) request.write(body);
  else request.end(body);
  const response = await answered;
  let text = '';
  try {
    for await (const chunk of response) text += chunk;
  } finally {
    request.destroy();
  }
  const type = response.headers['content-type'] ?? '';
  return {
    code: response.statusCode,
    reason: type.startsWith('application/problem+json') ? JSON.parse(text).reason : undefined,
  };
}

/** Runs every stop, all at once. */
export async function runTour(origin, tokens) {
  return Promise.all(
    stops.map(async (stop) => {
      try {
        const { code, reason } = await runStop(stop, origin, tokens);
        return { stop, code, reason };
      } catch (error) {
        return { stop, code: 0, reason: error.code ?? error.name };
      }
    }),
  );
}

// The ways of the tour of the ledger in one process: one request for each way to each code of the table. What they need,
// people, sessions, accounts, is made through the front door.
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { send } from './tour.js';

const json = JSON.stringify;

/** How often what a busy machine did not manage is asked for again. */
const tries = 10;

/** Asks for something, again where the ledger is too busy for it. Returns the JSON that comes; undefined where it is there. */
async function ask(url, value, fields = {}, left = tries) {
  const { code, text } = await send(url, { method: 'POST', fields, body: json(value) });
  if (code < 300) return JSON.parse(text);
  if (code === 409) return undefined;
  if (code < 500 || left === 0) throw new Error(`POST ${url}: ${code} ${text}`);
  await setTimeout(500);
  return ask(url, value, fields, left - 1);
}

/** Has people sign up, and ada open accounts and send money. */
export async function prepare(origin) {
  const password = randomBytes(12).toString('base64url');
  const signUp = async (name, more = {}) => {
    const login = { name, password, ...more };
    // Who is there already signed up in a try that was too slow to say so.
    const { token } = (await ask(`${origin}/users`, login)) ?? (await ask(`${origin}/session`, login));
    return { Authorization: `Bearer ${token}` };
  };
  // One after the other: hashing is dear, and others may be starting on this machine.
  const expired = await signUp('eve', { lifetime: 1 });
  // It began before the answer.
  const over = setTimeout(1100);
  const bob = await signUp('bob', { scopes: ['accounts:read'] });
  const ada = await signUp('ada');
  const open = (name, currency, deposit) => ask(`${origin}/accounts`, { name, currency, deposit }, ada);
  const household = await open('Household', 'EUR', 124_050);
  const savings = await open('Savings', 'EUR', 1_500_000);
  const travel = await open('Travel', 'EUR', 0);
  const ticket = { from: household.id, to: travel.id, amount: 12_500, reference: 'Ticket' };
  const booked = { 'Idempotency-Key': randomUUID() };
  await ask(`${origin}/transfers`, ticket, { ...ada, ...booked });
  const { fields } = await send(`${origin}/accounts/${savings.id}`, { fields: ada });
  await over;
  const page = { Cookie: ada.Authorization.replace('Bearer ', '__Host-session='), 'Sec-Fetch-Site': 'cross-site' };
  const forged = { Authorization: `Bearer ${randomBytes(32).toString('base64url')}` };
  return {
    callers: { ada, bob, expired, forged, page },
    secrets: { password: json({ name: 'ada', password }) },
    stops: stopsOf({ ticket, booked, savings, tag: fields.etag }),
  };
}

function stopsOf({ ticket, booked, savings, tag }) {
  return [
    { code: 200, about: 'received, understood, processed', target: '/accounts', who: 'ada' },
    {
      code: 200,
      about: 'ada logs in',
      method: 'POST',
      target: '/session',
      secret: 'password',
      shown: '/session  by password',
    },
    {
      code: 200,
      about: 'a transfer that is sent again: its Idempotency-Key has it booked once',
      method: 'POST',
      target: '/transfers',
      who: 'ada',
      fields: booked,
      body: json(ticket),
      shown: '/transfers  once more',
    },
    {
      code: 201,
      about: 'a transfer, booked in one transaction; paste it twice, and it is 200',
      method: 'POST',
      target: '/transfers',
      who: 'ada',
      fields: { 'Idempotency-Key': randomUUID() },
      body: json({ ...ticket, amount: 4200, reference: 'Hotel' }),
    },
    {
      code: 304,
      about: 'the account is as it was: If-None-Match has its ETag',
      target: `/accounts/${savings.id}`,
      who: 'ada',
      fields: { 'If-None-Match': tag },
      shown: '/accounts/{id}  by its ETag',
    },
    { code: 400, about: 'a required parameter is missing', target: '/rates?from=EUR', reason: 'missing-parameter' },
    {
      code: 400,
      about: 'a parameter has an incorrect value',
      target: '/rates?from=EUR&to=euro',
      reason: 'wrong-value',
    },
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
    {
      code: 401,
      about: 'a wrong password',
      method: 'POST',
      target: '/session',
      shown: '/session  by a guess',
      body: json({ name: 'ada', password: 'guess-work' }),
      reason: 'invalid-credentials',
    },
    {
      code: 401,
      about: 'the login session has expired, after one second',
      target: '/accounts',
      who: 'expired',
      reason: 'expired-credentials',
    },
    {
      code: 401,
      about: 'insufficient: the session is good, and only for reading',
      method: 'POST',
      target: '/accounts',
      who: 'bob',
      body: '{"name": "Holidays", "currency": "EUR"}',
      reason: 'insufficient-credentials',
    },
    {
      code: 401,
      about: 'a page of another site has the browser send the cookie of the session',
      method: 'POST',
      target: '/accounts',
      who: 'page',
      body: '{"name": "Holidays", "currency": "EUR"}',
      reason: 'cross-site-request',
    },
    { code: 404, about: 'no such path', target: '/acounts', reason: 'unknown-path' },
    {
      code: 404,
      about: 'no such resource, as the handler says',
      target: '/accounts/acc_nobody00',
      who: 'ada',
      reason: 'unknown-resource',
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
    { code: 500, about: 'a handler throws', target: '/drills/crash', who: 'ada', reason: 'unhandled-error' },
    { code: 500, about: 'a handler hangs (5 s)', target: '/drills/hang', who: 'ada', reason: 'upstream-too-slow' },
  ];
}

/** The API of the bench, its secret, and the requests that are measured. */
import { createHmac } from 'node:crypto';
import { fileURLToPath } from 'node:url';

export const contractFile = fileURLToPath(new URL('contract.yaml', import.meta.url));

export const secret = Buffer.from('a secret of the bench, worth nothing to anyone');

/** A bearer token for the hour to come. */
function tokenFor(/** @type {string} */ subject) {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const input = [
    { alg: 'HS256', typ: 'JWT' },
    { iss: 'https://issuer.example', sub: subject, exp, scope: 'read write' },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

export const transfer = JSON.stringify({
  from: 'acc_0a1b2c3d',
  to: 'acc_9z8y7x6w',
  amount: 1250,
  currency: 'eur',
  note: 'Rent of November, with many thanks to you',
  tags: ['rent', 'home'],
});

const tokens = Array.from({ length: 20 }, (_, index) => tokenFor(`user-${index}`));

/**
 * Fields as a usual client sends them, as names and values in turn.
 *
 * @param {number} index
 * @param {string | undefined} authorization
 */
export function fieldsOf(index, authorization = `Bearer ${tokens[index % tokens.length]}`) {
  const fields = ['Host', 'api.example', 'Accept', 'application/json', 'Accept-Encoding', 'gzip, deflate'];
  fields.push('User-Agent', 'bench/1.0', 'Cache-Control', 'no-cache');
  return authorization === '' ? fields : [...fields, 'Authorization', authorization];
}

export function bodyFields(/** @type {string} */ body) {
  return ['Content-Type', 'application/json', 'Content-Length', `${Buffer.byteLength(body)}`];
}

const account = (/** @type {number} */ index) => `/accounts/${index + 1}?limit=20&currency=eur`;

/** A token of the right form that nobody signed. */
const forged = `Bearer ${tokenFor('mallory').split('.').slice(0, 2).join('.')}.${'A'.repeat(43)}`;

/** What is measured: whole requests, as they go over the wire, and the code that is due. */
export const accountGet = {
  name: 'GET, JWT, path and query parameters',
  code: 200,
  requests: variants((index) => wire(`GET ${account(index)}`, fieldsOf(index))),
};
export const transferPost = {
  name: `POST, JWT, JSON of ${transfer.length} bytes`,
  code: 200,
  requests: variants((index) => wire('POST /transfers', fieldsOf(index), transfer)),
};

/** Refused GETs, which compare with {@link accountGet}. */
export const refusedGets = [
  {
    name: '404, no such path',
    code: 404,
    requests: variants((index) => wire(`GET /none/${index + 1}`, fieldsOf(index))),
  },
  {
    name: '405, another method',
    code: 405,
    requests: variants((index) => wire(`DELETE ${account(index)}`, fieldsOf(index))),
  },
  {
    name: '401, no credentials',
    code: 401,
    requests: variants((index) => wire(`GET ${account(index)}`, fieldsOf(index, ''))),
  },
  {
    name: '429, over the limit',
    code: 429,
    requests: variants((index) => wire(`GET /scarce${account(index)}`, fieldsOf(index))),
  },
  {
    name: '400, unknown parameter',
    code: 400,
    requests: variants((index) => wire(`GET ${account(index)}&colour=red`, fieldsOf(index))),
  },
];

/** Its signature is verified each time, as that of a token that comes for the first time. */
export const forgedGet = {
  name: '401, forged token',
  code: 401,
  requests: variants((index) => wire(`GET ${account(index)}`, fieldsOf(index, forged))),
};

/** Refused POSTs, which compare with {@link transferPost}. */
export const refusedPosts = [
  {
    name: '400, a member missing',
    code: 400,
    requests: variants((index) =>
      wire(
        'POST /transfers',
        fieldsOf(index),
        transfer.replace('"currency":"eur",', '').replace('you', 'you, again xx'),
      ),
    ),
  },
  {
    name: '400, no JSON',
    code: 400,
    requests: variants((index) => wire('POST /transfers', fieldsOf(index), transfer.replace('}', ']'))),
  },
];

/** How many operations the generated contracts have. */
export const operationCounts = [10, 1000, 10_000];

/** Requests to all operations of a generated contract in turn; see `many-operations.js`. */
export const manyGets = operationCounts.map((operations) => ({
  name: `GET, each of ${operations.toLocaleString('en-GB')} operations`,
  code: 200,
  requests: Array.from({ length: Math.max(100, operations) }, (_, index) =>
    wire(`GET /group-${index % operations}/items/${index + 1}?limit=20&currency=eur`, fieldsOf(index)),
  ),
}));

/**
 * @typedef {typeof accountGet} Scenario
 * @type {readonly Scenario[]}
 */
export const scenarios = [accountGet, transferPost, ...refusedGets, forgedGet, ...refusedPosts, ...manyGets];

/** @param {(index: number) => string} make */
function variants(make) {
  return Array.from({ length: 100 }, (_, index) => make(index));
}

/**
 * @param {string} line
 * @param {string[]} fields
 * @param {string} [body] - JSON
 */
function wire(line, fields, body) {
  let text = `${line} HTTP/1.1\r\n`;
  const all = body === undefined ? fields : [...fields, ...bodyFields(body)];
  for (let at = 0; at < all.length; at += 2) text += `${all[at]}: ${all[at + 1]}\r\n`;
  return `${text}\r\n${body ?? ''}`;
}

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

/** Fields as a usual client sends them, as names and values in turn. */
export function fieldsOf(/** @type {number} */ index) {
  return Object.entries({
    Host: 'api.example',
    Authorization: `Bearer ${tokens[index % tokens.length]}`,
    Accept: 'application/json',
    'Accept-Encoding': 'gzip, deflate',
    'User-Agent': 'bench/1.0',
    'Cache-Control': 'no-cache',
  }).flat();
}

export const bodyFields = ['Content-Type', 'application/json', 'Content-Length', `${Buffer.byteLength(transfer)}`];

/** @type {Record<string, string[]>} Whole requests, as they go over the wire, by scenario. */
export const scenarios = {
  'GET, JWT, path and query parameters': Array.from({ length: 100 }, (_, index) =>
    wire(`GET /accounts/${index + 1}?limit=20&currency=eur`, fieldsOf(index), ''),
  ),
  [`POST, JWT, JSON of ${transfer.length} bytes`]: Array.from({ length: 100 }, (_, index) =>
    wire('POST /transfers', [...fieldsOf(index), ...bodyFields], transfer),
  ),
};

/**
 * @param {string} line
 * @param {string[]} fields
 * @param {string} body
 */
function wire(line, fields, body) {
  let text = `${line} HTTP/1.1\r\n`;
  for (let at = 0; at < fields.length; at += 2) text += `${fields[at]}: ${fields[at + 1]}\r\n`;
  return `${text}\r\n${body}`;
}

/** The least that a server in Node can do: node:http alone. Checks nothing, and answers the bytes that the gate answers. */
import { createServer } from 'node:http';
import { account, booked } from './answers.js';
import { serveUsage } from './child.js';

/** Fields of the length that the gate's have, written in the way that costs least. */
const fields = [
  'X-Request-Id',
  '00000000-0000-4000-8000-000000000000',
  'RateLimit-Policy',
  '"all";q=1000000000;w=60',
  'RateLimit',
  '"all";r=999900000;t=60',
  'Content-Type',
  'application/json',
  'Content-Length',
];

const server = createServer((request, response) => {
  if (request.method === 'POST') request.on('end', () => answer(response, booked)).resume();
  else answer(response, account);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => serveUsage(Object(server.address()).port));

/**
 * @param {import('node:http').ServerResponse} response
 * @param {object} value
 */
function answer(response, value) {
  const body = JSON.stringify(value);
  response.writeHead(200, [...fields, String(body.length)]);
  response.end(body);
}

/** The API behind all fronts: reads the request whole, answers a small JSON. */
import { createServer } from 'node:http';
import { serveUsage } from './child.js';

const answer = JSON.stringify({ id: 7, owner: 'user-7', balance: 125_000, currency: 'eur', state: 'open' });

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': answer.length });
    response.end(answer);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => serveUsage(Object(server.address()).port));

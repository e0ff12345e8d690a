/** The API behind the soak: well-behaved, but for what a path asks of it. */
import { createServer } from 'node:http';
import { serveUsage } from '../child.js';

const account = JSON.stringify({ id: 7, owner: 'user-7', balance: 125_000 });

const server = createServer((request, response) => {
  const path = request.url?.split('?')[0] ?? '';
  request.resume();
  request.on('error', () => {});
  request.on('end', () => {
    if (path === '/accounts/404') response.writeHead(404).end('{"none":true}');
    else if (path === '/accounts/500') response.writeHead(500).end('Error: at secret.js:7');
    else if (path === '/accounts/502') request.socket.destroy();
    else if (path.startsWith('/files/')) response.writeHead(204).end();
    else {
      response.writeHead(request.method === 'POST' ? 201 : 200, { 'Content-Type': 'application/json' });
      // In chunks.
      response.write(account.slice(0, 10));
      response.end(account.slice(10));
    }
  });
});
server.keepAliveTimeout = 10_000;
server.listen(0, '127.0.0.1', () => serveUsage(Object(server.address()).port));

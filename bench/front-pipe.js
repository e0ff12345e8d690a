/** The least that a gateway in Node can do: node:http in front, undici behind, every byte passed on. */
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { serveUsage } from './child.js';

const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { connections: 256, pipelining: 1 });

const server = createServer((request, response) => {
  const { method = '', url = '', headers } = request;
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  delete headers.connection;
  delete headers['transfer-encoding'];
  pool
    .stream({ path: url, method, headers, body: hasBody ? request : null }, ({ statusCode, headers: fields }) => {
      delete fields.connection;
      delete fields['keep-alive'];
      response.writeHead(statusCode, fields);
      return response;
    })
    .catch(() => response.destroy());
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => serveUsage(Object(server.address()).port));

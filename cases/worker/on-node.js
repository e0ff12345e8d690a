import { once } from 'node:events';
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import worker from './at-once.js';

const env = { PLACE: 'node' };
const context = { waitUntil: () => {} };
const server = createServer(getRequestListener((request) => worker.fetch(request, env, context)));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`listening on ${server.address().port}`);

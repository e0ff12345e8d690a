// The same apps alone: `node plain.js fastify`.
import { serve } from '@hono/node-server';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { addTeas as addToExpress } from './express-app.js';
import { addTeas as addToFastify } from './fastify-app.js';
import { addTeas as addToHono } from './hono-app.js';

const port = Number(process.env.PORT ?? 3000);
const host = '127.0.0.1';
const say = (bound) => console.log(`listening on http://${host}:${bound}`);

const starts = {
  async fastify() {
    const app = Fastify();
    addToFastify(app);
    await app.listen({ port, host });
    say(app.server.address().port);
  },
  express() {
    const app = express();
    addToExpress(app);
    const server = app.listen(port, host, () => say(server.address().port));
  },
  hono() {
    const app = new Hono();
    addToHono(app);
    serve({ fetch: app.fetch, port, hostname: host }, (address) => say(address.port));
  },
};

const start = starts[process.argv[2]];
if (start === undefined) {
  console.error('usage: node plain.js fastify|express|hono');
  process.exit(2);
}
await start();

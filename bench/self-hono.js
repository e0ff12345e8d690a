/** A Hono app that checks nothing. With the argument `flick`: behind Flick, which checks, limits and records all. */
import { serve } from '@hono/node-server';
import { openFlick } from '@flick/gate/hono';
import { Hono } from 'hono';
import { account, booked } from './answers.js';
import { settings } from './app-settings.js';
import { serveUsage } from './child.js';

const app = new Hono();
if (process.argv[2] === 'flick') {
  const { middleware } = await openFlick(settings);
  app.use(middleware);
}
app.get('/accounts/:id', (c) => c.json(account));
app.post('/transfers', async (c) => {
  await c.req.json();
  return c.json(booked);
});
const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => serveUsage(port));
if ('keepAliveTimeout' in server) server.keepAliveTimeout = 60_000;

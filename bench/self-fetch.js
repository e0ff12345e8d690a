/** A handler of the Fetch API that checks nothing, by `@hono/node-server`. With the argument `flick`: behind Flick. */
import { serve } from '@hono/node-server';
import { openFlick } from '@flick/gate/fetch';
import { account, booked } from './answers.js';
import { settings } from './app-settings.js';
import { serveUsage } from './child.js';

/** @param {Request} request */
async function handler(request) {
  if (request.method === 'GET') return Response.json(account);
  await request.json();
  return Response.json(booked);
}
/**
 * @param {Request} _request
 * @param {any} env
 */
const addressOf = (_request, env) => env.incoming.socket.remoteAddress;
const flick = process.argv[2] === 'flick' ? await openFlick({ ...settings, handler, addressOf }) : undefined;
const fetch = flick?.fetch ?? handler;
const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => serveUsage(port));
if ('keepAliveTimeout' in server) server.keepAliveTimeout = 60_000;

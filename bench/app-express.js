/** An Express app that checks nothing. With `served` Flick is its server, with `plugged` its middleware. */
import { openFlick } from '@flick/gate/express';
import { account, booked } from './answers.js';
import { settings } from './app-settings.js';
import { serveUsage } from './child.js';
import { importPeer } from './peers.js';

process.env['NODE_ENV'] = 'production';
const { default: express } = await importPeer('express');
const way = process.argv[2];
const flick = way === undefined ? undefined : await openFlick(settings);
const app = express().set('etag', false).set('x-powered-by', false);
if (flick !== undefined && way === 'plugged') app.use(flick.middleware);
app.use(express.json());
app.get('/accounts/:id', (/** @type {unknown} */ _request, /** @type {any} */ response) => response.json(account));
app.post('/transfers', (/** @type {unknown} */ _request, /** @type {any} */ response) => response.json(booked));
const listener = flick !== undefined && way === 'served' ? flick.createServer(app) : app;
const server = listener.listen(0, '127.0.0.1', () => serveUsage(server.address().port));
server.keepAliveTimeout = 60_000;

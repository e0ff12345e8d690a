/** A Fastify app that checks nothing. With `served` Flick is its server, with `plugged` its plugin. */
import { openFlick } from '@flick/gate/fastify';
import { account, booked } from './answers.js';
import { settings } from './app-settings.js';
import { serveUsage } from './child.js';
import { importPeer } from './peers.js';

const { default: fastify } = await importPeer('fastify');
const way = process.argv[2];
const flick = way === undefined ? undefined : await openFlick(settings);
const app = fastify(way === 'served' ? { serverFactory: flick?.serverFactory } : { keepAliveTimeout: 60_000 });
if (flick !== undefined) await app.register(flick.plugin);

const text = { type: 'string' };
const integer = { type: 'integer' };
const accountSchema = {
  type: 'object',
  properties: { id: integer, owner: text, balance: integer, currency: text, state: text },
};
const bookedSchema = { type: 'object', properties: { id: integer, state: text } };
app.get('/accounts/:id', { schema: { response: { 200: accountSchema } } }, async () => account);
app.post('/transfers', { schema: { response: { 200: bookedSchema } } }, async () => booked);
await app.listen({ port: 0, host: '127.0.0.1' });
serveUsage(app.server.address().port);

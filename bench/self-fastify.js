/** Fastify with its own jwt, rate-limit and schemas, for the same API. With `uncached` jwt has no cache, as by default. */
import { account, booked } from './answers.js';
import { serveUsage } from './child.js';
import { importPeer } from './peers.js';
import { secret } from './requests.js';

const { default: fastify } = await importPeer('fastify');
const { default: jwt } = await importPeer('@fastify/jwt');
const { default: rateLimit } = await importPeer('@fastify/rate-limit');

// What a schema does not name is refused, as the gate does; Fastify would drop it.
const app = fastify({ keepAliveTimeout: 60_000, ajv: { customOptions: { removeAdditional: false } } });
await app.register(jwt, { secret, verify: { algorithms: ['HS256'], cache: process.argv[2] !== 'uncached' } });
app.addHook('onRequest', (/** @type {any} */ request) => request.jwtVerify());
await app.register(rateLimit, {
  max: 1_000_000_000,
  timeWindow: 60_000,
  hook: 'preParsing',
  enableDraftSpec: true,
  keyGenerator: (/** @type {any} */ request) => request.user.sub,
});

const params = { type: 'object', required: ['id'], properties: { id: { type: 'integer', minimum: 1 } } };
const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 100 },
    currency: { type: 'string', enum: ['eur', 'usd', 'gbp'] },
  },
};
const party = { type: 'string', pattern: '^acc_[a-z0-9]{8}$' };
const body = {
  type: 'object',
  additionalProperties: false,
  required: ['from', 'to', 'amount', 'currency'],
  properties: {
    from: party,
    to: party,
    amount: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    currency: { type: 'string', enum: ['eur', 'usd', 'gbp'] },
    note: { type: 'string', maxLength: 80 },
    tags: { type: 'array', maxItems: 5, items: { type: 'string', maxLength: 20 } },
  },
};
const text = { type: 'string' };
const integer = { type: 'integer' };
const accountSchema = {
  type: 'object',
  properties: { id: integer, owner: text, balance: integer, currency: text, state: text },
};
const bookedSchema = { type: 'object', properties: { id: integer, state: text } };

app.get('/accounts/:id', { schema: { params, querystring, response: { 200: accountSchema } } }, async () => account);
app.post('/transfers', { schema: { body, response: { 200: bookedSchema } } }, async () => booked);
await app.listen({ port: 0, host: '127.0.0.1' });
serveUsage(app.server.address().port);

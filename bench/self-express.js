/** Express with express-jwt, express-rate-limit and express-openapi-validator, for the same contract. */
import { account, booked } from './answers.js';
import { serveUsage } from './child.js';
import { importPeer } from './peers.js';
import { contractFile, secret } from './requests.js';

process.env['NODE_ENV'] = 'production';
const { default: express } = await importPeer('express');
const { expressjwt } = await importPeer('express-jwt');
const { rateLimit } = await importPeer('express-rate-limit');
const { default: validator } = await importPeer('express-openapi-validator');

const app = express().set('etag', false).set('x-powered-by', false);
app.use(expressjwt({ secret, algorithms: ['HS256'] }));
app.use(
  rateLimit({
    windowMs: 60_000,
    limit: 1_000_000_000,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (/** @type {any} */ request) => request.auth.sub,
  }),
);
app.use(express.json());
app.use(validator.middleware({ apiSpec: contractFile, validateRequests: true, validateSecurity: false }));
app.get('/accounts/:id', (/** @type {unknown} */ _request, /** @type {any} */ response) => response.json(account));
app.post('/transfers', (/** @type {unknown} */ _request, /** @type {any} */ response) => response.json(booked));
app.use(
  (
    /** @type {{ status?: number }} */ error,
    /** @type {unknown} */ _request,
    /** @type {any} */ response,
    /** @type {unknown} */ _next,
  ) => response.status(error.status ?? 500).json({ status: error.status }),
);
const server = app.listen(0, '127.0.0.1', () => serveUsage(server.address().port));
server.keepAliveTimeout = 60_000;

import { openFlick, refusal } from '@flick/gate/hono';
import { Hono } from 'hono';
import { settings } from './settings.js';

const { middleware } = await openFlick({
  ...settings,
  addressOf: (c) => c.req.header('cf-connecting-ip') ?? '192.0.2.1',
});

const app = new Hono();
app.use(middleware);
app.get('/crash', () => {
  throw new Error('a secret of the shop');
});
app.get('/hang', () => new Promise((resolve) => setTimeout(resolve, 60_000)));
app.all('*', (c) => {
  const { operationId, params, query, body, consumer } = c.get('flick');
  if (operationId === 'getTea' && params.id > 9) throw refusal('unknown-resource');
  return c.json({ operationId, params, query, body, who: consumer?.subject }, operationId === 'addOrder' ? 201 : 200);
});

export default app;

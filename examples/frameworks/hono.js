import { openFlick } from '@flick/gate/hono';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { addTeas } from './hono-app.js';
import { settings } from './settings.js';

const flick = await openFlick(settings);
const app = new Hono();
app.use(flick.middleware);
addTeas(app);
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`listening on http://127.0.0.1:${port}`);
});

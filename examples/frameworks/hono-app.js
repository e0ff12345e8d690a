import { shop } from './shop.js';

/** Plain Hono, as it was before Flick came. */
export function addTeas(app) {
  app.get('/teas/:id', (c) => {
    const id = c.req.param('id');
    const tea = shop.find(Number(id));
    return tea === undefined ? c.json({ error: `There is no tea ${id}.` }, 404) : c.json(tea);
  });
  app.post('/teas', async (c) => c.json(shop.add(await c.req.json()), 201));
  app.delete('/teas/:id', (c) => c.body(null, shop.drop(Number(c.req.param('id'))) ? 204 : 404));
  app.get('/kettle', (c) => c.json(shop.boil()));
}

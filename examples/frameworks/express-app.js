import express from 'express';
import { shop } from './shop.js';

/** Plain Express, as it was before Flick came. */
export function addTeas(app) {
  app.use(express.json());
  app.get('/teas/:id', ({ params }, response) => {
    const tea = shop.find(Number(params.id));
    if (tea === undefined) response.status(404).json({ error: `There is no tea ${params.id}.` });
    else response.json(tea);
  });
  app.post('/teas', ({ body }, response) => response.status(201).json(shop.add(body)));
  app.delete('/teas/:id', ({ params }, response) => response.status(shop.drop(Number(params.id)) ? 204 : 404).end());
  app.get('/kettle', (_, response) => response.json(shop.boil()));
}

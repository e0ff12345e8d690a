import { shop } from './shop.js';

/** Plain Fastify, as it was before Flick came. */
export function addTeas(app) {
  app.get('/teas/:id', async ({ params }, reply) => {
    const tea = shop.find(Number(params.id));
    return tea ?? reply.code(404).send({ error: `There is no tea ${params.id}.` });
  });
  app.post('/teas', async ({ body }, reply) => reply.code(201).send(shop.add(body)));
  app.delete('/teas/:id', async ({ params }, reply) => reply.code(shop.drop(Number(params.id)) ? 204 : 404).send());
  app.get('/kettle', async () => shop.boil());
}

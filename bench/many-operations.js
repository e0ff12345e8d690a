/** Contracts of many operations, each with schemas of its own. */
import { contractFrom } from '@flick/contract';

/** @param {number} count */
export function manyOperations(count) {
  const paths = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`/group-${index}/items/{id}`, item(index)]),
  );
  return contractFrom({
    openapi: '3.1.0',
    info: { title: 'Many', version: '1.0.0' },
    components: { securitySchemes: { bearerAuth: { type: 'http', scheme: 'bearer' } } },
    security: [{ bearerAuth: [] }],
    paths,
  });
}

/** @param {number} index */
function item(index) {
  return {
    get: {
      operationId: `getItem${index}`,
      parameters: [
        { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1, maximum: 1_000_000 + index } },
        { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100 + index } },
        { name: 'currency', in: 'query', schema: { type: 'string', enum: ['eur', 'usd', `c${index}`] } },
      ],
      responses: { 200: { description: 'The item', content: { 'application/json': {} } } },
    },
  };
}

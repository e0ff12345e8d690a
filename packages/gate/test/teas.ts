/** A contract for handlers: what parameters, bodies and answers can be. */

const string = { type: 'string' };
const integer = { type: 'integer' };
const tea = {
  type: 'object',
  required: ['name'],
  properties: { name: string, grams: { type: 'integer', default: 100 } },
  additionalProperties: false,
};

function answer(...types: readonly string[]): object {
  return { description: 'It.', content: Object.fromEntries(types.map((type) => [type, {}])) };
}

export const teas = {
  openapi: '3.1.0',
  info: { title: 'Teas', version: '1.2.3' },
  paths: {
    '/teas/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: integer }],
      get: {
        operationId: 'getTea',
        parameters: [
          { name: 'limit', in: 'query', schema: { ...integer, default: 20 } },
          { name: 'tag', in: 'query', schema: { type: 'array', items: string } },
          { name: 'X-Fresh', in: 'header', schema: { type: 'boolean' } },
          { name: 'theme', in: 'cookie', schema: string },
        ],
        responses: { 200: answer('application/json'), 404: answer('application/json') },
      },
      delete: { operationId: 'dropTea', responses: { 204: { description: 'Gone.' } } },
    },
    '/teas': {
      get: { operationId: 'listTeas', responses: { 200: answer('application/jsonl') } },
      post: {
        operationId: 'addTea',
        requestBody: { required: true, content: { 'application/json': { schema: tea } } },
        responses: { 201: answer('application/json') },
      },
      put: {
        operationId: 'putTeas',
        requestBody: { required: true, content: { 'application/octet-stream': {} } },
        responses: { 200: answer('application/json'), 202: { description: 'Later.' } },
      },
    },
    '/page': { get: { operationId: 'getPage', responses: { 200: answer('text/html', 'application/json') } } },
    '/news': { get: { operationId: 'getNews', responses: { 200: answer('text/event-stream') } } },
    '/choice': { get: { operationId: 'choose', responses: { 201: answer(), 202: answer() } } },
    '/mine': {
      get: {
        operationId: 'getMine',
        security: [{ bearer: ['read'] }],
        responses: { 200: answer('application/json'), 401: answer('application/problem+json') },
      },
    },
  },
  components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
};

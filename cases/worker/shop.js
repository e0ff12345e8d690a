import { openFlick, refusal } from '@flick/gate/fetch';
import contract from './contract.mjs';

/** The shop behind Flick, as it runs in a Worker. */
export function openShop() {
  return openFlick({
    contract,
    credentials: { token: { jwt: { algorithms: ['HS256'], secret: { env: 'SHOP_SECRET' } } } },
    limits: { rates: { paths: ['/rates'], requests: 2, window: '10m', by: 'address' } },
    sizes: { body: '2KiB' },
    timeouts: { request: '1s', upstream: '1s' },
    addressOf: (request) => request.headers.get('cf-connecting-ip') ?? '192.0.2.1',
    onOutcome: ({ operation, status }, env, context) => {
      if (operation !== 'pay') return;
      context?.waitUntil(Promise.resolve().then(() => console.log(`outcome ${env.PLACE} ${operation} ${status}`)));
    },
    handler(request, { operationId, params, query, body, consumer }) {
      if (operationId === 'crash') throw new Error('a secret of the shop');
      if (operationId === 'getTea' && params.id > 9) throw refusal('unknown-resource');
      const status = operationId === 'addOrder' ? 201 : 200;
      return Response.json({ operationId, params, query, body, who: consumer?.subject }, { status });
    },
  });
}

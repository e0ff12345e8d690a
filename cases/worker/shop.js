import { openFlick, refusal } from '@flick/gate/fetch';
import { settings } from './settings.js';

/** The shop behind Flick, as it runs in a Worker. */
export function openShop() {
  return openFlick({
    ...settings,
    addressOf: (request) => request.headers.get('cf-connecting-ip') ?? '192.0.2.1',
    onOutcome: ({ operation, status, precise }, env, context) => {
      const told = Promise.resolve().then(() => console.log(`${env.PLACE}: ${operation} ${precise} as ${status}`));
      context.waitUntil(told);
    },
    async handler(request, { operationId, params, query, body, consumer }) {
      if (operationId === 'crash') throw new Error('a secret of the shop');
      if (operationId === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000));
      if (operationId === 'getTea' && params.id > 9) throw refusal('unknown-resource');
      const status = operationId === 'addOrder' ? 201 : 200;
      return Response.json(
        { operationId, params, query, body, who: consumer?.subject, country: request.cf?.country },
        { status },
      );
    },
  });
}

import { openFlick } from '@flick/gate/fetch';
import { settings } from './settings.js';

const { fetch } = await openFlick({
  ...settings,
  credentials: { token: { jwt: { algorithms: ['ES256'], jwks: process.env.KEYS_URL } } },
  addressOf: () => '192.0.2.1',
  handler: (_request, { consumer }) => Response.json({ who: consumer?.subject }, { status: 201 }),
});

export default { fetch };

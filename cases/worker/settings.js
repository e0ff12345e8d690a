import contract from './contract.mjs';

/** The settings of the shop, whichever way it runs behind Flick. */
export const settings = {
  contract,
  credentials: { token: { jwt: { algorithms: ['HS256'], secret: { env: 'SHOP_SECRET' } } } },
  limits: { rates: { paths: ['/rates'], requests: 2, window: '10m', by: 'address' } },
  sizes: { body: '2KiB' },
  timeouts: { request: '2s', upstream: '2s' },
};

import { fileURLToPath } from 'node:url';

/** The settings of all three apps. */
export const settings = {
  contract: fileURLToPath(new URL('teas.yaml', import.meta.url)),
  credentials: { token: { jwt: { algorithms: ['HS256'], secret: { env: 'TEA_SECRET' } } } },
  limits: { writes: { paths: ['/teas'], requests: 10, window: '1m', by: 'consumer' } },
  timeouts: { request: '2s' },
  // What each request came to, and why.
  onOutcome: ({ status, method, path, reason = '' }) => console.log(`${status} ${method} ${path} ${reason}`.trim()),
  onError: (error) => console.log(error.message),
};

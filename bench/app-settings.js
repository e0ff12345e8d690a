/** The settings of apps that stand behind Flick: all is checked, limited and recorded. */
import { contractFile, secret } from './requests.js';

export const settings = {
  contract: contractFile,
  credentials: {
    bearerAuth: { jwt: { algorithms: /** @type {const} */ (['HS256']), secret: secret.toString() } },
  },
  limits: { all: { requests: 1_000_000_000, window: '1m' } },
  timeouts: { idle: '60s' },
  onWarning: () => {},
};

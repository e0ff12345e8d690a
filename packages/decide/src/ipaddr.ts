import { createRequire } from 'node:module';
import type Module from 'ipaddr.js';

const load: (name: 'ipaddr.js') => typeof Module = createRequire(import.meta.url);

/** ipaddr.js, loaded when the first address is read: a server listens before that. */
export function ipaddr(): typeof Module {
  return load('ipaddr.js');
}

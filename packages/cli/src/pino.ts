import { createRequire } from 'node:module';
import type * as Module from 'pino';

const load: (name: 'pino') => typeof Module = createRequire(import.meta.url);

/** pino, loaded at the first call. A server listens before that: nothing is logged yet. */
export function pino(): typeof Module {
  return load('pino');
}

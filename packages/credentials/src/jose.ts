import { createRequire } from 'node:module';
import type * as Module from 'jose';

const load: (name: 'jose') => typeof Module = createRequire(import.meta.url);

/** jose, loaded at the first call: a server without tokens starts without it. */
export function jose(): typeof Module {
  return load('jose');
}

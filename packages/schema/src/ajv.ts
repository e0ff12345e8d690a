import { createRequire } from 'node:module';
import type * as Module from 'ajv/dist/2020.js';

const load: (name: 'ajv/dist/2020.js') => typeof Module = createRequire(import.meta.url);

/** Ajv, loaded when the first schema is compiled: a start that compiles none does not wait for it. */
export function ajv(): typeof Module {
  return load('ajv/dist/2020.js');
}

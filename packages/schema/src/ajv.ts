import { createRequire } from 'node:module';
import type * as Module from 'ajv/dist/2020.js';

let library: typeof Module | undefined;

/** Ajv, loaded when the first schema is compiled: a start that compiles none does not wait for it. */
export function ajv(): typeof Module {
  if (library === undefined) {
    const load: (name: 'ajv/dist/2020.js') => typeof Module = createRequire(import.meta.url);
    library = load('ajv/dist/2020.js');
  }
  return library;
}

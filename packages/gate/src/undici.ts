import { createRequire } from 'node:module';
import type * as Module from 'undici';

let library: typeof Module | undefined;

/** undici, loaded at the first call. A gate listens before that: it takes a good part of a start. */
export function undici(): typeof Module {
  if (library === undefined) {
    const load: (name: 'undici') => typeof Module = createRequire(import.meta.url);
    library = load('undici');
  }
  return library;
}

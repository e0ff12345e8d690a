import { createRequire } from 'node:module';
import type * as Module from 'structured-headers';

let library: typeof Module | undefined;

/** Loaded with the first limit that is told of: a server listens before that. */
export function structuredHeaders(): typeof Module {
  if (library === undefined) {
    const load: (name: 'structured-headers') => typeof Module = createRequire(import.meta.url);
    library = load('structured-headers');
  }
  return library;
}

/** Hands it over where it cannot be looked for in folders. */
export function takeStructuredHeaders(bundled: typeof Module): void {
  library = bundled;
}

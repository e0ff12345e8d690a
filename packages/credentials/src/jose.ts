import { createRequire } from 'node:module';
import type * as Module from 'jose';

let library: typeof Module | undefined;

/** jose, loaded at the first call: a server without tokens starts without it. */
export function jose(): typeof Module {
  if (library === undefined) {
    const load: (name: 'jose') => typeof Module = createRequire(import.meta.url);
    library = load('jose');
  }
  return library;
}

/** Hands it over where it cannot be looked for in folders. */
export function takeJose(bundled: typeof Module): void {
  library = bundled;
}

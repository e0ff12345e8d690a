import { createRequire } from 'node:module';
import type Module from 'ipaddr.js';

let library: typeof Module | undefined;

/** ipaddr.js, loaded when the first address is read: a server listens before that. */
export function ipaddr(): typeof Module {
  if (library === undefined) {
    const load: (name: 'ipaddr.js') => typeof Module = createRequire(import.meta.url);
    library = load('ipaddr.js');
  }
  return library;
}

/** Hands it over where it cannot be looked for in folders. */
export function takeIpaddr(bundled: typeof Module): void {
  library = bundled;
}

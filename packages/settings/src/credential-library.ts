import { createRequire } from 'node:module';
import type * as Module from '@flick/credentials';

let library: typeof Module | undefined;

/** What verifies credentials, loaded at the first call: a server whose upstream verifies starts without it. */
export function credentialLibrary(): typeof Module {
  if (library === undefined) {
    const load: (name: '@flick/credentials') => typeof Module = createRequire(import.meta.url);
    library = load('@flick/credentials');
  }
  return library;
}

/** Hands it over where it cannot be looked for in folders. */
export function takeCredentials(bundled: typeof Module): void {
  library = bundled;
}

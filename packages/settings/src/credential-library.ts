import { createRequire } from 'node:module';
import type * as Module from '@flick/credentials';

const load: (name: '@flick/credentials') => typeof Module = createRequire(import.meta.url);

/** What verifies credentials, loaded at the first call: a server whose upstream verifies starts without it. */
export function credentialLibrary(): typeof Module {
  return load('@flick/credentials');
}

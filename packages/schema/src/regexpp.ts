import { createRequire } from 'node:module';
import type * as Module from '@eslint-community/regexpp';

let library: typeof Module | undefined;

/** The parser of expressions, loaded for the first pattern: many starts meet none. */
export function regexpp(): typeof Module {
  if (library === undefined) {
    const load: (name: '@eslint-community/regexpp') => typeof Module = createRequire(import.meta.url);
    library = load('@eslint-community/regexpp');
  }
  return library;
}

/** Hands it over where it cannot be looked for in folders. */
export function takeRegexpp(bundled: typeof Module): void {
  library = bundled;
}

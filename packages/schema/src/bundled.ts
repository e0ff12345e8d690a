import * as regexpp from '@eslint-community/regexpp';
import { takeRegexpp } from './regexpp.ts';

/** Has patterns use the library that is bundled with this module: in a bundle there are no folders to look for it in. */
export function takeBundled(): void {
  takeRegexpp(regexpp);
}

import * as jose from 'jose';
import { takeJose } from './jose.ts';

/** Has verifiers use the library that is bundled with this module: in a bundle there are no folders to look for it in. */
export function takeBundled(): void {
  takeJose(jose);
}

import * as credentials from '@flick/credentials';
import { takeCredentials } from './credential-library.ts';

/** Has settings use the verifiers that are bundled with this module: in a bundle there are no folders to look in. */
export function takeBundled(): void {
  takeCredentials(credentials);
}

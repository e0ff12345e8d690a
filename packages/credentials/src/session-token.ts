import { hash, randomBytes } from 'node:crypto';

const RANDOM_BYTES = 32;
const FORM = /^[\w-]{43}$/;

/** Makes the token of a session: 256 random bits, as base64url. */
export function mintToken(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url');
}

/** Whether a text has the form of a token. Of several that decode alike only one has the digest. */
export function isToken(text: string): boolean {
  return FORM.test(text);
}

/**
 * By what a store knows a token. The bits are random, so that nothing slower is needed to keep it secret; and whoever
 * guesses cannot steer the digest, so that how a store compares tells nothing.
 */
export function digestOfToken(token: string): string {
  return hash('sha256', token, 'base64url');
}

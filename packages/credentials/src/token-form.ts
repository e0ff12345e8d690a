import { hasDuplicateMembers } from './json-members.ts';

/** A longer token is refused unread. */
export const MAX_TOKEN_LENGTH = 8192;

const MALFORMED = 'The token is malformed';
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
// Characters whose unused low bits are zero: the only ones in which a segment of that length may end.
const LAST_OF_2 = 'AQgw';
const LAST_OF_3 = 'AEIMQUYcgkosw048';
const TIMES = ['exp', 'nbf', 'iat'] as const;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Looks for what makes a token's form unfit, before any key is asked: so that one token has one spelling and one
 * reading, for Flick and for whoever reads it after.
 *
 * @returns one sentence for the challenge, or undefined where the form is good
 */
export function findFormFault(token: string): string | undefined {
  if (!COMPACT.test(token)) return MALFORMED;
  const [header = '', payload = '', signature = ''] = token.split('.');
  if (!isCanonical(header) || !isCanonical(payload) || !isCanonical(signature)) return MALFORMED;
  return findJsonFault(header) ?? findJsonFault(payload);
}

function isCanonical(segment: string): boolean {
  const last = segment.at(-1) ?? '';
  switch (segment.length % 4) {
    case 0:
      return true;
    case 2:
      return LAST_OF_2.includes(last);
    case 3:
      return LAST_OF_3.includes(last);
    default:
      return false;
  }
}

function findJsonFault(segment: string): string | undefined {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(Buffer.from(segment, 'base64url'));
    value = JSON.parse(text);
  } catch {
    return MALFORMED;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return MALFORMED;
  if (hasDuplicateMembers(text)) return 'The token names a member twice';
  const members: Readonly<Record<string, unknown>> = { ...value };
  // JSON has no bound on numbers: 1e400 is read as infinity, and would never expire.
  const endless = TIMES.some((name) => typeof members[name] === 'number' && !Number.isFinite(members[name]));
  return endless ? 'A time of the token is out of range' : undefined;
}

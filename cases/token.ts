import { createHmac } from 'node:crypto';

/** The key with which the stories' tokens are signed, known to the verifier of their contracts. */
export const tokenSecret = 'the golden stories are signed with this secret, which is long enough for HS512 as well';

/** Claims of a token; times are seconds from now. */
export interface TokenClaims {
  readonly alg?: 'HS256' | 'HS512' | 'none';
  readonly secret?: string;
  readonly sub?: string;
  readonly scope?: string;
  readonly scp?: readonly string[];
  /** `null` leaves it out. */
  readonly exp?: number | null;
  readonly nbf?: number;
  /** Put behind the finished token. */
  readonly suffix?: string;
}

/** A JWT in compact form (RFC 7519), signed by hand so that the stories do not lean on the library under test. */
export function token({
  alg = 'HS256',
  secret = tokenSecret,
  exp = 600,
  nbf,
  suffix = '',
  ...claims
}: TokenClaims): string {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    sub: 'ann',
    ...claims,
    ...(exp === null ? {} : { exp: now + exp }),
    ...(nbf === undefined ? {} : { nbf: now + nbf }),
  };
  const signed = `${encode({ alg, typ: 'JWT' })}.${encode(payload)}`;
  const hash = alg === 'HS512' ? 'sha512' : 'sha256';
  const signature = alg === 'none' ? '' : createHmac(hash, secret).update(signed).digest('base64url');
  return `${signed}.${signature}${suffix}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

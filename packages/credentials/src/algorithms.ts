/** What an algorithm asks of its key. RFC 7518 (section 3) and RFC 8037. */
export type KeyNeed =
  | { readonly kty: 'oct'; readonly bytes: number }
  | { readonly kty: 'RSA'; readonly bits: number }
  | { readonly kty: 'EC' | 'OKP'; readonly crv: string };

const rsa: KeyNeed = { kty: 'RSA', bits: 2048 };
const ed25519: KeyNeed = { kty: 'OKP', crv: 'Ed25519' };

const needs = {
  HS256: { kty: 'oct', bytes: 32 },
  HS384: { kty: 'oct', bytes: 48 },
  HS512: { kty: 'oct', bytes: 64 },
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: { kty: 'EC', crv: 'P-256' },
  ES384: { kty: 'EC', crv: 'P-384' },
  ES512: { kty: 'EC', crv: 'P-521' },
  EdDSA: ed25519,
  Ed25519: ed25519,
} as const satisfies Readonly<Record<string, KeyNeed>>;

/** A signature algorithm of JWTs that can be allowed. `none` is not among them. */
export type JwtAlgorithm = keyof typeof needs;

/** What `algorithm` asks of its key; undefined where it is not one that can be allowed. */
export function needOf(algorithm: string): KeyNeed | undefined {
  return isAlgorithm(algorithm) ? needs[algorithm] : undefined;
}

/** The names of all algorithms that can be allowed, for messages. */
export const algorithmNames: readonly string[] = Object.keys(needs);

function isAlgorithm(name: string): name is JwtAlgorithm {
  return Object.hasOwn(needs, name);
}

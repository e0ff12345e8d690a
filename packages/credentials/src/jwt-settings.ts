import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { Clock } from '@flick/decide';
import { algorithmNames, type JwtAlgorithm, type KeyNeed, needOf } from './algorithms.ts';
import { jose } from './jose.ts';
import { createFixedKeys, type KeySource } from './key-set.ts';
import { createRemoteKeys } from './remote-keys.ts';
import { systemClock } from './system-clock.ts';

/** How tokens of one security scheme are verified. Exactly one of the four sources of keys is due. */
export interface JwtSettings {
  /** The algorithms that a token may be signed with; all of the one kind that the key is of. */
  readonly algorithms: readonly JwtAlgorithm[];
  /** The secret of HS256, HS384 or HS512: its bytes, at least as many as the algorithm's hash has. */
  readonly secret?: Uint8Array;
  /** A public key (SPKI) or an X.509 certificate as PEM text. */
  readonly publicKey?: string;
  /** A JSON Web Key Set of public keys (RFC 7517, section 5), as parsed from its file. */
  readonly jwks?: unknown;
  /** Where the issuer publishes its key set: `https:`, or `http:` on a network that is trusted. */
  readonly jwksUrl?: string;
  /** The `iss` that is due, or those of which one is. Not checked where absent. */
  readonly issuer?: string | readonly string[];
  /** The `aud` that is due, or those of which one is. Not checked where absent. */
  readonly audience?: string | readonly string[];
  /** How far the issuer's clock may be off, in seconds: 0 to 300. Default 5. */
  readonly clockToleranceS?: number;
  /** Whether a token without `exp` is refused. Default true. */
  readonly requireExp?: boolean;
  /** The header's `typ` that is due, such as `at+jwt` (RFC 9068), to keep ID tokens out. Not checked where absent. */
  readonly typ?: string;
  /** The claim that names the subject. Default `sub`. */
  readonly subjectClaim?: string;
  /** Verified tokens that are remembered. Default 10,000. */
  readonly cacheEntries?: number;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Told when the issuer's keys cannot be fetched, once a try: one sentence without secrets. Default: nobody. */
  readonly warn?: (message: string) => void;
}

/** Settings that hold, with their defaults. */
export interface JwtPlan {
  readonly algorithms: string[];
  readonly keys: KeySource;
  readonly issuer: string[] | undefined;
  readonly audience: string[] | undefined;
  readonly toleranceS: number;
  readonly requireExp: boolean;
  readonly typ: string | undefined;
  readonly subjectClaim: string;
  readonly cacheEntries: number;
  readonly clock: Clock;
}

/**
 * Checks settings and makes the plan that a verifier works by.
 *
 * @throws TypeError where a setting cannot be: the message begins with its name and tells the mend, without the key
 */
export function planOf(settings: JwtSettings): JwtPlan {
  const { clockToleranceS = 5, requireExp = true, typ, subjectClaim = 'sub', cacheEntries = 10_000 } = settings;
  const { clock = systemClock } = settings;
  if (!Number.isFinite(clockToleranceS) || clockToleranceS < 0 || clockToleranceS > 300) {
    throw new TypeError(`clockToleranceS: ${clockToleranceS} is not from 0 to 300 seconds; set the clocks instead`);
  }
  if (!Number.isSafeInteger(cacheEntries) || cacheEntries < 2) {
    throw new TypeError(`cacheEntries: ${cacheEntries} is no bound; give a whole number of at least 2`);
  }
  if (typ === '') throw new TypeError('typ: it is empty; name a type such as at+jwt, or leave it out');
  if (subjectClaim === '') throw new TypeError('subjectClaim: it is empty; name a claim such as sub');
  const needs = needsOf(settings.algorithms);
  return {
    algorithms: [...settings.algorithms],
    keys: keysOf(settings, needs, clock),
    issuer: listOf('issuer', settings.issuer),
    audience: listOf('audience', settings.audience),
    toleranceS: clockToleranceS,
    requireExp,
    typ,
    subjectClaim,
    cacheEntries,
    clock,
  };
}

type Needs = ReadonlyMap<string, KeyNeed>;

function needsOf(algorithms: readonly string[]): Needs {
  if (algorithms.length === 0) {
    throw new TypeError('algorithms: the list is empty; name what the issuer signs with, such as RS256');
  }
  const needs = new Map<string, KeyNeed>();
  for (const name of algorithms) {
    const need = needOf(name);
    if (need === undefined) {
      throw new TypeError(`algorithms: ${JSON.stringify(name)} is none of ${algorithmNames.join(', ')}`);
    }
    needs.set(name, need);
  }
  return needs;
}

function listOf(name: string, value: string | readonly string[] | undefined): string[] | undefined {
  if (value === undefined) return undefined;
  const list = typeof value === 'string' ? [value] : [...value];
  if (list.length === 0 || list.includes('')) {
    throw new TypeError(`${name}: it is empty; name what tokens carry, or leave it out`);
  }
  return list;
}

function keysOf(settings: JwtSettings, needs: Needs, clock: Clock): KeySource {
  const { secret, publicKey, jwks, jwksUrl, warn = () => undefined } = settings;
  const given = Object.entries({ secret, publicKey, jwks, jwksUrl }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none of them' : given.map(([name]) => name).join(' and ');
    throw new TypeError(`secret, publicKey, jwks, jwksUrl: exactly one is due, and there is ${found}`);
  }
  for (const [algorithm, { kty }] of needs) {
    // A public key taken for an HMAC secret lets anyone sign: the two kinds never share a verifier.
    if ((kty === 'oct') !== (secret !== undefined)) {
      throw new TypeError(
        kty === 'oct'
          ? `algorithms: ${algorithm} needs a secret, and a public key is given; give a secret, or name an algorithm of the key`
          : `algorithms: ${algorithm} needs a public key, and a secret is given; give publicKey, jwks or jwksUrl, or name HS256`,
      );
    }
  }
  if (secret !== undefined) return createFixedKeys(checkSecret(secret, needs));
  if (publicKey !== undefined) return createFixedKeys(readPublicKey(publicKey, needs));
  if (jwksUrl !== undefined) return createRemoteKeys({ url: readUrl(jwksUrl), clock, warn });
  return createFixedKeys(jose().createLocalJWKSet({ keys: readKeySet(jwks, needs) }));
}

/** RFC 7518, section 3.2: a key of the hash's size or larger MUST be used. A shorter one can be guessed from a token. */
function checkSecret(secret: Uint8Array, needs: Needs): Uint8Array {
  for (const [algorithm, need] of needs) {
    if (need.kty === 'oct' && secret.byteLength < need.bytes) {
      throw new TypeError(
        `secret: it has ${secret.byteLength} bytes, and ${algorithm} needs at least ${need.bytes} (RFC 7518, section 3.2); make one with: openssl rand -base64 ${need.bytes}`,
      );
    }
  }
  return Uint8Array.from(secret);
}

function readPublicKey(pem: string, needs: Needs): KeyObject {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw new TypeError('publicKey: it is a private key; give the public one: openssl pkey -in private.pem -pubout');
  }
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new TypeError(
      'publicKey: it cannot be read; it is due as PEM text that begins with -----BEGIN PUBLIC KEY----- or -----BEGIN CERTIFICATE-----',
    );
  }
  for (const [algorithm, need] of needs) {
    const misfit = misfitOf(key, need);
    if (misfit !== undefined) {
      throw new TypeError(
        `publicKey: ${algorithm} needs ${misfit}; take ${algorithm} off the algorithms, or give its key`,
      );
    }
  }
  return key;
}

/** What `need` asks for and `key` is not; undefined where it fits. */
function misfitOf(key: KeyObject, need: KeyNeed): string | undefined {
  const { kty, crv } = key.export({ format: 'jwk' });
  if (need.kty !== kty || ('crv' in need && need.crv !== crv)) {
    return 'crv' in need ? `a key on the curve ${need.crv}` : `a key of the type ${need.kty}`;
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (need.kty === 'RSA' && bits < need.bits) return `an RSA key of at least ${need.bits} bits, and this has ${bits}`;
  return undefined;
}

function readKeySet(jwks: unknown, needs: Needs): JsonWebKey[] {
  const keys = isRecord(jwks) ? jwks.keys : undefined;
  if (!Array.isArray(keys) || !keys.every(isRecord)) {
    throw new TypeError('jwks: it is no key set; an object with a list "keys" of objects is due (RFC 7517, section 5)');
  }
  for (const [index, key] of keys.entries()) {
    if (['d', 'k', 'priv'].some((member) => Object.hasOwn(key, member))) {
      throw new TypeError(`jwks: keys[${index}] holds a secret member; take it out: only public keys are due`);
    }
  }
  if (!keys.some((key) => [...needs].some(([algorithm, need]) => isUsable(key, algorithm, need)))) {
    throw new TypeError(`jwks: none of its ${keys.length} keys fits ${[...needs.keys()].join(', ')}`);
  }
  return keys;
}

function isUsable(jwk: Readonly<Record<string, unknown>>, algorithm: string, need: KeyNeed): boolean {
  if (jwk.alg !== undefined && jwk.alg !== algorithm) return false;
  if (jwk.use !== undefined && jwk.use !== 'sig') return false;
  try {
    return misfitOf(createPublicKey({ key: jwk, format: 'jwk' }), need) === undefined;
  } catch {
    return false;
  }
}

function readUrl(text: string): URL {
  if (!URL.canParse(text)) throw new TypeError('jwksUrl: it is no URL; one such as https://issuer.example/keys is due');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError(`jwksUrl: ${url.protocol} is not fetched; https: or http: is due`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('jwksUrl: it holds a user name or password; a key set is public, take them out');
  }
  return url;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

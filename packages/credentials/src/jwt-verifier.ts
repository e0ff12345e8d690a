import { hash } from 'node:crypto';
import type { Bound, Consumer, Verification, Verifier } from '@flick/decide';
import type { errors, JWTPayload, JWTVerifyOptions } from 'jose';
import { createBoundedCache } from './bounded-cache.ts';
import { jose } from './jose.ts';
import { type JwtPlan, type JwtSettings, planOf } from './jwt-settings.ts';
import type { KeySet } from './key-set.ts';
import { findFormFault, MAX_TOKEN_LENGTH } from './token-form.ts';

/** A verifier of JSON Web Tokens. */
export interface JwtVerifier extends Verifier {
  /** Fetches what the first request would wait for. Tells whether keys are at hand; what is wrong went to `warn`. */
  readonly warm: () => Promise<boolean>;
  /** What it keeps. */
  readonly bounds: () => readonly Bound[];
}

/** Keys of one name, or of none, that are tried on a token at most. */
const MAX_KEYS_TRIED = 16;

/**
 * Makes a verifier of signed tokens in compact form (RFC 7519, RFC 7515, RFC 8725). A token that it has verified is
 * answered for from memory, without a promise, until it expires or the keys change; the token itself is not kept. So is
 * one whose signature does not verify, until the keys change, where no newer keys could verify it: in a memory of its own,
 * so that a flood of them forgets no good one.
 *
 * A token without a subject is good: its consumer has the subject ''. So all of one issuer's tokens without a subject
 * count as one consumer.
 *
 * @throws TypeError where a setting cannot be: the message begins with its name and tells the mend
 */
export function createJwtVerifier(settings: JwtSettings): JwtVerifier {
  const plan = planOf(settings);
  const { keys: source, clock } = plan;
  const cache = createBoundedCache<VerifiedToken>(plan.cacheEntries);
  const forged = createBoundedCache<ForgedToken>(plan.cacheEntries);

  const verifyAfresh = async (token: string, digest: string, scheme: string): Promise<Verification> => {
    const keys = source.current() ?? (await source.renew());
    if (keys === undefined) return keysUnavailable;
    let judged = await judge(token, keys, plan, scheme);
    if (judged.kind === 'stranger') {
      const renewed = await source.renew();
      if (renewed === undefined) return judged.isUnknown ? keysUnavailable : judged.verdict;
      if (renewed !== keys) judged = await judge(token, renewed, plan, scheme);
    }
    if (judged.kind === 'verified') {
      cache.set(digest, judged.token);
      return judged.token.verification;
    }
    if (judged.kind === 'forged' || (judged.kind === 'stranger' && typeof keys.key !== 'function')) {
      forged.set(digest, { verdict: judged.verdict, keys });
    }
    return judged.verdict;
  };

  return {
    verify(credential, scheme) {
      if (credential.length > MAX_TOKEN_LENGTH) return bad('The token is too long');
      const digest = hash('sha256', credential, 'base64');
      const known = cache.get(digest);
      if (known?.keys === source.current() && known?.verification.consumer.scheme === scheme.name) {
        const nowS = Math.floor(clock.wallMs() / 1000);
        return known.exp <= nowS - plan.toleranceS ? expired : known.verification;
      }
      const refused = forged.get(digest);
      if (refused !== undefined && refused.keys === source.current()) return refused.verdict;
      const fault = findFormFault(credential);
      return fault === undefined ? verifyAfresh(credential, digest, scheme.name) : bad(fault);
    },
    bounds: () => [
      cache.bound('tokens'),
      forged.bound('refused_tokens'),
      ...(source.bound === undefined ? [] : [source.bound()]),
    ],
    underWay: () => source.underWay?.(),
    warm: async () => (source.current() ?? (await source.renew())) !== undefined,
  };
}

type Bad = Extract<Verification, { kind: 'bad' }>;
type Unknown = Extract<Verification, { kind: 'unknown' }>;

/** A token that was verified once. */
interface VerifiedToken {
  readonly verification: Extract<Verification, { kind: 'good' }>;
  /** Seconds since the epoch; Infinity where the token never expires. */
  readonly exp: number;
  /** The keys by which it was verified: where these are not the keys of the day, it must be verified again. */
  readonly keys: KeySet;
}

/** A token whose signature was found not to verify. */
interface ForgedToken {
  readonly verdict: Bad;
  /** The keys by which it did not. */
  readonly keys: KeySet;
}

type Judged =
  | { readonly kind: 'verified'; readonly token: VerifiedToken }
  | { readonly kind: 'refused'; readonly verdict: Bad | Unknown }
  /** It names a key, and that one has not signed it. */
  | { readonly kind: 'forged'; readonly verdict: Bad }
  /** Signed with none of the keys at hand: a newer set may hold it. `isUnknown`: without that set, who can tell. */
  | { readonly kind: 'stranger'; readonly isUnknown: boolean; readonly verdict: Bad };

const keysUnavailable: Unknown = {
  kind: 'unknown',
  description: 'The keys that verify tokens cannot be fetched now',
};

const expired: Bad = { kind: 'bad', reason: 'expired-credentials', description: 'The token has expired' };

function bad(description: string): Bad {
  return { kind: 'bad', reason: 'invalid-credentials', description };
}

async function judge(token: string, keys: KeySet, plan: JwtPlan, scheme: string): Promise<Judged> {
  const nowMs = plan.clock.wallMs();
  try {
    const payload = await readVerified(token, keys, optionsOf(plan, nowMs));
    const fault = findClaimFault(payload, plan, nowMs);
    if (fault !== undefined) return { kind: 'refused', verdict: bad(fault) };
    const consumer = consumerOf(payload, plan, scheme);
    return {
      kind: 'verified',
      token: { verification: { kind: 'good', consumer }, exp: payload.exp ?? Infinity, keys },
    };
  } catch (error) {
    return judgeError(error, token);
  }
}

function optionsOf(plan: JwtPlan, nowMs: number): JWTVerifyOptions {
  return {
    algorithms: plan.algorithms,
    clockTolerance: plan.toleranceS,
    currentDate: new Date(nowMs),
    requiredClaims: plan.requireExp ? ['exp'] : [],
    ...(plan.issuer !== undefined && { issuer: plan.issuer }),
    ...(plan.audience !== undefined && { audience: plan.audience }),
    ...(plan.typ !== undefined && { typ: plan.typ }),
  };
}

/** The claims of a token whose signature and claims hold. Throws an error of jose for any other. */
async function readVerified(token: string, keys: KeySet, options: JWTVerifyOptions): Promise<JWTPayload> {
  const { key } = keys;
  if (typeof key !== 'function') return (await jose().jwtVerify(token, key, options)).payload;
  try {
    return (await jose().jwtVerify(token, key, options)).payload;
  } catch (error) {
    if (error instanceof jose().errors.JWKSMultipleMatchingKeys) return readByAnyOf(token, error, options);
    throw error;
  }
}

/** A token need not name its key (RFC 7515, section 4.1.4): then each that could have signed it is tried. */
async function readByAnyOf(
  token: string,
  candidates: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let tried = 0;
  for await (const key of candidates) {
    tried += 1;
    if (tried > MAX_KEYS_TRIED) break;
    try {
      return (await jose().jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (isAboutClaims(error)) throw error;
    }
  }
  throw new (jose().errors.JWSSignatureVerificationFailed)();
}

function isAboutClaims(error: unknown): boolean {
  return (
    error instanceof jose().errors.JWTExpired ||
    error instanceof jose().errors.JWTClaimValidationFailed ||
    error instanceof jose().errors.JWTInvalid
  );
}

/** What jose leaves to its caller. */
function findClaimFault(payload: JWTPayload, plan: JwtPlan, nowMs: number): string | undefined {
  if (payload.iat !== undefined && payload.iat * 1000 > nowMs + plan.toleranceS * 1000) {
    return 'The token was issued in the future';
  }
  const subject = payload[plan.subjectClaim];
  const isName = subject === undefined || typeof subject === 'string' || Number.isSafeInteger(subject);
  return isName ? undefined : 'The subject of the token is not a text';
}

function consumerOf(payload: JWTPayload, plan: JwtPlan, scheme: string): Consumer {
  const subject = payload[plan.subjectClaim];
  return Object.freeze({
    // Some issuers write numbers, against RFC 7519, section 4.1.2.
    subject: typeof subject === 'number' ? String(subject) : typeof subject === 'string' ? subject : '',
    scopes: Object.freeze(scopesOf(payload.scope ?? payload.scp)),
    scheme,
    ...(typeof payload.iss === 'string' && { issuer: payload.iss }),
  });
}

function scopesOf(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((scope) => scope !== '');
  return Array.isArray(claim) ? claim.filter((scope): scope is string => typeof scope === 'string') : [];
}

function judgeError(error: unknown, token: string): Judged {
  if (error instanceof jose().errors.JWKSNoMatchingKey) {
    return { kind: 'stranger', isUnknown: true, verdict: bad('The token is signed with a key that is not known') };
  }
  if (error instanceof jose().errors.JWSSignatureVerificationFailed) {
    const verdict = bad('The signature of the token does not verify');
    // Keys without names change unseen; a name that is known speaks for the key at hand, and for a forger.
    const isNamed = jose().decodeProtectedHeader(token).kid !== undefined;
    return isNamed ? { kind: 'forged', verdict } : { kind: 'stranger', isUnknown: false, verdict };
  }
  if (error instanceof jose().errors.JWTExpired) return { kind: 'refused', verdict: expired };
  if (error instanceof jose().errors.JWTClaimValidationFailed)
    return { kind: 'refused', verdict: bad(sayClaim(error)) };
  return { kind: 'refused', verdict: sayOther(error) };
}

const absent: Readonly<Record<string, string>> = {
  exp: 'The token has no time of expiry',
  iss: 'The token names no issuer',
  aud: 'The token names no audience',
};

const wrong: Readonly<Record<string, string>> = {
  nbf: 'The token is not valid yet',
  iss: 'The token was issued by another issuer',
  aud: 'The token is meant for another audience',
  typ: 'The token is of another type',
};

function sayClaim({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'invalid') return 'A time of the token is not a number';
  return (reason === 'missing' ? absent[claim] : wrong[claim]) ?? 'A claim of the token does not hold';
}

function sayOther(error: unknown): Bad | Unknown {
  if (error instanceof jose().errors.JOSEAlgNotAllowed)
    return bad('The token is signed with an algorithm that is not allowed');
  // Only `crit` gets here: the algorithms that may be allowed are all supported.
  if (error instanceof jose().errors.JOSENotSupported)
    return bad('The token asks for an extension that is not supported');
  if (error instanceof jose().errors.JWSInvalid || error instanceof jose().errors.JWTInvalid)
    return bad('The token is malformed');
  // The issuer's key is broken or too weak: no fault of the caller, who must not be told so.
  return { kind: 'unknown', description: 'The key that the token is signed with cannot be used' };
}

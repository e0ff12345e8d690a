import { hash } from 'node:crypto';
import type { Bound, Verification, Verifier } from '@flick/decide';
import { createBoundedCache } from './bounded-cache.ts';
import { type Bounds, explainFetch, fetchText, isRecord, Refused } from './bounded-fetch.ts';
import { createBreaker } from './breaker.ts';
import { type IntrospectionPlan, type IntrospectionSettings, planOf } from './introspection-settings.ts';
import { hasDuplicateMembers } from './json-members.ts';
import { createTurns } from './turns.ts';
import { createUnderWay } from './under-way.ts';

const bounds: Bounds = { timeoutMs: 3000, maxBytes: 65_536 };

/** Requests to the server at once, and those that wait for their turn. */
const RUNNING = 64;
const WAITING = 512;

/** A token that is not active is not asked for again for so long: none becomes active again, but clocks differ. */
const REFUSED_MS = 3000;

/** From one warning to the next. */
const WARN_MS = 10_000;

const MAX_TOKEN_LENGTH = 8192;
// RFC 6750, section 2.1.
const TOKEN = /^[\w\-.~+/]+=*$/;

/** A verifier that tells what it keeps, and what waits in it. */
export interface BoundedVerifier extends Verifier {
  readonly bounds: () => readonly Bound[];
}

/** What the server said of a token. */
interface Said {
  readonly verification: Verification;
  /** By the clock that never jumps. */
  readonly untilMs: number;
  /** By the wall clock, in milliseconds since the epoch; Infinity where the token never expires. */
  readonly expMs: number;
}

type Bad = Extract<Verification, { kind: 'bad' }>;

/**
 * Makes a verifier that asks the server that issued a token (RFC 7662). What it said is remembered for a while, in
 * bounded caches of digests: tokens that are not active in one of their own, so that a flood of them forgets no good
 * one. One request a token at a time, few at once, bounded in time and bytes. Where the server does not answer, answers
 * nonsense, or knows this client no more, the verifier cannot know; after five failures in a row it asks once a second.
 *
 * @throws TypeError where a setting cannot be: the message begins with its name and tells the mend
 */
export function createIntrospectionVerifier(settings: IntrospectionSettings): BoundedVerifier {
  const plan = planOf(settings);
  const { url, clock, warn } = plan;
  const active = createBoundedCache<Said>(plan.cacheEntries);
  const refused = createBoundedCache<Said>(plan.cacheEntries);
  const caches = [active, refused];
  const underWay = createUnderWay<Verification>();
  const turns = createTurns(RUNNING, WAITING);
  const breaker = createBreaker({ failures: 5, probeMs: 1000, monotonicMs: clock.monotonicMs });
  let warnedMs = Number.NEGATIVE_INFINITY;

  const fail = (error: unknown): Verification => {
    breaker.failed();
    const nowMs = clock.monotonicMs();
    if (nowMs - warnedMs >= WARN_MS) {
      warnedMs = nowMs;
      warn(`${url.origin}${url.pathname} cannot be asked for tokens: ${explainFetch(error, bounds)}`);
    }
    return unreachable;
  };

  const ask = async (token: string, key: string, scheme: string, askedMs: number): Promise<Verification> => {
    const waitedMs = clock.monotonicMs() - askedMs;
    if (waitedMs >= bounds.timeoutMs || !breaker.allows()) return unreachable;
    let said: Said;
    try {
      said = judge(parse(await fetchText(url, requestOf(plan, token), bounds)), plan, scheme);
    } catch (error) {
      return fail(error);
    }
    breaker.succeeded();
    (said.verification.kind === 'good' ? active : refused).set(key, said);
    return said.verification;
  };

  return {
    bounds: () => [active.bound('tokens'), refused.bound('refused_tokens'), turns.bound('introspections')],
    verify(credential, { name: scheme }) {
      if (credential.length > MAX_TOKEN_LENGTH || !TOKEN.test(credential)) return malformed;
      const key = hash('sha256', `${scheme}\n${credential}`, 'base64');
      const nowMs = clock.monotonicMs();
      for (const cache of caches) {
        const said = cache.get(key);
        if (said === undefined || nowMs >= said.untilMs) continue;
        return said.expMs <= clock.wallMs() ? expired : said.verification;
      }
      const shared = underWay.get(key);
      if (shared !== undefined) return shared;
      const work = turns.take(() => ask(credential, key, scheme, nowMs));
      return work === undefined ? busy : underWay.set(key, work);
    },
  };
}

/** RFC 7662, section 2.1. */
function requestOf({ authorization }: IntrospectionPlan, token: string): RequestInit {
  return {
    method: 'POST',
    headers: { authorization, accept: 'application/json' },
    body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
  };
}

type Members = Readonly<Record<string, unknown>>;

function parse(text: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refused('its answer is not JSON');
  }
  if (!isRecord(value) || typeof value['active'] !== 'boolean') throw new Refused('its answer does not say "active"');
  // Parsers differ in which of the two they take.
  if (hasDuplicateMembers(text)) throw new Refused('its answer has a member twice');
  // Some servers write what they do not know as null.
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

/** What an answer says of the token (RFC 7662, section 2.2). Throws Refused where it says nonsense. */
function judge(members: Members, plan: IntrospectionPlan, scheme: string): Said {
  const { clock, maxAgeMs, subjectClaim } = plan;
  const expMs = secondsOf(members, 'exp', Number.POSITIVE_INFINITY) * 1000;
  const fault = faultOf(members, plan, expMs);
  const nowMs = clock.monotonicMs();
  if (fault !== undefined) {
    return { verification: fault, untilMs: nowMs + REFUSED_MS, expMs: Number.POSITIVE_INFINITY };
  }
  const subject = members[subjectClaim] ?? '';
  const { iss, scope = '' } = members;
  const isName = typeof subject === 'string' || (typeof subject === 'number' && Number.isSafeInteger(subject));
  if (!isName || typeof scope !== 'string') {
    throw new Refused(`its answer has "${subjectClaim}" or "scope", which is not a text`);
  }
  const consumer = Object.freeze({
    subject: String(subject),
    scopes: Object.freeze(scope.split(' ').filter((each) => each !== '')),
    scheme,
    ...(typeof iss === 'string' && { issuer: iss }),
  });
  return { verification: { kind: 'good', consumer }, untilMs: nowMs + maxAgeMs, expMs };
}

function faultOf(members: Members, plan: IntrospectionPlan, expMs: number): Bad | undefined {
  const { iss, aud, token_type: type } = members;
  const nowMs = plan.clock.wallMs();
  if (members['active'] !== true) return bad('The token is not active');
  if (expMs <= nowMs) return expired;
  if (secondsOf(members, 'nbf', 0) * 1000 > nowMs + TOLERANCE_MS) return bad('The token is not valid yet');
  if (plan.issuer !== undefined && !(typeof iss === 'string' && plan.issuer.includes(iss))) {
    return bad(iss === undefined ? 'The token names no issuer' : 'The token was issued by another issuer');
  }
  if (plan.audience !== undefined && !listOf(aud).some((each) => plan.audience?.includes(each))) {
    return bad(aud === undefined ? 'The token names no audience' : 'The token is meant for another audience');
  }
  // A token that is bound to a key, or one that renews others, is none that may be sent as it is.
  return type === undefined || isBearer(type) ? undefined : bad('The token is of another type');
}

/** How far the clock of the server may be ahead. */
const TOLERANCE_MS = 5000;

function isBearer(type: unknown): boolean {
  return typeof type === 'string' && /^(?:bearer|access_token)$/i.test(type);
}

function listOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function secondsOf(members: Members, name: string, absent: number): number {
  const value = members[name];
  if (value === undefined) return absent;
  // JSON has no bound on numbers: 1e400 is read as infinity, and would never expire.
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Refused(`its answer has "${name}", which is not a number`);
}

function bad(description: string): Bad {
  return { kind: 'bad', reason: 'invalid-credentials', description };
}

const malformed = bad('The token is malformed');
const expired: Bad = { kind: 'bad', reason: 'expired-credentials', description: 'The token has expired' };
const unreachable: Verification = { kind: 'unknown', description: 'The server that issued the token does not answer' };
const busy: Verification = { kind: 'unknown', description: 'Too many tokens are being verified now' };

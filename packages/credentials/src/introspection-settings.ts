import type { Clock } from '@flick/decide';
import { systemClock } from './system-clock.ts';

/** How tokens are verified by asking the server that issued them (RFC 7662). */
export interface IntrospectionSettings {
  /** The introspection endpoint: `https:`, or `http:` on a network that is trusted. */
  readonly url: string;
  /** By which the server knows who asks. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** The `iss` that is due, or those of which one is. Not checked where absent. */
  readonly issuer?: string | readonly string[];
  /** The `aud` that is due, or those of which one is. Not checked where absent. */
  readonly audience?: string | readonly string[];
  /** The member that names the subject. Default `sub`. */
  readonly subjectClaim?: string;
  /** How long an active token is answered for from memory, in seconds: 0 to 3600. Default 60. */
  readonly maxAgeS?: number;
  /** Tokens that are remembered, of the active and of the others each. Default 10,000. */
  readonly cacheEntries?: number;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Told when the server fails, at most once in ten seconds: one sentence without secrets. Default: nobody. */
  readonly warn?: (message: string) => void;
}

/** Settings that hold, with their defaults. */
export interface IntrospectionPlan {
  readonly url: URL;
  /** The whole `Authorization` field of the one who asks. */
  readonly authorization: string;
  readonly issuer: readonly string[] | undefined;
  readonly audience: readonly string[] | undefined;
  readonly subjectClaim: string;
  readonly maxAgeMs: number;
  readonly cacheEntries: number;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

/**
 * Checks settings and makes the plan that a verifier works by.
 *
 * @throws TypeError where a setting cannot be: the message begins with its name and tells the mend, without secrets
 */
export function planOf(settings: IntrospectionSettings): IntrospectionPlan {
  const { clientId, clientSecret, subjectClaim = 'sub', maxAgeS = 60, cacheEntries = 10_000 } = settings;
  const { clock = systemClock, warn = () => undefined } = settings;
  if (clientId === '') throw new TypeError('clientId: it is empty; name the client that this server is to its issuer');
  if (clientSecret === '') throw new TypeError('clientSecret: it is empty; give the secret of the client');
  if (subjectClaim === '') throw new TypeError('subjectClaim: it is empty; name a member such as sub');
  if (!Number.isFinite(maxAgeS) || maxAgeS < 0 || maxAgeS > 3600) {
    throw new TypeError(`maxAgeS: ${maxAgeS} is not from 0 to 3600 seconds; a revoked token passes for so long`);
  }
  if (!Number.isSafeInteger(cacheEntries) || cacheEntries < 2) {
    throw new TypeError(`cacheEntries: ${cacheEntries} is no bound; give a whole number of at least 2`);
  }
  return {
    url: readUrl(settings.url),
    authorization: `Basic ${Buffer.from(`${formText(clientId)}:${formText(clientSecret)}`).toString('base64')}`,
    issuer: listOf('issuer', settings.issuer),
    audience: listOf('audience', settings.audience),
    subjectClaim,
    maxAgeMs: maxAgeS * 1000,
    cacheEntries,
    clock,
    warn,
  };
}

function readUrl(text: string): URL {
  if (!URL.canParse(text))
    throw new TypeError('url: it is no URL; one such as https://issuer.example/introspect is due');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError(`url: ${url.protocol} is not asked; https: or http: is due`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('url: it holds a user name or password; give clientId and clientSecret instead');
  }
  return url;
}

/** RFC 6749, section 2.3.1: form-urlencoded before they become a user name and a password. */
function formText(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

function listOf(name: string, value: string | readonly string[] | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const list = typeof value === 'string' ? [value] : [...value];
  if (list.length > 0 && !list.includes('')) return list;
  throw new TypeError(`${name}: it is empty; name what tokens carry, or leave it out`);
}

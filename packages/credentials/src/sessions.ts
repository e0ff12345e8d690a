import type { Verification, Verifier } from '@flick/decide';
import { SessionsFault, type StoredSession } from '@flick/stores';
import { createIdleTime } from './idle-time.ts';
import { cookieText, type TokenFields, tokenIn } from './session-cookie.ts';
import { assertTime, longestGraceMs, type SessionSettings, sessionPlanOf } from './session-settings.ts';
import { digestOfToken, isToken, mintToken } from './session-token.ts';

/** A login session as whoever logged in is given it. */
export interface Session {
  /** The credential: hand it to its owner, in a cookie or as a bearer token, and keep it nowhere. */
  readonly token: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  /** When it ends, however much it is used: in ms since the epoch. */
  readonly endsMs: number;
}

/** What a session may have of its own. */
export interface StartOptions {
  /** How long it lives at most, in ms, where that is less than the setting: as on a machine that others use too. */
  readonly absoluteMs?: number;
}

/** What a rotation may change. */
export interface RotateOptions {
  /** In place of those that the session has, as when somebody proved more of themselves. */
  readonly scopes?: readonly string[];
  /** In place of the setting: 0 where the token before may have been seen by others. */
  readonly graceMs?: number;
}

/**
 * Login sessions. Whatever the store cannot do makes `start`, `rotate`, `revoke` and `revokeAll` reject with a
 * `SessionsFault`, and the verifier say that it cannot know.
 */
export interface Sessions {
  /** For a security scheme of the contract: an API key in the cookie of that name, or HTTP Bearer. */
  readonly verifier: Verifier;
  /**
   * Begins a session. One that the same browser had goes on: revoke it.
   *
   * @throws TypeError where the subject is not 1 to 1,024 characters, or has a control character in it, and where
   *   `absoluteMs` is not of 1 at least
   */
  readonly start: (subject: string, scopes?: readonly string[], options?: StartOptions) => Promise<Session>;
  /**
   * Gives a session a new token; its end stays. The one before holds for the time of grace, but is not rotated again.
   * Undefined where the token is not the latest of a good session: another request was faster, or it is over.
   *
   * @throws TypeError where `graceMs` is not from 0 to 60,000
   */
  readonly rotate: (token: string, options?: RotateOptions) => Promise<Session | undefined>;
  /** Ends a session by its token. False where there was none. */
  readonly revoke: (token: string) => Promise<boolean>;
  /** Ends all sessions of a subject, as after a change of password. Returns how many there were. */
  readonly revokeAll: (subject: string) => Promise<number>;
  /** The value of `Set-Cookie` that hands a session to a browser. */
  readonly setCookie: (session: Session) => string;
  /** The value of `Set-Cookie` that takes it back. */
  readonly clearCookie: () => string;
  /** The token of a request that passed, for `rotate` and `revoke`. Undefined where it has none, or more than one. */
  readonly tokenOf: (fields: TokenFields) => string | undefined;
}

const MAX_SUBJECT_LENGTH = 1024;
/** For so long a session that expired is told from one that never was. */
const REMEMBERED_MS = 24 * 3_600_000;
/** From one warning of the store to the next. */
const WARN_MS = 10_000;

/**
 * Makes login sessions over a store. Tokens are opaque: 256 random bits, of which the store has the digest alone. What
 * expires is judged here, by the wall clock; a store only keeps.
 *
 * @throws TypeError where a setting cannot be: the message begins with its name and tells the mend
 */
export function createSessions(settings: SessionSettings): Sessions {
  const plan = sessionPlanOf(settings);
  const { store, idleMs, absoluteMs, cookieName, clock, warn, crossSite, touchMs } = plan;
  const time = createIdleTime(clock, warn);
  let warnedMs = Number.NEGATIVE_INFINITY;

  /** What keeps a token from speaking for its session, if anything does. */
  const faultOf = (session: StoredSession, digest: string, nowMs: number): Verification | undefined => {
    if (session.digest !== digest) {
      const leftMs = (session.previous?.untilMs ?? 0) - nowMs;
      if (leftMs <= 0 || leftMs > longestGraceMs) return replaced;
    }
    if (session.endsMs <= nowMs) return ended;
    return time.since(session.usedMs, nowMs) >= idleMs ? unused : undefined;
  };

  const judge = (session: StoredSession | undefined, digest: string, scheme: string): Verification => {
    const nowMs = time.nowMs();
    if (session === undefined) return notKnown;
    const fault = faultOf(session, digest, nowMs);
    if (fault !== undefined) return fault;
    const { subject, scopes, usedMs } = session;
    // Also where the clock jumped back: else the session would live longer by as much.
    if (Math.abs(nowMs - usedMs) >= touchMs) store.touch(session.digest, nowMs);
    return { kind: 'good', consumer: { subject, scopes, scheme } };
  };

  const fail = (error: unknown): Verification => {
    const nowMs = clock.monotonicMs();
    if (nowMs - warnedMs >= WARN_MS) {
      warnedMs = nowMs;
      // Whatever else was thrown may hold anything.
      const why = error instanceof SessionsFault ? error.message : 'the store failed';
      warn(`sessions cannot be verified, and requests that have one are answered 503: ${why}`);
    }
    return unreachable;
  };

  const verify: Verifier['verify'] = (credential, { name }) => {
    if (!isToken(credential)) return malformed;
    const digest = digestOfToken(credential);
    try {
      const found = store.find(digest);
      if (!(found instanceof Promise)) return judge(found, digest, name);
      return found.then((session) => judge(session, digest, name)).catch(fail);
    } catch (error) {
      return fail(error);
    }
  };

  return {
    verifier: Object.freeze({ verify, crossSite }),
    async start(subject, scopes = [], options = {}) {
      if (subject === '' || subject.length > MAX_SUBJECT_LENGTH || /\p{Cc}/u.test(subject)) {
        throw new TypeError(`subject: it is not 1 to ${MAX_SUBJECT_LENGTH} characters without control characters`);
      }
      const { absoluteMs: ownMs = absoluteMs } = options;
      assertTime('absoluteMs', ownMs, 1);
      const token = mintToken();
      const nowMs = time.nowMs();
      const session = { subject, scopes: [...scopes], endsMs: nowMs + Math.ceil(Math.min(ownMs, absoluteMs)) };
      const expiredMs = time.usedBefore(Math.ceil(idleMs), nowMs);
      await store.add(
        { ...session, digest: digestOfToken(token), previous: undefined, usedMs: nowMs },
        { expiredMs, staleMs: expiredMs - REMEMBERED_MS },
      );
      return { ...session, token };
    },
    async rotate(token, options = {}) {
      const { graceMs = plan.graceMs } = options;
      assertTime('graceMs', graceMs, 0, longestGraceMs);
      const digest = digestOfToken(token);
      const session = await store.find(digest);
      const nowMs = time.nowMs();
      if (session === undefined || session.digest !== digest || faultOf(session, digest, nowMs)) return undefined;
      const next = mintToken();
      const { subject, endsMs } = session;
      const scopes = [...(options.scopes ?? session.scopes)];
      const graceUntilMs = nowMs + Math.ceil(graceMs);
      const isRotated = await store.rotate(digest, {
        digest: digestOfToken(next),
        scopes,
        usedMs: nowMs,
        graceUntilMs,
      });
      return isRotated ? { token: next, subject, scopes, endsMs } : undefined;
    },
    revoke: (token) => store.remove(digestOfToken(token), time.nowMs()),
    revokeAll: (subject) => store.removeAll(subject),
    setCookie: ({ token, endsMs }) =>
      plan.persistent
        ? cookieText(cookieName, token, Math.max(0, Math.ceil((endsMs - clock.wallMs()) / 1000)))
        : cookieText(cookieName, token),
    clearCookie: () => cookieText(cookieName, '', 0),
    tokenOf: (fields) => tokenIn(fields, cookieName),
  };
}

function bad(description: string): Verification {
  return { kind: 'bad', reason: 'invalid-credentials', description };
}

const malformed = bad('The session token is malformed');
const notKnown = bad('The session is not known: it was revoked, or there never was one');
const replaced = bad('The session token was replaced by a newer one');
const ended: Verification = {
  kind: 'bad',
  reason: 'expired-credentials',
  description: 'The session has reached its end',
};
const unused: Verification = {
  kind: 'bad',
  reason: 'expired-credentials',
  description: 'The session was not used for too long and has expired',
};
const unreachable: Verification = { kind: 'unknown', description: 'The store of sessions does not answer' };

/** A login session as a store keeps it. Times are in ms since the epoch, by the wall clock. */
export interface StoredSession {
  /** Of the token: the token itself is in no store. */
  readonly digest: string;
  /** The token before the last rotation, and until when it speaks for the session beside the new one. */
  readonly previous: { readonly digest: string; readonly untilMs: number } | undefined;
  readonly subject: string;
  readonly scopes: readonly string[];
  /** The last use that was noted. */
  readonly usedMs: number;
  /** When the session ends, however much it is used. */
  readonly endsMs: number;
}

/** What a rotation changes of a session. */
export type Rotation = Pick<StoredSession, 'digest' | 'scopes' | 'usedMs'> & {
  /** Until when the token before speaks for the session, too. */
  readonly graceUntilMs: number;
};

/** Which sessions may make room, by when they were last used: in ms since the epoch. */
export interface Unused {
  /** Last used before this: forgotten, a few with each new session. */
  readonly staleMs: number;
  /** Last used before this: expired, and forgotten only where the store is full. */
  readonly expiredMs: number;
}

/**
 * Keeps login sessions by the digests of their tokens. It judges none: it neither knows the time nor what expires.
 *
 * Whatever a store cannot do it says with a {@link SessionsFault}, thrown or rejected: that it has no answer, never that
 * a session is not there. What was acknowledged is kept.
 */
export interface SessionStore {
  /** The session whose token, or whose token before the last rotation, has the digest. No promise where none is needed. */
  readonly find: (digest: string) => StoredSession | undefined | Promise<StoredSession | undefined>;
  /** Keeps a new session. A subject that has as many as it may loses the one that it used longest ago. */
  readonly add: (session: StoredSession, unused: Unused) => Promise<void>;
  /** Notes that the session whose token has the digest was used. Never throws and never waits; may be late. */
  readonly touch: (digest: string, usedMs: number) => void;
  /** Gives a session another token. False where the digest is that of no session's latest token: then nothing changed. */
  readonly rotate: (digest: string, rotation: Rotation) => Promise<boolean>;
  /** Ends a session by its token, or by the one before while it still speaks for it. False where there is none. */
  readonly remove: (digest: string, nowMs: number) => Promise<boolean>;
  /** Ends all sessions of a subject. Returns how many. */
  readonly removeAll: (subject: string) => Promise<number>;
  readonly close: () => Promise<void>;
}

/** Why a store of sessions has no answer: one line, with what to do about it. */
export class SessionsFault extends Error {
  override readonly name = 'SessionsFault';
}

/** Checks a bound at setup. */
export function assertBound(name: string, bound: number): void {
  if (Number.isSafeInteger(bound) && bound >= 1) return;
  throw new RangeError(`${name}: ${bound} is no bound; give a whole number of at least 1`);
}

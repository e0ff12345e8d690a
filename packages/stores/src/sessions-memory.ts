import { append, type Chain, type Chained, unlink } from './chain.ts';
import { assertBound, SessionsFault, type SessionStore, type StoredSession } from './sessions.ts';

/** Bounds of a store of sessions in memory. */
export interface MemorySessionsOptions {
  /**
   * Sessions kept at once; a whole number of at least 1. Default 100,000 (about 80 MB). When it is reached, expired ones
   * make room; where there are none, new ones are refused and the others live on.
   */
  readonly maxSessions?: number;
  /** Sessions of one subject; a whole number of at least 1. Default 100. A further one ends that used longest ago. */
  readonly maxPerSubject?: number;
}

/** A store of sessions in this process's memory: whoever starts it again logs everybody out. Keeps no timer. */
export interface MemorySessions extends SessionStore {
  readonly find: (digest: string) => StoredSession | undefined;
  /** Sessions kept now, expired ones included that are not forgotten yet. */
  readonly size: number;
}

interface Kept extends Chained<Kept> {
  session: StoredSession;
}

/** How many stale sessions make room with each new one: more than come, so that what is left shrinks. */
const FORGOTTEN_PER_ADD = 2;

/**
 * Makes a store of sessions in memory.
 *
 * @throws RangeError where a bound is none
 */
export function createMemorySessions(options: MemorySessionsOptions = {}): MemorySessions {
  const { maxSessions = 100_000, maxPerSubject = 100 } = options;
  assertBound('maxSessions', maxSessions);
  assertBound('maxPerSubject', maxPerSubject);
  const byDigest = new Map<string, Kept>();
  const byPrevious = new Map<string, Kept>();
  const bySubject = new Map<string, Set<Kept>>();
  /** In the order of their last use. */
  const all: Chain<Kept> = { size: 0, oldest: undefined, newest: undefined };

  const forget = (kept: Kept): void => {
    const { digest, previous, subject } = kept.session;
    unlink(all, kept);
    byDigest.delete(digest);
    if (previous !== undefined) byPrevious.delete(previous.digest);
    const own = bySubject.get(subject);
    own?.delete(kept);
    if (own?.size === 0) bySubject.delete(subject);
  };

  const forgetOldest = (most: number, usedBeforeMs: number): void => {
    for (let forgotten = 0; forgotten < most; forgotten += 1) {
      const kept = all.oldest;
      if (kept === undefined || kept.session.usedMs >= usedBeforeMs) return;
      forget(kept);
    }
  };

  const ownOf = (subject: string): Set<Kept> => {
    let own = bySubject.get(subject);
    if (own === undefined) {
      own = new Set();
      bySubject.set(subject, own);
    }
    return own;
  };

  const use = (kept: Kept): void => {
    unlink(all, kept);
    append(all, kept);
  };

  return {
    find: (digest) => (byDigest.get(digest) ?? byPrevious.get(digest))?.session,
    async add(session, { staleMs, expiredMs }) {
      const { digest, previous, subject } = session;
      forgetOldest(FORGOTTEN_PER_ADD, staleMs);
      const known = bySubject.get(subject);
      if (known !== undefined && known.size >= maxPerSubject) forget(leastUsed(known));
      if (all.size >= maxSessions) forgetOldest(1, expiredMs);
      if (all.size >= maxSessions) {
        throw new SessionsFault(`${maxSessions} sessions are kept, and none has expired; raise maxSessions`);
      }
      const kept: Kept = { session, older: undefined, newer: undefined };
      byDigest.set(digest, kept);
      if (previous !== undefined) byPrevious.set(previous.digest, kept);
      ownOf(subject).add(kept);
      append(all, kept);
    },
    touch(digest, usedMs) {
      const kept = byDigest.get(digest);
      if (kept === undefined) return;
      kept.session = { ...kept.session, usedMs };
      use(kept);
    },
    async rotate(digest, { graceUntilMs, ...changed }) {
      const kept = byDigest.get(digest);
      if (kept === undefined) return false;
      const { previous } = kept.session;
      if (previous !== undefined) byPrevious.delete(previous.digest);
      byDigest.delete(digest);
      kept.session = { ...kept.session, ...changed, previous: { digest, untilMs: graceUntilMs } };
      byDigest.set(changed.digest, kept);
      byPrevious.set(digest, kept);
      use(kept);
      return true;
    },
    async remove(digest, nowMs) {
      const kept = byDigest.get(digest) ?? byPrevious.get(digest);
      if (kept === undefined) return false;
      const { session } = kept;
      if (session.digest !== digest && (session.previous?.untilMs ?? 0) <= nowMs) return false;
      forget(kept);
      return true;
    },
    async removeAll(subject) {
      const own = [...(bySubject.get(subject) ?? [])];
      for (const kept of own) forget(kept);
      return own.length;
    },
    async close() {},
    get size() {
      return all.size;
    },
  };
}

function leastUsed(own: ReadonlySet<Kept>): Kept {
  let [least] = own;
  for (const kept of own) if (least === undefined || kept.session.usedMs < least.session.usedMs) least = kept;
  if (least === undefined) throw new RangeError('a subject without sessions is kept');
  return least;
}

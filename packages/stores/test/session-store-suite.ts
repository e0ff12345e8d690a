import type { SessionStore, StoredSession } from '@flick/stores';
import { describe, expect, test } from 'vitest';

/** Nobody makes room. */
export const nobody = { staleMs: 0, expiredMs: 0 };

/** A session of alice, used at 1000, that ends at 9000. */
export function sessionWith(digest: string, rest: Partial<StoredSession> = {}): StoredSession {
  return { digest, previous: undefined, subject: 'alice', scopes: ['read'], usedMs: 1000, endsMs: 9000, ...rest };
}

/** Adds sessions in their order. */
export async function addAll(store: SessionStore, sessions: readonly StoredSession[], unused = nobody): Promise<void> {
  await Promise.all(sessions.map((session) => store.add(session, unused)));
}

/** Those of the digests that a store knows. */
export async function known(store: SessionStore, digests: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(digests.map(async (digest) => store.find(digest)));
  return digests.filter((_, index) => found[index] !== undefined);
}

/** What every store of sessions holds to. The stores that are made keep 3 sessions of a subject. */
export function describeSessionStore(name: string, setUp: () => SessionStore | Promise<SessionStore>): void {
  const holding = async (...sessions: readonly StoredSession[]): Promise<SessionStore> => {
    const store = await setUp();
    await addAll(store, sessions);
    return store;
  };

  describe(`${name}, as every store of sessions`, () => {
    test('gives back what was added, whole', async () => {
      const odd = sessionWith('odd', { subject: "o'h \u{1f600} \0", scopes: ['a"b', '', '\u2028'] });
      const bare = sessionWith('bare', { scopes: [], previous: { digest: 'old', untilMs: 5 } });
      const store = await holding(odd, bare);
      expect(await store.find('odd')).toEqual(odd);
      expect(await store.find('bare')).toEqual(bare);
      expect(await store.find('old')).toEqual(bare);
    });

    test('knows no other', async () => {
      const store = await holding(sessionWith('a'));
      expect(await known(store, ['', 'A', 'a ', 'a\0', 'b', "a' OR 1=1 --"])).toEqual([]);
    });

    test('notes when a session was used', async () => {
      const store = await holding(sessionWith('a'), sessionWith('b'));
      store.touch('a', 2000);
      store.touch('unknown', 2000);
      expect(await store.find('a')).toEqual(sessionWith('a', { usedMs: 2000 }));
      expect(await store.find('b')).toEqual(sessionWith('b'));
    });

    test('gives a session another token, once a token', async () => {
      const store = await holding(sessionWith('a'));
      const rotation = { digest: 'b', scopes: ['read', 'write'], usedMs: 2000, graceUntilMs: 2500 };
      expect(await store.rotate('a', rotation)).toBe(true);
      const rotated = { ...sessionWith('b'), scopes: ['read', 'write'], usedMs: 2000 };
      expect(await store.find('b')).toEqual({ ...rotated, previous: { digest: 'a', untilMs: 2500 } });
      expect(await store.find('a')).toEqual(await store.find('b'));
      expect(await store.rotate('a', { ...rotation, digest: 'c' })).toBe(false);
      expect(await store.rotate('unknown', { ...rotation, digest: 'c' })).toBe(false);
      expect(await store.find('c')).toBeUndefined();
      expect(await store.rotate('b', { ...rotation, digest: 'c' })).toBe(true);
      expect(await store.find('a')).toBeUndefined();
      expect((await store.find('c'))?.previous?.digest).toBe('b');
    });

    test('lets one of many who rotate a token at the same time win', async () => {
      const store = await holding(sessionWith('a'));
      const rotations = Array.from({ length: 20 }, (_, index) =>
        store.rotate('a', { digest: `b${index}`, scopes: [], usedMs: 2000, graceUntilMs: 0 }),
      );
      expect((await Promise.all(rotations)).filter(Boolean)).toHaveLength(1);
    });

    test('ends a session, and no other', async () => {
      const store = await holding(sessionWith('a'), sessionWith('b'));
      expect(await store.remove('unknown', 0)).toBe(false);
      expect(await store.remove('a', 0)).toBe(true);
      expect(await store.remove('a', 0)).toBe(false);
      expect(await store.find('a')).toBeUndefined();
      expect(await store.find('b')).toBeDefined();
    });

    test('ends a session by the token before the last, as long as that speaks for it', async () => {
      const store = await holding(sessionWith('a', { previous: { digest: 'old', untilMs: 2000 } }));
      expect(await store.remove('old', 2000)).toBe(false);
      expect(await store.find('a')).toBeDefined();
      expect(await store.remove('old', 1999)).toBe(true);
      expect(await store.find('a')).toBeUndefined();
      expect(await store.find('old')).toBeUndefined();
    });

    test('ends all sessions of a subject, and no others', async () => {
      const others = ['Alice', 'alice ', 'alice\0', '', 'alic'].map((subject) =>
        sessionWith(`of ${subject}`, { subject }),
      );
      const store = await holding(sessionWith('a'), sessionWith('b'), ...others);
      expect(await store.removeAll('alice')).toBe(2);
      expect(await store.removeAll('alice')).toBe(0);
      const left = others.map(({ digest }) => digest);
      expect(await known(store, ['a', 'b', ...left])).toEqual(left);
    });

    test('ends the session that a subject used longest ago, when there is one too many', async () => {
      const own = [3000, 2000, 4000].map((usedMs) => sessionWith(`used ${usedMs}`, { usedMs }));
      const bob = sessionWith('of bob', { subject: 'bob', usedMs: 1 });
      const store = await holding(bob, ...own, sessionWith('new', { usedMs: 5000 }));
      const left = ['used 3000', 'used 4000', 'new', 'of bob'];
      expect(await known(store, ['used 2000', ...left])).toEqual(left);
    });

    test('forgets what was not used for long as others come, a few at a time, and nothing else', async () => {
      const stale = Array.from({ length: 6 }, (_, index) => sessionWith(`s${index}`, { subject: `s${index}` }));
      const store = await holding(...stale, sessionWith('used', { usedMs: 1001 }));
      const come = Array.from({ length: 6 }, (_, index) =>
        sessionWith(`n${index}`, { subject: `n${index}`, usedMs: 2000 }),
      );
      await addAll(store, come, { staleMs: 1001, expiredMs: 5000 });
      const left = ['used', ...come.map(({ digest }) => digest)];
      expect(await known(store, [...stale.map(({ digest }) => digest), ...left])).toEqual(left);
    });
  });
}

import { createHash } from 'node:crypto';
import { createSessions, type Session, type SessionSettings, type Sessions } from '@flick/credentials';
import type { Verification } from '@flick/decide';
import { createMemorySessions, type MemorySessions, SessionsFault, type SessionStore } from '@flick/stores';
import { describe, expect, it, test } from 'vitest';

const scheme = { name: 'session', type: 'apiKey', in: 'cookie', parameter: '__Host-session' } as const;
const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** Sessions of 1,000 s unused and 10,000 s in all, in a time that the test moves. */
interface Stage {
  readonly sessions: Sessions;
  readonly store: MemorySessions;
  readonly warnings: readonly string[];
  /** Lets time pass, or makes the wall clock jump. */
  readonly pass: (seconds: number) => void;
  readonly jump: (seconds: number) => void;
}

function makeStage(settings: Partial<SessionSettings> = {}): Stage {
  const store = createMemorySessions();
  const time = { monotonicMs: 5000, wallMs: 1_795_392_000_000 };
  const warnings: string[] = [];
  const sessions = createSessions({
    store,
    idleMs: 1_000_000,
    absoluteMs: 10_000_000,
    clock: { monotonicMs: () => time.monotonicMs, wallMs: () => time.wallMs },
    warn: (message) => {
      warnings.push(message);
    },
    ...settings,
  });
  const jump = (seconds: number): void => {
    time.wallMs += seconds * 1000;
  };
  const pass = (seconds: number): void => {
    time.monotonicMs += seconds * 1000;
    jump(seconds);
  };
  return { sessions, store, warnings, pass, jump };
}

/** What the verifier says of a token: who it is, or why not. */
function said({ sessions }: Stage, token: string): string {
  const verification = sessions.verifier.verify(token, scheme);
  if (verification instanceof Promise) throw new Error('The verification came as a promise.');
  return wordsOf(verification);
}

function wordsOf(verification: Verification): string {
  if (verification.kind === 'good') return verification.consumer.subject;
  return verification.kind === 'bad' ? `${verification.reason}: ${verification.description}` : verification.kind;
}

const notKnown = 'invalid-credentials: The session is not known: it was revoked, or there never was one';
const malformed = 'invalid-credentials: The session token is malformed';
const replaced = 'invalid-credentials: The session token was replaced by a newer one';
const ended = 'expired-credentials: The session has reached its end';
const unused = 'expired-credentials: The session was not used for too long and has expired';

describe('a session', () => {
  it('has a token of 256 bits, each its own, of which the store has the digest alone', async () => {
    const { sessions, store } = makeStage();
    const started = await Promise.all(Array.from({ length: 100 }, () => sessions.start('alice', ['read'])));
    expect(new Set(started.map(({ token }) => token)).size).toBe(100);
    for (const { token } of started) {
      expect(token).toMatch(/^[\w-]{43}$/);
      expect(Buffer.from(token, 'base64url')).toHaveLength(32);
      expect(store.find(digestOf(token))?.subject).toBe('alice');
      expect(JSON.stringify(store.find(digestOf(token)))).not.toContain(token);
    }
  });

  it('tells who calls, and what they may do', async () => {
    const { sessions } = makeStage();
    const { token } = await sessions.start('alice', ['read', 'write']);
    const consumer = { subject: 'alice', scopes: ['read', 'write'], scheme: 'session' };
    expect(sessions.verifier.verify(token, scheme)).toEqual({ kind: 'good', consumer });
  });

  it('is known by one spelling of its token', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const others = Array.from(last, (character) => token.slice(0, -1) + character).filter((each) => each !== token);
    expect(new Set(others.map((other) => said(stage, other)))).toEqual(new Set([notKnown]));
    const forms = ['', ' ', `${token}=`, ` ${token}`, `${token}A`, token.slice(1), token.replace(/./, '+'), '\0', 'é'];
    expect(new Set(forms.map((form) => said(stage, form)))).toEqual(new Set([malformed]));
    expect(said(stage, token)).toBe('alice');
  });

  it.each(['', '\0', 'a\nb', 'a'.repeat(1025)])('is begun for nobody whose name is %j', async (subject) => {
    await expect(makeStage().sessions.start(subject)).rejects.toThrow(/^subject: /);
  });
});

describe('a session expires', () => {
  it('sooner where it was begun so, and never later than others', async () => {
    const stage = makeStage();
    const short = await stage.sessions.start('alice', [], { absoluteMs: 5000 });
    const long = await stage.sessions.start('alice', [], { absoluteMs: 20_000_000 });
    expect(long.endsMs - short.endsMs).toBe(10_000_000 - 5000);
    stage.pass(4.999);
    expect(said(stage, short.token)).toBe('alice');
    stage.pass(0.001);
    expect([said(stage, short.token), said(stage, long.token)]).toEqual([ended, 'alice']);
    await expect(stage.sessions.start('alice', [], { absoluteMs: 0 })).rejects.toThrow(/^absoluteMs: /);
  });

  it('when it was not used for so long, and not before', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    stage.pass(999.999);
    expect(said(stage, token)).toBe('alice');
    stage.pass(999.999);
    expect(said(stage, token)).toBe('alice');
    stage.pass(1000);
    expect(said(stage, token)).toBe(unused);
    expect(said(stage, token)).toBe(unused);
  });

  it('at its end, however much it is used', async () => {
    const stage = makeStage();
    const { token, endsMs } = await stage.sessions.start('alice');
    expect(endsMs).toBe(1_795_392_000_000 + 10_000_000);
    for (let index = 0; index < 19; index += 1) {
      stage.pass(500);
      expect(said(stage, token)).toBe('alice');
    }
    stage.pass(499.999);
    expect(said(stage, token)).toBe('alice');
    stage.pass(0.001);
    expect(said(stage, token)).toBe(ended);
  });

  it('at most a twentieth of its idle time early, as uses are noted so far apart', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    stage.pass(49.999);
    expect(said(stage, token)).toBe('alice');
    expect(stage.store.find(digestOf(token))?.usedMs).toBe(1_795_392_000_000);
    stage.pass(0.001);
    expect(said(stage, token)).toBe('alice');
    expect(stage.store.find(digestOf(token))?.usedMs).toBe(1_795_392_050_000);
  });

  it('and is told from an unknown one for a day; then it is forgotten as others begin', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    stage.pass(1000 + 86_400);
    await stage.sessions.start('bob');
    expect(said(stage, token)).toBe(ended);
    stage.pass(1);
    await stage.sessions.start('carol');
    expect(said(stage, token)).toBe(notKnown);
  });
});

const rotated = async (stage: Stage, token: string, options = {}): Promise<Session> => {
  const next = await stage.sessions.rotate(token, options);
  if (next === undefined) throw new Error('The token was not rotated.');
  return next;
};

describe('rotated', () => {
  it('a session has another token and the same end, and the old one holds for requests under way', async () => {
    const stage = makeStage();
    const first = await stage.sessions.start('alice', ['read']);
    stage.pass(100);
    const second = await rotated(stage, first.token);
    expect(second).toEqual({ ...first, token: second.token });
    expect(second.token).not.toBe(first.token);
    stage.pass(9.999);
    expect([said(stage, first.token), said(stage, second.token)]).toEqual(['alice', 'alice']);
    stage.pass(0.001);
    expect([said(stage, first.token), said(stage, second.token)]).toEqual([replaced, 'alice']);
  });

  it('at once where there is no grace', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    const second = await rotated(stage, token, { graceMs: 0 });
    expect([said(stage, token), said(stage, second.token)]).toEqual([replaced, 'alice']);
  });

  it('a session may have other scopes', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice', ['read']);
    const second = await rotated(stage, token, { scopes: ['read', 'pay'] });
    expect(second.scopes).toEqual(['read', 'pay']);
    const good = stage.sessions.verifier.verify(second.token, scheme);
    expect(good).toMatchObject({ kind: 'good', consumer: { scopes: ['read', 'pay'] } });
  });

  it('a token is so once: of many at the same time one wins, and the old one wins nothing more', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    const all = await Promise.all(Array.from({ length: 10 }, () => stage.sessions.rotate(token)));
    expect(all.filter((session) => session !== undefined)).toHaveLength(1);
    expect(await stage.sessions.rotate(token)).toBeUndefined();
    expect(stage.store.size).toBe(1);
  });

  it('twice, the first token holds no longer', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    const second = await rotated(stage, token);
    const third = await rotated(stage, second.token);
    expect([token, second.token, third.token].map((each) => said(stage, each))).toEqual([notKnown, 'alice', 'alice']);
  });

  it('is no expired session, and none that was revoked', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    const other = await stage.sessions.start('alice');
    await stage.sessions.revoke(other.token);
    stage.pass(1000);
    expect(await stage.sessions.rotate(token)).toBeUndefined();
    expect(await stage.sessions.rotate(other.token)).toBeUndefined();
    expect(await stage.sessions.rotate('forged')).toBeUndefined();
  });

  it('a session lives no longer for it', async () => {
    const stage = makeStage();
    let session = await stage.sessions.start('alice');
    const live = async (left: number): Promise<void> => {
      stage.pass(500);
      session = await rotated(stage, session.token);
      if (left > 1) await live(left - 1);
    };
    await live(19);
    stage.pass(500);
    expect(said(stage, session.token)).toBe(ended);
  });

  it.each([-1, 60_001, Number.NaN])('with no grace of %d', async (graceMs) => {
    const { sessions } = makeStage();
    const { token } = await sessions.start('alice');
    await expect(sessions.rotate(token, { graceMs })).rejects.toThrow(/^graceMs: /);
  });
});

describe('revoked', () => {
  it('a session is over, and no other', async () => {
    const stage = makeStage();
    const one = await stage.sessions.start('alice');
    const other = await stage.sessions.start('alice');
    expect(await stage.sessions.revoke(one.token)).toBe(true);
    expect(await stage.sessions.revoke(one.token)).toBe(false);
    expect(await stage.sessions.revoke('forged')).toBe(false);
    expect([said(stage, one.token), said(stage, other.token)]).toEqual([notKnown, 'alice']);
  });

  it('by a token that was just rotated, a session is over for the new one, too', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    const next = await stage.sessions.rotate(token);
    stage.pass(9);
    expect(await stage.sessions.revoke(token)).toBe(true);
    expect([token, next?.token ?? ''].map((each) => said(stage, each))).toEqual([notKnown, notKnown]);
  });

  it('by a token that is long replaced, nothing is', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    const next = await stage.sessions.rotate(token);
    stage.pass(10);
    expect(await stage.sessions.revoke(token)).toBe(false);
    expect(said(stage, next?.token ?? '')).toBe('alice');
  });

  it('are all sessions of a subject, rotated ones included, and no others', async () => {
    const stage = makeStage();
    const own = await Promise.all([stage.sessions.start('alice'), stage.sessions.start('alice')]);
    const bob = await stage.sessions.start('bob');
    const next = await stage.sessions.rotate(own[0]?.token ?? '');
    expect(await stage.sessions.revokeAll('alice')).toBe(2);
    const tokens = [...own.map(({ token }) => token), next?.token ?? ''];
    expect(tokens.map((token) => said(stage, token))).toEqual([notKnown, notKnown, notKnown]);
    expect(said(stage, bob.token)).toBe('bob');
  });
});

describe('when the wall clock jumps', () => {
  it('an hour forwards, nobody counts as idle for it, and it is said once', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    const lazy = await stage.sessions.start('bob');
    stage.pass(600);
    stage.jump(3600);
    expect(said(stage, token)).toBe('alice');
    expect(stage.warnings).toEqual([
      'sessions: the clock jumped forwards by 3600 s; nobody counts as idle for it, and sessions reach their end sooner by as much',
    ]);
    stage.pass(399.999);
    expect(said(stage, lazy.token)).toBe('bob');
    stage.pass(600);
    expect(said(stage, token)).toBe('alice');
    stage.pass(1000);
    expect([said(stage, token), said(stage, lazy.token)]).toEqual([unused, unused]);
    expect(stage.warnings).toHaveLength(1);
  });

  it('an hour back, nobody is logged out, and who is idle from then on expires all the same', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    const lazy = await stage.sessions.start('bob');
    stage.pass(600);
    stage.jump(-3600);
    expect(said(stage, token)).toBe('alice');
    expect(stage.warnings).toEqual([expect.stringContaining('jumped back by 3600 s')]);
    stage.pass(999.999);
    expect([said(stage, token), said(stage, lazy.token)]).toEqual(['alice', 'bob']);
    stage.pass(1000);
    expect([said(stage, token), said(stage, lazy.token)]).toEqual([unused, unused]);
  });

  it('there and back again, nothing was', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    stage.jump(3600);
    said(stage, 'x'.repeat(43));
    stage.jump(-3600);
    said(stage, 'x'.repeat(43));
    stage.pass(999.999);
    const unseen = await stage.sessions.start('bob');
    expect(said(stage, token)).toBe('alice');
    stage.pass(1000);
    expect([said(stage, token), said(stage, unseen.token)]).toEqual([unused, unused]);
  });

  it('back, a token that was rotated holds no longer than a minute', async () => {
    const stage = makeStage();
    const { token } = await stage.sessions.start('alice');
    await stage.sessions.rotate(token);
    stage.jump(-3600);
    expect(said(stage, token)).toBe(replaced);
  });

  it('forwards, a full store forgets nobody for it', async () => {
    const stage = makeStage({ store: createMemorySessions({ maxSessions: 1 }) });
    const { token } = await stage.sessions.start('alice');
    stage.jump(3600);
    await expect(stage.sessions.start('bob')).rejects.toBeInstanceOf(SessionsFault);
    expect(said(stage, token)).toBe('alice');
  });
});

const down = (): never => {
  throw new Error('c4nary');
};
const away = (): Promise<never> => Promise.reject(new SessionsFault('the store is away'));
const broken: SessionStore = {
  find: down,
  add: away,
  touch: down,
  rotate: away,
  remove: away,
  removeAll: away,
  close: () => Promise.resolve(),
};

describe('a store that fails', () => {
  test.each([
    ['throws', down, 'the store failed'],
    ['rejects', away, 'the store is away'],
  ] as const)(
    'and %s makes sessions unknown, neither good nor bad, and is told of now and then',
    async (_, find, why) => {
      const stage = makeStage({ store: { ...broken, find } });
      const token = 'x'.repeat(43);
      const verdicts = await Promise.all(
        Array.from({ length: 5 }, async () => stage.sessions.verifier.verify(token, scheme)),
      );
      expect(verdicts.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'unknown'));
      expect(stage.warnings).toEqual([
        `sessions cannot be verified, and requests that have one are answered 503: ${why}`,
      ]);
      stage.pass(10);
      await stage.sessions.verifier.verify(token, scheme);
      expect(stage.warnings).toHaveLength(2);
      expect(JSON.stringify([verdicts, stage.warnings])).not.toMatch(/c4nary|xxx/);
    },
  );

  test('refuses what it cannot do', async () => {
    const { sessions } = makeStage({ store: { ...broken, find: away } });
    const asked = [sessions.start('alice'), sessions.rotate('x'), sessions.revoke('x'), sessions.revokeAll('alice')];
    const settled = await Promise.allSettled(asked);
    expect(settled.map((each) => each.status === 'rejected' && each.reason instanceof SessionsFault)).toEqual(
      asked.map(() => true),
    );
  });

  test('may answer later', async () => {
    const store = createMemorySessions();
    const { sessions } = makeStage({ store: { ...store, find: async (digest) => store.find(digest) } });
    const { token } = await sessions.start('alice');
    expect(wordsOf(await sessions.verifier.verify(token, scheme))).toBe('alice');
    expect(wordsOf(await sessions.verifier.verify('x'.repeat(43), scheme))).toBe(notKnown);
  });
});

describe('the cookie', () => {
  const session = { token: 'TOKEN', subject: 'alice', scopes: [], endsMs: 1_795_392_000_000 + 90_500 };

  it('has all that guards it, and lives as long as the browser', () => {
    const { sessions } = makeStage();
    expect(sessions.setCookie(session)).toBe('__Host-session=TOKEN; Path=/; HttpOnly; Secure; SameSite=Lax');
    expect(sessions.clearCookie()).toBe('__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax');
  });

  it('lives until the end of the session, where that is wanted', () => {
    const { sessions } = makeStage({ persistent: true, cookieName: '__Host-sid' });
    expect(sessions.setCookie(session)).toBe('__Host-sid=TOKEN; Path=/; Max-Age=91; HttpOnly; Secure; SameSite=Lax');
  });

  it.each<[string, Parameters<Sessions['tokenOf']>[0], string | undefined]>([
    ['a cookie', { cookie: 'a=b; __Host-session=T; c=d' }, 'T'],
    ['a bearer token', { authorization: 'bearer T' }, 'T'],
    ['neither', { cookie: 'session=T; __Host-sessions=T', authorization: 'Basic T' }, undefined],
    ['no field', {}, undefined],
    ['the cookie twice', { cookie: '__Host-session=T; __Host-session=T' }, undefined],
    ['both', { cookie: '__Host-session=T', authorization: 'Bearer T' }, undefined],
  ])('or whatever a request has is read: %s', (_, fields, token) => {
    expect(makeStage().sessions.tokenOf(fields)).toBe(token);
  });
});

test('pages of other origins are distrusted unless they are named', () => {
  expect(makeStage().sessions.verifier.crossSite).toEqual({ origins: new Set(), sameSite: false });
  const origins = ['https://app.example', 'http://localhost:3000'];
  const { verifier } = makeStage({ origins, trustSameSite: true }).sessions;
  expect(verifier.crossSite).toEqual({ origins: new Set(origins), sameSite: true });
});

test.each<[string, Partial<SessionSettings>]>([
  ['idleMs', { idleMs: 0 }],
  ['idleMs', { idleMs: Number.POSITIVE_INFINITY }],
  ['absoluteMs', { absoluteMs: Number.NaN }],
  ['graceMs', { graceMs: 60_001 }],
  ['graceMs', { graceMs: -1 }],
  ['cookieName', { cookieName: 'sid' }],
  ['cookieName', { cookieName: '__Host-' }],
  ['cookieName', { cookieName: '__Host-a; Domain=evil.test' }],
  ['origins', { origins: ['app.example'] }],
  ['origins', { origins: ['https://app.example/'] }],
  ['origins', { origins: ['https://app.example', '*'] }],
  ['origins', { origins: ['null'] }],
])('%s that cannot be is refused at setup: %j', (name, settings) => {
  expect(() => makeStage(settings)).toThrow(new RegExp(`^${name}: `));
});

test('no store is refused at setup', () => {
  const bare: SessionSettings = JSON.parse('{}');
  expect(() => createSessions(bare)).toThrow(/^store: there is none/);
});

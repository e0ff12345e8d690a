import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createMemorySessions, openSqliteSessions, type SessionSettings, type SessionStore } from '@flick/gate';
import { openSqliteRecords } from '@flick/stores';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { expectProblem, pause, type WireAnswer } from '../../packages/gate/test/wire-client.ts';
import { otherConnection } from '../../packages/stores/test/record-files.ts';
import { openLoginService, tokenOf } from '../login-service.ts';

function sessionsPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flick-sessions-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'sessions.db');
}

async function openStore(path = sessionsPath()): Promise<SessionStore> {
  const store = await openSqliteSessions({ path });
  onTestFinished(() => store.close());
  return store;
}

/** A service of 1,000 s unused and 3,000 s in all, in a time that the test moves. */
async function openTimed(store: SessionStore, settings: Partial<SessionSettings> = {}) {
  const time = { ms: 0 };
  const clock = { monotonicMs: () => time.ms, wallMs: () => 1_795_392_000_000 + time.ms };
  const service = await openLoginService({ store, idleMs: 1_000_000, absoluteMs: 3_000_000, clock, ...settings });
  const pass = (seconds: number): void => {
    time.ms += seconds * 1000;
  };
  return { ...service, pass };
}

/** The two ways in which a token travels. */
const ways: Readonly<Record<string, (token: string) => Record<string, string>>> = {
  'in a cookie': (token) => ({ Cookie: `__Host-session=${token}` }),
  'as a bearer token': (token) => ({ Authorization: `Bearer ${token}` }),
};
const inCookie = (token: string): Record<string, string> => ({ Cookie: `__Host-session=${token}` });

const challenges: Readonly<Record<string, (reason: string) => RegExp>> = {
  'in a cookie': (reason) =>
    new RegExp(`^ApiKey realm="diary", [^,]*, [^,]*, error="${reason}", .*, Bearer realm="diary"$`),
  'as a bearer token': () =>
    /^ApiKey realm="diary", in="cookie", name="__Host-session", Bearer .*, error="invalid_token", /,
};

/** Holds a 401 against its reason and its challenge. */
function expectRefused(answer: WireAnswer, reason: string, way: string, words: RegExp): void {
  expectProblem(answer, 401, reason);
  expect(answer.fields['www-authenticate']).toMatch(challenges[way]?.(reason) ?? /^$/);
  expect(answer.fields['www-authenticate']).toMatch(words);
}

const stores: Readonly<Record<string, () => SessionStore | Promise<SessionStore>>> = {
  memory: () => createMemorySessions(),
  SQLite: () => openStore(),
};

describe.each(Object.entries(stores))('a login session in %s', (_, makeStore) => {
  describe.each(Object.entries(ways))('%s', (way, fieldsOf) => {
    test('is who logged in', async () => {
      const { logIn, send } = await openTimed(await makeStore());
      const answer = await send('GET /entries', fieldsOf(await logIn('ada')));
      expect([answer.status, answer.body]).toEqual([200, 'ada']);
    });

    test('expires when it is not used, and not before', async () => {
      const { logIn, send, pass } = await openTimed(await makeStore());
      const fields = fieldsOf(await logIn('ada'));
      pass(999.999);
      expect((await send('GET /entries', fields)).status).toBe(200);
      pass(999.999);
      expect((await send('GET /entries', fields)).status).toBe(200);
      pass(1000);
      expectRefused(await send('GET /entries', fields), 'expired-credentials', way, /not used for too long/);
    });

    test('expires at its end, however much it is used and rotated', async () => {
      const { logIn, send, pass } = await openTimed(await makeStore());
      const rotate = async (token: string): Promise<string> => {
        pass(900);
        return tokenOf((await send('POST /rotate', fieldsOf(token))).fields['set-cookie'] ?? '');
      };
      const token = await rotate(await rotate(await rotate(await logIn('ada'))));
      pass(299.999);
      expect((await send('GET /entries', fieldsOf(token))).status).toBe(200);
      pass(0.001);
      expectRefused(await send('GET /entries', fieldsOf(token)), 'expired-credentials', way, /reached its end/);
    });

    test('rotated, has a new token; the old one holds ten seconds longer', async () => {
      const { logIn, send, pass } = await openTimed(await makeStore());
      const old = await logIn('ada');
      const rotated = await send('POST /rotate', fieldsOf(old));
      const token = tokenOf(rotated.fields['set-cookie'] ?? '');
      pass(9.999);
      expect((await send('GET /entries', fieldsOf(old))).status).toBe(200);
      pass(0.001);
      expectRefused(await send('GET /entries', fieldsOf(old)), 'invalid-credentials', way, /replaced by a newer one/);
      expect((await send('GET /entries', fieldsOf(token))).status).toBe(200);
    });

    test('is over once it is revoked, and others of the same person are not', async () => {
      const { logIn, send } = await openTimed(await makeStore());
      const one = await logIn('ada');
      const other = await logIn('ada');
      const out = await send('POST /logout', fieldsOf(one));
      expect(out.fields['set-cookie']).toBe('__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax');
      expectRefused(await send('GET /entries', fieldsOf(one)), 'invalid-credentials', way, /revoked/);
      expect((await send('GET /entries', fieldsOf(other))).status).toBe(200);
    });

    test('is over once all of the same person are, and nobody else is', async () => {
      const { logIn, send } = await openTimed(await makeStore());
      const one = await logIn('ada');
      const other = await logIn('ada');
      const bob = await logIn('bob');
      await send('POST /logout/everywhere', fieldsOf(one));
      expectRefused(await send('GET /entries', fieldsOf(one)), 'invalid-credentials', way, /revoked/);
      expectRefused(await send('GET /entries', fieldsOf(other)), 'invalid-credentials', way, /revoked/);
      expect((await send('GET /entries', fieldsOf(bob))).status).toBe(200);
    });

    test('does no more than its scopes allow', async () => {
      const { logIn, send } = await openTimed(await makeStore());
      expect((await send('POST /entries', fieldsOf(await logIn('ada', ['write'])))).status).toBe(200);
      const answer = await send('POST /entries', fieldsOf(await logIn('ada', ['read'])));
      expectProblem(answer, 403, 'insufficient-credentials');
      expect(answer.fields['www-authenticate']).toContain('scope="write"');
    });

    test('that nobody began is invalid, and costs the same words as one that is nearly another', async () => {
      const { logIn, send } = await openTimed(await makeStore());
      const token = await logIn('ada');
      const near = token.slice(0, -1) + (token.endsWith('A') ? 'E' : 'A');
      const answers = await Promise.all(['x'.repeat(43), near].map((each) => send('GET /entries', fieldsOf(each))));
      const shown = answers.map(({ status, fields, body }) => {
        const { title, detail }: Record<string, unknown> = JSON.parse(body);
        return { status, challenge: fields['www-authenticate'], title, detail };
      });
      expect(shown[0]).toEqual(shown[1]);
      expect(shown[0]).toMatchObject({ status: 401, detail: expect.stringContaining('not known') });
    });
  });

  test('is missing where there is none, and the challenge is bare', async () => {
    const { send } = await openTimed(await makeStore());
    const answer = await send('GET /entries');
    expectProblem(answer, 401, 'missing-credentials');
    expect(answer.fields['www-authenticate']).toBe(
      'ApiKey realm="diary", in="cookie", name="__Host-session", Bearer realm="diary"',
    );
  });

  test('comes in a cookie with all that guards it', async () => {
    const { send } = await openTimed(await makeStore());
    const { fields } = await send('POST /login', {}, '{"name":"ada"}');
    expect(fields['set-cookie']).toMatch(/^__Host-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  });

  test('in a cookie beside one in a header is ambiguous, whosever they are', async () => {
    const { logIn, send, reached } = await openTimed(await makeStore());
    const token = await logIn('ada');
    const both = { ...inCookie(token), Authorization: `Bearer ${token}` };
    expectProblem(await send('GET /entries', both), 400, 'invalid-credentials');
    expectProblem(
      await send('GET /entries', { Cookie: `__Host-session=${token}; __Host-session=x` }),
      400,
      'invalid-credentials',
    );
    expect(reached).toEqual(['logIn']);
  });
});

test('by the clock of the machine, a session ends in time, and not before', async () => {
  const absoluteMs = 1500;
  const { logIn, send } = await openLoginService({ store: await openStore(), absoluteMs });
  const began = performance.now();
  const fields = inCookie(await logIn('ada'));
  expect((await send('GET /entries', fields)).status).toBe(200);
  const answer = await vi.waitFor(
    async () => {
      const last = await send('GET /entries', fields);
      if (last.status === 200) throw new Error('it has not ended');
      return last;
    },
    { timeout: 15_000, interval: 20 },
  );
  // The wall clock counts whole milliseconds.
  expect(performance.now() - began).toBeGreaterThan(absoluteMs - 2);
  expectProblem(answer, 401, 'expired-credentials');
});

test('by the clock of the machine, a session that is not used expires', async () => {
  const { logIn, send } = await openLoginService({ store: createMemorySessions(), idleMs: 200 });
  const fields = inCookie(await logIn('ada'));
  await pause(250);
  const answer = await send('GET /entries', fields);
  expect(answer.fields['www-authenticate']).toContain('error="expired-credentials"');
  expectProblem(answer, 401, 'expired-credentials');
});

describe('a page of another origin', () => {
  const cases: readonly (readonly [string, Record<string, string>, number])[] = [
    ['POST', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.test' }, 403],
    ['DELETE', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.test' }, 403],
    ['POST', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://sibling.test' }, 403],
    ['POST', { Origin: 'https://evil.test' }, 403],
    ['POST', { Origin: 'null' }, 403],
    ['POST', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://app.example' }, 200],
    ['POST', { Origin: 'https://app.example' }, 200],
    ['POST', { 'Sec-Fetch-Site': 'same-origin' }, 200],
    ['POST', { Origin: 'http://127.0.0.1:PORT' }, 200],
    ['POST', {}, 200],
    ['GET', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.test' }, 200],
  ];

  test.each(cases)('%s with %j: %d', async (method, fields, status) => {
    const service = await openTimed(createMemorySessions(), { origins: ['https://app.example'] });
    const token = await service.logIn('ada', ['write']);
    const sent = Object.entries(fields).map(([name, value]) => [name, value.replace('PORT', String(service.port))]);
    const answer = await service.send(`${method} /entries`, { ...inCookie(token), ...Object.fromEntries(sent) });
    expect(answer.status).toBe(status);
    expect(service.reached).toHaveLength(status === 200 ? 2 : 1);
    expect(answer.body.includes('"reason":"cross-site-request"')).toBe(status === 403);
  });

  test('may send a token of its own', async () => {
    const { logIn, send } = await openTimed(createMemorySessions());
    const fields = { Authorization: `Bearer ${await logIn('ada', ['write'])}`, 'Sec-Fetch-Site': 'cross-site' };
    expect((await send('POST /entries', fields)).status).toBe(200);
  });
});

describe('where the store is down', () => {
  const spoilt: readonly (readonly [string, (path: string) => void])[] = [
    ['taken away', (path) => renameSync(path, `${path}.away`)],
    ['replaced by a text', (path) => [rmSync(path), writeFileSync(path, 'no database\n'.repeat(2000))]],
    ['emptied', (path) => writeFileSync(path, '')],
  ];

  test.each(spoilt)('(%s) nobody passes, and nobody is told that they are not logged in', async (_, spoil) => {
    const path = sessionsPath();
    const service = await openTimed(await openStore(path));
    const token = await service.logIn('ada');
    expect((await service.send('GET /entries', inCookie(token))).status).toBe(200);
    spoil(path);
    const before = service.reached.length;
    const tokens = [token, 'x'.repeat(43)];
    const asked = tokens.flatMap((each) =>
      Object.values(ways).map((fieldsOf) => service.send('GET /entries', fieldsOf(each))),
    );
    for (const answer of await Promise.all(asked)) {
      expectProblem(answer, 503, 'unverifiable-credentials');
      expect(answer.fields['retry-after']).toBe('1');
      expect(answer.fields['www-authenticate']).toBeUndefined();
    }
    expect(service.reached).toHaveLength(before);
    // Who has no session at all needs no store.
    expectProblem(await service.send('GET /entries'), 401, 'missing-credentials');
    expectProblem(await service.send('POST /login', {}, '{"name":"ada"}'), 503, 'unverifiable-credentials');
    expect(service.warnings).toEqual([expect.stringMatching(/^sessions cannot be verified, .*answered 503: /)]);
  });

  test('and comes back, sessions go on', async () => {
    const path = sessionsPath();
    const { logIn, send } = await openTimed(await openStore(path));
    const fields = inCookie(await logIn('ada'));
    renameSync(path, `${path}.away`);
    expect((await send('GET /entries', fields)).status).toBe(503);
    renameSync(`${path}.away`, path);
    await vi.waitFor(async () => expect((await send('GET /entries', fields)).status).toBe(200), { timeout: 10_000 });
  });

  test('for writing only, as another process holds its lock, sessions go on, and logging in is 503', async () => {
    const path = sessionsPath();
    const { logIn, send } = await openTimed(await openStore(path));
    const fields = inCookie(await logIn('ada'));
    const other = otherConnection(path);
    other.exec('BEGIN IMMEDIATE');
    const began = performance.now();
    const login = send('POST /login', {}, '{"name":"bob"}');
    const asked = await Promise.all(Array.from({ length: 50 }, () => send('GET /entries', fields)));
    const tookMs = performance.now() - began;
    expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 200));
    expectProblem(await login, 503, 'unverifiable-credentials');
    // They did not wait for the lock, as the login did for two seconds.
    expect(tookMs).toBeLessThan(performance.now() - began);
    other.exec('COMMIT');
    await vi.waitFor(() => logIn('bob'), { timeout: 10_000 });
  });
});

test('what one process ends, another knows at once', async () => {
  const path = sessionsPath();
  const one = await openTimed(await openStore(path));
  const other = await openTimed(await openStore(path));
  const fields = inCookie(await one.logIn('ada'));
  expect((await other.send('GET /entries', fields)).status).toBe(200);
  await one.send('POST /logout', fields);
  expectProblem(await other.send('GET /entries', fields), 401, 'invalid-credentials');
});

test('no token is anywhere but with its owner: not in files, records, problems or warnings', async () => {
  const path = sessionsPath();
  const folder = dirname(path);
  const store = await openStore(path);
  const service = await openTimed(store);
  const tokens = [await service.logIn('ada', ['write']), await service.logIn('bob', ['write'])];
  const [first = ''] = tokens;
  tokens.push(tokenOf((await service.send('POST /rotate', inCookie(first))).fields['set-cookie'] ?? ''));
  const answers = await Promise.all(
    [...tokens, 'c4nary'.repeat(7) + 'x'].flatMap((token) => [
      service.send('GET /entries?no=1', inCookie(token)),
      service.send('POST /entries', { ...inCookie(token), 'Sec-Fetch-Site': 'cross-site' }),
      service.send('GET /entries', { Authorization: `Bearer ${token}`, ...inCookie(token) }),
    ]),
  );
  service.pass(1000);
  answers.push(await service.send('GET /entries', inCookie(first)));
  renameSync(path, `${path}.away`);
  answers.push(await service.send('GET /entries', inCookie(first)));
  renameSync(`${path}.away`, path);
  const records = await openSqliteRecords({ path: join(folder, 'records.db'), say() {} });
  for (const outcome of service.outcomes) records.append(outcome);
  await records.close();

  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  expect(files.join('')).toContain('bob');
  await store.close();
  const closed = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
  const kept = [...files, ...closed, JSON.stringify([answers, service.outcomes, service.warnings])].join('\n');
  for (const secret of [...tokens, 'c4nary']) expect(kept).not.toContain(secret);
});

test('where there is no grace, a token that was rotated is over at once', async () => {
  const service = await openTimed(createMemorySessions(), { graceMs: 0 });
  const old = await service.logIn('ada');
  const rotated = await service.send('POST /rotate', inCookie(old));
  expectProblem(await service.send('GET /entries', inCookie(old)), 401, 'invalid-credentials');
  const token = tokenOf(rotated.fields['set-cookie'] ?? '');
  expect((await service.send('GET /entries', inCookie(token))).status).toBe(200);
});

import { once } from 'node:events';
import { createServer } from 'node:http';
import { createIntrospectionVerifier, type IntrospectionSettings } from '@flick/credentials';
import type { Verification, Verifier } from '@flick/decide';
import { describe, test } from 'vitest';
import { type IntrospectionMode, type IntrospectionServer, startIntrospection } from './introspection-server.ts';
import { nowS, scheme } from './tokens.ts';

const clientSecret = 'c4nary s3cret: with + and %';
const token = 'c4nary-t0ken.~+/==';

/** A server, a verifier that asks it, and the time that both live in. */
interface Stage {
  readonly issuer: IntrospectionServer;
  readonly make: (settings?: Partial<IntrospectionSettings>) => Verifier;
  readonly warnings: readonly string[];
  readonly time: { monotonicMs: number; wallMs: number };
}

const stage = test.extend<{ stage: Stage }>({
  stage: async ({ onTestFinished }, use) => {
    const issuer = await startIntrospection();
    onTestFinished(() => issuer.close());
    const warnings: string[] = [];
    const time = { monotonicMs: 1000, wallMs: nowS * 1000 };
    const make = (settings: Partial<IntrospectionSettings> = {}): Verifier =>
      createIntrospectionVerifier({
        url: issuer.url,
        clientId: 'gate: one',
        clientSecret,
        clock: { monotonicMs: () => time.monotonicMs, wallMs: () => time.wallMs },
        warn: (message) => {
          warnings.push(message);
        },
        ...settings,
      });
    await use({ issuer, make, warnings, time });
  },
});

/** Form-urlencoded text decoded. */
const decode = (text = ''): string => decodeURIComponent(text.replaceAll('+', ' '));

const ask = async (verifier: Verifier, credential = token): Promise<Verification> =>
  verifier.verify(credential, scheme);

/** Asks once a token, all at the same time. */
const askAll = (verifier: Verifier, count: number, name = 'token') =>
  Promise.all(Array.from({ length: count }, (_, index) => ask(verifier, `${name}-${index}`)));

describe.concurrent('a token is asked for', () => {
  stage('as RFC 7662 has it, the client known by its encoded secret', async ({ stage: { issuer, make }, expect }) => {
    await ask(make());
    const [asked] = issuer.asked;
    expect(asked).toMatchObject({ method: 'POST', type: 'application/x-www-form-urlencoded;charset=UTF-8' });
    expect(Object.fromEntries(asked?.form ?? [])).toEqual({ token, token_type_hint: 'access_token' });
    const [id, secret] = atob((asked?.authorization ?? '').replace('Basic ', '')).split(':');
    expect([decode(id), decode(secret)]).toEqual(['gate: one', clientSecret]);
  });

  stage('and tells who calls', async ({ stage: { issuer, make }, expect }) => {
    issuer.say = () => ({
      active: true,
      sub: 'alice',
      scope: 'read  write',
      iss: 'https://issuer.example',
      exp: nowS + 600,
      client_id: 'app',
      token_type: 'Bearer',
      aud: null,
    });
    expect(await ask(make())).toEqual({
      kind: 'good',
      consumer: { subject: 'alice', scopes: ['read', 'write'], scheme: 'bearerAuth', issuer: 'https://issuer.example' },
    });
    expect(await ask(make({ subjectClaim: 'client_id' }))).toMatchObject({ consumer: { subject: 'app' } });
    expect(await ask(make({ subjectClaim: 'username' }))).toMatchObject({ consumer: { subject: '' } });
  });

  stage('once, where many ask at the same time', async ({ stage: { issuer, make }, expect }) => {
    const verifier = make();
    const verdicts = await Promise.all(Array.from({ length: 100 }, () => ask(verifier)));
    expect(verdicts.every(({ kind }) => kind === 'good')).toBe(true);
    expect(issuer.asked).toHaveLength(1);
  });

  stage('never, where it cannot be a token', async ({ stage: { issuer, make }, expect }) => {
    const verifier = make();
    const forgeries = ['', ' ', '=', 'a b', 'a\r\nb', 'é', '\0', '\ud800', 'a&token=b', 'x'.repeat(8193), '="'];
    const verdicts = await Promise.all(forgeries.map((forged) => ask(verifier, forged)));
    expect(verdicts.every(({ kind }) => kind === 'bad')).toBe(true);
    expect(issuer.asked).toHaveLength(0);
  });
});

describe.concurrent('what was said is remembered', () => {
  stage('for a minute, without a promise', async ({ stage: { issuer, make, time }, expect }) => {
    const verifier = make();
    await ask(verifier);
    time.monotonicMs += 59_999;
    expect(verifier.verify(token, scheme)).toMatchObject({ kind: 'good' });
    expect(issuer.asked).toHaveLength(1);
    time.monotonicMs += 1;
    issuer.say = () => ({ active: false });
    expect(await ask(verifier)).toMatchObject({ kind: 'bad', description: 'The token is not active' });
    expect(issuer.asked).toHaveLength(2);
    expect(verifier.verify(token, scheme)).toMatchObject({ kind: 'bad' });
  });

  stage('until the token expires, whatever the clocks do', async ({ stage: { issuer, make, time }, expect }) => {
    issuer.say = () => ({ active: true, sub: 'alice', exp: nowS + 10 });
    const verifier = make();
    await ask(verifier);
    time.wallMs += 10_000;
    expect(await ask(verifier)).toMatchObject({ kind: 'bad', reason: 'expired-credentials' });
    expect(issuer.asked).toHaveLength(1);
  });

  stage('for a few seconds where the token is not active', async ({ stage: { issuer, make, time }, expect }) => {
    issuer.say = () => ({ active: false });
    const verifier = make();
    await ask(verifier);
    time.monotonicMs += 2999;
    await ask(verifier);
    expect(issuer.asked).toHaveLength(1);
    time.monotonicMs += 1;
    await ask(verifier);
    expect(issuer.asked).toHaveLength(2);
  });

  stage('not at all where its time is nothing', async ({ stage: { issuer, make }, expect }) => {
    const verifier = make({ maxAgeS: 0 });
    await ask(verifier);
    await ask(verifier);
    expect(issuer.asked).toHaveLength(2);
  });

  stage('within bounds, and a flood of strangers forgets no good one', async ({ stage: { issuer, make }, expect }) => {
    issuer.say = (asked) => ({ active: asked.startsWith('good'), sub: 'alice' });
    const verifier = make({ cacheEntries: 10 });
    await askAll(verifier, 4, 'good');
    await askAll(verifier, 100, 'bad');
    const before = issuer.asked.length;
    await askAll(verifier, 4, 'good');
    expect(issuer.asked).toHaveLength(before);
    await askAll(verifier, 100, 'bad');
    expect(issuer.asked.length).toBeGreaterThanOrEqual(before + 90);
  });

  stage('apart for each scheme', async ({ stage: { make }, expect }) => {
    const verifier = make();
    await ask(verifier);
    const other = await verifier.verify(token, { ...scheme, name: 'other' });
    expect(other).toMatchObject({ kind: 'good', consumer: { scheme: 'other' } });
  });
});

const due = { issuer: 'https://issuer.example', audience: ['one', 'two'] };
const fitting = { active: true, sub: 'alice', iss: 'https://issuer.example', aud: ['two', 'three'] };

const judged: readonly (readonly [string, object, object])[] = [
  ['one that fits', fitting, { kind: 'good' }],
  ['one audience as a text', { ...fitting, aud: 'one' }, { kind: 'good' }],
  ['a token type of another case', { ...fitting, token_type: 'bearer' }, { kind: 'good' }],
  ['a number for a subject', { ...fitting, sub: 7 }, { kind: 'good', consumer: { subject: '7' } }],
  ['an inactive token, alone', { active: false }, { kind: 'bad', description: 'The token is not active' }],
  ['an inactive token that else fits', { ...fitting, active: false }, { kind: 'bad' }],
  ['an expired token', { ...fitting, exp: nowS }, { kind: 'bad', reason: 'expired-credentials' }],
  ['a token of tomorrow', { ...fitting, nbf: nowS + 86_400 }, { description: 'The token is not valid yet' }],
  ['no issuer', { ...fitting, iss: undefined }, { kind: 'bad', description: 'The token names no issuer' }],
  ['another issuer', { ...fitting, iss: 'https://x' }, { description: 'The token was issued by another issuer' }],
  ['issuers in a list', { ...fitting, iss: ['https://issuer.example'] }, { kind: 'bad' }],
  ['no audience', { ...fitting, aud: null }, { kind: 'bad', description: 'The token names no audience' }],
  ['another audience', { ...fitting, aud: 'three' }, { description: 'The token is meant for another audience' }],
  ['an audience of no use', { ...fitting, aud: [7, {}] }, { kind: 'bad' }],
  ['a token bound to a key', { ...fitting, token_type: 'DPoP' }, { description: 'The token is of another type' }],
  ['a token that renews others', { ...fitting, token_type: 'refresh_token' }, { kind: 'bad' }],
  ['"active" as a text', { ...fitting, active: 'true' }, { kind: 'unknown' }],
  ['"active" as a number', { ...fitting, active: 1 }, { kind: 'unknown' }],
  ['no "active"', { ...fitting, active: undefined }, { kind: 'unknown' }],
  ['a time as a text', { ...fitting, exp: '9999999999' }, { kind: 'unknown' }],
  ['a subject of no use', { ...fitting, sub: {} }, { kind: 'unknown' }],
  ['scopes in a list', { ...fitting, scope: ['read'] }, { kind: 'unknown' }],
];

describe.concurrent.each(judged)('an answer with %s', (_, answer, verdict) => {
  stage('is judged', async ({ stage: { issuer, make }, expect }) => {
    issuer.say = () => answer;
    expect(await ask(make(due))).toMatchObject(verdict);
  });
});

const raw: readonly (readonly [string, string])[] = [
  ['a member twice', '{"active":false,"active":true}'],
  ['a time without end', '{"active":true,"exp":1e400}'],
  ['null', 'null'],
  ['nothing', ''],
  ['half an object', '{"active":true'],
];

describe.concurrent.each(raw)('an answer of nonsense (%s)', (_, body) => {
  stage('makes the token unknown', async ({ stage: { make, warnings }, expect, onTestFinished }) => {
    const server = createServer((_request, response) => response.end(body)).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    await once(server, 'listening');
    const port = String(Object(server.address()).port);
    expect(await ask(make({ url: `http://127.0.0.1:${port}/` }))).toMatchObject({ kind: 'unknown' });
    expect(warnings).toHaveLength(1);
  });
});

/** Each way in which a server fails, and how the warning says so. */
const failures: readonly (readonly [IntrospectionMode, RegExp])[] = [
  ['hang', /no answer within 3000 ms/],
  ['drip', /no answer within 3000 ms/],
  ['500', /it answered 500 where 200 is due/],
  ['401', /it answered 401 where 200 is due/],
  ['html', /its answer is not JSON/],
  ['list', /its answer does not say "active"/],
  ['endless', /its answer is longer than 65536 bytes/],
  ['redirect', /it answered 307 where 200 is due/],
  ['cut', /it cannot be reached/],
];

describe.concurrent.each(failures)('a server that fails (%s)', (mode, warning) => {
  stage(
    'makes tokens unknown, neither good nor bad, and says so once',
    async ({ stage: { issuer, make, warnings }, expect }) => {
      const verifier = make();
      issuer.mode = mode;
      const verdicts = await askAll(verifier, 5);
      expect(verdicts.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'unknown'));
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(warning);
      expect(warnings[0]).not.toMatch(/c4nary|token-|gate|Z2F0/);
      expect(issuer.moved).toBe(0);
      expect(issuer.written).toBeLessThan(20_000_000);
    },
  );

  stage(
    'is asked once a second after five failures, and at once when it is back',
    async ({ stage: { issuer, make, time }, expect }) => {
      const verifier = make();
      issuer.mode = mode;
      await askAll(verifier, 5);
      await askAll(verifier, 50);
      expect(issuer.asked).toHaveLength(5);
      time.monotonicMs += 1000;
      await askAll(verifier, 50);
      expect(issuer.asked).toHaveLength(6);
      issuer.mode = 'good';
      time.monotonicMs += 1000;
      expect(await ask(verifier)).toMatchObject({ kind: 'good' });
      const verdicts = await askAll(verifier, 50);
      expect(verdicts.every(({ kind }) => kind === 'good')).toBe(true);
    },
  );

  stage('changes nothing for tokens that are remembered', async ({ stage: { issuer, make }, expect }) => {
    const verifier = make();
    await ask(verifier);
    issuer.mode = mode;
    await askAll(verifier, 5);
    expect(verifier.verify(token, scheme)).toMatchObject({ kind: 'good' });
  });
});

stage('a server that is down makes tokens unknown', async ({ stage: { issuer, make, warnings }, expect }) => {
  await issuer.close();
  expect(await ask(make())).toMatchObject({ kind: 'unknown' });
  expect(warnings[0]).toMatch(/introspect cannot be asked for tokens: it cannot be reached \(ECONNREFUSED\)/);
});

stage(
  'tokens are asked for by few at once; some wait, and the others cannot be known',
  async ({ stage: { issuer, make }, expect }) => {
    issuer.mode = 'hang';
    const verifier = make();
    const verdicts = Array.from({ length: 600 }, (_, index) => verifier.verify(`token-${index}`, scheme));
    const asked = verdicts.filter((verdict) => verdict instanceof Promise);
    expect(asked).toHaveLength(64 + 512);
    expect(verdicts.find((verdict) => !(verdict instanceof Promise))).toMatchObject({ kind: 'unknown' });
    await expect.poll(() => issuer.asked.length, { timeout: 2500 }).toBe(64);
    const late = await Promise.all(asked);
    expect(late.every(({ kind }) => kind === 'unknown')).toBe(true);
    // Four turns are taken again before the fifth failure ends the asking.
    expect(issuer.asked.length).toBeLessThanOrEqual(64 + 4);
  },
);

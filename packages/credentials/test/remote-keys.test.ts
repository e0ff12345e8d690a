import { generateKeyPairSync } from 'node:crypto';
import { createJwtVerifier, type JwtVerifier } from '@flick/credentials';
import { describe, test } from 'vitest';
import { type KeyServer, type KeyServerMode, startKeyServer } from './key-server.ts';
import { claims, es256, jwkOf, nowS, scheme, tokenOf, verify } from './tokens.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const one = namedPair('one');
const two = namedPair('two');

function namedPair(kid: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid, publicKey, privateKey };
}

type Named = ReturnType<typeof namedPair>;

const published = ({ kid, publicKey }: Named) => jwkOf(publicKey, { kid });
const unnamed = ({ publicKey }: Named) => jwkOf(publicKey, {});
const tokenBy = ({ kid, privateKey }: Named, more: object = {}) =>
  tokenOf({ alg: 'ES256', kid }, { ...claims, ...more }, es256(privateKey));

/** An issuer, a verifier of its tokens, and the time that both live in. */
interface Stage {
  readonly issuer: KeyServer;
  readonly verifier: JwtVerifier;
  readonly warnings: readonly string[];
  readonly advance: (ms: number) => void;
}

/** A test on a stage of its own: they run side by side, as some wait for deadlines. */
const stage = test.extend<{ stage: Stage }>({
  stage: async ({ onTestFinished }, use) => {
    const issuer = await startKeyServer();
    onTestFinished(() => issuer.close());
    issuer.keys = [published(one)];
    const warnings: string[] = [];
    let monotonicMs = 1000;
    const verifier = createJwtVerifier({
      algorithms: ['ES256'],
      jwksUrl: issuer.url,
      clock: { wallMs: () => nowS * 1000, monotonicMs: () => monotonicMs },
      warn: (message) => {
        warnings.push(message);
      },
    });
    const advance = (ms: number): void => {
      monotonicMs += ms;
    };
    await use({ issuer, verifier, warnings, advance });
  },
});

describe.concurrent('keys by URL', () => {
  stage(
    'are fetched once for 200 requests at the same time',
    async ({ stage: { issuer, verifier, warnings }, expect }) => {
      const verifications = await Promise.all(
        Array.from({ length: 200 }, (_, index) => verify(verifier, tokenBy(one, { jti: index }))),
      );
      expect(verifications.every(({ kind }) => kind === 'good')).toBe(true);
      expect(issuer.fetches).toBe(1);
      expect(warnings).toEqual([]);
    },
  );

  stage(
    'are fetched again in the background, which can be waited for',
    async ({ stage: { issuer, verifier, advance }, expect }) => {
      await verify(verifier, tokenBy(one));
      expect(verifier.underWay?.()).toBeUndefined();
      advance(6 * MINUTE_MS);
      expect((await verify(verifier, tokenBy(one))).kind).toBe('good');
      await verifier.underWay?.();
      expect(issuer.fetches).toBe(2);
      expect(verifier.underWay?.()).toBeUndefined();
    },
  );

  stage(
    'are not fetched before they are needed, nor for a token that is malformed',
    async ({ stage: { issuer, verifier }, expect }) => {
      await verify(verifier, 'not.a.token');
      expect(issuer.fetches).toBe(0);
    },
  );

  stage('can be fetched before the first request', async ({ stage: { issuer, verifier }, expect }) => {
    expect(await verifier.warm()).toBe(true);
    expect(await verifier.warm()).toBe(true);
    expect(await verify(verifier, tokenBy(one))).toMatchObject({ kind: 'good' });
    expect(issuer.fetches).toBe(1);
  });

  stage('that cannot be read in part are read as far as they can', async ({ stage: { issuer, verifier }, expect }) => {
    Object.assign(issuer, { keys: [null, 'text', { kty: 'unheard-of' }, published(one)] });
    expect(await verify(verifier, tokenBy(one))).toMatchObject({ kind: 'good' });
  });

  stage(
    'of which the named one is broken are the fault of the issuer',
    async ({ stage: { issuer, verifier }, expect }) => {
      issuer.keys = [{ kty: 'EC', crv: 'P-256', kid: 'one', x: 'AA', y: 'AA' }];
      expect(await verify(verifier, tokenBy(one))).toMatchObject({ kind: 'unknown' });
    },
  );
});

/** Each way in which an issuer fails, and how the warning says so. */
const failures: readonly [KeyServerMode, RegExp][] = [
  ['hang', /no answer within 3000 ms/],
  ['drip', /no answer within 3000 ms/],
  ['500', /it answered 500 where 200 is due/],
  ['html', /its answer is not JSON/],
  ['list', /its answer has no list "keys"/],
  ['endless', /its answer is longer than 262144 bytes/],
  ['redirect', /it answered 302 where 200 is due/],
  ['cut', /it cannot be reached/],
];

describe.concurrent.each(failures)('an issuer that fails (%s)', (mode, warning) => {
  stage(
    'is not known to the gate: nobody is refused for it, and nobody let through',
    async ({ stage: { issuer, verifier, warnings }, expect }) => {
      issuer.mode = mode;
      expect(await verify(verifier, tokenBy(one))).toEqual({
        kind: 'unknown',
        description: 'The keys that verify tokens cannot be fetched now',
      });
      expect(await verify(verifier, tokenBy(two))).toMatchObject({ kind: 'unknown' });
      expect(issuer.fetches).toBe(1);
      expect(warnings).toEqual([expect.stringMatching(warning)]);
      expect(issuer.written).toBeLessThan(20_000_000);
    },
  );

  stage(
    'after it has answered once: its keys are used on, for a day',
    async ({ stage: { issuer, verifier, warnings, advance }, expect }) => {
      await verify(verifier, tokenBy(one));
      issuer.mode = mode;
      advance(23 * HOUR_MS);
      expect(await verify(verifier, tokenBy(one, { jti: 'after' }))).toMatchObject({ kind: 'good' });
      await expect.poll(() => warnings, { timeout: 5000 }).toEqual([expect.stringMatching(warning)]);
      expect(await verify(verifier, tokenBy(two))).toMatchObject({ kind: 'unknown' });
      advance(HOUR_MS);
      expect(await verify(verifier, tokenBy(one, { jti: 'after' }))).toMatchObject({ kind: 'unknown' });
      issuer.mode = 'good';
      advance(5000);
      expect(await verify(verifier, tokenBy(one, { jti: 'after' }))).toMatchObject({ kind: 'good' });
    },
  );
});

stage(
  'an issuer that is down is not known either, and is asked again after 5 s',
  async ({ stage: { issuer, verifier, warnings, advance }, expect }) => {
    await issuer.close();
    expect(await verifier.warm()).toBe(false);
    expect(await verify(verifier, tokenBy(one))).toMatchObject({ kind: 'unknown' });
    expect(warnings).toEqual([expect.stringMatching(/it cannot be reached \(ECONNREFUSED\)/)]);
    advance(5000);
    expect(await verify(verifier, tokenBy(one))).toMatchObject({ kind: 'unknown' });
    expect(warnings).toHaveLength(2);
  },
);

describe.concurrent('keys that change', () => {
  stage(
    'a new one is taken at its first token, once the last fetch is 5 s ago',
    async ({ stage: { issuer, verifier, advance }, expect }) => {
      await verify(verifier, tokenBy(one));
      issuer.keys = [published(one), published(two)];
      expect(await verify(verifier, tokenBy(two))).toMatchObject({ kind: 'bad' });
      advance(5000);
      expect(await verify(verifier, tokenBy(two))).toMatchObject({ kind: 'good' });
      expect(issuer.fetches).toBe(2);
    },
  );

  stage(
    'a token that another of the same name had signed, refused before and remembered, is verified anew',
    async ({ stage: { issuer, verifier, advance }, expect }) => {
      const other = namedPair('one');
      const token = tokenBy(other);
      expect(await verify(verifier, token)).toMatchObject({ kind: 'bad' });
      expect(verifier.verify(token, scheme)).toMatchObject({ kind: 'bad' });
      issuer.keys = [published(other)];
      advance(HOUR_MS);
      await expect.poll(() => verify(verifier, token), { timeout: 10_000 }).toMatchObject({ kind: 'good' });
    },
  );

  stage('a new one without a name is taken likewise', async ({ stage: { issuer, verifier, advance }, expect }) => {
    issuer.keys = [unnamed(one)];
    const token = tokenOf({ alg: 'ES256' }, claims, es256(two.privateKey));
    expect(await verify(verifier, token)).toMatchObject({ kind: 'bad' });
    issuer.keys = [unnamed(two)];
    advance(5000);
    expect(await verify(verifier, token)).toMatchObject({ kind: 'good' });
  });

  stage(
    'one that was removed is refused after 5 minutes, for tokens that were good before too',
    async ({ stage: { issuer, verifier, advance }, expect }) => {
      issuer.keys = [published(one), published(two)];
      const token = tokenBy(one);
      await verify(verifier, token);
      issuer.keys = [published(two)];
      advance(5 * MINUTE_MS);
      expect(verifier.verify(token, scheme)).toMatchObject({ kind: 'good' });
      await expect.poll(() => issuer.fetches, { timeout: 5000 }).toBe(2);
      await expect.poll(() => verify(verifier, token)).toMatchObject({ kind: 'bad' });
    },
  );

  stage(
    'none of them: tokens stay remembered over a refresh',
    async ({ stage: { issuer, verifier, advance }, expect }) => {
      const token = tokenBy(one);
      await verify(verifier, token);
      advance(5 * MINUTE_MS);
      await verify(verifier, token);
      await expect.poll(() => issuer.fetches, { timeout: 5000 }).toBe(2);
      await verifier.warm();
      expect(verifier.verify(token, scheme)).toMatchObject({ kind: 'good' });
    },
  );
});

stage(
  'a flood of unknown key names is refused, and costs one fetch in 5 s',
  async ({ stage: { issuer, verifier, advance }, expect }) => {
    await verifier.warm();
    const flood = () =>
      Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          verify(verifier, tokenBy({ ...two, kid: `${issuer.fetches} ${index}` })),
        ),
      );
    const refused = await flood();
    expect(issuer.fetches).toBe(1);
    advance(5000);
    refused.push(...(await flood()));
    expect(issuer.fetches).toBe(2);
    expect(refused.every(({ kind }) => kind === 'bad')).toBe(true);
    expect(refused).toHaveLength(400);
  },
);

stage(
  'forged tokens under a known key name cost no fetch',
  async ({ stage: { issuer, verifier, advance }, expect }) => {
    await verifier.warm();
    advance(MINUTE_MS);
    expect(await verify(verifier, tokenBy({ ...two, kid: 'one' }))).toMatchObject({ kind: 'bad' });
    expect(issuer.fetches).toBe(1);
  },
);

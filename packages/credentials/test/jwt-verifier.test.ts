import { createHmac, generateKeyPairSync } from 'node:crypto';
import { createJwtVerifier, type JwtSettings } from '@flick/credentials';
import { CompactSign } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  claims,
  clock,
  ec,
  ed25519,
  eddsa,
  es256,
  goodToken,
  hs256,
  jwkOf,
  nowS,
  pemOf,
  rs256,
  rsa,
  scheme,
  secret,
  tokenOf,
  verify,
} from './tokens.ts';

const hmac = (more: Partial<JwtSettings> = {}) => createJwtVerifier({ algorithms: ['HS256'], secret, clock, ...more });

const alice = { kind: 'good', consumer: { subject: 'alice', scopes: [], scheme: 'bearerAuth' } };

describe('a JWT verifier', () => {
  test.each([
    ['HS256', createJwtVerifier({ algorithms: ['HS256'], secret, clock }), goodToken()],
    [
      'HS512',
      createJwtVerifier({ algorithms: ['HS256', 'HS512'], secret, clock }),
      tokenOf({ alg: 'HS512' }, claims, (input) => createHmac('sha512', secret).update(input).digest()),
    ],
    [
      'RS256 by a PEM key',
      createJwtVerifier({ algorithms: ['RS256'], publicKey: pemOf(rsa.publicKey), clock }),
      tokenOf({ alg: 'RS256' }, claims, rs256()),
    ],
    [
      'ES256 by a PEM key',
      createJwtVerifier({ algorithms: ['ES256'], publicKey: pemOf(ec.publicKey), clock }),
      tokenOf({ alg: 'ES256' }, claims, es256()),
    ],
    [
      'EdDSA by a PEM key',
      createJwtVerifier({ algorithms: ['EdDSA', 'Ed25519'], publicKey: pemOf(ed25519.publicKey), clock }),
      tokenOf({ alg: 'EdDSA' }, claims, eddsa),
    ],
    [
      'ES256 by a key set and a key name',
      createJwtVerifier({
        algorithms: ['RS256', 'ES256'],
        jwks: { keys: [jwkOf(rsa.publicKey, { kid: 'r' }), jwkOf(ec.publicKey, { kid: 'e', use: 'sig' })] },
        clock,
      }),
      tokenOf({ alg: 'ES256', kid: 'e' }, claims, es256()),
    ],
    [
      'ES256 by a key set of several and no key name',
      createJwtVerifier({
        algorithms: ['ES256'],
        jwks: { keys: [jwkOf(anotherEcKey(), { kid: 'other' }), jwkOf(ec.publicKey, { kid: 'e' })] },
        clock,
      }),
      tokenOf({ alg: 'ES256' }, claims, es256()),
    ],
  ])('lets a good token through: %s', async (_, verifier, token) => {
    expect(await verify(verifier, token)).toEqual(alice);
  });

  test('lets a good PS256 token through', async () => {
    const verifier = createJwtVerifier({ algorithms: ['PS256'], publicKey: pemOf(rsa.publicKey), clock });
    const signer = new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ alg: 'PS256' });
    expect(await verify(verifier, await signer.sign(rsa.privateKey))).toEqual(alice);
  });

  test('lets a good token with key members in its header through, and pays them no heed', async () => {
    const header = { alg: 'HS256', jku: 'http://127.0.0.1:1/keys', x5c: ['AAAA'], kid: '../../dev/null' };
    expect(await verify(hmac(), tokenOf(header, claims, hs256))).toEqual(alice);
  });

  test.each([
    ['scope, separated by blanks', { scope: 'read  write' }, ['read', 'write']],
    ['scope as a list', { scope: ['read', 'write'] }, ['read', 'write']],
    ['scp as a list', { scp: ['read', 7, 'write'] }, ['read', 'write']],
    ['scp as a text', { scp: 'read' }, ['read']],
    ['scope before scp', { scope: 'read', scp: ['write'] }, ['read']],
    ['neither', {}, []],
    ['something else', { scope: { read: true } }, []],
  ])('takes the scopes from %s', async (_, more, scopes) => {
    expect(await verify(hmac(), goodToken(more))).toMatchObject({ consumer: { scopes } });
  });

  test.each([
    ['the text of sub', {}, 'alice'],
    ['a number', { sub: 42 }, '42'],
    ['nothing: the empty text', { sub: undefined }, ''],
  ])('takes the subject from %s', async (_, more, subject) => {
    expect(await verify(hmac(), goodToken(more))).toMatchObject({ kind: 'good', consumer: { subject } });
  });

  test('takes the subject from another claim where told so', async () => {
    const verifier = hmac({ subjectClaim: 'email' });
    expect(await verify(verifier, goodToken({ email: 'a@b.example' }))).toMatchObject({
      consumer: { subject: 'a@b.example' },
    });
  });

  test('keeps the issuer, so that two issuers can be told apart', async () => {
    expect(await verify(hmac(), goodToken({ iss: 'https://issuer' }))).toMatchObject({
      consumer: { issuer: 'https://issuer' },
    });
  });

  test.each<[string, Partial<JwtSettings>, object, string]>([
    ['another issuer', { issuer: 'a' }, { iss: 'b' }, 'The token was issued by another issuer'],
    ['no issuer', { issuer: ['a', 'c'] }, {}, 'The token names no issuer'],
    ['another audience', { audience: 'a' }, { aud: ['b'] }, 'The token is meant for another audience'],
    ['no audience', { audience: ['a'] }, {}, 'The token names no audience'],
    ['no expiry', {}, { exp: undefined }, 'The token has no time of expiry'],
    ['a start to come', {}, { nbf: nowS + 6 }, 'The token is not valid yet'],
    ['a making to come', {}, { iat: nowS + 6 }, 'The token was issued in the future'],
    ['another type', { typ: 'at+jwt' }, {}, 'The token is of another type'],
    ['a subject that is no text', {}, { sub: { a: 1 } }, 'The subject of the token is not a text'],
  ])('refuses a token with %s and says so', async (_, settings, more, description) => {
    expect(await verify(hmac(settings), goodToken(more))).toEqual({
      kind: 'bad',
      reason: 'invalid-credentials',
      description,
    });
  });

  test.each<[string, Partial<JwtSettings>, object]>([
    ['one of several issuers', { issuer: ['a', 'b'] }, { iss: 'b' }],
    ['one of several audiences', { audience: 'b' }, { aud: ['a', 'b'] }],
    ['no expiry where none is asked', { requireExp: false }, { exp: undefined }],
    ['a start within the tolerance', {}, { nbf: nowS + 5 }],
    ['a making within the tolerance', {}, { iat: nowS + 5 }],
    ['an expiry within the tolerance', {}, { exp: nowS - 4 }],
  ])('lets a token with %s through', async (_, settings, more) => {
    expect(await verify(hmac(settings), goodToken(more))).toMatchObject({ kind: 'good' });
  });

  test('tells the type by its header, short or in full', async () => {
    const verifier = hmac({ typ: 'at+jwt' });
    expect(await verify(verifier, tokenOf({ alg: 'HS256', typ: 'application/AT+JWT' }, claims, hs256))).toEqual(alice);
  });

  test('an expired token is told apart from an invalid one', async () => {
    expect(await verify(hmac({ clockToleranceS: 0 }), goodToken({ exp: nowS }))).toEqual({
      kind: 'bad',
      reason: 'expired-credentials',
      description: 'The token has expired',
    });
  });

  test('an expired token with a forged signature is invalid, not expired', async () => {
    const token = `${goodToken({ exp: nowS - 60 }).slice(0, -8)}AAAAAAAA`;
    expect(await verify(hmac(), token)).toMatchObject({ reason: 'invalid-credentials' });
  });
});

describe('a JWT verifier that has seen a token', () => {
  test('answers without a promise, for that very token and scheme alone', async () => {
    const verifier = hmac();
    const token = goodToken();
    const first = await verify(verifier, token);
    expect(verifier.verify(token, scheme)).toBe(first);
    expect(verifier.verify(`${token}=`, scheme)).toMatchObject({ kind: 'bad' });
    expect(verifier.verify(token, { ...scheme, name: 'other' })).toBeInstanceOf(Promise);
    expect(verifier.verify(goodToken({ jti: '2' }), scheme)).toBeInstanceOf(Promise);
  });

  test('says that it has expired once it has', async () => {
    let wallMs = nowS * 1000;
    const verifier = hmac({ clock: { wallMs: () => wallMs, monotonicMs: () => 0 }, clockToleranceS: 0 });
    const token = goodToken({ exp: nowS + 10 });
    await verify(verifier, token);
    wallMs += 9999;
    expect(verifier.verify(token, scheme)).toMatchObject({ kind: 'good' });
    wallMs += 1;
    expect(verifier.verify(token, scheme)).toMatchObject({ kind: 'bad', reason: 'expired-credentials' });
  });

  test('remembers no more tokens than its bound, and those in use rather than others', async () => {
    const verifier = hmac({ cacheEntries: 10 });
    const used = goodToken({ jti: 'used' });
    await verify(verifier, used);
    const others = Array.from({ length: 100 }, (_, index) => goodToken({ jti: `other ${index}` }));
    await others.reduce(async (before, token) => {
      await before;
      expect(verifier.verify(used, scheme)).not.toBeInstanceOf(Promise);
      await verify(verifier, token);
    }, Promise.resolve());
    const remembered = others.filter((token) => !(verifier.verify(token, scheme) instanceof Promise));
    expect(remembered.length).toBeGreaterThan(0);
    expect(remembered.length).toBeLessThan(10);
  });

  test('does not remember what it refused for its claims', async () => {
    const verifier = hmac({ issuer: 'a' });
    const token = goodToken();
    await verify(verifier, token);
    expect(verifier.verify(token, scheme)).toBeInstanceOf(Promise);
  });

  test('remembers that its signature does not verify, and forgets no good one for it', async () => {
    const verifier = hmac({ cacheEntries: 10 });
    const good = goodToken();
    await verify(verifier, good);
    const forged = Array.from({ length: 100 }, (_, index) => forge(goodToken({ jti: `forged ${index}` })));
    const [first = ''] = forged;
    const verdict = await verify(verifier, first);
    expect(verdict).toMatchObject({ kind: 'bad', reason: 'invalid-credentials' });
    expect(verifier.verify(first, scheme)).toBe(verdict);
    await Promise.all(forged.map((token) => verify(verifier, token)));
    const remembered = forged.filter((token) => !(verifier.verify(token, scheme) instanceof Promise));
    expect(remembered.length).toBeGreaterThan(0);
    expect(remembered.length).toBeLessThan(11);
    expect(verifier.verify(good, scheme)).toMatchObject({ kind: 'good' });
  });

  test('does not remember it where keys of a set without names may yet be others', async () => {
    const jwks = { keys: [jwkOf(ec.publicKey, { kid: 'e' })] };
    const verifier = createJwtVerifier({ algorithms: ['ES256'], jwks, clock });
    const unnamed = forge(tokenOf({ alg: 'ES256' }, claims, es256()));
    await verify(verifier, unnamed);
    expect(verifier.verify(unnamed, scheme)).toBeInstanceOf(Promise);
    const named = forge(tokenOf({ alg: 'ES256', kid: 'e' }, claims, es256()));
    await verify(verifier, named);
    expect(verifier.verify(named, scheme)).toMatchObject({ kind: 'bad', reason: 'invalid-credentials' });
  });
});

/** The token with another signature. */
function forge(token: string): string {
  const dot = token.lastIndexOf('.') + 1;
  return `${token.slice(0, dot)}${token[dot] === 'A' ? 'B' : 'A'}${token.slice(dot + 1)}`;
}

function anotherEcKey() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
}

import { generateKeyPairSync } from 'node:crypto';
import { createJwtVerifier, type JwtSettings } from '@flick/credentials';
import { describe, expect, test } from 'vitest';
import { ec, jwkOf, pemOf, rsa, secret } from './tokens.ts';

const publicKey = pemOf(rsa.publicKey);
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const jwks = (...keys: object[]) => ({ keys });

describe('settings that cannot be are refused at setup, with the mend', () => {
  test.each<[string, JwtSettings, RegExp]>([
    ['no algorithm', { algorithms: [], secret }, /^algorithms: the list is empty; name/],
    [
      'no source of keys',
      { algorithms: ['RS256'] },
      /^secret, publicKey, jwks, jwksUrl: exactly one is due.*none of them/,
    ],
    ['two sources of keys', { algorithms: ['HS256'], secret, publicKey }, /exactly one is due.*secret and publicKey/],
    ['a public key for HMAC', { algorithms: ['HS256'], publicKey }, /^algorithms: HS256 needs a secret/],
    ['a secret for RSA', { algorithms: ['RS256'], secret }, /^algorithms: RS256 needs a public key/],
    ['HMAC beside RSA', { algorithms: ['RS256', 'HS256'], publicKey }, /^algorithms: HS256 needs a secret/],
    [
      'a key set for HMAC',
      { algorithms: ['HS256'], jwksUrl: 'https://a.example' },
      /^algorithms: HS256 needs a secret/,
    ],
    [
      'a short secret',
      { algorithms: ['HS256'], secret: secret.subarray(0, 31) },
      /^secret: it has 31 bytes, and HS256 needs at least 32/,
    ],
    [
      'a secret short for one of two',
      { algorithms: ['HS256', 'HS512'], secret: secret.subarray(0, 63) },
      /HS512 needs at least 64/,
    ],
    [
      'a text that is no key',
      { algorithms: ['RS256'], publicKey: 'hunter2' },
      /^publicKey: it cannot be read; .*BEGIN PUBLIC KEY/,
    ],
    [
      'a private key',
      { algorithms: ['RS256'], publicKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
      /^publicKey: it is a private key/,
    ],
    [
      'an RSA key for ES256',
      { algorithms: ['RS256', 'ES256'], publicKey },
      /^publicKey: ES256 needs a key on the curve P-256/,
    ],
    [
      'a P-256 key for ES384',
      { algorithms: ['ES384'], publicKey: pemOf(ec.publicKey) },
      /ES384 needs a key on the curve P-384/,
    ],
    [
      'a weak RSA key',
      { algorithms: ['RS256'], publicKey: pemOf(weak.publicKey) },
      /at least 2048 bits, and this has 1024/,
    ],
    ['something else for a key set', { algorithms: ['RS256'], jwks: [] }, /^jwks: it is no key set/],
    ['a key set of texts', { algorithms: ['RS256'], jwks: { keys: ['a'] } }, /^jwks: it is no key set/],
    ['an empty key set', { algorithms: ['RS256'], jwks: jwks() }, /^jwks: none of its 0 keys fits RS256/],
    [
      'a key set of other keys',
      { algorithms: ['RS256'], jwks: jwks(jwkOf(ec.publicKey, {})) },
      /none of its 1 keys fits/,
    ],
    [
      'a key for encryption',
      { algorithms: ['RS256'], jwks: jwks(jwkOf(rsa.publicKey, { use: 'enc' })) },
      /none of its 1/,
    ],
    [
      'a key of another algorithm',
      { algorithms: ['RS256'], jwks: jwks(jwkOf(rsa.publicKey, { alg: 'PS256' })) },
      /none/,
    ],
    [
      'a private key set',
      { algorithms: ['RS256'], jwks: jwks(rsa.privateKey.export({ format: 'jwk' })) },
      /keys\[0\] holds a secret/,
    ],
    ['no URL', { algorithms: ['RS256'], jwksUrl: 'keys.json' }, /^jwksUrl: it is no URL/],
    ['a file', { algorithms: ['RS256'], jwksUrl: 'file:///keys.json' }, /^jwksUrl: file: is not fetched/],
    [
      'a password in the URL',
      { algorithms: ['RS256'], jwksUrl: 'https://a:hunter2@b.example' },
      /^jwksUrl: it holds a user/,
    ],
    ['an empty issuer', { algorithms: ['HS256'], secret, issuer: '' }, /^issuer: it is empty/],
    ['an empty list of audiences', { algorithms: ['HS256'], secret, audience: [] }, /^audience: it is empty/],
    ['a tolerance of an hour', { algorithms: ['HS256'], secret, clockToleranceS: 3600 }, /^clockToleranceS: 3600/],
    ['a tolerance below zero', { algorithms: ['HS256'], secret, clockToleranceS: -1 }, /^clockToleranceS: -1/],
    ['an empty type', { algorithms: ['HS256'], secret, typ: '' }, /^typ: it is empty/],
    ['an empty subject claim', { algorithms: ['HS256'], secret, subjectClaim: '' }, /^subjectClaim: it is empty/],
    ['a cache of nothing', { algorithms: ['HS256'], secret, cacheEntries: 0 }, /^cacheEntries: 0 is no bound/],
  ])('%s', (_, settings, message) => {
    expect(() => createJwtVerifier(settings)).toThrow(message);
    expect(() => createJwtVerifier(settings)).not.toThrow(/hunter2/);
  });

  test.each(['none', 'None', '', 'RS1', '__proto__', 'constructor'])('the algorithm "%s"', (name) => {
    const settings: JwtSettings = JSON.parse(JSON.stringify({ algorithms: [name], publicKey }));
    expect(() => createJwtVerifier(settings)).toThrow(/^algorithms: ".*" is none of HS256, /);
  });
});

test('a key set with keys of other kinds beside the one that fits is taken', () => {
  const keys = jwks({ kty: 'unheard-of' }, jwkOf(ec.publicKey, {}), jwkOf(rsa.publicKey, { use: 'sig', alg: 'RS256' }));
  expect(() => createJwtVerifier({ algorithms: ['RS256'], jwks: keys })).not.toThrow();
});

test('a verifier with its own keys has nothing to wait for', async () => {
  expect(await createJwtVerifier({ algorithms: ['HS256'], secret }).warm()).toBe(true);
});

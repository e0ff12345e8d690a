import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import { createJwtVerifier } from '@flick/credentials';
import { describe, expect, test } from 'vitest';
import {
  base64url,
  claims,
  clock,
  ec,
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

const verifiers = {
  'a secret': createJwtVerifier({ algorithms: ['HS256'], secret, clock }),
  'an RSA key': createJwtVerifier({ algorithms: ['RS256'], publicKey: pemOf(rsa.publicKey), clock }),
  'a key set': createJwtVerifier({
    algorithms: ['RS256', 'ES256'],
    jwks: { keys: [jwkOf(rsa.publicKey, { kid: 'rsa' }), jwkOf(ec.publicKey, { kid: 'ec' })] },
    clock,
  }),
};

const mallory = generateKeyPairSync('rsa', { modulusLength: 2048 });
const byMallory = rs256(mallory.privateKey);
const nothing = () => new Uint8Array();
const bytes = (length: number, last = 0) => Buffer.concat([Buffer.alloc(length - 1), Buffer.from([last])]);
const hmacBy = (key: string | Uint8Array) => (input: string) => createHmac('sha256', key).update(input).digest();
const unsigned = (alg: unknown) => tokenOf({ alg }, claims, nothing);
const payload = (text: string | Uint8Array) => tokenOf({ alg: 'HS256' }, text, hs256);
const header = (more: object) => tokenOf({ alg: 'HS256', ...more }, claims, hs256);
const respelt = (segment: string) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.slice(-1)) + 1];
};

// 34 characters, so that its last one has bits to spare.
const kidHeader = { alg: 'HS256', kid: 'a' };
const spare = tokenOf(kidHeader, { sub: 'alice', exp: nowS + 600, a: 1 }, hs256);
const [spareHead = '', sparePayload = '', spareSignature = ''] = spare.split('.');
const good = goodToken();
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
const exp = `"exp":${nowS + 600}`;

const tokens: readonly (readonly [name: string, token: string])[] = [
  // No signature at all.
  ...['none', 'None', 'NONE', 'nOnE', 'none ', '', null, 0, undefined, ['HS256'], ['none'], { HS256: 1 }].map(
    (alg): [string, string] => [`alg ${JSON.stringify(alg)} unsigned`, unsigned(alg)],
  ),
  ['alg none with a signature', tokenOf({ alg: 'none' }, claims, hs256)],
  ['alg none, signed with one zero byte', tokenOf({ alg: 'none' }, claims, () => bytes(1))],
  ['alg HS256 unsigned', tokenOf({ alg: 'HS256' }, claims, nothing)],
  ['alg RS256 unsigned', tokenOf({ alg: 'RS256', kid: 'rsa' }, claims, nothing)],
  ['alg in lower case', tokenOf({ alg: 'hs256' }, claims, hs256)],
  ['alg named twice', tokenOf('{"alg":"none","alg":"HS256"}', claims, hs256)],
  ['alg named twice, once escaped', tokenOf('{"alg":"HS256","\\u0061lg":"HS256"}', claims, hs256)],
  // A public key taken for a secret.
  ['HS256 by the PEM text of the public key', tokenOf({ alg: 'HS256' }, claims, hmacBy(pemOf(rsa.publicKey)))],
  ['HS256 by the PEM text, trimmed', tokenOf({ alg: 'HS256' }, claims, hmacBy(pemOf(rsa.publicKey).trim()))],
  [
    'HS256 by the bytes of the public key',
    tokenOf({ alg: 'HS256', kid: 'rsa' }, claims, hmacBy(rsa.publicKey.export({ type: 'spki', format: 'der' }))),
  ],
  [
    'HS256 by the JWK of the public key',
    tokenOf({ alg: 'HS256', kid: 'rsa' }, claims, hmacBy(JSON.stringify(jwkOf(rsa.publicKey, { kid: 'rsa' })))),
  ],
  ['HS256 by an empty secret', tokenOf({ alg: 'HS256' }, claims, hmacBy(''))],
  ['HS256 by the secret "secret"', tokenOf({ alg: 'HS256' }, claims, hmacBy('secret'))],
  [
    'HS256 by a hash of the secret',
    tokenOf({ alg: 'HS256' }, claims, hmacBy(createHash('sha512').update(secret).digest())),
  ],
  // An algorithm that is not allowed.
  [
    'HS512 where HS256 is allowed',
    tokenOf({ alg: 'HS512' }, claims, (input) => createHmac('sha512', secret).update(input).digest()),
  ],
  ['HS384 said, HS256 done', tokenOf({ alg: 'HS384' }, claims, hs256)],
  ['PS256 said, RS256 done', tokenOf({ alg: 'PS256', kid: 'rsa' }, claims, rs256())],
  ['ES256 with the name of the RSA key', tokenOf({ alg: 'ES256', kid: 'rsa' }, claims, es256())],
  ['ES256K', tokenOf({ alg: 'ES256K' }, claims, es256())],
  ['RSA1_5', tokenOf({ alg: 'RSA1_5' }, claims, rs256())],
  ['dir', tokenOf({ alg: 'dir', enc: 'A128GCM' }, claims, hs256)],
  ['__proto__ as its algorithm', tokenOf('{"alg":"__proto__"}', claims, hs256)],
  ['constructor as its algorithm', tokenOf({ alg: 'constructor' }, claims, hs256)],
  // A key that the token brings or names.
  ['a key of its own', tokenOf({ alg: 'RS256', jwk: jwkOf(mallory.publicKey, {}) }, claims, byMallory)],
  [
    'a key of its own under a known name',
    tokenOf({ alg: 'RS256', kid: 'rsa', jwk: jwkOf(mallory.publicKey, { kid: 'rsa' }) }, claims, byMallory),
  ],
  ['a jku', tokenOf({ alg: 'RS256', jku: 'http://127.0.0.1:1/keys', kid: 'mallory' }, claims, byMallory)],
  ['an x5u', tokenOf({ alg: 'RS256', x5u: 'http://127.0.0.1:1/cert' }, claims, byMallory)],
  [
    'an x5c',
    tokenOf(
      { alg: 'RS256', x5c: [base64url(mallory.publicKey.export({ type: 'spki', format: 'der' }))] },
      claims,
      byMallory,
    ),
  ],
  ['an x5t of nothing', tokenOf({ alg: 'RS256', x5t: '' }, claims, byMallory)],
  ...[
    '../../../dev/null',
    '/etc/passwd',
    "x' UNION SELECT 'a",
    'rsa; curl 127.0.0.1',
    '__proto__',
    'constructor',
    'toString',
    '',
    'rsa\u0000',
    'RSA',
    0,
    null,
    true,
    ['rsa'],
    { kid: 'rsa' },
  ].map((kid): [string, string] => [
    `the key name ${JSON.stringify(kid)}`,
    tokenOf({ alg: 'RS256', kid }, claims, byMallory),
  ]),
  ['an empty HMAC under a path as key name', tokenOf({ alg: 'HS256', kid: '../../dev/null' }, claims, hmacBy(''))],
  // Signatures that careless verifiers take.
  ['ES256 with r = s = 0', tokenOf({ alg: 'ES256', kid: 'ec' }, claims, () => bytes(64))],
  ['ES256 with r = 0, s = 1', tokenOf({ alg: 'ES256', kid: 'ec' }, claims, () => bytes(64, 1))],
  ['ES256 with r = s = n', tokenOf({ alg: 'ES256', kid: 'ec' }, claims, () => Buffer.concat([order, order]))],
  ['ES256 as DER', tokenOf({ alg: 'ES256', kid: 'ec' }, claims, es256(ec.privateKey, 'der'))],
  ['ES256 cut short', tokenOf({ alg: 'ES256', kid: 'ec' }, claims, (input) => es256()(input).subarray(0, 63))],
  [
    'ES256 with a byte more',
    tokenOf({ alg: 'ES256', kid: 'ec' }, claims, (input) => Buffer.concat([es256()(input), bytes(1)])),
  ],
  ['RS256 of zeros', tokenOf({ alg: 'RS256', kid: 'rsa' }, claims, () => bytes(256))],
  ['RS256 of one', tokenOf({ alg: 'RS256', kid: 'rsa' }, claims, () => bytes(256, 1))],
  ['RS256 by another key', tokenOf({ alg: 'RS256', kid: 'rsa' }, claims, byMallory)],
  ['HS256 cut short', tokenOf({ alg: 'HS256' }, claims, (input) => hs256(input).subarray(0, 16))],
  ['HS256 over another payload', `${good.split('.')[0]}.${base64url('{"sub":"root"}')}.${good.split('.')[2]}`],
  [
    'HS256 with one bit turned',
    tokenOf({ alg: 'HS256' }, claims, (input) => hs256(input).with(0, (hs256(input)[0] ?? 0) ^ 1)),
  ],
  // Extensions.
  ['crit of an unknown extension', header({ crit: ['example'], example: 1 })],
  ['crit of a name that is absent', header({ crit: ['example'] })],
  ['crit of exp', header({ crit: ['exp'], exp: nowS })],
  ['an empty crit', header({ crit: [] })],
  ['crit as a text', header({ crit: 'b64' })],
  ['b64 false', header({ crit: ['b64'], b64: false })],
  [
    'b64 false, its payload as it is',
    ((input: string) => `${input}.${base64url(hs256(input))}`)(
      `${base64url(JSON.stringify({ alg: 'HS256', crit: ['b64'], b64: false }))}.payload`,
    ),
  ],
  // Claims.
  ['no exp', payload('{"sub":"alice"}')],
  ['exp as a text', payload(`{"exp":"${nowS + 600}"}`)],
  ['exp null', payload('{"exp":null}')],
  ['exp true', payload('{"exp":true}')],
  ['exp in a list', payload(`{"exp":[${nowS + 600}]}`)],
  ['exp 1e400', payload('{"exp":1e400}')],
  ['exp -1e400', payload('{"exp":-1e400}')],
  ['exp twice', payload(`{"exp":${nowS - 600},${exp}}`)],
  ['exp under __proto__', payload(`{"__proto__":{${exp}}}`)],
  ['nbf to come', payload(`{${exp},"nbf":${nowS + 60}}`)],
  ['nbf 1e400', payload(`{${exp},"nbf":1e400}`)],
  ['nbf as a text', payload(`{${exp},"nbf":"0"}`)],
  ['iat to come', payload(`{${exp},"iat":${nowS + 60}}`)],
  ['iat 1e400', payload(`{${exp},"iat":1e400}`)],
  ['iat as a text', payload(`{${exp},"iat":"0"}`)],
  ['sub twice', payload(`{"sub":"alice",${exp},"sub":"root"}`)],
  ['sub twice, once escaped', payload(`{"sub":"alice",${exp},"s\\u0075b":"root"}`)],
  ['a member twice further in', payload(`{"sub":"alice",${exp},"act":[{"sub":"a","sub":"b"}]}`)],
  // Payloads that are no set of claims.
  ['a list for a payload', payload(`[{${exp}}]`)],
  ['null for a payload', payload('null')],
  ['a text for a payload', payload('"alice"')],
  ['a number for a payload', payload('7')],
  ['no JSON for a payload', payload('sub=alice')],
  ['JSON with a tail', payload(`{${exp}} {}`)],
  ['JSON with a byte order mark', payload(`\uFEFF{${exp}}`)],
  ['bytes that are no UTF-8', payload(Buffer.from(`{"sub":"\xff",${exp}}`, 'latin1'))],
  ['a deep payload', payload('['.repeat(6000))],
  ['a list for a header', tokenOf('["HS256"]', claims, hs256)],
  ['null for a header', tokenOf('null', claims, hs256)],
  // Other spellings of a token that is good.
  ['"=" at the end', `${good}=`],
  ['"=" at the end of each part', good.split('.').join('=.')],
  ['a blank before', ` ${good}`],
  ['a blank after', `${good} `],
  ['a line feed after', `${good}\n`],
  ['a line feed within', good.replace('.', '\n.')],
  ['a tab within', good.replace('.', '.\t')],
  ['NUL after', `${good}\u0000`],
  ['a header that ends in other bits', `${respelt(spareHead)}.${sparePayload}.${spareSignature}`],
  ['a payload that ends in other bits', `${spareHead}.${respelt(sparePayload)}.${spareSignature}`],
  ['a signature that ends in other bits', `${spareHead}.${sparePayload}.${respelt(spareSignature)}`],
  ['a scheme before', `Bearer ${good}`],
  ['quotes around', `"${good}"`],
  ['a full-width character', good.replace('.', '\uFF0E')],
  ['percent-encoding', good.replace('.', '%2E')],
  // Other shapes.
  ['nothing', ''],
  ['one dot', '.'],
  ['two dots', '..'],
  ['one part', good.split('.')[0] ?? ''],
  ['two parts', good.split('.').slice(0, 2).join('.')],
  ['two parts and a dot', `${good.split('.').slice(0, 2).join('.')}.`],
  ['four parts', `${good}.AAAA`],
  ['five parts, encrypted', `${base64url('{"alg":"dir","enc":"A128GCM"}')}..AAAA.AAAA.AAAA`],
  ['JSON serialization', JSON.stringify({ protected: spareHead, payload: sparePayload, signature: spareSignature })],
  ['8193 characters', `${good}${'A'.repeat(8193 - good.length)}`],
  ['five million characters', `${'A'.repeat(2_500_000)}.${'A'.repeat(2_500_000)}.AAAA`],
];

describe.each(Object.entries(verifiers))('a verifier with %s', (_, verifier) => {
  test.each(tokens)('refuses a token with %s', async (__, token) => {
    const verification = await verify(verifier, token);
    expect(verification).toMatchObject({ kind: 'bad', reason: 'invalid-credentials' });
    expect(verification).toHaveProperty('description', expect.stringMatching(/^[A-Z][a-z A-Z]{10,70}$/));
  });
});

test('the tokens that are spelt otherwise are good as they were', async () => {
  expect(await verify(verifiers['a secret'], good)).toMatchObject({ kind: 'good' });
  expect(await verify(verifiers['a secret'], spare)).toMatchObject({ kind: 'good' });
  expect(sparePayload.length % 4).not.toBe(0);
});

test('a token that was remembered is refused in every other spelling', async () => {
  await verify(verifiers['a secret'], spare);
  const respellings = [`${spare}=`, `${spare} `, `${spareHead}.${sparePayload}.${respelt(spareSignature)}`];
  for (const token of respellings) {
    expect(verifiers['a secret'].verify(token, scheme)).toMatchObject({ kind: 'bad' });
  }
});

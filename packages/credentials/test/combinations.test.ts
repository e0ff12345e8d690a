import { createHash } from 'node:crypto';
import { contractFrom } from '@flick/contract';
import {
  createBasicVerifier,
  createIntrospectionVerifier,
  createJwtVerifier,
  createKeyVerifier,
} from '@flick/credentials';
import { createDecider, type Verifier } from '@flick/decide';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IntrospectionServer, startIntrospection } from './introspection-server.ts';
import { temporaryFile } from './temporary-folder.ts';
import { clock, goodToken, secret } from './tokens.ts';
import { userLine } from './user-line.ts';

const secured: Readonly<Record<string, readonly object[]>> = {
  both: [{ key: [], user: [] }],
  either: [{ key: [] }, { token: ['read'] }],
  mixed: [{ key: [], token: [] }, { user: [] }],
  maybe: [{ key: [] }, {}],
  three: [{ key: [], user: [], cookie: [] }],
};
const contract = contractFrom(
  {
    openapi: '3.1.0',
    info: { title: 'Library', version: '1' },
    paths: Object.fromEntries(
      Object.entries(secured).map(([name, security]) => [
        `/${name}`,
        { get: { security, responses: { default: { description: 'any' } } } },
      ]),
    ),
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'X-Key' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'sid' },
        user: { type: 'http', scheme: 'basic' },
        token: { type: 'http', scheme: 'bearer' },
      },
    },
  },
  {},
);

const keyOf = (key: string, more: object = {}) => ({
  id: key,
  subject: `owner of ${key}`,
  scopes: [],
  createdMs: 0,
  sha256: createHash('sha256').update(key).digest('hex'),
  ...more,
});
const keys = [keyOf('good'), keyOf('revoked', { revokedMs: 1 }), keyOf('expired', { expiresMs: 1 })];

let issuer: IntrospectionServer;
beforeAll(async () => {
  issuer = await startIntrospection();
  issuer.say = (token) => ({ active: token !== 'dead', sub: 'tom', scope: token === 'scoped' ? 'read' : '' });
});
afterAll(() => issuer.close());

/** A ladder with a verifier of each kind; the issuer of tokens answers, or is away. */
function ladderWith(away: boolean) {
  const file = temporaryFile('users.jsonl', userLine('ann', 'correct horse'));
  const users = createBasicVerifier({ file });
  users.close();
  const url = away ? 'http://127.0.0.1:1/' : issuer.url;
  const verifiers = new Map<string, Verifier>([
    ['key', createKeyVerifier({ keys })],
    ['cookie', createKeyVerifier({ keys })],
    ['user', users],
    ['token', createIntrospectionVerifier({ url, clientId: 'gate', clientSecret: 'secret' })],
  ]);
  return createDecider(contract, {
    clock,
    limits: [],
    limitStore: { charge: () => [], refund: () => {} },
    limitStoreDown: 'pass',
    limitHeaders: 'off',
    verifiers,
    realm: 'library',
    trustedProxies: [],
    sizes: { targetBytes: 8192, headerCount: 100, jsonDepth: 64, bodyBytes: 1024 },
  });
}

/** Who is recognised, or the precise code and the reason of the refusal. */
async function outcomeOf(path: string, fields: readonly string[], away = false): Promise<string> {
  const { verdict, consumer } = await ladderWith(away).judgeHead({
    method: 'GET',
    target: `/${path}`,
    version: '1.1',
    headers: ['Host', 'library.test', ...fields],
    address: '192.0.2.1',
    secure: false,
  });
  if (verdict.kind === 'refuse') return `${verdict.refusal.precise} ${verdict.refusal.reason}`;
  return `${verdict.kind} ${consumer?.subject ?? 'nobody'}`;
}

const key = (text: string) => ['X-Key', text];
const user = (password: string) => ['Authorization', `Basic ${btoa(`ann:${password}`)}`];
const token = (text: string) => ['Authorization', `Bearer ${text}`];
const right = user('correct horse');

describe('credentials of several kinds are judged as the contract combines them', () => {
  it.each([
    ['both', [...key('good'), ...right], 'pass owner of good'],
    ['both', key('good'), '401 missing-credentials'],
    ['both', right, '401 missing-credentials'],
    ['both', [], '401 missing-credentials'],
    ['both', [...key('good'), ...user('wrong horse')], '401 invalid-credentials'],
    ['both', [...key('revoked'), ...right], '401 invalid-credentials'],
    ['both', [...key('expired'), ...right], '401 expired-credentials'],
    ['both', [...key('good'), ...token('scoped')], '401 missing-credentials'],
    ['both', [...key('good'), ...key('good'), ...right], '400 invalid-credentials'],
    ['three', [...key('good'), ...right, 'Cookie', 'sid=good'], 'pass owner of good'],
    ['three', [...key('good'), ...right, 'Cookie', 'sid=guess'], '401 invalid-credentials'],
    ['three', [...key('good'), ...right, 'Cookie', 'sid=good; sid=good'], '400 invalid-credentials'],
    ['either', key('good'), 'pass owner of good'],
    ['either', token('scoped'), 'pass tom'],
    ['either', token('bare'), '403 insufficient-credentials'],
    ['either', token('dead'), '401 invalid-credentials'],
    ['either', [...key('good'), ...token('scoped')], '400 invalid-credentials'],
    ['either', key('guess'), '401 invalid-credentials'],
    ['mixed', [...key('good'), ...token('bare')], 'pass owner of good'],
    ['mixed', right, 'pass ann'],
    ['mixed', key('good'), '401 missing-credentials'],
    ['maybe', [], 'pass nobody'],
    ['maybe', key('good'), 'pass owner of good'],
    ['maybe', key('guess'), '401 invalid-credentials'],
  ])('/%s with %j: %s', async (path, fields, outcome) => {
    expect(await outcomeOf(path, fields)).toBe(outcome);
  });
});

describe('where the issuer of tokens is away, nobody passes by a token, and nobody is refused for one', () => {
  it.each([
    ['either', token('scoped'), '503 unverifiable-credentials'],
    ['mixed', [...key('good'), ...token('bare')], '503 unverifiable-credentials'],
    ['mixed', [...key('revoked'), ...token('bare')], '401 invalid-credentials'],
    ['either', key('good'), 'pass owner of good'],
    ['mixed', right, 'pass ann'],
  ])('/%s with %j: %s', async (path, fields, outcome) => {
    expect(await outcomeOf(path, fields, true)).toBe(outcome);
  });
});

it('no verifier throws at any text, and none takes a text for good that is no credential', async () => {
  const scheme = { name: 'any', type: 'http', scheme: 'bearer' } as const;
  const users = createBasicVerifier({ file: temporaryFile('users.jsonl', userLine('ann', 'correct horse')) });
  const verifiers: readonly Verifier[] = [
    createKeyVerifier({ keys }),
    users,
    createJwtVerifier({ algorithms: ['HS256'], secret, clock }),
    createIntrospectionVerifier({ url: 'http://127.0.0.1:1/', clientId: 'gate', clientSecret: 'secret' }),
  ];
  const seeds = ['good', btoa('ann:correct horse'), goodToken(), `flk_${'A'.repeat(48)}`];
  const spoiled = fc
    .tuple(fc.constantFrom(...seeds), fc.nat(), fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }))
    .map(([seed, at, text]) => `${seed.slice(0, at % seed.length)}${text}${seed.slice(at % seed.length)}`);
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), spoiled);
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      fc.pre(!seeds.includes(text) && !keys.some(({ id }) => id === text));
      const verdicts = await Promise.all(verifiers.map(async (verifier) => verifier.verify(text, scheme)));
      const words = verdicts.map((verdict) => (verdict.kind === 'good' ? '"good"' : verdict.description));
      // What a challenge can quote.
      expect(words.filter((each) => !/^[ !#-[\]-~]+$/.test(each))).toEqual([]);
    }),
    { numRuns: 500 },
  );
  users.close();
});

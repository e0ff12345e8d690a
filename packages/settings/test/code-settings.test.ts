import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { type CodeSettings, readCodeSettings } from '../src/code-settings.ts';
import { StartFault } from '../src/start-fault.ts';
import { readSettings } from '../src/settings.ts';
import { folderWith } from './temporary-folder.ts';

// Verifiers are told apart by what they are made of.
vi.mock('../src/credential-library.ts', () => {
  const makers = ['createJwtVerifier', 'createKeyVerifier', 'createBasicVerifier', 'createIntrospectionVerifier'];
  const library = Object.fromEntries(makers.map((name) => [name, (settings: object) => settings]));
  return { credentialLibrary: () => library };
});

const pem = (name: string): string => readFileSync(new URL(`../../cli/test/pem/${name}`, import.meta.url), 'utf8');

const file = `
listen: 127.0.0.1:9090
upstream: http://127.0.0.1:3001
codes: [400, 401, 404, 500]
mode: observe
unknown_members: refuse
unknown_query: pass
hide_methods: true
fold: false
responses: { mode: watch, sample: 0.5 }
base_path: /v1
credentials:
  by_token:
    jwt: { algorithms: [HS512], secret: { env: FLICK_TEST_SECRET }, clock_tolerance: 1s, require_exp: false, subject_claim: id }
  asked:
    introspection: { url: 'http://127.0.0.1:1/', client_id: gate, client_secret: { env: FLICK_TEST_SECRET }, max_age: 5s }
  named: { users: { file: /users.jsonl } }
limits:
  per_caller: { requests: 7, window: 7s, by: address, paths: [/a] }
limit_headers: legacy
limit_store_down: refuse
trust: { proxies: [10.0.0.0/8] }
timeouts: { headers: 1s, upstream: 2s }
sizes: { body: 1kB }
overload: { in_flight: 7, loop_lag: 2s }
tls: { cert: { env: FLICK_TEST_CERT }, key: { env: FLICK_TEST_KEY } }
operations: { get_tea: { unknown_query: refuse, hide_methods: false } }
records: { sqlite: /flick.db, keep: 1d }
realm: ledger
allow_unsafe_patterns: true
`;

const code = (secret: string, cert: string): CodeSettings => ({
  contract: 'openapi.yaml',
  listen: '127.0.0.1:9090',
  upstream: 'http://127.0.0.1:3001',
  codes: [400, 401, 404, 500],
  mode: 'observe',
  unknownMembers: 'refuse',
  unknownQuery: 'pass',
  hideMethods: true,
  fold: false,
  responses: { mode: 'watch', sample: 0.5 },
  basePath: '/v1',
  credentials: {
    by_token: { jwt: { algorithms: ['HS512'], secret, clockTolerance: '1s', requireExp: false, subjectClaim: 'id' } },
    asked: { introspection: { url: 'http://127.0.0.1:1/', clientId: 'gate', clientSecret: secret, maxAge: '5s' } },
    named: { users: { file: '/users.jsonl' } },
  },
  limits: { per_caller: { requests: 7, window: '7s', by: 'address', paths: ['/a'] } },
  limitHeaders: 'legacy',
  limitStoreDown: 'refuse',
  trust: { proxies: ['10.0.0.0/8'] },
  timeouts: { headers: '1s', upstream: '2s' },
  sizes: { body: '1kB' },
  overload: { inFlight: 7, loopLag: '2s' },
  tls: { cert, key: { env: 'FLICK_TEST_KEY' } },
  operations: { get_tea: { unknownQuery: 'refuse', hideMethods: false } },
  records: { sqlite: '/flick.db', keep: '1d' },
  realm: 'ledger',
  allowUnsafePatterns: true,
});

const verify = () => ({ kind: 'unknown', description: 'Not now.' }) as const;

/** Settings as text, without what tells where they were written. */
function textOf(settings: object): string {
  return JSON.stringify(settings, plain, 1);
}

function plain(key: string, value: unknown): unknown {
  if (key === 'identity' || key === 'files') return undefined;
  return value instanceof Map ? [...value] : value;
}

describe('settings in code', () => {
  it('are those of the file, key by key', () => {
    const [secret, cert, key] = ['a secret', pem('certificate.pem'), pem('private-key.pem')];
    vi.stubEnv('FLICK_TEST_SECRET', secret);
    vi.stubEnv('FLICK_TEST_CERT', cert);
    vi.stubEnv('FLICK_TEST_KEY', key);
    const config = join(folderWith({ 'flick.yaml': file }), 'flick.yaml');
    const read = readCodeSettings(code(secret, cert), false, () => {});
    expect(textOf(read)).toBe(textOf(readSettings('openapi.yaml', { config }, () => {})));
    vi.unstubAllEnvs();
  });

  it('may have a verifier in place of its block, and members that are undefined', () => {
    const settings: object = { contract: {}, credentials: { own: { verify } }, realm: undefined };
    const read = Reflect.apply(readCodeSettings, undefined, [settings, true, () => {}]);
    expect(read.verifiers.get('own')).toMatchObject({ kind: 'own' });
    expect(read.verifiers.get('own')?.verify('', { name: 'own', type: 'http' })).toEqual(verify());
  });

  const cycle: Record<string, unknown> = {};
  cycle['again'] = cycle;
  it.each<[string, object, string]>([
    [
      'a key named as prototypes are',
      { realm: 'a', ...own('__proto__', { mode: 'observe' }) },
      'unknown key __proto__',
    ],
    [
      'such a key further in',
      { sizes: own('__proto__', { body: '1MB' }) },
      'sizes: unknown key __proto__; known here: body, headers, target',
    ],
    [
      'an operation of that name',
      { operations: own('__proto__', { shed: 'x' }) },
      'operations.__proto__.shed: due is may or never; found a text of 1 character',
    ],
    ['a list with holes', { trust: { proxies: Array(1) } }, 'trust.proxies.0: due is'],
    ['an object that holds itself', { sizes: { body: cycle } }, 'sizes.body: due is a size'],
    ['an object that holds itself under an unknown key', { sizes: cycle }, 'sizes: unknown key again'],
    ['credentials that are no block', { credentials: 'xyz' }, 'credentials: due is'],
    ['a verifier that is none', { credentials: { own: 'xyz' } }, 'credentials.own: due is'],
    ['a contract on another host', { contract: new URL('https://a.example/') }, 'contract: due is a path, a file URL'],
    ['no verifier', { credentials: { own: null } }, 'credentials.own: due is'],
  ])('are refused in one line with %s', (_, settings, due) => {
    const read = (): unknown =>
      Reflect.apply(readCodeSettings, undefined, [{ contract: {}, ...settings }, true, () => {}]);
    expect(read).toThrow(StartFault);
    expect(read).toThrow(`serve(): ${due}`);
  });
});

function own(key: string, value: unknown): object {
  return Object.fromEntries([[key, value]]);
}

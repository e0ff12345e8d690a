import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, it, vi } from 'vitest';
import { readConfigFile } from '../src/config-file.ts';
import { configSchema } from '../src/config-schema.ts';
import { readSettings } from '../src/settings.ts';
import { folderWith } from './temporary-folder.ts';

// What a verifier is made of can only be seen before it is made.
vi.mock('../src/credential-library.ts', () => {
  const makers = ['createJwtVerifier', 'createKeyVerifier', 'createBasicVerifier', 'createIntrospectionVerifier'];
  const library = Object.fromEntries(makers.map((name) => [name, (settings: object) => settings]));
  return { credentialLibrary: () => library };
});

/** For every key of the schema, YAML that sets it to something other than its default. `*` stands for a name. */
const samples: Readonly<Record<string, string>> = {
  contract: 'other.yaml',
  listen: '9090',
  admin: '9901',
  upstream: 'http://127.0.0.1:3001',
  handlers: 'handlers.js',
  codes: 'standard',
  mode: 'observe',
  unknown_members: 'refuse',
  unknown_query: 'pass',
  hide_methods: 'true',
  fold: 'false',
  shed: 'never',
  responses: '{ mode: watch, sample: 0.1 }',
  base_path: '/v1',
  'credentials.*.jwt.algorithms': '[HS512]',
  'credentials.*.jwt.secret.env': 'FLICK_TEST_SECRET',
  'credentials.*.jwt.secret.file': 'secret.txt',
  'credentials.*.jwt.key.env': 'FLICK_TEST_SECRET',
  'credentials.*.jwt.key.file': 'secret.txt',
  'credentials.*.jwt.jwks': 'https://issuer.example/keys',
  'credentials.*.jwt.issuer': 'https://issuer.example',
  'credentials.*.jwt.audience': '[a, b]',
  'credentials.*.jwt.clock_tolerance': '1s',
  'credentials.*.jwt.require_exp': 'false',
  'credentials.*.jwt.typ': 'at+jwt',
  'credentials.*.jwt.subject_claim': 'client_id',
  'credentials.*.keys.file': 'keys.jsonl',
  'credentials.*.users.file': 'users.jsonl',
  'credentials.*.introspection.url': 'https://issuer.example/introspect',
  'credentials.*.introspection.client_id': 'gate',
  'credentials.*.introspection.client_secret.env': 'FLICK_TEST_SECRET',
  'credentials.*.introspection.client_secret.file': 'secret.txt',
  'credentials.*.introspection.issuer': 'https://issuer.example',
  'credentials.*.introspection.audience': '[a, b]',
  'credentials.*.introspection.max_age': '5s',
  'credentials.*.introspection.subject_claim': 'client_id',
  'limits.*.paths': '[/a]',
  'limits.*.operations': '[a]',
  'limits.*.requests': '7',
  'limits.*.window': '7s',
  'limits.*.by': 'address',
  limit_headers: 'legacy',
  limit_store_down: 'refuse',
  'trust.proxies': '[10.0.0.0/8]',
  cors: 'off',
  'timeouts.headers': '1s',
  'timeouts.request': '1s',
  'timeouts.upstream': '1s',
  'timeouts.idle': '1s',
  'timeouts.tunnel': '1s',
  'timeouts.unread': '1s',
  'timeouts.drain': '1s',
  'sizes.body': '1kB',
  'sizes.headers': '1kB',
  'sizes.target': '1kB',
  'overload.in_flight': '10',
  'overload.upstream': '10',
  'overload.loop_lag': '200ms',
  'overload.connections': '10',
  'tls.cert.env': 'FLICK_TEST_CERT',
  'tls.cert.file': 'cert.pem',
  'tls.key.env': 'FLICK_TEST_KEY',
  'tls.key.file': 'key.pem',
  'operations.*.mode': 'observe',
  'operations.*.unknown_members': 'pass',
  'operations.*.unknown_query': 'pass',
  'operations.*.hide_methods': 'true',
  'operations.*.fold': 'false',
  'operations.*.shed': 'never',
  'operations.*.responses': 'enforce',
  log: 'all',
  records: 'off',
  watch: 'false',
  realm: 'ledger',
  allow_unsafe_patterns: 'true',
};

/** What must stand beside a key so that the file holds to the schema. */
const company: readonly (readonly [prefix: string, yaml: Readonly<Record<string, string>>])[] = [
  ['credentials.*.jwt.secret', { 'credentials.*.jwt.algorithms': '[HS256]' }],
  ['credentials.*.jwt.key', { 'credentials.*.jwt.algorithms': '[RS256]' }],
  ['credentials.*.jwt.jwks', { 'credentials.*.jwt.algorithms': '[RS256]' }],
  [
    'credentials.*.jwt',
    { 'credentials.*.jwt.algorithms': '[RS256]', 'credentials.*.jwt.jwks': 'http://127.0.0.1:1/keys' },
  ],
  [
    'credentials.*.introspection.client_secret',
    { 'credentials.*.introspection.url': 'http://127.0.0.1:1/', 'credentials.*.introspection.client_id': 'a' },
  ],
  [
    'credentials.*.introspection',
    {
      'credentials.*.introspection.url': 'http://127.0.0.1:1/',
      'credentials.*.introspection.client_id': 'a',
      'credentials.*.introspection.client_secret.env': 'FLICK_TEST_SECRET',
    },
  ],
  ['limits', { 'limits.*.requests': '1', 'limits.*.window': '1s' }],
  ['tls.cert', { 'tls.key.file': 'key.pem' }],
  ['tls.key', { 'tls.cert.file': 'cert.pem' }],
];

interface SchemaPart {
  readonly title?: string;
  readonly properties?: Readonly<Record<string, SchemaPart>>;
  readonly additionalProperties?: SchemaPart | boolean;
}

function leavesOf(schema: SchemaPart, path: readonly string[] = []): readonly string[] {
  const { properties, additionalProperties: others } = schema;
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([key, part]) => leavesOf(part, [...path, key]));
  }
  return typeof others === 'object' ? leavesOf(others, [...path, '*']) : [path.join('.')];
}

/** Writes keys and their YAML as one flow map. */
function yamlOf(entries: Readonly<Record<string, string>>): string {
  const tree: Record<string, Record<string, string>> = {};
  const top: string[] = [];
  for (const [path, value] of Object.entries(entries)) {
    const [head = '', ...rest] = path.replaceAll('*', 'name').split('.');
    if (rest.length === 0) top.push(`${head}: ${value}`);
    else (tree[head] ??= {})[rest.join('.')] = value;
  }
  for (const [head, below] of Object.entries(tree)) top.push(`${head}: ${yamlOf(below)}`);
  return `{ ${top.join(', ')} }`;
}

/** Settings as text, so that two of them can be compared. */
function settingsOf(entries: Readonly<Record<string, string>>): string {
  const folder = folderWith({
    'flick.yaml': yamlOf(entries),
    'secret.txt': 'a secret in a file',
    'cert.pem': certificate,
    'key.pem': key,
  });
  const settings = readSettings(
    'openapi.yaml',
    { config: join(folder, 'flick.yaml'), upstream: 'http://127.0.0.1:1' },
    () => {},
  );
  return JSON.stringify(settings, (name, value: unknown) => {
    // Which changes with whatever the file says.
    if (name === 'identity' || name === 'files') return undefined;
    return value instanceof Map ? [...value] : value;
  }).replaceAll(folder, '');
}

const certificate = readFileSync(new URL('../../cli/test/pem/certificate.pem', import.meta.url), 'utf8');
const key = readFileSync(new URL('../../cli/test/pem/private-key.pem', import.meta.url), 'utf8');

describe('the schema of flick.yaml', () => {
  it('is what is published for editors: `npm run schema -w packages/settings` writes it', () => {
    const published = readFileSync(new URL('../flick.schema.json', import.meta.url), 'utf8');
    expect(JSON.parse(published)).toEqual(configSchema);
  });

  it('names the keys of this test, and no other', () => {
    expect(leavesOf(configSchema).toSorted()).toEqual(Object.keys(samples).toSorted());
  });

  it.each(Object.keys(samples).filter((path) => path !== 'contract' && path !== 'upstream' && path !== 'handlers'))(
    '%s reaches the settings',
    (path) => {
      vi.stubEnv('FLICK_TEST_SECRET', 'a secret in the environment');
      vi.stubEnv('FLICK_TEST_CERT', certificate);
      vi.stubEnv('FLICK_TEST_KEY', key);
      const [, beside = {}] = company.find(([prefix]) => path.startsWith(prefix)) ?? [];
      const base = /jwt\.(secret|key|jwks)|client_secret|^tls/.test(path) ? {} : beside;
      expect(settingsOf({ ...beside, [path]: samples[path] ?? '' })).not.toBe(settingsOf(base));
      vi.unstubAllEnvs();
    },
  );

  it('lets the file say what the command line does not', () => {
    const folder = folderWith({ 'flick.yaml': 'contract: ./api/openapi.yaml\nupstream: http://127.0.0.1:3001\n' });
    const settings = readSettings(undefined, { config: join(folder, 'flick.yaml') }, () => {});
    expect(settings.contract).toBe(join(folder, 'api/openapi.yaml'));
    expect(settings.upstream).toBe('http://127.0.0.1:3001');
  });

  it('takes handlers in place of an upstream, and not both', () => {
    const yaml = 'contract: ./openapi.yaml\nhandlers: ./handlers.js\n';
    const folder = folderWith({ 'flick.yaml': yaml, 'both.yaml': `${yaml}upstream: http://127.0.0.1:3001\n` });
    const settings = readSettings(undefined, { config: join(folder, 'flick.yaml') }, () => {});
    expect(settings).toMatchObject({ handlers: join(folder, 'handlers.js'), upstream: undefined });
    expect(() => readSettings(undefined, { config: join(folder, 'both.yaml') }, () => {})).toThrow(
      'an upstream and handlers: both would answer; leave one out',
    );
  });

  it('takes the flick.yaml of the ledger', () => {
    const path = fileURLToPath(new URL('../../../examples/ledger/gateway/flick.yaml', import.meta.url));
    expect(readConfigFile(path).config.codes).toBe('default');
  });
});

describe('the schema of flick.yaml', () => {
  it('holds to its own meta-schema, which no start checks', () => {
    expect(() => new Ajv({ allErrors: true }).compile(configSchema)).not.toThrow();
  });
});

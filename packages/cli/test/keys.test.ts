import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenAs, portOf, runFlick, runFlickWith, serveFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /pot: { get: { operationId: getPot, security: [{ apiKey: [pot] }], responses: &any { default: { description: . } } } }
  /cup: { get: { operationId: getCup, security: [{ keyInQuery: [] }, { keyInCookie: [] }], responses: *any } }
  /lid: { get: { operationId: getLid, security: [{ basicAuth: [] }], responses: *any } }
  /tray: { get: { operationId: getTray, security: [{ basicAuth: [], apiKey: [pot] }], responses: *any } }
  /mug: { get: { operationId: getMug, security: [{ oauth: [mug] }], responses: *any } }
components:
  securitySchemes:
    apiKey: { type: apiKey, in: header, name: X-Key }
    keyInQuery: { type: apiKey, in: query, name: key }
    keyInCookie: { type: apiKey, in: cookie, name: key }
    basicAuth: { type: http, scheme: basic }
    oauth: { type: oauth2, flows: { clientCredentials: { tokenUrl: 'https://a.example', scopes: { mug: . } } } }
`;

const password = 'c4nary p4ssword';

/** A gate before an API that answers with the fields that it got. */
async function serve(flickYaml: string, folder = folderWith(), env: Readonly<Record<string, string>> = {}) {
  const { origin: upstream } = await listenAs((request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(request.headers));
  });
  writeFileSync(join(folder, 'openapi.yaml'), openapi);
  writeFileSync(join(folder, 'flick.yaml'), flickYaml);
  const serving = await serveFlick(['openapi.yaml', '-u', upstream, '--log', 'all'], folder, env);
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`${serving.origin}${path}`, { headers });
    const body: Readonly<Record<string, unknown>> = Object(await response.json());
    return { status: response.status, body, challenge: response.headers.get('www-authenticate') };
  };
  return { ...serving, ask, folder };
}

async function addKey(folder: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout } = await runFlick(['keys', 'add', ...args], folder);
  expect(code).toBe(0);
  return stdout.trim();
}

const basic = (name: string, secret: string) => ({ authorization: `Basic ${btoa(`${name}:${secret}`)}` });

describe('flick keys, beside a gate that runs', () => {
  // The machine may be busy once, not three times.
  it('lets a key pass that it added, and refuses it within a second of its revocation', { retry: 2 }, async () => {
    const folder = folderWith({ 'keys.jsonl': '' });
    const { ask, stderr } = await serve('credentials: { apiKey: { keys: { file: ./keys.jsonl } } }\n', folder);
    const key = await addKey(folder, '--subject', 'alice', '--scopes', 'pot,lid', '--expires', '90d');
    const statusOf = async () => (await ask('/pot', { 'x-key': key })).status;
    await expect.poll(statusOf, { timeout: 5000 }).toBe(200);
    expect((await ask('/pot', { 'x-key': key })).body).toMatchObject({
      'flick-subject': 'alice',
      'flick-scopes': 'pot lid',
    });
    const listed = await runFlick(['keys', 'list', '--json'], folder);
    const { id, ...known }: Readonly<Record<string, unknown>> = JSON.parse(listed.stdout);
    expect(known).toMatchObject({ state: 'good', subject: 'alice', scopes: ['pot', 'lid'] });

    const { code } = await runFlick(['keys', 'revoke', String(id)], folder);
    expect(code).toBe(0);
    const start = performance.now();
    await expect.poll(statusOf, { timeout: 5000, interval: 20 }).toBe(401);
    const tookMs = performance.now() - start;
    const { body, challenge } = await ask('/pot', { 'x-key': key });
    expect(body).toMatchObject({ reason: 'invalid-credentials', detail: 'The key was revoked' });
    const error = 'error="invalid-credentials", error_description="The key was revoked"';
    expect(challenge).toBe(`ApiKey realm="Tea", in="header", name="X-Key", ${error}`);
    expect(tookMs).toBeLessThan(1000);
    expect(stderr()).not.toContain('apiKey: presence and form only');
    expect(stderr()).toContain('basicAuth: presence and form only');
    expect(stderr()).not.toContain(key.slice(4));
  });

  it('refuses an unknown key and a wrong one alike, and says what a mistyped one is', async () => {
    const folder = folderWith();
    const key = await addKey(folder, '-s', 'alice', '--scopes', 'pot');
    const other = await addKey(folder, '-s', 'alice', '-f', 'others.jsonl');
    const bare = await addKey(folder, '-s', 'bob');
    const { ask } = await serve('credentials: { apiKey: { keys: { file: keys.jsonl } } }\n', folder);
    const detailOf = async (sent: string) => {
      const { status, body } = await ask('/pot', { 'x-key': sent });
      return [status, body['reason'], body['detail']];
    };
    const unknown = [401, 'invalid-credentials', 'The key is not known'];
    expect(await detailOf(other)).toEqual(unknown);
    expect(await detailOf('guess')).toEqual(unknown);
    expect(await detailOf(`${key.slice(0, -1)}*`)).toEqual([
      401,
      'invalid-credentials',
      expect.stringContaining('mistyped'),
    ]);
    expect(await detailOf(bare)).toEqual([401, 'insufficient-credentials', expect.stringContaining('scope')]);
    expect((await ask('/pot')).body).toMatchObject({ reason: 'missing-credentials' });
    expect((await ask('/pot', { 'x-key': key })).status).toBe(200);
  });

  it('takes keys in the query and in cookies, but not in both', async () => {
    const folder = folderWith();
    const key = await addKey(folder, '-s', 'alice');
    const { ask, said, stderr } = await serve(
      'credentials: { keyInQuery: { keys: { file: keys.jsonl } }, keyInCookie: { keys: { file: keys.jsonl } } }\n',
      folder,
    );
    expect((await ask(`/cup?key=${key}`)).status).toBe(200);
    expect((await ask('/cup', { cookie: `a=b; key=${key}` })).status).toBe(200);
    expect((await ask(`/cup?key=${key}`, { cookie: `key=${key}` })).status).toBe(400);
    const refused = await ask(`/cup?key=${key}x`);
    expect(refused.status).toBe(401);
    expect(JSON.stringify(refused.body)).not.toContain(key.slice(4));
    await said(String(refused.body['request_id']));
    expect(stderr()).not.toContain(key.slice(4));
  });
});

it('flick users lets a user pass, alone and beside a key, and refuses one that it removed', async () => {
  const folder = folderWith();
  const added = await runFlickWith(`${password}\r\nanything else`, ['users', 'add', 'alice'], folder);
  expect(added).toMatchObject({ code: 0, stdout: '', stderr: 'flick: users.jsonl: added alice\n' });
  expect(statSync(join(folder, 'users.jsonl')).mode & 0o777).toBe(0o600);
  const key = await addKey(folder, '-s', 'machine', '--scopes', 'pot');
  const { ask, stderr } = await serve(
    'credentials: { basicAuth: { users: { file: users.jsonl } }, apiKey: { keys: { file: keys.jsonl } } }\n',
    folder,
  );
  expect((await ask('/lid', basic('alice', password))).body).toMatchObject({ 'flick-subject': 'alice' });
  const wrong = await ask('/lid', basic('alice', 'c4nary wrong'));
  const unknown = await ask('/lid', basic('bob', password));
  for (const { status, body, challenge } of [wrong, unknown]) {
    expect(status).toBe(401);
    expect(body).toMatchObject({ detail: 'The user name or the password is wrong' });
    expect(challenge).toMatch(/^Basic realm="Tea"/);
  }
  expect((await ask('/tray', { ...basic('alice', password), 'x-key': key })).status).toBe(200);
  expect((await ask('/tray', basic('alice', password))).body).toMatchObject({ reason: 'missing-credentials' });
  expect((await ask('/tray', { ...basic('alice', password), 'x-key': 'guess' })).status).toBe(401);
  expect((await ask('/tray', { ...basic('alice', 'c4nary wrong'), 'x-key': key })).status).toBe(401);

  expect((await runFlick(['users', 'remove', 'alice'], folder)).code).toBe(0);
  await expect.poll(async () => (await ask('/lid', basic('alice', password))).status, { timeout: 10_000 }).toBe(401);
  expect(stderr()).not.toMatch(/c4nary|YWxpY2U/);
});

it('a token is asked for at its issuer: good, not active, and 503 where the issuer is away', async () => {
  const issuer = createServer((request, response) => {
    void text(request).then((form) => {
      const active = new URLSearchParams(form).get('token') === 'good-t0ken';
      response.end(JSON.stringify({ active, sub: 'alice', scope: 'mug' }));
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    issuer.close();
  });
  await once(issuer, 'listening');
  const { ask, stderr, said } = await serve(
    `credentials:
  oauth:
    introspection:
      url: http://127.0.0.1:${portOf(issuer)}/introspect
      client_id: gate
      client_secret: { env: TEA_SECRET }
`,
    folderWith(),
    { TEA_SECRET: 'c4nary s3cret' },
  );
  const asking = (token: string) => ask('/mug', { authorization: `Bearer ${token}` });
  expect((await asking('good-t0ken')).body).toMatchObject({ 'flick-subject': 'alice', 'flick-scopes': 'mug' });
  expect((await asking('other-t0ken')).body).toMatchObject({ reason: 'invalid-credentials' });
  issuer.close();
  issuer.closeAllConnections();
  const away = await asking('new-t0ken');
  expect([away.status, away.body['reason']]).toEqual([500, 'unverifiable-credentials']);
  expect((await asking('good-t0ken')).status).toBe(200);
  await said('cannot be asked for tokens');
  expect(stderr()).not.toMatch(/c4nary|t0ken/);
});

describe('what goes wrong is told in one line, and ends with 2', () => {
  it.each([
    ['no subject', ['keys', 'add'], "required option '-s, --subject <name>' not specified"],
    [
      'a subject of nothing',
      ['keys', 'add', '-s', ''],
      'the subject is not 1 to 256 characters without control characters',
    ],
    [
      'a scope with a blank',
      ['keys', 'add', '-s', 'a', '--scopes', 'a b'],
      'a scope is empty, or has a blank, a quote',
    ],
    [
      'a time that is none',
      ['keys', 'add', '-s', 'a', '--expires', 'soon'],
      '--expires: due is a time such as 12h, 90d',
    ],
    ['no such folder', ['keys', 'add', '-s', 'a', '-f', 'a/keys'], 'a/keys: no such file'],
    ['no such file', ['keys', 'list'], 'keys.jsonl: no such file'],
    ['no such key', ['keys', 'revoke', 'abc', '-f', 'empty'], 'empty: no key has that id; flick keys list shows'],
    ['a file of something else', ['keys', 'list', '-f', 'other'], 'other: line 1: it is not JSON'],
    ['a misspelt command', ['keys', 'revok'], "unknown command 'revok'; did you mean revoke?"],
    ['a password as an argument', ['users', 'add', 'alice', 'c4nary'], 'too many arguments'],
    ['no such user', ['users', 'remove', 'bob', '-f', 'empty'], 'empty: there is no such user; flick users list shows'],
  ])('%s', async (_, args, message) => {
    const folder = folderWith({ empty: '', other: 'c4nary' });
    const { code, stdout, stderr } = await runFlick(args, folder);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^flick: [^\n]*\n$/);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('c4nary');
    expect(readdirSync(folder).toSorted()).toEqual(['empty', 'other']);
  });

  it.each([
    ['no password', '', 'no password: type it, or send it to stdin'],
    ['a password that is too short', 'c4nary\n', 'the password is not of 8 characters to 512 bytes'],
  ])('%s', async (_, input, message) => {
    const folder = folderWith();
    const { code, stderr } = await runFlickWith(input, ['users', 'add', 'alice'], folder);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('c4nary');
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    [
      'a file that is not there',
      'credentials: { apiKey: { keys: { file: keys.jsonl } } }',
      /flick\.yaml:1:40: credentials\.apiKey\.keys\.file: .*keys\.jsonl: there is no such file; flick keys add makes it$/,
    ],
    [
      'a file that does not load',
      'credentials: { basicAuth: { users: { file: openapi.yaml } } }',
      /flick\.yaml:1:44: credentials\.basicAuth\.users\.file: .*openapi\.yaml: line 1: it is not JSON/,
    ],
    [
      'users for a scheme of another kind',
      'credentials: { apiKey: { users: { file: users.jsonl } } }',
      /flick\.yaml:1:33: credentials\.apiKey\.users: the security scheme is of a type that carries no name and password/,
    ],
    [
      'keys for a scheme of another kind',
      'credentials: { basicAuth: { keys: { file: users.jsonl } } }',
      /flick\.yaml:1:35: credentials\.basicAuth\.keys: the security scheme is of a type that carries no key$/,
    ],
    [
      'no such variable',
      'credentials: { oauth: { introspection: { url: "http://a", client_id: a, client_secret: { env: NO_SUCH } } } }',
      /credentials\.oauth\.introspection\.client_secret: the environment variable NO_SUCH is not set$/,
    ],
    [
      'an address that is none',
      'credentials: { oauth: { introspection: { url: issuer, client_id: a, client_secret: { file: users.jsonl } } } }',
      /flick\.yaml:1:47: credentials\.oauth\.introspection\.url: it is no URL/,
    ],
    [
      'a time that is too long',
      'credentials: { oauth: { introspection: { url: "http://a", client_id: a, client_secret: { file: s }, max_age: 2h } } }',
      /credentials\.oauth\.introspection\.max_age: 7200 is not from 0 to 3600 seconds/,
    ],
    [
      'a misspelt kind',
      'credentials: { oauth: { introspecton: {} } }',
      /flick\.yaml:1:25: credentials\.oauth: unknown key introspecton; did you mean "introspection"\?$/,
    ],
    [
      'two kinds for one scheme',
      'credentials: { apiKey: { keys: { file: a }, users: { file: b } } }',
      /flick\.yaml:1:24: credentials\.apiKey: due is a block with exactly one of jwt, keys, users and introspection/,
    ],
    [
      'a misspelt key within',
      'credentials: { apiKey: { keys: { fle: a } } }',
      /flick\.yaml:1:34: credentials\.apiKey\.keys: unknown key fle; did you mean "file"\?$/,
    ],
  ])('%s', async (_, flickYaml, message) => {
    const folder = folderWith({ 'openapi.yaml': openapi, 'flick.yaml': `${flickYaml}\n`, s: 'a secret' });
    writeFileSync(join(folder, 'users.jsonl'), flickYaml.includes('client_secret') ? 'a secret' : '', { mode: 0o600 });
    const { code, stdout, stderr } = await runFlick(['serve', 'openapi.yaml', '-u', 'http://127.0.0.1:1'], folder);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim()).toMatch(message);
  });
});

/** A line of a file of keys. */
function line(id: string, more: object): string {
  const created = '2026-01-02T00:00:00Z';
  return `${JSON.stringify({ id, subject: `user ${id}`, created, sha256: id.repeat(64), ...more })}\n`;
}

it('flick keys list shows what state each key is in, never a key', async () => {
  const folder = folderWith({
    'keys.jsonl': [
      line('a', { scopes: ['read', 'write'] }),
      line('b', { expires: '2026-02-03T00:00:00Z' }),
      line('c', { expires: '2999-02-03T00:00:00Z', revoked: '2026-03-04T00:00:00Z' }),
      line('d', { expires: '2999-02-03T00:00:00Z' }),
    ].join(''),
  });
  const { code, stdout } = await runFlick(['keys', 'list'], folder);
  expect(code).toBe(0);
  expect(stdout).toBe(
    `id  state                  subject  scopes      created
a   good                   user a   read write  2026-01-02
b   expired 2026-02-03     user b               2026-01-02
c   revoked 2026-03-04     user c               2026-01-02
d   good until 2999-02-03  user d               2026-01-02
`,
  );
  expect(readFileSync(join(folder, 'keys.jsonl'), 'utf8')).toContain('a'.repeat(64));
});

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { portOf } from '../../packages/gate/test/port-of.ts';
import { readDocument } from '../../tools/test/markdown.ts';
import { token } from '../token.ts';
import { byEsbuild, byRolldown, shopFolder } from '../worker-bundle.js';
import { installWorkerd, inWorkerd, onNode, type WorkerHost } from '../worker-hosts.ts';

const secret = 'the shop signs its tokens with this secret of its own';
const write = token({ secret, sub: 'ada', scope: 'write' });

/** What is asked, and what is due. */
interface Asked {
  readonly name: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | FormData | URLSearchParams;
  readonly status: number;
  readonly reason?: string;
  readonly answer?: object;
}

const json = { 'Content-Type': 'application/json' };
const bearer = { ...json, Authorization: `Bearer ${write}` };
const line = { tea: 'sencha', grams: 2.5 };
const order = { id: '123e4567-e89b-12d3-a456-426614174000', at: '2026-01-31T12:00:00Z', lines: [line] };

function post(
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = json,
): Omit<Asked, 'name' | 'status'> {
  return { path, method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

function form(fields: Readonly<Record<string, string | Blob>>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

const image = new Blob([new Uint8Array([137, 80, 78, 71])], { type: 'image/png' });

const asked: readonly Asked[] = [
  {
    name: 'parameters of every kind, with defaults',
    path: '/teas/1?since=2026-01-31&sort=name&sort=price&filter[kind]=green&filter[caffeine]=true',
    headers: { 'X-Trace': 'abc' },
    status: 200,
    answer: {
      params: { id: 1 },
      query: { since: '2026-01-31', size: 20, sort: ['name', 'price'], filter: { kind: 'green', caffeine: true } },
    },
  },
  { name: 'a path parameter of another type', path: '/teas/green', status: 400, reason: 'wrong-value' },
  { name: 'a format', path: '/teas/1?since=2026-02-30', status: 400, reason: 'wrong-value' },
  { name: 'a bound', path: '/teas/1?size=101', status: 400, reason: 'wrong-value' },
  { name: 'items that are not unique', path: '/teas/1?sort=name&sort=name', status: 400, reason: 'wrong-value' },
  { name: 'a member of a deep object', path: '/teas/1?filter[kind]=blue', status: 400, reason: 'wrong-value' },
  {
    name: 'a pattern that backtracks',
    path: '/teas/1',
    headers: { 'X-Trace': `${'a'.repeat(2000)}!` },
    status: 400,
    reason: 'wrong-value',
  },
  { name: 'an unknown parameter', path: '/teas/1?colour=red', status: 400, reason: 'unknown-parameter' },
  { name: 'a refusal that the handler throws', path: '/teas/10', status: 404, reason: 'unknown-resource' },
  { name: 'an unknown path', path: '/cups', status: 404, reason: 'unknown-path' },
  { name: 'an undeclared method', path: '/teas/1', method: 'PUT', status: 405, reason: 'method-not-allowed' },
  {
    name: 'an order',
    ...post('/orders', { ...order, before: order }, bearer),
    status: 201,
    answer: { body: { ...order, before: order, gift: false }, who: 'ada' },
  },
  { name: 'no credentials', ...post('/orders', order), status: 401, reason: 'missing-credentials' },
  {
    name: 'a forged token',
    ...post('/orders', order, { ...json, Authorization: `Bearer ${token({ sub: 'ada' })}` }),
    status: 401,
    reason: 'invalid-credentials',
  },
  {
    name: 'an expired token',
    ...post('/orders', order, { ...json, Authorization: `Bearer ${token({ secret, exp: -600 })}` }),
    status: 401,
    reason: 'expired-credentials',
  },
  {
    name: 'a token without the scope',
    ...post('/orders', order, { ...json, Authorization: `Bearer ${token({ secret })}` }),
    status: 401,
    reason: 'insufficient-credentials',
  },
  { name: 'a body that is no JSON', ...post('/orders', '{', bearer), status: 400, reason: 'malformed-body' },
  {
    name: 'a body of another type',
    ...post('/orders', 'x', { ...bearer, 'Content-Type': 'text/plain' }),
    status: 400,
    reason: 'unsupported-media-type',
  },
  {
    name: 'a body that is too large',
    ...post('/orders', ' '.repeat(3000), bearer),
    status: 400,
    reason: 'body-too-large',
  },
  {
    name: 'a member that is missing',
    ...post('/orders', { id: order.id }, bearer),
    status: 400,
    reason: 'missing-parameter',
  },
  {
    name: 'a member that is not declared, far within',
    ...post('/orders', { ...order, before: { ...order, more: 1 } }, bearer),
    status: 400,
    reason: 'unknown-parameter',
  },
  {
    name: 'a member that only a walk finds undeclared',
    ...post('/orders', { ...order, lines: [{ ...line, more: 1 }] }, bearer),
    status: 400,
    reason: 'unknown-parameter',
  },
  {
    name: 'a format, a pattern and a factor',
    ...post('/orders', { id: 'x', lines: [{ tea: 'A', grams: 0.3 }] }, bearer),
    status: 400,
    reason: 'wrong-value',
  },
  { name: 'one branch of a choice', ...post('/payments', { kind: 'Card', number: '0123456789012' }), status: 200 },
  { name: 'the other branch', ...post('/payments', { kind: 'Transfer', iban: 'x' }), status: 200 },
  {
    name: 'a fault of the chosen branch',
    ...post('/payments', { kind: 'Card', iban: 'x' }),
    status: 400,
    reason: 'missing-parameter',
  },
  { name: 'no branch of a choice', ...post('/payments', { kind: 'Cash' }), status: 400, reason: 'wrong-value' },
  {
    name: 'a form',
    path: '/login',
    method: 'POST',
    body: new URLSearchParams({ user: 'ada@example.com', pin: '12' }),
    status: 200,
    answer: { body: { user: 'ada@example.com', pin: 12 } },
  },
  {
    name: 'a wrong form',
    path: '/login',
    method: 'POST',
    body: new URLSearchParams({ user: 'ada', pin: 'x' }),
    status: 400,
    reason: 'wrong-value',
  },
  {
    name: 'a multipart body',
    path: '/photos',
    method: 'POST',
    body: form({ title: 'Sencha', photo: image }),
    status: 200,
    answer: { body: { title: 'Sencha' } },
  },
  {
    name: 'a wrong multipart body',
    path: '/photos',
    method: 'POST',
    body: form({ title: 'Sencha and more', photo: image }),
    status: 400,
    reason: 'wrong-value',
  },
  { name: 'a handler that throws', path: '/crash', status: 500, reason: 'unhandled-error' },
  { name: 'the first request of a limit', path: '/rates', status: 200 },
  { name: 'the last request of a limit', path: '/rates', status: 200 },
  { name: 'one request too many', path: '/rates', status: 429, reason: 'address-limit' },
];

type Start = (folder: string) => Promise<WorkerHost>;

/** Bundles one of the shop's entries, and runs that in Cloudflare's runtime. */
function bundled(bundle: typeof byEsbuild, entry: string, bindings: Readonly<Record<string, string>> = {}): Start {
  return async (folder) => {
    await installWorkerd();
    await bundle(join(folder, entry), join(folder, 'worker.mjs'));
    return inWorkerd(folder, 'worker.mjs', { SHOP_SECRET: secret, PLACE: 'workerd', ...bindings });
  };
}

const hosts: readonly { readonly host: string; readonly start: Start }[] = [
  { host: 'on Node that makes no functions of text', start: (folder) => onNode(folder, secret) },
  { host: 'in workerd, opened at once, bundled by esbuild', start: bundled(byEsbuild, 'at-once.js') },
  {
    host: 'in workerd, opened by the first request, bundled by rolldown',
    start: bundled(byRolldown, 'at-first-request.js'),
  },
  { host: 'of Hono in workerd', start: bundled(byEsbuild, 'in-hono.js') },
];

describe.each(hosts)('a Worker $host', ({ start }) => {
  let shop: Awaited<ReturnType<typeof shopFolder>> | undefined;
  let host: WorkerHost | undefined;

  beforeAll(async () => {
    shop = await shopFolder();
    host = await start(shop.folder);
  }, 300_000);

  afterAll(async () => {
    await host?.stop();
    shop?.remove();
  });

  // In this order: limits count.
  it.each(asked)('answers $name', async ({ path, method = 'GET', headers = {}, body, status, reason, answer }) => {
    const response = await fetch(`${host?.origin}${path}`, { method, headers, ...(body !== undefined && { body }) });
    const told: unknown = await response.json();
    expect({ status: response.status, told }).toMatchObject({ status, told: { ...(reason && { reason }), ...answer } });
    expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  it('tells nothing of what a handler threw, but to whoever runs it', async () => {
    const response = await fetch(`${host?.origin}/crash`);
    expect(await response.text()).not.toContain('a secret of the shop');
    await vi.waitFor(() => expect(host?.said()).toContain('a secret of the shop'));
  });

  it('answers 408 where a body does not come, and 500 where the handler does not', async () => {
    const port = Number(new URL(host?.origin ?? '').port);
    const [slow, late] = await Promise.all([sendSlowly(port), fetch(`${host?.origin}/hang`)]);
    expect(slow).toMatch(/^HTTP\/1\.1 408 /);
    expect(late.status).toBe(500);
    expect(await late.json()).toMatchObject({ reason: 'upstream-too-slow' });
  });

  it('serves on after many clients that hung up in the middle of their bodies', async () => {
    const port = Number(new URL(host?.origin ?? '').port);
    await Promise.all(Array.from({ length: 50 }, () => hangUp(port)));
    const response = await fetch(`${host?.origin}/payments`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ kind: 'Transfer', iban: 'x' }),
    });
    expect(response.status).toBe(200);
  });
});

describe('a Worker in workerd', () => {
  it('tells each outcome with what the host handed on, and has what is sent on outlive the answer', async () => {
    const { origin, said } = await started(bundled(byEsbuild, 'at-first-request.js'));
    await fetch(`${origin}/teas/1`);
    await fetch(`${origin}/orders`, post('/orders', order, { ...json, Authorization: 'Bearer x' }));
    await vi.waitFor(() => {
      expect(said()).toContain('workerd: getTea 200 as 200');
      expect(said()).toContain('workerd: addOrder 401 as 401');
    });
  });

  it('fetches the keys of an issuer once for all who wait, of whom the first may have gone', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const keys = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }] });
    const held: ServerResponse[] = [];
    const issuer = createServer((_request, response) => void held.push(response)).listen(0, '127.0.0.1');
    onTestFinished(() => void issuer.close());
    await once(issuer, 'listening');
    const url = `http://127.0.0.1:${portOf(issuer)}/keys`;
    const { origin } = await started(bundled(byEsbuild, 'by-keys.js', { KEYS_URL: url }));
    const signed = signedBy(privateKey);
    const request = post('/orders', order, { ...json, Authorization: `Bearer ${signed}` });

    const gone = new AbortController();
    const cancelled = fetch(`${origin}/orders`, { ...request, signal: gone.signal }).catch(() => 'gone');
    await vi.waitFor(() => expect(held).toHaveLength(1));
    gone.abort();
    expect(await cancelled).toBe('gone');

    // They wait for the same fetch.
    const answers = Promise.all([1, 2, 3].map(() => fetch(`${origin}/orders`, request)));
    await fetch(`${origin}/teas/1`);
    for (const response of held) response.end(keys);
    expect((await answers).map(({ status }) => status)).toEqual([201, 201, 201]);
  });

  it('hands on what the host tells of a request beside the Fetch standard, its body read or not', async () => {
    const { origin } = await started(bundled(byEsbuild, 'at-once.js'));
    const from = { 'CF-Blob': JSON.stringify({ country: 'NZ' }) };
    const paid = post('/payments', { kind: 'Transfer', iban: 'x' }, { ...json, ...from });
    const answers = await Promise.all([
      fetch(`${origin}/teas/1`, { headers: from }),
      fetch(`${origin}/payments`, paid),
      fetch(`${origin}/teas/%31`, { headers: from }),
    ]);
    expect(await Promise.all(answers.map((answer) => answer.json()))).toMatchObject(
      Array.from(answers, () => ({ country: 'NZ' })),
    );
  });

  it('is as small as docs/fetch.md says', async () => {
    await installWorkerd();
    const { folder, remove } = await shopFolder();
    onTestFinished(remove);
    await byEsbuild(join(folder, 'at-once.js'), join(folder, 'worker.mjs'));
    const said = Number(/gzipped the shop has (\d+) kB/.exec(readDocument('docs/fetch.md'))?.[1]);
    const found = gzipSync(readFileSync(join(folder, 'worker.mjs'))).length / 1000;
    expect(found).toBeGreaterThan(0.9 * said);
    expect(found).toBeLessThan(1.1 * said);
  });

  it('is told in one line what it cannot have', async () => {
    const { origin } = await started(bundled(byEsbuild, 'unfit.js'));
    const compiled =
      'openFlick(): contract: this runtime makes no functions of text, so that it takes compiled contracts alone; run flick compile openapi.yaml -o contract.mjs, and hand over what that module exports';
    expect(await (await fetch(origin)).json()).toEqual({
      records: 'openFlick(): records: a Worker has no disk; hear of each outcome by onOutcome, and send it on',
      overload: 'openFlick(): overload: the host of Workers sheds by itself; leave it out',
      keys: 'openFlick(): credentials.token.keys: a Worker has no file to read them from; hand over a verifier',
      document: compiled,
      path: compiled,
    });
  });
});

/** Starts a Worker of the shop, which stops when its test is over. */
async function started(start: Start): Promise<WorkerHost> {
  const { folder, remove } = await shopFolder();
  onTestFinished(remove);
  const host = await start(folder);
  onTestFinished(() => host.stop());
  return host;
}

const begun = [
  'POST /payments HTTP/1.1',
  'Host: shop',
  'Content-Type: application/json',
  'Content-Length: 40',
  '',
  '{"kind":',
].join('\r\n');

/** Sends the beginning of a body, and no more. Returns the first line of the answer. */
async function sendSlowly(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  socket.write(begun);
  const [text]: string[] = await once(socket, 'data');
  return text?.slice(0, text.indexOf('\r\n')) ?? '';
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** A token of ES256. */
function signedBy(key: KeyObject): string {
  const claims = { sub: 'ada', scope: 'write', exp: Math.floor(Date.now() / 1000) + 600 };
  const text = `${part({ alg: 'ES256', kid: 'one' })}.${part(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

async function hangUp(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  await new Promise<void>((resolve) => {
    socket.write(begun, () => resolve());
  });
  socket.destroy();
}

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { token } from '../token.ts';
import { onNode, shopFolder, type WorkerHost } from '../worker-hosts.ts';

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

describe.each([{ host: 'on Node that makes no functions of text', start: onNode }])('a Worker $host', ({ start }) => {
  let shop: Awaited<ReturnType<typeof shopFolder>> | undefined;
  let host: WorkerHost | undefined;

  beforeAll(async () => {
    shop = await shopFolder();
    host = await start(shop.folder, secret);
  }, 240_000);

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
});

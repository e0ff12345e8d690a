import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ledger, openLedger } from '../dist/service.js';

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger({ listen: '127.0.0.1:0', onError: () => {}, onWarning: () => {} });
});
afterAll(() => ledger.stop());

interface Body {
  readonly token?: string;
  readonly id?: string;
  readonly next?: string;
  readonly [member: string]: unknown;
}

interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Body;
}

type Fields = Readonly<Record<string, string>>;

/** One answer for each of so many requests. */
function each(count: number, code: number, told: string): readonly unknown[] {
  return Array.from({ length: count }, () => [code, told]);
}

/** Asks the ledger over a connection of its own. */
function ask(method: string, path: string, fields: Fields = {}, value?: unknown): Promise<Answer> {
  const body = value === undefined ? undefined : JSON.stringify(value);
  const headers = {
    ...fields,
    ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(ledger.origin + path, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({
          code: response.statusCode ?? 0,
          headers: response.headers,
          body: text === '' ? {} : JSON.parse(text),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Asks, and asks again when it is told to, where there were too many requests. */
async function askPatiently(...asked: Parameters<typeof ask>): Promise<Answer> {
  const answer = await ask(...asked);
  if (answer.code !== 429) return answer;
  await setTimeout(Number(answer.headers['retry-after']) * 1000);
  return askPatiently(...asked);
}

/** Signs somebody up who nobody else is. */
async function signUp(scopes?: readonly string[]): Promise<Fields> {
  const login = { name: `u${randomUUID().slice(0, 12)}`, password: 'right horse', ...(scopes && { scopes }) };
  const { code, body } = await askPatiently('POST', '/users', {}, login);
  expect(code).toBe(201);
  return { authorization: `Bearer ${body.token}` };
}

async function openAccount(who: Fields, deposit = 0, currency = 'EUR'): Promise<string> {
  const { code, body } = await askPatiently('POST', '/accounts', who, { name: 'Holidays', currency, deposit });
  expect(code).toBe(201);
  return body.id ?? '';
}

function transfer(who: Fields, value: object, key: string = randomUUID()): Promise<Answer> {
  return ask('POST', '/transfers', { ...who, 'idempotency-key': key }, value);
}

async function balanceOf(who: Fields, id: string): Promise<unknown> {
  return (await ask('GET', `/accounts/${id}`, who)).body['balance'];
}

/** The ids of all pages of a list, page by page. */
async function pagesOf(
  who: Fields,
  path: string,
  list: string,
  query: string,
): Promise<readonly (readonly string[])[]> {
  const pages: string[][] = [];
  const more = async (cursor: string): Promise<void> => {
    const { code, body } = await askPatiently('GET', `${path}?${query}${cursor}`, who);
    expect(code).toBe(200);
    const items: readonly { readonly id: string }[] = JSON.parse(JSON.stringify(body[list]));
    pages.push(items.map(({ id }) => id));
    if (body.next !== undefined) await more(`&cursor=${body.next}`);
  };
  await more('');
  return pages;
}

describe('lists', () => {
  it('come in pages that hold each account once, and may be of some currencies', async () => {
    const who = await signUp();
    const opened = [
      await openAccount(who),
      await openAccount(who),
      await openAccount(who, 0, 'USD'),
      await openAccount(who),
      await openAccount(who, 0, 'CHF'),
    ];
    const pages = await pagesOf(who, '/accounts', 'accounts', 'limit=2');
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(pages.flat().toSorted()).toEqual(opened.toSorted());
    const some = await pagesOf(who, '/accounts', 'accounts', 'limit=1&currencies=USD,CHF');
    expect(some.flat().toSorted()).toEqual([opened[2], opened[4]].toSorted());
  });

  it('of as many as a page holds have no page behind it', async () => {
    const who = await signUp();
    await openAccount(who);
    await openAccount(who);
    expect(await pagesOf(who, '/accounts', 'accounts', 'limit=2')).toHaveLength(1);
    expect(await pagesOf(await signUp(), '/accounts', 'accounts', 'limit=2')).toEqual([[]]);
  });

  it('of transfers have the latest first, and stay whole while more are booked', async () => {
    const who = await signUp();
    const from = await openAccount(who, 1000);
    const to = await openAccount(who);
    const book = async (): Promise<string> => (await transfer(who, { from, to, amount: 1 })).body.id ?? '';
    const first = await book();
    const second = await book();
    const third = await book();
    const path = `/accounts/${to}/transfers`;
    const page = await ask('GET', `${path}?limit=2`, who);
    expect(page.body).toMatchObject({ transfers: [{ id: third }, { id: second }], next: second });
    await book();
    const rest = await ask('GET', `${path}?limit=2&cursor=${second}`, who);
    expect(rest.body['transfers']).toMatchObject([{ id: first }]);
    expect(rest.body).not.toHaveProperty('next');
  });

  it('refuse what is no page with 400', async () => {
    const who = await signUp();
    const queries = [
      'limit=0',
      'limit=101',
      'limit=two',
      'cursor=acc_1',
      'currencies=EUR,EUR',
      'currencies=',
      'page=2',
    ];
    const answers = await Promise.all(queries.map((query) => ask('GET', `/accounts?${query}`, who)));
    expect(answers.map(({ code, body }) => [code, body['reason']])).toEqual([
      ...each(6, 400, 'wrong-value'),
      [400, 'unknown-parameter'],
    ]);
  });

  it('take no cursor that is no place in the list', async () => {
    const [who, other] = [await signUp(), await signUp()];
    const [from, to] = [await openAccount(other, 10), await openAccount(other)];
    const { body } = await transfer(other, { from, to, amount: 1 });
    const own = await openAccount(who);
    const answers = await Promise.all(
      ['trf_00000000', body.id].map((cursor) => ask('GET', `/accounts/${own}/transfers?cursor=${cursor}`, who)),
    );
    expect(answers.map(({ code, body: told }) => [code, told['reason']])).toEqual(each(2, 400, 'wrong-value'));
  });
});

describe("other people's money", () => {
  it('is nowhere to be found: 404, as the contract says, and as of accounts that are not there', async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    const account = await openAccount(ada, 100);
    const own = await openAccount(bob, 100);
    const { body } = await transfer(ada, { from: account, to: await openAccount(ada), amount: 1 });
    const answers = await Promise.all([
      ask('GET', `/accounts/${account}`, bob),
      ask('GET', '/accounts/acc_00000000', bob),
      ask('GET', `/accounts/${account}/transfers`, bob),
      ask('GET', `/transfers/${body.id}`, bob),
      transfer(bob, { from: account, to: own, amount: 1 }),
      transfer(bob, { from: own, to: 'acc_00000000', amount: 1 }),
    ]);
    expect(answers.map(({ code, body: told }) => [code, told['reason']])).toEqual(each(6, 404, 'unknown-resource'));
    expect(answers[0]?.body['detail']).toBe(answers[1]?.body['detail']);
    expect([await balanceOf(ada, account), await balanceOf(bob, own)]).toEqual([99, 100]);
  });

  it('is seen by both whom a transfer went from and to, and by nobody else', async () => {
    const [ada, bob, eve] = [await signUp(), await signUp(), await signUp()];
    const [from, to] = [await openAccount(ada, 100), await openAccount(bob)];
    const booked = await transfer(ada, { from, to, amount: 40 });
    expect(booked.headers['location']).toBe(`/transfers/${booked.body.id}`);
    const codes = await Promise.all(
      [ada, bob, eve].map(async (who) => (await ask('GET', `/transfers/${booked.body.id}`, who)).code),
    );
    expect(codes).toEqual([200, 200, 404]);
    expect([await balanceOf(ada, from), await balanceOf(bob, to)]).toEqual([60, 40]);
  });

  it("keeps to its session's scopes", async () => {
    const reader = await signUp(['accounts:read']);
    expect((await ask('GET', '/accounts', reader)).code).toBe(200);
    const refused = await ask('POST', '/accounts', reader, { name: 'x', currency: 'EUR' });
    expect([refused.code, refused.body['reason']]).toEqual([401, 'insufficient-credentials']);
  });
});

describe('a transfer', () => {
  it('between two currencies is 400 and says which was due', async () => {
    const who = await signUp();
    const [from, to] = [await openAccount(who, 100), await openAccount(who, 0, 'USD')];
    const { code, body } = await transfer(who, { from, to, amount: 1 });
    expect([code, body['errors']]).toMatchObject([
      400,
      [{ in: 'body', pointer: '/to', due: 'an account in EUR', arrived: 'one in USD' }],
    ]);
    expect([await balanceOf(who, from), await balanceOf(who, to)]).toEqual([100, 0]);
  });

  it('of more than there is is 409, to the last cent of it 201', async () => {
    const who = await signUp();
    const [from, to] = [await openAccount(who, 100), await openAccount(who)];
    const much = await transfer(who, { from, to, amount: 101 });
    expect([much.code, much.body['type']]).toEqual([409, 'urn:ledger:too-little']);
    expect((await transfer(who, { from, to, amount: 100 })).code).toBe(201);
    expect((await transfer(who, { from, to, amount: 1 })).code).toBe(409);
    expect([await balanceOf(who, from), await balanceOf(who, to)]).toEqual([0, 100]);
  });

  it('spends no money twice where many come at once', async () => {
    const who = await signUp();
    const [from, to] = [await openAccount(who, 5), await openAccount(who)];
    const answers = await Promise.all(Array.from({ length: 12 }, () => transfer(who, { from, to, amount: 1 })));
    const codes = answers.map(({ code }) => code).toSorted((one, other) => one - other);
    expect(codes).toEqual([...Array<number>(5).fill(201), ...Array<number>(7).fill(409)]);
    expect([await balanceOf(who, from), await balanceOf(who, to)]).toEqual([0, 5]);
  });

  it('is booked once for its key: again 200, of another body 409, and anew for another caller', async () => {
    const who = await signUp();
    const [from, to] = [await openAccount(who, 100), await openAccount(who)];
    const key = randomUUID();
    const first = await transfer(who, { from, to, amount: 10 }, key);
    const again = await transfer(who, { amount: 10, to, from }, key);
    expect([first.code, again.code]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    const others = await Promise.all([
      transfer(who, { from, to, amount: 11 }, key),
      transfer(who, { from: to, to: from, amount: 10 }, key),
      transfer(who, { from, to, amount: 10, reference: 'Dinner' }, key),
    ]);
    expect(others.map(({ code, body }) => [code, body['type']])).toEqual(each(3, 409, 'urn:ledger:key-of-another'));
    expect(await balanceOf(who, from)).toBe(90);
    const other = await signUp();
    const [source, target] = [await openAccount(other, 10), await openAccount(other)];
    expect((await transfer(other, { from: source, to: target, amount: 10 }, key)).code).toBe(201);
  });

  it('with the same key many times at once is booked once', async () => {
    const who = await signUp();
    const [from, to] = [await openAccount(who, 100), await openAccount(who)];
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 8 }, () => transfer(who, { from, to, amount: 10 }, key)));
    expect(answers.filter(({ code }) => code === 201)).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 200)).toHaveLength(7);
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    expect(await balanceOf(who, from)).toBe(90);
  });

  it('that was refused leaves its key free', async () => {
    const who = await signUp();
    const [from, to] = [await openAccount(who, 5), await openAccount(who)];
    const key = randomUUID();
    expect((await transfer(who, { from, to, amount: 6 }, key)).code).toBe(409);
    expect((await transfer(who, { from, to, amount: 5 }, key)).code).toBe(201);
  });

  it('of what is no transfer is 400, and moves nothing', async () => {
    const who = await signUp();
    const [from, to] = [await openAccount(who, 100), await openAccount(who)];
    const wrong = [
      ...[0, -5, 1.5, '5', 100_000_001, null].map((amount) => ({ amount })),
      { amount: 1, from: 'acc_ADA00001' },
      { amount: 1, note: 'x' },
      {},
    ];
    const answers = await Promise.all(wrong.map((members) => transfer(who, { from, to, ...members })));
    expect(answers.map(({ code, body }) => [code, body['reason']])).toEqual([
      ...each(7, 400, 'wrong-value'),
      [400, 'unknown-parameter'],
      [400, 'missing-parameter'],
    ]);
    expect(await balanceOf(who, from)).toBe(100);
  });

  it('to where it comes from, or without a key, is 400', async () => {
    const who = await signUp();
    const from = await openAccount(who, 100);
    const same = await transfer(who, { from, to: from, amount: 1 });
    expect([same.code, same.body['errors']]).toMatchObject([400, [{ pointer: '/to', arrived: 'the same' }]]);
    const keyless = await ask('POST', '/transfers', who, { from, to: await openAccount(who), amount: 1 });
    expect([keyless.code, keyless.body['reason']]).toEqual([400, 'missing-parameter']);
    const odd = await transfer(who, { from, to: await openAccount(who), amount: 1 }, 'key-1');
    expect([odd.code, odd.body['reason']]).toEqual([400, 'wrong-value']);
  });
});

describe('an ETag', () => {
  it('is 304 while the account is as it was, and another with every transfer', async () => {
    const who = await signUp();
    const [id, to] = [await openAccount(who, 100), await openAccount(who)];
    const first = await ask('GET', `/accounts/${id}`, who);
    const [tag = ''] = [first.headers['etag']].flat();
    const seen = await Promise.all(
      [tag, `"other", ${tag}`, `W/${tag}`, '*'].map((field) =>
        ask('GET', `/accounts/${id}`, { ...who, 'if-none-match': field }),
      ),
    );
    expect(seen.map(({ code, headers, body }) => [code, headers['etag'], body])).toEqual(
      Array.from({ length: 4 }, () => [304, tag, {}]),
    );
    const before = await ask('GET', `/accounts/${id}`, { ...who, 'if-none-match': '"other"' });
    expect([before.code, before.body]).toEqual([200, first.body]);
    await transfer(who, { from: id, to, amount: 1 });
    const after = await ask('GET', `/accounts/${id}`, { ...who, 'if-none-match': tag });
    expect([after.code, after.body['balance']]).toEqual([200, 99]);
    expect(after.headers['etag']).not.toBe(tag);
  });

  it('tells strangers nothing', async () => {
    const id = await openAccount(await signUp(), 100);
    const stranger = await ask('GET', `/accounts/${id}`, { ...(await signUp()), 'if-none-match': '*' });
    expect(stranger.code).toBe(404);
    expect((await ask('GET', `/accounts/${id}`, { 'if-none-match': '*' })).code).toBe(401);
  });
});

import type { Limit } from '@flick/decide';
import { describe, expect, test } from 'vitest';
import { ask, dial, expectProblem, pause, type WireAnswer } from '../../packages/gate/test/wire-client.ts';
import { openDoor } from '../door.ts';
import { token } from '../token.ts';

const host = 'Host: library.test\r\n';
const close = 'Connection: close\r\n';

async function get(port: number, path: string, fields = ''): Promise<WireAnswer> {
  const { answers } = await ask(port, `GET ${path} HTTP/1.1\r\n${host}${close}${fields}\r\n`);
  expect(answers).toHaveLength(1);
  const [answer] = answers;
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

const times = (count: number, one: () => Promise<WireAnswer>): Promise<WireAnswer[]> =>
  Promise.all(Array.from({ length: count }, one));

const statuses = (answers: readonly WireAnswer[]): number[] =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b);

const as = (sub: string): string => `Authorization: Bearer ${token({ sub })}\r\n`;

describe('row 9: a burst', () => {
  const limits: Limit[] = [{ name: 'reads', requests: 5, windowMs: 4000, by: 'consumer' }];

  test('is 429 beyond the limit, says how to go on, recovers, and touches nobody else', async () => {
    const { port, api, recorded } = await openDoor({ settings: { limits } });
    const [ann, bob] = [as('ann'), as('bob')];
    const burst = await times(12, () => get(port, '/v1/either', ann));
    const refused = burst.filter(({ status }) => status === 429);
    expect(statuses(burst)).toEqual([...Array.from({ length: 5 }, () => 200), ...Array.from({ length: 7 }, () => 429)]);
    for (const answer of refused) {
      expectProblem(answer, 429, 'consumer-limit');
      expect(answer.fields['retry-after']).toMatch(/^[1-4]$/);
      expect(answer.fields['ratelimit-policy']).toBe('"reads";q=5;w=4');
      expect(answer.fields.ratelimit).toMatch(/^"reads";r=0;t=[0-4]$/);
    }
    for (const answer of burst.filter(({ status }) => status === 200)) {
      expect(answer.fields.ratelimit).toMatch(/^"reads";r=[0-4];/);
    }
    // Another consumer in the same window has all of its own.
    const others = await times(5, () => get(port, '/v1/either', bob));
    expect(statuses(others)).toEqual([200, 200, 200, 200, 200]);
    await pause(4100);
    expect(statuses(await times(5, () => get(port, '/v1/either', ann)))).toEqual([200, 200, 200, 200, 200]);
    expect(api.requests).toHaveLength(15);
    expect(await recorded(22)).toHaveLength(22);
  });
});

const requestOf = (sub: string, fields = ''): string => `GET /v1/either HTTP/1.1\r\n${host}${as(sub)}${fields}\r\n`;

/** Sends requests one after the other on one connection. */
async function askInTurn(port: number, count: number, text: string): Promise<readonly WireAnswer[]> {
  const wire = await dial(port);
  const answers: WireAnswer[] = [];
  const next = async (): Promise<void> => {
    wire.send(text);
    answers.push(await wire.answer(60_000));
    if (answers.length < count) await next();
  };
  await next();
  wire.socket.destroy();
  return answers;
}

describe('row 9: one consumer who asks for a hundred times what the limit allows, and one for half of it', () => {
  const limit: Limit = { name: 'each', requests: 40, windowMs: 3_600_000, by: 'consumer' };

  test('are counted apart, each exactly', async () => {
    const { port, recorded } = await openDoor({ settings: { limits: [limit] } });
    const flood = Promise.all(Array.from({ length: 8 }, () => askInTurn(port, 500, requestOf('ann'))));
    const quiet = await askInTurn(port, 20, requestOf('bob'));
    expect(quiet.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    const left = quiet.map(({ fields }) => /;r=(\d+);/.exec(fields.ratelimit ?? '')?.[1]);
    expect(left).toEqual(Array.from({ length: 20 }, (_, at) => String(39 - at)));
    const loud = (await flood).flat();
    const refused = loud.filter(({ status }) => status === 429);
    expect([loud.length - refused.length, refused.length]).toEqual([40, 3960]);
    for (const { fields } of refused) {
      expect(fields['ratelimit-policy']).toBe('"each";q=40;w=3600');
      const [, due] = /^"each";r=0;t=(\d+)$/.exec(fields.ratelimit ?? '') ?? [];
      expect(fields['retry-after']).toBe(due);
    }
    expect(await recorded(4020)).toHaveLength(4020);
  });

  test('cannot drive each other out of a store that is full', async () => {
    const limits: Limit[] = [limit, { ...limit, name: 'addresses', by: 'address' }];
    const settings = { limits, trustedProxies: ['127.0.0.0/8'] };
    const { port } = await openDoor({ settings, maxLimitKeys: 50 });
    const tell = async (sub: string, at: number): Promise<string | undefined> =>
      (await ask(port, requestOf(sub, `X-Forwarded-For: 198.51.${at >> 8}.${at & 255}\r\n${close}`))).answers[0]?.fields
        .ratelimit;
    expect(await tell('bob', 1)).toContain('"each";r=39;');
    // Each from an address of its own, so that there are more counters than the store holds.
    await Promise.all(Array.from({ length: 300 }, (_, at) => tell('ann', 256 + at)));
    expect(await tell('bob', 1)).toContain('"each";r=38;');
    expect(await tell('ann', 1)).toContain('"each";r=0;');
  });
});

describe('row 52: X-Forwarded-For and limits', () => {
  const limits: Limit[] = [{ name: 'all', requests: 3, windowMs: 60_000, by: 'address' }];
  const spellings = [
    '198.51.100.1',
    '198.51.100.2',
    '127.0.0.1',
    '::1',
    '2001:db8::1',
    '[2001:db8::1]:443',
    '::ffff:198.51.100.1',
    '198.51.100.1, 198.51.100.2',
    ',198.51.100.1',
    '198.51.100.1,',
    ' 198.51.100.1 ',
    'unknown',
    '_hidden',
    '"a"',
    '0',
    '0x7f.1',
    '2130706433',
    '198.51.100.1:80',
    '198.51.100.256',
    '1.2.3',
    'a'.repeat(2000),
    '',
    '\t',
    'localhost',
    '198.51.100.01',
    '::',
    'fe80::1%eth0',
    '198.51.100.1;198.51.100.2',
    'for=198.51.100.1',
    '%31',
    '\x80',
  ];

  test('without trusted proxies, the count is the same whatever is sent', async () => {
    const { port } = await openDoor({ settings: { limits } });
    const answers = await Promise.all(
      spellings.map((value, at) =>
        get(
          port,
          '/v1/health',
          `${['X-Forwarded-For', 'x-forwarded-for', 'Forwarded', 'X-Real-IP'][at % 4]}: ${value}\r\n`,
        ),
      ),
    );
    expect(spellings.length).toBeGreaterThanOrEqual(30);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(spellings.length - 3);
  });

  test.for([
    ['one hop', ['127.0.0.0/8'], (at: number) => `203.0.113.${at}, 198.51.100.7`],
    ['two hops', ['127.0.0.0/8', '10.0.0.0/8'], (at: number) => `203.0.113.${at}, 198.51.100.7, 10.0.0.${at}`],
    ['an IPv6 network', ['127.0.0.0/8'], (at: number) => `203.0.113.${at}, 2001:db8:1:2::${at}`],
    ['IPv4 in IPv6', ['127.0.0.0/8'], (at: number) => (at % 2 === 0 ? '::ffff:198.51.100.7' : '198.51.100.7')],
  ] as const)('behind trusted proxies, the client is who they say (%s), whatever stands left of it', async (row) => {
    const [, trustedProxies, chain] = row;
    const { port } = await openDoor({ settings: { limits, trustedProxies } });
    const ask8 = Array.from({ length: 8 }, (_, at) => get(port, '/v1/health', `X-Forwarded-For: ${chain(at + 1)}\r\n`));
    expect(statuses(await Promise.all(ask8))).toEqual([200, 200, 200, 429, 429, 429, 429, 429]);
    // Another client behind the same proxies is another.
    expect((await get(port, '/v1/health', 'X-Forwarded-For: 198.51.100.8\r\n')).status).toBe(200);
  });
});

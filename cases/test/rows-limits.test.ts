import type { Limit } from '@flick/decide';
import { describe, expect, test } from 'vitest';
import { ask, expectProblem, pause, type WireAnswer } from '../../packages/gate/test/wire-client.ts';
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

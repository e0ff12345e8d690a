import { createHmac } from 'node:crypto';
import { openSqliteRecords } from '@flick/stores';
import type { Outcome } from '@flick/decide';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listenAs, runFlick, serveFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /tea:
    get:
      operationId: getTea
      security: [{}, { bearerAuth: [] }]
      parameters:
        - { name: kind, in: query, schema: { enum: [green, black] } }
      responses: { '200': { description: Tea. } }
components:
  securitySchemes:
    bearerAuth: { type: http, scheme: bearer }
`;

const secret = 'a secret of thirty-two bytes, at least';

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function counts(name: string, requests: number): object {
  return { name, requests };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function tokenOf(sub: string): string {
  const signed = `${encode({ alg: 'HS256' })}.${encode({ sub, exp: Math.floor(Date.now() / 1000) + 600 })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const config = `contract: openapi.yaml
mode: observe
records: sqlite:flick.db
credentials: { bearerAuth: { jwt: { algorithms: [HS256], secret: { env: TEA_SECRET } } } }
`;

const passed: Outcome = {
  requestId: 'id',
  timeMs: 0,
  method: 'GET',
  path: '/tea',
  operation: 'getTea',
  status: 200,
  precise: 200,
  upstreamStatus: 200,
  reason: undefined,
  detail: undefined,
  violations: [],
  observed: undefined,
  consumer: 'bearerAuth:ada',
  address: '192.0.2.1',
  durationMs: 1,
  upstreamMs: 1,
  ending: 'complete',
};

const observed: Outcome['observed'] = {
  reason: 'wrong-value',
  status: 400,
  precise: 400,
  detail: 'Query parameter "kind".',
  violations: [{ in: 'query', name: 'kind', reason: 'wrong-value', due: 'green or black', arrived: 'a string' }],
};

/** A folder with a file of these records in it. */
async function folderOf(records: readonly Outcome[]): Promise<string> {
  const folder = folderWith();
  const store = await openSqliteRecords({ path: join(folder, 'flick.db'), say() {}, queue: records.length + 1 });
  for (const record of records) store.append(record);
  await store.close();
  expect(store.dropped).toBe(0);
  return folder;
}

const rehearse = (folder: string, ...flags: readonly string[]) =>
  runFlick(['rehearse', '--records', 'sqlite:flick.db', ...flags], folder);

describe('flick rehearse', () => {
  it('says who would be refused, of a gate that refused nobody', async () => {
    const { origin: upstream } = await listenAs((request, response) => {
      response.statusCode = request.url === '/coffee' ? 404 : 200;
      response.end('{}');
    });
    const folder = folderWith({ 'openapi.yaml': openapi, 'flick.yaml': config });
    const env = { TEA_SECRET: secret };
    const { origin, child, ended } = await serveFlick(['--upstream', upstream, '--log', 'off'], folder, env);
    const ask = async (path: string, id: string, sub?: string) => {
      const headers = { 'x-request-id': id, ...(sub !== undefined && { authorization: `Bearer ${tokenOf(sub)}` }) };
      return (await fetch(origin + path, { headers })).status;
    };
    const got = [
      await ask('/tea?kind=green', 'a', 'ada'),
      await ask('/tea?kind=canary-blue', 'b', 'ada'),
      await ask('/tea?kind=canary-red', 'c', 'bob'),
      await ask('/tea?leaf=canary', 'd', 'bob'),
      await ask('/milk', 'e'),
      await ask('/coffee', 'f'),
    ];
    expect(got).toEqual([200, 200, 200, 200, 200, 404]);
    child.kill('SIGTERM');
    await ended;
    const { code, stdout } = await runFlick(['rehearse', '--json'], folder);
    expect(code).toBe(0);
    expect(stdout).not.toContain('canary');
    const report: { readonly groups: readonly object[] } = JSON.parse(stdout);
    expect(report).toMatchObject({ requests: 6, callers: 3, refused: 4, refused_callers: 3, unchanged: 1 });
    expect(report.groups).toHaveLength(3);
    expect(report.groups[0]).toMatchObject({
      operation: 'getTea',
      reason: 'wrong-value',
      status: 400,
      requests: 2,
      consumers: [counts('bearerAuth:bob', 1), counts('bearerAuth:ada', 1)],
      sent: [{ status: 200, requests: 2 }],
      samples: ['c', 'b'],
    });
    expect(report.groups).toContainEqual(
      expect.objectContaining({ reason: 'unknown-path', status: 404, paths: [{ path: 'GET /milk', requests: 1 }] }),
    );
    expect(report.groups).toContainEqual(
      expect.objectContaining({ reason: 'unknown-parameter', consumers: [counts('bearerAuth:bob', 1)] }),
    );
    const text = await runFlick(['rehearse'], folder);
    expect(text.stdout).toContain(
      '4 requests of 3 callers would be answered otherwise, 66.7 % of 6 requests of 3 callers recorded.',
    );
    expect(text.stdout).toContain('1 more request would get the code that the API gives already.');
    expect(text.stdout).toMatch(/^400 {2}getTea {2}wrong-value {2}Wrong value$/m);
    expect(text.stdout).toMatch(/^ {2}requests {2}2, now answered 200 ×2$/m);
    const one = await runFlick(['explain', 'b'], folder);
    expect(one.stdout).toContain('200  enforced, it would be 400 wrong-value');
  });

  it('says so where nothing would be refused, and where nothing was recorded', async () => {
    const folder = await folderOf([{ ...passed, timeMs: Date.now() - 1000 }]);
    expect((await rehearse(folder)).stdout).toMatch(/^Nothing would be refused\. 1 request of 1 caller recorded\.\n/);
    expect((await rehearse(folder, '--until', '1h')).stdout).toMatch(/^No requests were recorded\.\n/);
  });

  it('counts over many records exactly, within the span, the operation and the consumer that are asked for', async () => {
    const now = Date.now();
    const many = Array.from({ length: 2500 }, (_, index): Outcome => {
      const consumer = `bearerAuth:c${index % 50}`;
      return { ...passed, requestId: `r${index}`, timeMs: now - index * 1000, consumer, observed };
    });
    const folder = await folderOf([...many, { ...passed, timeMs: now, operation: 'getPot', observed }]);
    const report = async (...flags: readonly string[]) => {
      const { stdout } = await rehearse(folder, '--json', ...flags);
      const { refused, refused_callers: callers }: Readonly<Record<string, number>> = JSON.parse(stdout);
      return [refused, callers];
    };
    expect(await report()).toEqual([2501, 51]);
    expect(await report('--operation', 'getPot')).toEqual([1, 1]);
    expect(await report('--consumer', 'c7')).toEqual([50, 1]);
    expect(await report('--since', iso(now - 99_500), '--until', iso(now - 500))).toEqual([99, 50]);
    expect((await rehearse(folder, '--operation', 'getTea')).stdout).toMatch(
      /callers {3}50: (\S+ ×50, ){4}\S+ ×50 and 45 more/,
    );
  });

  it.each([
    [['--since', 'yesterday'], '--since: due is a time'],
    [['--until', '24x'], '--until: due is a time'],
    [['--since', '1h', '--until', '2h'], '--since: due is a time before --until'],
    [['--records', 'sqlite:none.db'], 'no such file'],
    [['--records', 'memory'], "in the server's memory"],
  ])('tells the mistake of %j in one line', async (flags, words) => {
    const folder = await folderOf([]);
    const { code, stderr } = await rehearse(folder, ...flags);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

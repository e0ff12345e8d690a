import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSqliteRecords } from '@flick/stores';
import Database from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenAs, openConnection, runFlick, serveFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /tea:
    get:
      operationId: getTea
      parameters:
        - { name: kind, in: query, schema: { enum: [green, black] } }
      responses: { '200': { description: Tea. } }
`;

/** A gate that records into `flick.db` of its folder. */
async function recordingGate(...flags: readonly string[]) {
  const { origin: upstream } = await listenAs((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{}');
  });
  const folder = folderWith({ 'openapi.yaml': openapi });
  const args = ['openapi.yaml', '--upstream', upstream, '--records', 'sqlite:./flick.db', ...flags];
  return { folder, path: join(folder, 'flick.db'), ...(await serveFlick(args, folder)) };
}

async function countOf(path: string): Promise<number> {
  const reader = await readSqliteRecords(path);
  const { requests } = await reader.count({});
  await reader.close();
  return requests;
}

describe('flick serve with records', () => {
  it('records every request once, those included that are no HTTP, and no secret of theirs', async () => {
    const { path, origin, port, child, ended } = await recordingGate();
    const secret = 'canary-7f3a';
    await fetch(`${origin}/tea?kind=green&token=${secret}`, { headers: { authorization: `Bearer ${secret}` } });
    await fetch(`${origin}/tea?kind=${secret}`, { headers: { cookie: secret, 'x-request-id': 'mine' } });
    await fetch(`${origin}/tea`, { method: 'POST', body: secret });
    await openConnection(port, `GET /tea HTTP/1.1\r\nBad ${secret}: 1\r\n\r\n`).closed;
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    const reader = await readSqliteRecords(path);
    onTestFinished(() => reader.close());
    const { records } = await reader.query({});
    expect(records.map(({ status, reason }) => [status, reason])).toEqual([
      [400, 'malformed-request'],
      [405, 'method-not-allowed'],
      [400, 'wrong-value'],
      [400, 'unknown-parameter'],
    ]);
    expect(JSON.stringify(records)).not.toContain(secret);
    expect(await reader.get('mine')).toMatchObject([{ operation: 'getTea', violations: [{ name: 'kind' }] }]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('serves while another process holds the lock of its records, says so once, and loses none', async () => {
    const { path, origin, said, stderr, child, ended } = await recordingGate('--log', 'off');
    const other = new Database(path, { timeout: 5000 });
    other.exec('BEGIN IMMEDIATE');
    const asked = Array.from({ length: 50 }, async () => (await fetch(`${origin}/tea?kind=green`)).status);
    // All of them are answered while the lock is held.
    expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
    await said('records paused: flick.db is locked by another process');
    other.exec('COMMIT');
    other.close();
    await said('records go on; 0 dropped in all');
    child.kill('SIGTERM');
    await ended;
    expect(stderr().match(/paused/g)).toHaveLength(1);
    expect(await countOf(path)).toBe(50);
  });

  it.each<[string, (path: string) => void, string]>([
    ['no SQLite', (path) => writeFileSync(path, 'tea leaves\n'.repeat(500)), 'is not a SQLite file'],
    ["another program's", (path) => new Database(path).exec('CREATE TABLE tea (leaf)'), 'another program'],
  ])('does not start with a file that is %s, and says so in one line', async (_what, make, words) => {
    const folder = folderWith({ 'openapi.yaml': openapi });
    make(join(folder, 'flick.db'));
    const args = ['serve', 'openapi.yaml', '-u', 'http://127.0.0.1:1', '-l', '0', '--records', 'sqlite:flick.db'];
    const { code, stderr } = await runFlick(args, folder);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(words)]);
  });

  it('ends where the port is in use, though records are open', async () => {
    const { origin } = await listenAs();
    const folder = folderWith({ 'openapi.yaml': openapi });
    const listen = origin.replace('http://', '');
    const flags = ['--records', 'sqlite:flick.db', '-u', 'http://127.0.0.1:1', '-l', listen];
    expect((await runFlick(['serve', 'openapi.yaml', ...flags], folder)).code).toBe(2);
  });
});

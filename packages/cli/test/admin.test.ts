import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { listenAs, openConnection, portOf, runFlick, runFlickWith, serveFlick } from './flick.ts';
import { parseMetrics, valueOf } from './metrics-text.ts';
import { folderWith } from './temporary-folder.ts';

/** Each row once, as text, in order. */
function rowsOf(list: readonly unknown[]): readonly string[] {
  return [...new Set(list.map((row) => JSON.stringify(row)))].toSorted();
}

const patience = { timeout: 10_000, interval: 20 };

const openapi = `openapi: 3.1.0
info: { title: Tea, version: '1' }
paths:
  /tea/{kind}:
    get:
      operationId: getTea
      parameters:
        - { name: kind, in: path, required: true, schema: { type: string } }
        - { name: cups, in: query, schema: { type: integer } }
      responses: { '200': { description: Tea. }, '404': { description: None. } }
`;

/** A `flick serve` with an admin listener. */
async function serveWithAdmin(
  files: Readonly<Record<string, string>>,
  args: readonly string[],
  folder = folderWith({ 'openapi.yaml': openapi, ...files }),
) {
  const serving = await serveFlick(['openapi.yaml', '--admin', '127.0.0.1:0', '--no-watch', ...args], folder);
  const [, admin = ''] =
    /admin on (http:\/\/127\.0\.0\.1:\d+): \/live, \/ready, \/metrics/.exec(serving.stderr()) ?? [];
  const metrics = async () => {
    const response = await fetch(`${admin}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    return parseMetrics(await response.text());
  };
  /** Waits for a value: what is counted is so once an answer is sent, and read anew some milliseconds later. */
  const counted = (name: string, labels: Readonly<Record<string, string>>, value: number): Promise<void> =>
    vi.waitFor(async () => expect(valueOf(await metrics(), name, labels)).toBe(value), patience);
  return { serving, folder, admin, metrics, counted };
}

async function teaHouse(): Promise<string> {
  const { origin } = await listenAs((request, response) => {
    response.statusCode = request.url === '/tea/none' ? 404 : 200;
    response.end('tea');
  });
  return origin;
}

describe('the admin listener', () => {
  it('counts requests by operation, code and reason, and nothing that a caller chose', async () => {
    const { serving, admin, metrics, counted } = await serveWithAdmin({}, ['-u', await teaHouse()]);
    const ask = async (path: string): Promise<void> => {
      const headers = { authorization: 'Bearer c4nary', 'x-request-id': 'c4nary' };
      await (await fetch(`${serving.origin}${path}`, { headers })).text();
    };
    await Promise.all(['/tea/c4nary', '/tea/c4nary?cups=2', '/tea/green?cups=c4nary', '/tea/none', '/c4nary'].map(ask));
    const total = 'flick_requests_total';
    await counted(total, { operation: 'none', code: '404', reason: 'unknown-path' }, 1);
    await counted(total, { operation: 'getTea', code: '200', reason: 'none' }, 2);
    await counted(total, { operation: 'getTea', code: '400', reason: 'wrong-value' }, 1);
    await counted(total, { operation: 'getTea', code: '404', reason: 'unknown-resource' }, 1);
    const samples = await metrics();
    expect(valueOf(samples, 'flick_request_duration_seconds_count', { operation: 'getTea' })).toBe(4);
    expect(valueOf(samples, 'flick_upstream_duration_seconds_count', { operation: 'getTea' })).toBe(3);
    expect(valueOf(samples, 'flick_endings_total', { ending: 'complete' })).toBe(5);
    expect(valueOf(samples, 'flick_records_written_total')).toBe(5);
    expect(valueOf(samples, 'flick_bound_used', { bound: 'records_kept' })).toBe(5);
    expect(valueOf(samples, 'flick_in_flight')).toBe(0);
    expect(valueOf(samples, 'nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    expect(await (await fetch(`${admin}/metrics`)).text()).not.toContain('c4nary');
  });

  it('shows what is in hand: connections, requests, those to the API', async () => {
    const { origin: upstream, server } = await listenAs();
    const { serving, counted } = await serveWithAdmin({}, ['-u', upstream]);
    const arrived = once(server, 'request');
    const answered = fetch(`${serving.origin}/tea/green`);
    const [, pending] = await arrived;
    await counted('flick_in_flight', {}, 1);
    await counted('flick_bound_used', { bound: 'connections' }, 1);
    await counted('flick_bound_used', { bound: 'upstream_requests' }, 1);
    pending.end('tea');
    expect(await (await answered).text()).toBe('tea');
    await counted('flick_in_flight', {}, 0);
    await counted('flick_bound_used', { bound: 'upstream_requests' }, 0);
  });

  it('says whether requests may be sent, and no more while it drains', async () => {
    const { origin: upstream, server } = await listenAs();
    const { serving, admin } = await serveWithAdmin({}, ['-u', upstream]);
    expect([(await fetch(`${admin}/live`)).status, (await fetch(`${admin}/ready`)).status]).toEqual([200, 200]);
    const arrived = once(server, 'request');
    const answered = fetch(`${serving.origin}/tea/green`);
    const [, pending] = await arrived;
    serving.child.kill('SIGTERM');
    await serving.said('draining');
    const ready = await fetch(`${admin}/ready`);
    expect(ready.status).toBe(503);
    expect(ready.headers.get('content-type')).toBe('application/problem+json');
    expect(await ready.json()).toMatchObject({ status: 503, reason: 'draining', instance: '/ready' });
    expect((await fetch(`${admin}/live`)).status).toBe(200);
    pending.end('tea');
    expect((await answered).status).toBe(200);
    expect((await serving.ended).code).toBe(0);
    await expect(fetch(`${admin}/live`)).rejects.toThrow('fetch failed');
  });

  it('refuses as the gate refuses, takes what scrapers add to a query, and is not behind the public listener', async () => {
    const { serving, admin } = await serveWithAdmin({}, ['-u', await teaHouse()]);
    const unknown = await fetch(`${admin}/tea/green`);
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { reason: 'unknown-path' }]);
    const posted = await fetch(`${admin}/metrics`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect((await fetch(`${admin}/metrics?name[]=flick_revision`)).status).toBe(200);
    const head = await fetch(`${admin}/ready`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const codes = ['/live', '/ready', '/metrics'].map(async (path) => (await fetch(`${serving.origin}${path}`)).status);
    expect(await Promise.all(codes)).toEqual([404, 404, 404]);
  });

  it('costs the public side nothing where its clients are many and slow', async () => {
    const { serving, admin, counted } = await serveWithAdmin({}, ['-u', await teaHouse()]);
    const port = Number(new URL(admin).port);
    const slow = Array.from({ length: 60 }, () => openConnection(port, 'GET /metrics HTTP/1.1\r\n'));
    await vi.waitUntil(() => slow.filter(({ socket }) => socket.destroyed).length >= 28, patience);
    expect((await fetch(`${serving.origin}/tea/green`)).status).toBe(200);
    // Those that were let in are answered 408 after five seconds, and there is room again.
    await Promise.all(slow.map(({ closed }) => closed));
    expect(slow.filter(({ received }) => received().startsWith('HTTP/1.1 408 ')).length).toBeLessThanOrEqual(32);
    await counted('flick_bound_used', { bound: 'connections' }, 1);
  });

  it('follows a reload: the revision, what was refused, and the labels of operations that are no more', async () => {
    const { serving, folder, metrics, counted } = await serveWithAdmin({}, ['-u', await teaHouse()]);
    await (await fetch(`${serving.origin}/tea/green`)).text();
    await counted('flick_requests_total', { operation: 'getTea' }, 1);
    const save = (text: string): void => {
      writeFileSync(join(folder, 'new.yaml'), text);
      renameSync(join(folder, 'new.yaml'), join(folder, 'openapi.yaml'));
      serving.child.kill('SIGHUP');
    };
    save('nothing: good');
    await serving.said('not reloaded');
    await counted('flick_reloads_refused_total', {}, 1);
    await counted('flick_revision', {}, 1);
    save(openapi.replace('getTea', 'pourTea'));
    await serving.said('revision 2');
    await counted('flick_revision', {}, 2);
    await (await fetch(`${serving.origin}/tea/green`)).text();
    await counted('flick_requests_total', { operation: 'pourTea' }, 1);
    expect((await metrics()).filter(({ labels }) => labels['operation'] === 'getTea')).toEqual([]);
  });

  it.each([
    [
      'the port is in use',
      ['--admin', 'USED'],
      'cannot listen on USED: the port is in use; choose another with --admin',
    ],
    [
      'it would be behind the gate',
      ['--admin', '9901', '-u', 'http://localhost:9901'],
      'the upstream http://localhost:9901 is the admin listener, which nobody may reach through Flick; choose another',
    ],
    [
      'it would be where the gate is',
      ['--admin', '[::1]:9902', '-l', '9902'],
      'admin: port 9902 is where Flick listens already; choose another with --admin',
    ],
    ['it is no address', ['--admin', 'here'], '--admin: due is an address such as 127.0.0.1:9901, or a port'],
  ])('does not start where %s', async (_, args, line) => {
    const { server } = await listenAs();
    const used = `127.0.0.1:${portOf(server)}`;
    const folder = folderWith({ 'openapi.yaml': openapi });
    const own = ['serve', 'openapi.yaml', '-u', 'http://127.0.0.1:1', '-l', '0'];
    const { code, stderr } = await runFlick([...own, ...args.map((arg) => arg.replace('USED', used))], folder);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(`flick: ${line.replace('USED', used)}`);
    expect(code).toBe(2);
  });

  it('ends where the gate cannot listen', async () => {
    const { server } = await listenAs();
    const args = ['serve', 'openapi.yaml', '-u', 'http://127.0.0.1:1', '-l', String(portOf(server)), '--admin', '0'];
    expect((await runFlick(args, folderWith({ 'openapi.yaml': openapi }))).code).toBe(2);
  });
});

describe('the table of bounds in ARCHITECTURE.md', () => {
  it('has each bound that the metrics have, with its default, and no other', async () => {
    const page = readFileSync(new URL('../../../ARCHITECTURE.md', import.meta.url), 'utf8');
    const rows = Array.from(page.matchAll(/^\| `(\w+)` +\| ([\d,]+) /gm), ([, name, limit]) => [name, limit]);
    const schemes = ['jwt', 'asked', 'users'].map(
      (name) => `    ${name}: { type: http, scheme: ${name === 'users' ? 'basic' : 'bearer'} }\n`,
    );
    const issuer = await listenAs((_request, response) => void response.end('{"keys":[]}'));
    const folder = folderWith({
      'openapi.yaml': `${openapi}components:\n  securitySchemes:\n${schemes.join('')}`,
      'flick.yaml': `credentials:
  jwt: { jwt: { algorithms: [ES256], jwks: '${issuer.origin}/keys' } }
  asked: { introspection: { url: '${issuer.origin}/ask', client_id: flick, client_secret: { file: secret.txt } } }
  users: { users: { file: users.txt } }
`,
      'secret.txt': 'a secret of thirty-two bytes, at least',
    });
    await runFlickWith('a long enough password\n', ['users', 'add', 'ada', '--file', 'users.txt'], folder);
    const limitsOf = async (args: readonly string[]) => {
      const { serving, metrics } = await serveWithAdmin({}, ['-u', 'http://127.0.0.1:1', ...args], folder);
      const samples = (await metrics()).filter(({ name }) => name === 'flick_bound_limit');
      serving.child.kill('SIGTERM');
      await serving.ended;
      return samples.map(({ labels, value }) => [labels['bound'], value.toLocaleString('en')]);
    };
    const shown = [...(await limitsOf([])), ...(await limitsOf(['--records', 'sqlite:records.db']))];
    expect(rowsOf(rows)).toEqual(rowsOf(shown));
  });
});

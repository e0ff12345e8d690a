import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const thirdParty = fileURLToPath(new URL('../third-party/', import.meta.url));
const flick = fileURLToPath(new URL('../../packages/cli/bin/flick.js', import.meta.url));

/** Installs the server under test, which is too heavy for the workspace's own `npm ci`. */
function install(): void {
  if (existsSync(join(thirdParty, 'node_modules/@loopback/example-todo/package.json'))) return;
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: thirdParty,
    encoding: 'utf8',
  });
  if (npm.status !== 0) throw new Error(`npm ci in cases/third-party failed: ${npm.stderr}`);
}

/** Starts a program and waits for the first line of its stdout. */
async function start(args: readonly string[], cwd: string): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error(`${args[0] ?? ''} ended before it said anything`))),
  ]);
  return { child, line };
}

describe('before a real server of somebody else, with its own document', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flick-todo-'));
  const children: ChildProcess[] = [];
  let api = '';
  let gate = '';

  beforeAll(async () => {
    install();
    const server = await start([join(thirdParty, 'todo-server.cjs')], folder);
    children.push(server.child);
    api = server.line;
    const document = await fetch(`${api}/openapi.json`);
    writeFileSync(join(folder, 'openapi.json'), await document.text());
    const args = [flick, 'serve', 'openapi.json', '--upstream', api, '--listen', '127.0.0.1:0', '--log', 'off'];
    const serving = await start(args, folder);
    children.push(serving.child);
    gate = /http:\/\/127\.0\.0\.1:\d+/.exec(serving.line.replace(api, ''))?.[0] ?? '';
    if (gate === '') throw new Error(`no address in: ${serving.line}`);
  }, 240_000);

  afterAll(async () => {
    await Promise.all(
      children
        .filter((child) => child.exitCode === null && child.signalCode === null)
        .map((child) => {
          const gone = once(child, 'exit');
          child.kill('SIGTERM');
          return gone;
        }),
    );
    rmSync(folder, { recursive: true, force: true });
  });

  const json = { 'Content-Type': 'application/json' };
  const post = (origin: string, todo: unknown): Promise<Response> =>
    fetch(`${origin}/todos`, { method: 'POST', headers: json, body: JSON.stringify(todo) });

  it('passes what the document allows, and the answers as they are', async () => {
    const made = await post(gate, { title: 'write stories', isComplete: false });
    expect(made.status).toBe(200);
    const { id }: { id: number } = JSON.parse(await made.text());
    const read = await fetch(`${gate}/todos/${id}`);
    expect(read.status).toBe(200);
    expect(await read.json()).toMatchObject({ title: 'write stories' });
    const filter = encodeURIComponent(JSON.stringify({ where: { id }, limit: 1 }));
    const found = await fetch(`${gate}/todos?filter=${filter}`);
    expect([found.status, await found.json()]).toMatchObject([200, [{ id }]]);
    const counted = await fetch(`${gate}/todos/count?where=${encodeURIComponent(JSON.stringify({ id }))}`);
    expect(await counted.json()).toEqual({ count: 1 });
    const changed = await fetch(`${gate}/todos/${id}`, { method: 'PATCH', headers: json, body: '{"isComplete":true}' });
    expect(changed.status).toBe(204);
    const dropped = await fetch(`${gate}/todos/${id}`, { method: 'DELETE' });
    expect(dropped.status).toBe(204);
  });

  it("keeps the server's own 404 with its body", async () => {
    const missing = await fetch(`${gate}/todos/4711`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ error: { code: 'ENTITY_NOT_FOUND' } });
  });

  it('answers 405 with Allow where the server itself answers 404', async () => {
    const bare = await fetch(`${api}/todos`, { method: 'PUT' });
    expect(bare.status).toBe(404);
    const kept = await fetch(`${gate}/todos`, { method: 'PUT' });
    expect([kept.status, kept.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS, PATCH, POST']);
  });

  it('answers 400 for an unknown parameter that the server itself drops in silence', async () => {
    const bare = await fetch(`${api}/todos?colour=red`);
    expect(bare.status).toBe(200);
    const kept = await fetch(`${gate}/todos?colour=red`);
    expect([kept.status, await kept.json()]).toMatchObject([400, { reason: 'unknown-parameter' }]);
  });

  it('answers 400 for a body that the server itself answers with the undeclared 422', async () => {
    const bare = await post(api, { title: 3 });
    expect(bare.status).toBe(422);
    const kept = await post(gate, { title: 3 });
    expect([kept.status, await kept.json()]).toMatchObject([
      400,
      { reason: 'wrong-value', errors: [{ pointer: '/title' }] },
    ]);
  });

  it('answers one shape of error for every refusal', async () => {
    const refused = [
      fetch(`${gate}/nowhere`),
      fetch(`${gate}/todos`, { method: 'PUT' }),
      fetch(`${gate}/todos?colour=red`),
      fetch(`${gate}/todos/%GG`),
      fetch(`${gate}/todos`, { method: 'POST', headers: json, body: '{' }),
    ];
    const answers = await Promise.all(refused);
    const problems = await Promise.all(answers.map((answer) => answer.json()));
    for (const [index, { headers, status }] of answers.entries()) {
      expect(headers.get('content-type')).toBe('application/problem+json');
      expect(problems[index]).toMatchObject({ status, title: expect.any(String), reason: expect.any(String) });
    }
  });
});

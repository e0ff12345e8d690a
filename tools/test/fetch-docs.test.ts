import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { byEsbuild } from '../../cases/worker-bundle.js';
import { compatibilityDate, installWorkerd, inWorkerd } from '../../cases/worker-hosts.ts';
import { blockOf, readDocument, root } from './markdown.ts';
import { freePort, listening } from './page-ports.ts';

const runtimes = fileURLToPath(new URL('cases/runtimes/', root));

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /teas/{id}:
    get:
      operationId: getTea
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: Tea. }, '404': { description: None. } }
  /teas:
    post:
      operationId: addTea
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [name] } } }
      responses: { '200': { description: Added. } }
`;

const served = `
import { serve } from '@hono/node-server';
serve({ fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' });
`;

/** A program among those that packages of npm bring for this machine. */
function binaryOf(scope: string, path: string): string {
  const folder = join(runtimes, 'node_modules', scope);
  const found = readdirSync(folder).find((name) => existsSync(join(folder, name, path)));
  if (found === undefined) throw new Error(`npm brought no ${path} for this machine`);
  return join(folder, found, path);
}

/** Runs what a page shows; the contract lies beside it. Returns the port. */
async function run(
  page: string,
  change: (code: string) => string,
  start: (file: string, port: number) => ChildProcess,
) {
  // Within the workspace, where its packages are found.
  const folder = mkdtempSync(join(fileURLToPath(root), 'cases', '.page-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'app.mjs');
  const contract = join(folder, 'openapi.yaml');
  writeFileSync(contract, openapi);
  const port = await freePort();
  const shown = blockOf(readDocument(page), 'js', "contract: './openapi.yaml'");
  const settings = `contract: ${JSON.stringify(contract)}, records: 'off', timeouts: { request: '1s' }`;
  const code = change(shown.replace("contract: './openapi.yaml'", settings).replace('port: 3000', `port: ${port}`));
  expect(code).toContain(contract);
  writeFileSync(file, code);
  const child = start(file, port);
  onTestFinished(() => void child.kill());
  await listening(port, child);
  return port;
}

/** Sends the beginning of a body, and no more. Returns the first line of the answer. */
async function sendSlowly(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  socket.write('POST /teas HTTP/1.1\r\nHost: tea\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"na');
  const [text]: string[] = await once(socket, 'data');
  return text?.slice(0, text.indexOf('\r\n')) ?? '';
}

/** The codes of eight requests and of a slow one, and what is told with them. */
async function ask(port: number): Promise<object> {
  const origin = `http://127.0.0.1:${port}`;
  const json = { 'Content-Type': 'application/json' };
  const answers = await Promise.all([
    fetch(`${origin}/teas/1`),
    fetch(`${origin}/teas/2`),
    fetch(`${origin}/teas/green`),
    fetch(`${origin}/cups`),
    fetch(`${origin}/teas/1`, { method: 'PUT' }),
    fetch(`${origin}/teas`, { method: 'POST' }),
    fetch(`${origin}/teas`, { method: 'POST', headers: json, body: '{}' }),
    fetch(`${origin}/teas/1`, { method: 'OPTIONS' }),
  ]);
  const problem: Partial<{ reason: string; errors: readonly { in: string }[] }> = JSON.parse(
    (await answers[6]?.text()) ?? '{}',
  );
  return {
    codes: answers.map(({ status }) => status),
    tea: await answers[0]?.json(),
    allow: answers[4]?.headers.get('allow'),
    fault: [problem.reason, problem.errors?.[0]?.in],
    slow: await sendSlowly(port),
  };
}

const due = {
  codes: [200, 404, 400, 404, 405, 400, 400, 204],
  tea: { id: 1, name: 'Sencha' },
  allow: 'GET, HEAD, OPTIONS',
  fault: ['missing-parameter', 'body'],
  slow: expect.stringMatching(/^HTTP\/1\.1 408 /),
};

const quiet: { stdio: ['ignore', 'ignore', 'inherit'] } = { stdio: ['ignore', 'ignore', 'inherit'] };
const asShown = (code: string): string => code;

function startNode(file: string, port: number): ChildProcess {
  return spawn(process.execPath, [file], { ...quiet, env: { ...process.env, PORT: String(port) } });
}

function startBun(file: string, port: number): ChildProcess {
  const env = { ...process.env, PORT: String(port) };
  return spawn(binaryOf('@oven', 'bin/bun'), ['run', file], { ...quiet, env });
}

function startDeno(file: string, port: number): ChildProcess {
  const where = ['--host', '127.0.0.1', '--port', String(port)];
  return spawn(binaryOf('@deno', 'deno'), ['serve', '-A', ...where, file], quiet);
}

describe('on Node', () => {
  it('docs/hono.md shows an app whose codes are true', async () => {
    expect(await ask(await run('docs/hono.md', asShown, startNode))).toEqual(due);
  });

  it('docs/fetch.md shows a handler whose codes are true', async () => {
    expect(await ask(await run('docs/fetch.md', (code) => code + served, startNode))).toEqual(due);
  });
});

describe('docs/fetch.md shows a handler whose codes are true', () => {
  beforeAll(() => {
    if (existsSync(join(runtimes, 'node_modules/.package-lock.json'))) return;
    const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: runtimes,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    if (npm.status !== 0) throw new Error(`npm ci in cases/runtimes failed: ${npm.stderr}`);
  }, 300_000);

  it('in Bun', async () => {
    expect(await ask(await run('docs/fetch.md', asShown, startBun))).toEqual(due);
  });

  it('in a Worker, by the module that the page compiles and the date that it names', async () => {
    await installWorkerd();
    const folder = mkdtempSync(join(fileURLToPath(root), 'cases', '.page-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const page = readDocument('docs/fetch.md');
    writeFileSync(join(folder, 'openapi.yaml'), openapi);
    const [npx, flick, ...args] = blockOf(page, 'sh').trim().split(' ');
    expect([npx, flick]).toEqual(['npx', 'flick']);
    const bin = fileURLToPath(new URL('packages/cli/bin/flick.js', root));
    expect(spawnSync(process.execPath, [bin, ...args], { cwd: folder })).toMatchObject({ status: 0 });
    const shown = blockOf(page, 'js', 'contract.mjs');
    writeFileSync(join(folder, 'app.mjs'), shown.replace('  contract,', "  contract, timeouts: { request: '1s' },"));
    await byEsbuild(join(folder, 'app.mjs'), join(folder, 'worker.mjs'));
    expect(blockOf(page, 'toml')).toContain(`compatibility_date = "${compatibilityDate}"`);
    const { origin, stop } = await inWorkerd(folder, 'worker.mjs', {});
    onTestFinished(stop);
    expect(await ask(Number(new URL(origin).port))).toEqual(due);
  });

  it('in Deno', async () => {
    expect(await ask(await run('docs/fetch.md', asShown, startDeno))).toEqual(due);
  });
});

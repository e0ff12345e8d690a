import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runFlick, serveFlick } from '../../packages/cli/test/flick.ts';
import { folderWith } from '../../packages/cli/test/temporary-folder.ts';
import { compile } from '../../packages/types/test/types-of.ts';
import { blockOf, readDocument, root } from './markdown.ts';

const secret = 'thirty-two bytes that nobody else knows';
const gateway = readDocument('docs/gateway.md');
const embedded = readDocument('docs/embedded.md');
const openapi = blockOf(gateway, 'yaml', '# openapi.yaml');

/** One row of a guide's table. */
interface Row {
  readonly text: string;
  readonly method: string;
  readonly target: string;
  readonly body: string | undefined;
  readonly token: boolean;
  readonly before: number;
  readonly after: number;
  readonly reason: string | undefined;
}

function rowsOf(guide: string): readonly Row[] {
  const pattern = /^\| `(\w+) (\S+)`(?: `(.+?)`)?( with a token)? \| (\d+) \| (\d+) \| (?:`([\w-]+)`|[^|]*) ?\|$/gm;
  return Array.from(
    guide.matchAll(pattern),
    ([text, method = '', target = '', body, token, before, after, reason]) => ({
      text,
      method,
      target,
      body,
      token: token !== undefined,
      before: Number(before),
      after: Number(after),
      reason,
    }),
  );
}

function signed(): string {
  const claims = { sub: 'ada', exp: Math.floor(Date.now() / 1000) + 600 };
  const text = [{ alg: 'HS256' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** Code and reason of the answer to a row's request. */
function send(origin: string, { method, target, body, token }: Row): Promise<{ code: number; reason: unknown }> {
  const headers = {
    ...(token && { authorization: `Bearer ${signed()}` }),
    ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(origin + target, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const isProblem = response.headers['content-type'] === 'application/problem+json';
        const problem: { reason?: unknown } = isProblem ? JSON.parse(text) : {};
        resolve({ code: response.statusCode ?? 0, reason: problem.reason });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Runs a module that a guide shows, at the root, where its packages are. Returns where it listens. */
async function run(code: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: fileURLToPath(root),
    env: { ...process.env, PORT: '0', TEA_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill());
  for await (const line of createInterface(child.stdout)) return line.replace('listening on ', '');
  throw new Error('it ended');
}

/** Holds a table against what the app answers alone, and what is answered with Flick. */
async function expectTable(rows: readonly Row[], alone: string, flick: string): Promise<void> {
  const [before, after] = await Promise.all(
    [alone, flick].map((origin) => Promise.all(rows.map((row) => send(origin, row)))),
  );
  const told = rows.map(({ text }, at) => [text, before?.[at]?.code, after?.[at]?.code, after?.[at]?.reason]);
  expect(told).toEqual(rows.map((row) => [row.text, row.before, row.after, row.reason]));
  expect(rows).toHaveLength(10);
}

describe('the guide to the gateway', () => {
  it('makes the codes of its app true', async () => {
    const alone = await run(blockOf(gateway, 'js'));
    const settings = blockOf(gateway, 'yaml', '# flick.yaml');
    expect(settings.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
    const folder = folderWith({ 'openapi.yaml': openapi, 'flick.yaml': settings });
    const { origin } = await serveFlick(['--upstream', alone], folder, { TEA_SECRET: secret });
    await expectTable(rowsOf(gateway), alone, origin);
  });
});

describe('the guide to services in process', () => {
  it('makes the codes of its app true', async () => {
    const alone = await run(blockOf(gateway, 'js'));
    const shown = blockOf(embedded, 'js', '// service.js');
    const path = join(folderWith({ 'openapi.yaml': openapi }), 'openapi.yaml');
    const code = shown.replace("contract: './openapi.yaml',", `contract: ${JSON.stringify(path)}, listen: 0,`);
    expect(code).not.toBe(shown);
    await expectTable(rowsOf(embedded), alone, await run(code));
  });

  it('shows handlers that are typed, and a stream of items', { timeout: 60_000 }, async () => {
    const folder = folderWith({ 'pours.yaml': blockOf(embedded, 'yaml', '# pours.yaml') });
    expect(await runFlick(['types', 'pours.yaml', '-o', 'pours.d.ts'], folder)).toMatchObject({ code: 0 });
    const shown = blockOf(embedded, 'ts');
    const compiled = (code: string): Promise<readonly string[]> =>
      compile({ 'pours.d.ts': readFileSync(join(folder, 'pours.d.ts'), 'utf8'), 'service.ts': code });
    expect(await compiled(shown)).toEqual([]);
    const wrong = ['yield { tea: 7 }', "'X-Cups': 'many'", "'X-Spoons': 7"];
    const [item, text, other] = await Promise.all(
      ['yield { tea }', "'X-Cups': 7", "'X-Cups': 7"].map((right, at) =>
        compiled(shown.replace(right, wrong[at] ?? '')),
      ),
    );
    expect([item, text, other].map((said) => said?.length)).toEqual([1, 1, 1]);

    const code = shown
      .replace(/^import type .*$/m, '')
      .replace('<Operations>', '')
      .replace("'./pours.yaml',", `${JSON.stringify(join(folder, 'pours.yaml'))}, listen: 0,`);
    const origin = await run(code);
    const streamed = await fetch(`${origin}/pours`);
    expect(await streamed.text()).toBe('{"tea":"Sencha"}\n{"tea":"Oolong"}\n');
    const emptied = await fetch(`${origin}/pours`, { method: 'DELETE' });
    expect([emptied.status, emptied.headers.get('x-cups')]).toEqual([204, '7']);
  });

  it('shows a login', async () => {
    const shown = blockOf(embedded, 'js', 'createSessions');
    const use = `
      import { hashPassword } from '@flick/gate';
      const ada = logIn(new Map([['ada', await hashPassword('right horse')]]));
      const token = async (password) => {
        try {
          return (await ada({ body: { name: 'ada', password } })).token;
        } catch (error) {
          return error.reason;
        }
      };
      const known = credentials.token.verify(await token('right horse'), { name: 'token' });
      console.log(known.consumer.subject, await token('wrong horse'));`;
    expect(await run(shown + use)).toBe('ada invalid-credentials');
  });
});

it('the index links every guide', () => {
  const guides = readdirSync(new URL('docs/', root)).filter((name) => name !== 'README.md');
  const index = readDocument('docs/README.md');
  expect(guides.filter((name) => !index.includes(`](${name})`))).toEqual([]);
});

it('no guide links a file that is not there', () => {
  const links = readdirSync(new URL('docs/', root)).flatMap((name) =>
    Array.from(readDocument(`docs/${name}`).matchAll(/\]\((?!http)([^)#]+)/g), ([, link = '']) => link),
  );
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((link) => !existsSync(new URL(link, new URL('docs/', root))))).toEqual([]);
});

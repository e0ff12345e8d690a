import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inTurn } from '../../../packages/gate/test/in-turn.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const env = { ...process.env, PORT: '0', TEA_SECRET: 'thirty-two bytes that nobody else knows' };

const frameworks = ['fastify', 'express', 'hono'] as const;

/** One row of the README's table. */
interface Row {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly token: string | undefined;
  /** Without Flick, by framework. */
  readonly alone: readonly number[];
  readonly due: number;
  readonly reason: string;
}

const rowPattern =
  /^\| `(\w+) (\S+)`(?: `(.+?)`)?(?: with (an? (?:old )?token))? \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (?:`([\w-]+)` )?\|$/gm;
const rows = Array.from(
  readFileSync(`${folder}/README.md`, 'utf8').matchAll(rowPattern),
  ([, method = '', path = '', body, token, ...rest]): Row => {
    const [fastify, express, hono, due, reason = ''] = rest;
    return { method, path, body, token, alone: [fastify, express, hono].map(Number), due: Number(due), reason };
  },
);

/** An app that runs, and the lines that it prints. */
interface App {
  readonly origin: string;
  readonly port: number;
  /** Waits for the next line of a request. */
  readonly told: () => Promise<string>;
}

async function* tellings(lines: Interface): AsyncGenerator<string> {
  for await (const line of lines) if (/^\d{3} [A-Z]+ /.test(line)) yield line;
}

async function run(...args: readonly string[]): Promise<App> {
  const child: ChildProcess = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  if (child.stdout === null) throw new Error('it has no output');
  const lines = createInterface(child.stdout);
  const [first = '']: string[] = await once(lines, 'line');
  const told = tellings(lines);
  const { origin, port } = new URL(first.replace('listening on ', ''));
  return { origin, port: Number(port), told: async () => String((await told.next()).value) };
}

function tokenOf(subject: string, seconds = 3600): string {
  const { stdout } = spawnSync(process.execPath, ['token.js', subject, String(seconds)], { cwd: folder, env });
  return String(stdout).trim();
}

const tokens: Readonly<Record<string, string>> = { 'a token': tokenOf('ada'), 'an old token': tokenOf('ada', -60) };

interface Answer {
  readonly code: number;
  readonly text: string;
  readonly allow: string | undefined;
}

/** Asks as it is written: `fetch` would mend some of it. */
function ask(origin: string, { method, path, body, token }: Pick<Row, 'method' | 'path' | 'body' | 'token'>) {
  const authorization = token === undefined ? undefined : `Bearer ${tokens[token] ?? token}`;
  const headers = {
    ...(authorization !== undefined && { authorization }),
    ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  return new Promise<Answer>((resolve, reject) => {
    const sent = request(origin + path, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ code: response.statusCode ?? 0, text, allow: response.headers.allow }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

it('the table has a row for every code of the contract but 408 and 429', () => {
  const listed = readFileSync(`${folder}/teas.yaml`, 'utf8').match(/(?<=^ {8}")\d{3}(?=":)/gm) ?? [];
  const shown = [...new Set([...rows.map(({ due }) => String(due)), '408', '429'])];
  expect(shown.toSorted()).toEqual([...new Set(listed)].toSorted());
  expect(rows).toHaveLength(13);
});

/** Sends the requests of the table one after the other, and hears of each. */
async function askAll<Heard>(hear: (row: Row) => Promise<Heard>): Promise<readonly Heard[]> {
  const heard: Heard[] = [];
  await inTurn(rows.length, async (turn) => {
    const row = rows[turn];
    if (row !== undefined) heard.push(await hear(row));
  });
  return heard;
}

describe.each(frameworks.map((name, at) => [name, at] as const))('%s', (name, at) => {
  it('alone answers as the table says', async () => {
    const { origin } = await run('plain.js', name);
    const codes = await askAll(async (row) => (await ask(origin, row)).code);
    expect(codes).toEqual(rows.map(({ alone }) => alone[at]));
  });

  it('with Flick answers as the table says, each for its reason, and tells nothing of its inside', async () => {
    const { origin, told } = await run(`${name}.js`);
    const answers = await askAll(async (row) => ({ ...(await ask(origin, row)), told: await told() }));
    expect(answers.map(({ code, told: line }) => [code, line])).toEqual(
      rows.map(({ method, path, due, reason }) => [
        due,
        `${due} ${method} ${path.replace(/\?.*/, '')} ${reason}`.trimEnd(),
      ]),
    );
    const refused = answers.filter((_, row) => rows[row]?.method === 'PUT');
    expect(refused.map(({ allow }) => allow)).toEqual(['DELETE, GET, HEAD, OPTIONS']);
    const failed = answers.find(({ code }) => code === 500);
    expect(failed?.text).toContain('unhandled-error');
    expect(failed?.text).not.toContain('kettle at');
  });

  it('with Flick answers a body that does not come with 408', async () => {
    const { port, told } = await run(`${name}.js`);
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    onTestFinished(() => void socket.destroy());
    const fields = ['Host: teas', 'Content-Type: application/json', 'Content-Length: 20'];
    fields.push(`Authorization: Bearer ${tokenOf('slow')}`);
    socket.write(`POST /teas HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n{"na`);
    const [text]: string[] = await once(socket, 'data');
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(await told()).toBe('408 POST /teas body-too-slow');
  });

  it('with Flick answers the eleventh of a caller with 429, and nobody else', async () => {
    const { origin, told } = await run(`${name}.js`);
    const eager = { method: 'POST', path: '/teas', body: '{"name":"Oolong"}', token: tokenOf('eager') };
    const lines: string[] = [];
    await inTurn(11, async () => {
      await ask(origin, eager);
      lines.push(await told());
    });
    expect(lines).toEqual([...Array<string>(10).fill('201 POST /teas'), '429 POST /teas consumer-limit']);
    expect((await ask(origin, { ...eager, token: tokenOf('bob') })).code).toBe(201);
  });

  it('says what its settings lack', async () => {
    const { TEA_SECRET: _, ...bare } = env;
    const { status, stderr } = spawnSync(process.execPath, [`${name}.js`], {
      cwd: folder,
      env: bare,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('TEA_SECRET');
  });
});

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const start = fileURLToPath(new URL('../start.js', import.meta.url));

/** What `npm start` is told, the codes to which its tour comes, and the page that shows it. */
const ways = [
  {
    args: [],
    codes: ['200', '201', '304', '400', '401', '404', '405', '408', '429', '500'],
    says: ', in this process, 13 operations, ',
    page: 'README.md',
  },
  {
    args: ['--gateway'],
    codes: ['200', '400', '401', '404', '405', '408', '429', '500'],
    says: ', no faults of the contract reported',
    page: 'docs/gateway.md',
  },
] as const;

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(command, args, { env: { PATH: process.env['PATH'], ...env } });
  onTestFinished(() => {
    child.kill('SIGTERM');
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended, stdout: () => stdout };
}

/** Waits until a process has printed this. */
async function printed(child: ChildProcess, stdout: () => string, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (stdout().includes(text)) resolve();
    };
    child.stdout?.on('data', look);
    child.on('close', () => reject(new Error(`ended: ${stdout()}`)));
    look();
  });
}

async function served(tour: ReturnType<typeof run>) {
  await printed(tour.child, tour.stdout, 'Ctrl-C stops.');
  return tour;
}

async function startTour(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return served(run(process.execPath, [start, '--port', '0', ...args], env));
}

/** The lines to paste, each with the code that is printed above it. */
function linesToPaste(text: string): readonly (readonly [code: string, line: string])[] {
  const pairs: [string, string][] = [];
  let code = '';
  for (const line of text.split('\n')) {
    code = /^ {2}(\d{3}) {2}/.exec(line)?.[1] ?? code;
    if (/^ {7}(curl|\()/.test(line)) pairs.push([code, line.trim()]);
  }
  return pairs;
}

/** The code of curl's output: of its last status line, or the last one that a burst prints. */
function lastCodeOf(output: string): string | undefined {
  const burst = /^(?:\d{3} )+$/.test(output) ? output.trimEnd().split(' ') : undefined;
  return burst?.at(-1) ?? Array.from(output.matchAll(/^HTTP\/1\.1 (\d{3})/gm), ([, code]) => code).at(-1);
}

describe.each(ways)('npm start -- $args', ({ args, codes }) => {
  it('prints lines that each give their code when they are pasted into a shell', { timeout: 60_000 }, async () => {
    if (spawnSync('curl', ['--version']).error) throw new Error('This test pastes lines of curl; install curl first.');
    const { stdout } = await startTour(args);
    const lines = linesToPaste(stdout());
    expect([...new Set(lines.map(([code]) => code))]).toEqual(codes);
    const outcomes = await Promise.all(lines.map(([, line]) => run('sh', ['-c', line]).ended));
    const pasted = lines.map(([, line], index) => `${lastCodeOf(outcomes[index]?.stdout ?? '')} ${line}`);
    expect(pasted).toEqual(lines.map(([code, line]) => `${code} ${line}`));
  });

  it('stops at Ctrl-C, and leaves nothing behind', async () => {
    const { child, ended, stdout } = await startTour(args);
    const origin = /http:\/\/[\d.:]+/.exec(stdout())?.[0] ?? '';
    const tokenFile = /@(\S+)/.exec(stdout())?.[1] ?? '';
    expect(existsSync(tokenFile)).toBe(true);
    expect((await fetch(`${origin}/health`)).status).toBe(200);
    child.kill('SIGINT');
    // As npm does, which passes on what the terminal has sent already.
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
    expect(existsSync(tokenFile)).toBe(false);
    await expect(fetch(`${origin}/health`)).rejects.toThrow('fetch failed');
  });

  it('stops where npm, which started it, is gone', async () => {
    // As npm does it: a shell between, which a signal to npm ends.
    const shell = run('sh', ['-c', `"${process.execPath}" "${start}" --port 0 ${args.join(' ')}; true`], {
      npm_lifecycle_event: 'start',
    });
    await printed(shell.child, shell.stdout, 'Ctrl-C stops.');
    const tokenFile = /@(\S+)/.exec(shell.stdout())?.[1] ?? '';
    expect(existsSync(tokenFile)).toBe(true);
    shell.child.kill('SIGKILL');
    // Its output ends only when nothing that was started holds it any longer.
    await shell.ended;
    expect(existsSync(tokenFile)).toBe(false);
  });

  it('serves as often as it is started, all at once', async () => {
    const runs = await Promise.all([start, start, start].map((path) => served(run(process.execPath, [path, ...args]))));
    const heads = runs.map(({ stdout }) => stdout().split('One request for each')[0] ?? '');
    const origins = heads.flatMap((head) => head.match(/http:[\d/.:]+/g) ?? []);
    expect(new Set(origins).size).toBe(args.length === 0 ? 3 : 6);
  });

  it.each([50, 150, 300, 450])('leaves nothing behind where it is stopped %i ms after its start', async (ms) => {
    const { child, ended } = run(process.execPath, [start, '--port', '0', ...args]);
    await setTimeout(ms);
    child.kill('SIGTERM');
    // The gate holds this stderr too: it ends when both are gone.
    const { code, stderr } = await ended;
    expect([0, null]).toContain(code);
    expect(stderr).not.toMatch(/Error|^\s+at /m);
  });

  it('is plain where nobody watches, and coloured on demand', async () => {
    const [plain, coloured, both] = await Promise.all([
      startTour(args),
      startTour(args, { FORCE_COLOR: '1' }),
      startTour(args, { FORCE_COLOR: '1', NO_COLOR: '1' }),
    ]);
    expect(plain.stdout()).not.toContain('\u001b');
    expect(coloured.stdout()).toContain('\u001b[');
    expect(both.stdout()).not.toContain('\u001b');
  });

  it('names a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      other.close();
    });
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, stderr } = await run(process.execPath, [start, '--port', String(port), ...args]).ended;
    expect(code).toBe(2);
    expect(stderr).toBe(`Port ${port} is in use. Choose another with --port.\n`);
  });

  it.each([[['--prot', '1']], [['--port', 'x']], [['--port', '65536']]])('says how it is used: %j', async (wrong) => {
    const { code, stderr } = await run(process.execPath, [start, ...args, ...wrong]).ended;
    expect(code).toBe(2);
    expect(stderr).toBe('usage: npm start -- [--gateway] [--tour] [--port N]\n');
  });
});

describe.each(ways)('npm start -- --tour $args', ({ args, codes, says, page }) => {
  it('shows every code of the table, each for its reason, and ends with 0', { timeout: 60_000 }, async () => {
    const { code, stdout, stderr } = await run(process.execPath, [start, '--tour', '--port', '0', ...args]).ended;
    const rows = stdout.split('\n').filter((line) => /^ {2}\d{3} /.test(line));
    expect([...new Set(rows.map((row) => row.slice(2, 5)))]).toEqual(codes);
    expect(rows.filter((row) => !row.endsWith('✓'))).toEqual([]);
    const shown = readFileSync(fileURLToPath(new URL(`../../../${page}`, import.meta.url)), 'utf8');
    expect(shown).toContain(`reason\n${rows.join('\n')}\n\`\`\`\n`);
    expect(stdout).toContain(says);
    expect(stdout).toContain(`${rows.length} of ${rows.length} as the table says.`);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });
});

describe('the ledger behind the gateway', () => {
  it('checks nothing and shows its insides', async () => {
    const server = fileURLToPath(new URL('../gateway/server.js', import.meta.url));
    const { child, stdout } = run(process.execPath, [server, '0']);
    await printed(child, stdout, 'checks nothing');
    const origin = /http:\/\/[\d.:]+/.exec(stdout())?.[0] ?? '';
    const wrong = await fetch(`${origin}/rates?from=EUR&to=euro`);
    expect(wrong.status).toBe(200);
    const crash = await fetch(`${origin}/reports/daily`);
    expect(crash.status).toBe(500);
    expect(await crash.text()).toMatch(/SqliteError.*\n\s+at /);
  });
});

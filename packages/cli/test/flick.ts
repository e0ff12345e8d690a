import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type Server as NetServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const bin = fileURLToPath(new URL('../bin/flick.js', import.meta.url));

/** How a run of `flick` ended. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `flick serve` that serves. */
export interface Serving {
  /** The one line on stdout. */
  readonly line: string;
  readonly origin: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** What stderr has said so far. */
  readonly stderr: () => string;
  /** Waits until stderr has said this. */
  readonly said: (text: string) => Promise<void>;
  /** Waits for the end. */
  readonly ended: Promise<Run>;
}

function start(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>, command = bin) {
  const child = spawn(process.execPath, [command, ...args], { cwd, env: { PATH: process.env['PATH'], ...env } });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Run>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended, stderr: () => stderr };
}

/** Runs `flick` to its end, of this clone or by the `flick.js` of another. */
export function runFlick(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  command?: string,
): Promise<Run> {
  return start(args, cwd, env, command).ended;
}

/** Runs `flick` to its end, with this on its stdin. */
export function runFlickWith(input: string, args: readonly string[], cwd: string): Promise<Run> {
  const { child, ended } = start(args, cwd, {});
  child.stdin.end(input);
  return ended;
}

/** Runs `flick serve` on a free port, of this clone or by the `flick.js` of another, and waits for its line. */
export async function serveFlick(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  command?: string,
): Promise<Serving> {
  const { child, ended, stderr } = start(['serve', ...args, '--listen', '127.0.0.1:0'], cwd, env, command);
  const first = once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text));
  const line = await Promise.race([
    first,
    ended.then((run) => Promise.reject(new Error(`not started: ${run.stderr}`))),
  ]);
  const origin = /https?:\/\/[^\s,]+/.exec(line)?.[0] ?? '';
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!stderr().includes(text)) return;
        child.stderr.off('data', look);
        child.off('close', miss);
        resolve();
      };
      const miss = (): void => reject(new Error(`ended without ${text}: ${stderr()}`));
      child.stderr.on('data', look);
      child.on('close', miss);
      look();
    });
  return { line, origin, port: Number(new URL(origin).port), child, stderr, said, ended };
}

/** Runs an API for the length of a test. Without a listener, the test itself answers: the server emits `request`. */
export async function listenAs(listener?: RequestListener): Promise<{ origin: string; server: Server }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { origin: `http://127.0.0.1:${portOf(server)}`, server };
}

/** The port that a server listens on. */
export function portOf(server: NetServer): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Opens a connection and sends these bytes; what comes back is collected until the end. */
export function openConnection(port: number, bytes: string) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => (received += text));
  socket.on('error', () => {});
  socket.write(bytes);
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
  });
  return { socket, received: () => received, closed };
}

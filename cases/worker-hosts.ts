import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { installIn } from './install.ts';

const packages = fileURLToPath(new URL('worker/node_modules/', import.meta.url));

/** Where a Worker listens. */
export interface WorkerHost {
  readonly origin: string;
  /** What it has said so far. */
  readonly said: () => string;
  readonly stop: () => Promise<void>;
}

/** Runs `on-node.js` of a folder on Node, where no functions are made of text. */
export async function onNode(folder: string, secret: string): Promise<WorkerHost> {
  const args = ['--disallow-code-generation-from-strings', join(folder, 'on-node.js')];
  const env = { ...process.env, SHOP_SECRET: secret };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const said = heard(child);
  const line = await firstLine(child.stdout, child, said);
  return { origin: `http://127.0.0.1:${/\d+$/.exec(line)?.[0]}`, said, stop: () => stopped(child) };
}

/** Installs Cloudflare's runtime, and the bundler of its tools. */
export async function installWorkerd(): Promise<void> {
  try {
    await installIn('worker', 'workerd');
  } catch (error) {
    throw new Error('workerd cannot be installed here, so that nothing can be said of Workers', { cause: error });
  }
}

/** Runs a bundle in Cloudflare's runtime. */
export async function inWorkerd(
  folder: string,
  bundle: string,
  bindings: Readonly<Record<string, string>>,
): Promise<WorkerHost> {
  const config = join(folder, `${bundle}.capnp`);
  writeFileSync(config, configOf(bundle, bindings));
  // The fourth of its streams is where it says what it listens on.
  const child = spawn(workerd(), ['serve', config, '--control-fd=3'], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const said = heard(child);
  const control = child.stdio[3];
  if (!(control instanceof Readable)) throw new Error('workerd has no stream to say where it listens');
  const { port }: { port: number } = JSON.parse(await firstLine(control, child, said));
  return { origin: `http://127.0.0.1:${port}`, said, stop: () => stopped(child) };
}

function configOf(bundle: string, bindings: Readonly<Record<string, string>>): string {
  const bound = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = "${text}")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .shop),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (cfBlobHeader = "CF-Blob"), service = "main")],
);
const shop :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "${bundle}")],
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = ["nodejs_compat"],
  bindings = [${bound.join(', ')}],
);
`;
}

/** The earliest that docs/fetch.md asks for. */
export const compatibilityDate = '2025-09-15';

/** The program among those that packages of npm bring for this machine. */
function workerd(): string {
  const scope = join(packages, '@cloudflare');
  const found = readdirSync(scope).find((name) => existsSync(join(scope, name, 'bin/workerd')));
  if (found === undefined) throw new Error('npm brought no workerd for this machine');
  return join(scope, found, 'bin/workerd');
}

/** Gathers what a program says. */
function heard(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return () => text;
}

/** Waits for the first line of one of a program's streams. */
async function firstLine(stream: Readable, child: ChildProcess, said: () => string): Promise<string> {
  const [line]: string[] = await Promise.race([
    once(createInterface({ input: stream }), 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error(`it ended before it listened: ${said()}`))),
  ]);
  return line ?? '';
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}

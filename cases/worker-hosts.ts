import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const worker = fileURLToPath(new URL('worker/', import.meta.url));
const flick = fileURLToPath(new URL('../packages/cli/bin/flick.js', import.meta.url));

/** Where the shop of `worker/` listens. */
export interface WorkerHost {
  readonly origin: string;
  /** What it has said so far. */
  readonly said: () => string;
  readonly stop: () => Promise<void>;
}

/** The shop beside its compiled contract, in a folder within the workspace, where its packages are found. */
export async function shopFolder(): Promise<{ readonly folder: string; readonly remove: () => void }> {
  const folder = mkdtempSync(fileURLToPath(new URL('.worker-', import.meta.url)));
  cpSync(worker, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
  await run(process.execPath, [flick, 'compile', 'openapi.yaml', '-o', 'contract.mjs'], { cwd: folder });
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** The shop on Node, where no functions are made of text. */
export async function onNode(folder: string, secret: string): Promise<WorkerHost> {
  const args = ['--disallow-code-generation-from-strings', join(folder, 'on-node.js')];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SHOP_SECRET: secret },
  });
  const said = heard(child);
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error(`it ended before it listened: ${said()}`))),
  ]);
  return { origin: `http://127.0.0.1:${/\d+$/.exec(String(line))?.[0]}`, said, stop: () => stopped(child) };
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

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}

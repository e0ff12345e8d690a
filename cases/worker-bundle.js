/**
 * Bundles Workers as their users do, and prints how large one is: `node cases/worker-bundle.js`, with the contract of
 * another document by `node cases/worker-bundle.js openapi.yaml`.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const run = promisify(execFile);
const flick = fileURLToPath(new URL('../packages/cli/bin/flick.js', import.meta.url));
const worker = fileURLToPath(new URL('worker/', import.meta.url));
// What Cloudflare's tools ask packages for.
const conditions = ['workerd', 'worker', 'browser'];

export async function shopFolder(document = 'openapi.yaml') {
  const folder = mkdtempSync(fileURLToPath(new URL('.worker-', import.meta.url)));
  cpSync(worker, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
  await run(process.execPath, [flick, 'compile', document, '-o', 'contract.mjs'], { cwd: folder });
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

export async function byEsbuild(entry, file) {
  const options = [
    `--conditions=${conditions.join()}`,
    '--external:node:*',
    '--format=esm',
    '--minify',
    '--log-level=error',
  ];
  const esbuild = join(worker, 'node_modules/esbuild/bin/esbuild');
  await run(process.execPath, [esbuild, entry, '--bundle', `--outfile=${file}`, ...options]);
}

export async function byRolldown(entry, file) {
  const bundle = await rolldown({
    input: entry,
    platform: 'browser',
    external: /^node:/,
    resolve: { conditionNames: conditions },
    tsconfig: false,
  });
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
}

async function printSize(document) {
  const { folder, remove } = await shopFolder(document && resolve(document));
  try {
    const file = join(folder, 'worker.mjs');
    await byEsbuild(join(folder, 'at-once.js'), file);
    const bytes = readFileSync(file);
    const [whole, zipped] = [bytes, gzipSync(bytes)].map(({ length }) => `${Math.ceil(length / 1000)} kB`);
    console.log(
      `cases/worker${document ? ` with ${document}` : ''}, bundled and minified: ${whole}, gzipped ${zipped}`,
    );
  } finally {
    remove();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await printSize(process.argv[2]);

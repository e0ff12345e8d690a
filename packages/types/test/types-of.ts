import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { writeTypes } from '../src/index.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What is written for a document. */
export async function typesOf(document: string): Promise<string> {
  const path = join(temporaryFolder(), 'openapi.yaml');
  writeFileSync(path, document);
  return (await writeTypes(path)).text;
}

/**
 * Compiles files, as strictly as it goes. Returns the compiler's lines: `file(line,column): …`.
 *
 * @param exact - `exactOptionalPropertyTypes`
 * @param home - the room whose TypeScript it is: the workspace has 7, this one 5
 */
export async function compile(
  files: Readonly<Record<string, string>>,
  { exact = true, home = '' } = {},
): Promise<readonly string[]> {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: exact,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    paths: { '@flick/gate': [join(root, 'packages/gate/dist/index.d.ts')] },
    allowImportingTsExtensions: true,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const child = spawn(
    process.execPath,
    [join(root, home, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'],
    {
      cwd: folder,
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await new Promise((resolve) => child.on('close', resolve));
  // Further lines of a message are indented.
  return said.split('\n').filter((line) => /^\S/.test(line));
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flick-types-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

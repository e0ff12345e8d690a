import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { folderWith } from '../../packages/cli/test/temporary-folder.ts';
import { blockOf, readDocument, root } from './markdown.ts';

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /teas/{id}:
    get:
      operationId: getTea
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: Tea. }, '404': { description: None. } }
`;

/** Runs what a document shows, on a free port. Returns where it listens. */
async function run(document: string): Promise<string> {
  const path = `${folderWith({ 'openapi.yaml': openapi })}/openapi.yaml`;
  const shown = blockOf(readDocument(document), 'js');
  const code = shown.replace("contract: './openapi.yaml',", `contract: ${JSON.stringify(path)}, listen: 0,`);
  expect(code).not.toBe(shown);
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { cwd: fileURLToPath(root) });
  onTestFinished(() => void child.kill());
  for await (const line of createInterface(child.stdout)) return line.replace('listening on ', '');
  throw new Error('it ended');
}

it('README.md shows a service that answers and refuses', async () => {
  const origin = await run('README.md');
  const [tea, none, wrong] = await Promise.all(['1', '2', 'x'].map((id) => fetch(`${origin}/teas/${id}`)));
  expect(await tea?.json()).toEqual({ id: 1, name: 'Sencha' });
  expect(await none?.json()).toMatchObject({ status: 404, reason: 'unknown-resource', detail: 'There is no tea 2.' });
  expect(wrong?.status).toBe(400);
});

it('the page of the gate shows a service that streams', async () => {
  const origin = await run('packages/gate/README.md');
  expect(await (await fetch(`${origin}/teas/2`)).text()).toBe('cup 1\ncup 2\n');
});

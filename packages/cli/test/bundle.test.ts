import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runFlick, serveFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const files = {
  'openapi.yaml': `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /teas:
    get: { operationId: listTeas, responses: { '200': { description: Teas. } } }
`,
  'handlers.mjs': `import { refusal } from '@flick/gate';
export const listTeas = () => { throw refusal('unknown-resource', { detail: 'No tea today.' }); };
`,
  'api.yaml': 'contract: ./openapi.yaml\nhandlers: ./handlers.mjs\nlisten: 0\n',
};

const upstream = ['--upstream', 'http://127.0.0.1:9'];

/** A clone of the workspace as it is built here, with a bundle of its own. */
function makeClone() {
  const clone = folderWith(files);
  const isPart = (path: string): boolean => !/node_modules|\.map$|\/(?:src|test)$/.test(path.slice(root.length));
  cpSync(join(root, 'packages'), join(clone, 'packages'), { recursive: true, filter: isPart });
  cpSync(join(root, 'tools/bundle.js'), join(clone, 'tools/bundle.js'));
  cpSync(join(root, 'package.json'), join(clone, 'package.json'));
  mkdirSync(join(clone, 'node_modules/@flick'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@flick') symlinkSync(join(root, 'node_modules', name), join(clone, 'node_modules', name));
  }
  for (const name of readdirSync(join(clone, 'packages'))) {
    symlinkSync(join(clone, 'packages', name), join(clone, 'node_modules/@flick', name));
  }
  const bundle = () => spawnSync(process.execPath, [join(clone, 'tools/bundle.js')], { cwd: clone, encoding: 'utf8' });
  expect(bundle()).toMatchObject({ status: 0, stderr: '' });
  const flick = join(clone, 'packages/cli/bin/flick.js');
  return {
    flick,
    folder: clone,
    bundle,
    remove: (path: string) => rmSync(join(clone, path)),
    serve: (...args: readonly string[]) => serveFlick(args, clone, {}, flick),
  };
}

describe('the bundle that flick serve starts from', () => {
  it('serves by itself, admin listener, records and signals included', async () => {
    const clone = makeClone();
    for (const name of ['gate', 'decide', 'settings']) clone.remove(`packages/${name}/dist/index.js`);
    clone.remove('packages/gate/dist/gate.js');
    const admin = ['--admin', '127.0.0.1:0', '--records', 'sqlite:./flick.db'];
    const { origin, child, ended } = await clone.serve('openapi.yaml', ...upstream, ...admin);
    const codes = ['/teas', '/teas?kind=green', '/pots'].map(async (path) => (await fetch(origin + path)).status);
    expect(await Promise.all(codes)).toEqual([500, 400, 404]);
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).toContain('"reason":"unknown-path"');
    expect(readdirSync(clone.folder)).toContain('flick.db');
  });

  it('gives way to what was built after it', async () => {
    const clone = makeClone();
    clone.remove('packages/cli/dist/start/serve.js');
    const later = new Date(Date.now() + 5000);
    utimesSync(join(clone.folder, 'packages/gate/dist/.tsbuildinfo'), later, later);
    const { origin } = await clone.serve('openapi.yaml', ...upstream);
    expect((await fetch(`${origin}/pots`)).status).toBe(404);
    expect(clone.bundle()).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(join(clone.folder, 'packages/cli/dist/start'))).toContain('serve.js');
  });

  it.each([
    ['by flag', ['openapi.yaml', '--handlers', './handlers.mjs']],
    ['by settings', ['--config', 'api.yaml']],
  ])('gives way where functions are served %s, which share the modules of the server', async (_, args) => {
    const { origin } = await makeClone().serve(...args);
    const answer = await fetch(`${origin}/teas`);
    expect([answer.status, await answer.json()]).toMatchObject([404, { detail: 'No tea today.' }]);
  });

  it('says what is wrong as before', async () => {
    const { flick, folder } = makeClone();
    const run = (...args: readonly string[]) => runFlick(['serve', ...args], folder, {}, flick);
    const runs = await Promise.all([run('openapi.yaml', '--upstrem', 'x'), run('teas.yaml', ...upstream)]);
    expect(runs.map(({ code }) => code)).toEqual([2, 2]);
    expect(runs.map(({ stderr }) => stderr.split('\n').length)).toEqual([2, 2]);
  });
});

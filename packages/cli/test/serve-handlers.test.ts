import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runFlick, serveFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /teas/{id}:
    get:
      operationId: getTea
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: Tea., content: { application/json: {} } } }
  /broken:
    get:
      operationId: break
      responses: { '200': { description: Tea. } }
`;

const named = `
export const getTea = ({ params }) => ({ ...params });
function fail() { throw new Error('two\\nlines'); }
export { fail as break };
export const notAHandler = 'a constant';
`;

const typed = `
interface Request { readonly params: { readonly id: number } }
export default { getTea: ({ params }: Request): object => ({ ...params }), break: (): never => { throw new Error('no'); } };
`;

const stripsTypes = 'typescript' in process.features && process.features.typescript !== false;

describe('flick serve --handlers', () => {
  it('answers by the functions that a module exports, with no upstream', async () => {
    const folder = folderWith({ 'openapi.yaml': openapi, 'handlers.mjs': named });
    const { origin, child, ended } = await serveFlick(['openapi.yaml', '--handlers', './handlers.mjs'], folder);
    const answer = await fetch(`${origin}/teas/7`);
    expect([answer.status, await answer.json()]).toEqual([200, { id: 7 }]);
    expect((await fetch(`${origin}/teas/x`)).status).toBe(400);
    const broken = await fetch(`${origin}/broken`, { headers: { 'X-Request-Id': 'mine' } });
    expect([broken.status, (await broken.text()).includes('lines')]).toEqual([500, false]);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(0);
    expect(stdout).toContain('handlers ./handlers.mjs');
    expect(stderr).toMatch(/^flick: break failed in request mine: Error: two \| lines \| at .*handlers\.mjs:3/m);
  });

  it('takes in a contract that its handlers fit, and none that they do not', async () => {
    const folder = folderWith({ 'openapi.yaml': openapi, 'handlers.mjs': named });
    const flags = ['openapi.yaml', '--handlers', './handlers.mjs', '--no-watch'];
    const { origin, child, said, stderr } = await serveFlick(flags, folder);
    const codeOf = async (id: string): Promise<number> => (await fetch(`${origin}/teas/${id}`)).status;
    const renew = async (contract: string, line: string): Promise<void> => {
      writeFileSync(join(folder, 'openapi.yaml'), contract);
      child.kill('SIGHUP');
      await said(line);
    };
    const few = openapi.replace('type: integer', 'type: integer, maximum: 9');
    await renew(few, 'flick: reloaded (SIGHUP): revision 2: Tea 1.2.3, handlers ./handlers.mjs, ');
    expect([await codeOf('9'), await codeOf('10')]).toEqual([200, 400]);
    const unhandled = openapi.concat(
      "  /pots:\n    get: { operationId: listPots, responses: { '200': { description: Pots. } } }\n",
    );
    const why = 'no handler for the operation listPots (GET /pots); write one';
    await renew(unhandled, `flick: not reloaded (SIGHUP), revision 2 stays: ${why}\n`);
    expect([await codeOf('9'), await codeOf('10')]).toEqual([200, 400]);
    // Functions are loaded once: those of a module that has changed are the next start's.
    writeFileSync(join(folder, 'handlers.mjs'), named.replace('...params', 'other: 1'));
    await renew(openapi, 'flick: reloaded (SIGHUP): revision 3: ');
    expect(await (await fetch(`${origin}/teas/10`)).json()).toEqual({ id: 10 });
    expect(stderr()).not.toContain('failed');
  });

  it('reads the module from flick.yaml, relative to it', async () => {
    const yaml = 'contract: ./openapi.yaml\nhandlers: ./handlers.mjs\nlisten: 0\n';
    const folder = folderWith({ 'api/flick.yaml': yaml, 'api/openapi.yaml': openapi, 'api/handlers.mjs': named });
    const { origin } = await serveFlick(['--config', 'api/flick.yaml'], folder);
    expect((await fetch(`${origin}/teas/7`)).status).toBe(200);
  });

  it.runIf(stripsTypes)('takes TypeScript', async () => {
    const folder = folderWith({ 'openapi.yaml': openapi, 'handlers.ts': typed });
    const { origin } = await serveFlick(['openapi.yaml', '--handlers', 'handlers.ts'], folder);
    expect(await (await fetch(`${origin}/teas/7`)).json()).toEqual({ id: 7 });
  });

  it.runIf(!stripsTypes)('says of TypeScript what to do, where Node does not take it', async () => {
    const folder = folderWith({ 'openapi.yaml': openapi, 'handlers.ts': typed });
    const { version } = process;
    expect(await runFlick(['serve', 'openapi.yaml', '--handlers', 'handlers.ts'], folder)).toMatchObject({
      code: 2,
      stderr: `flick: handlers.ts: Node ${version.slice(1)} does not run TypeScript; build it and name the .js, or use Node 22.18 or newer\n`,
    });
  });

  it.each([
    ['one that is missing', undefined, 'handlers.mjs: cannot be loaded: no such file'],
    [
      'one without functions',
      'export const a = 1;',
      'handlers.mjs: exports no functions; export one for each operation',
    ],
    [
      'one that lacks one',
      'export const getTae = () => 1; function b() {} export { b as break };',
      'handlers.getTae: no such operation in the contract; did you mean "getTea"?',
    ],
    ['one whose syntax is broken', '\nexport const a = {', /cannot be loaded: SyntaxError: .*handlers\.mjs:\d+\)$/m],
    [
      'one that throws',
      '\nthrow new Error("no database");',
      /cannot be loaded: Error: no database \(.*handlers\.mjs:2\)$/m,
    ],
    [
      'one that lacks a package',
      'import "no-such-package-x";',
      "cannot be loaded: Error: Cannot find package 'no-such-package-x'",
    ],
  ])('does not start with %s, and says so in lines without a stack', async (_, module, line) => {
    const folder = folderWith({ 'openapi.yaml': openapi, ...(module !== undefined && { 'handlers.mjs': module }) });
    const { code, stderr } = await runFlick(['serve', 'openapi.yaml', '--handlers', 'handlers.mjs'], folder);
    expect(code).toBe(2);
    expect(stderr).toMatch(line);
    expect(stderr).not.toMatch(/^ *at /m);
  });

  it('does not start with a module of no name', async () => {
    const folder = folderWith({ 'openapi.yaml': openapi });
    expect(await runFlick(['serve', 'openapi.yaml', '--handlers', ''], folder)).toMatchObject({
      code: 2,
      stderr: 'flick: --handlers: due is the path of a module such as ./handlers.js\n',
    });
  });

  it('does not start with an upstream besides', async () => {
    const folder = folderWith({ 'openapi.yaml': openapi, 'handlers.mjs': named });
    const flags = ['--handlers', 'handlers.mjs', '--upstream', 'http://127.0.0.1:1'];
    expect(await runFlick(['serve', 'openapi.yaml', ...flags], folder)).toMatchObject({
      code: 2,
      stderr: 'flick: an upstream and handlers: both would answer; leave one out\n',
    });
  });

  it('does not start where nobody would verify credentials', async () => {
    const secured = `${openapi}security: [{ bearer: [] }]\ncomponents: { securitySchemes: { bearer: { type: http, scheme: bearer } } }\n`;
    const folder = folderWith({ 'openapi.yaml': secured, 'handlers.mjs': named });
    const { code, stderr } = await runFlick(['serve', 'openapi.yaml', '--handlers', 'handlers.mjs'], folder);
    expect([code, stderr]).toEqual([
      2,
      'flick: flick.yaml: credentials.bearer: operations need it and nobody would verify it; name a verifier\n',
    ]);
  });
});

import { createServer } from 'node:http';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenAs, portOf, runFlick, serveFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /tea:
    get:
      responses: { '200': { description: Tea. } }
`;

describe('flick serve, in hard places', () => {
  it.each([
    ['line ends of Windows', (text: string) => text.replaceAll('\n', '\r\n')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
  ])('reads files with %s', async (_, change) => {
    const folder = folderWith({ 'openapi.yaml': change(openapi), 'flick.yaml': change('mode: observe\n') });
    const { line } = await serveFlick(['openapi.yaml', '-u', 'http://127.0.0.1:1'], folder);
    expect(line).toContain('1 operation, table default, no faults of the contract reported, observing only');
  });

  it('starts before the API that is behind it, and finds it as soon as it is there', async () => {
    const { origin: upstream, server } = await listenAs();
    const port = portOf(server);
    server.close();
    await once(server, 'close');
    const { origin } = await serveFlick(['openapi.yaml', '-u', upstream], folderWith({ 'openapi.yaml': openapi }));
    const early = await fetch(`${origin}/tea`);
    expect(early.status).toBe(500);
    expect(await early.json()).toMatchObject({ reason: 'upstream-unreachable' });
    const late = createServer((_, response) => response.end()).listen(port, '127.0.0.1');
    onTestFinished(() => {
      late.close();
    });
    await once(late, 'listening');
    expect((await fetch(`${origin}/tea`)).status).toBe(200);
  });

  it('serves on where nobody reads what it says any longer', async () => {
    const { child, origin } = await serveFlick(
      ['openapi.yaml', '-u', 'http://127.0.0.1:1', '--log', 'all'],
      folderWith({ 'openapi.yaml': openapi }),
    );
    child.stdout?.destroy();
    child.stderr?.destroy();
    const answers = await Promise.all(['/a', '/b', '/c'].map((path) => fetch(origin + path)));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect((await fetch(`${origin}/d`)).status).toBe(404);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });

  it('names an address that this machine does not have', async () => {
    // TEST-NET-1 of RFC 5737, which no machine has.
    const args = ['serve', 'openapi.yaml', '-u', 'http://127.0.0.1:1', '--listen', '192.0.2.1:8080'];
    const { code, stderr } = await runFlick(args, folderWith({ 'openapi.yaml': openapi }));
    expect(stderr).toBe(
      'flick: cannot listen on 192.0.2.1:8080: this machine has no such address; choose another with --listen\n',
    );
    expect(code).toBe(2);
  });
});

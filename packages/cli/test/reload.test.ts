import { once } from 'node:events';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenAs, type Serving, serveFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

/** A contract whose one operation takes this kind of tea. */
function teaOf(kind: string): string {
  return `openapi: 3.1.0
info: { title: Tea, version: '1' }
paths:
  /tea:
    get:
      operationId: getTea
      parameters:
        - { name: kind, in: query, schema: { const: ${kind} } }
      responses: { '200': { description: Tea. } }
`;
}

/** Replaces a file as editors do: nobody ever sees half of it. */
function save(folder: string, name: string, content: string): void {
  writeFileSync(join(folder, `${name}.new`), content);
  renameSync(join(folder, `${name}.new`), join(folder, name));
}

/** A contract of some 10 MB in memory. */
function manyTeasOf(version: number): string {
  const kinds = Array.from({ length: 60_000 }, (_, at) => `${version} kind of tea ${at}`);
  const operation = {
    parameters: [{ name: 'kind', in: 'query', schema: { enum: kinds } }],
    responses: { '200': { description: 'Tea.' } },
  };
  const info = { title: 'Tea', version: String(version) };
  return JSON.stringify({ openapi: '3.1.0', info, paths: { '/tea': { get: operation } } });
}

function limitOf(requests: number): string {
  return `limits: { tea: { requests: ${requests}, window: 1h, by: all } }\n`;
}

function pem(name: string): string {
  return readFileSync(new URL(`pem/${name}`, import.meta.url), 'utf8');
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function teaHouse(): Promise<string> {
  const { origin } = await listenAs((_request, response) => void response.end('tea'));
  return origin;
}

async function codeOf({ origin }: Serving, kind: string): Promise<number> {
  const response = await fetch(`${origin}/tea?kind=${kind}`);
  await response.text();
  return response.status;
}

describe('flick serve, its files changed', () => {
  it('serves the new contract, and says which revision it is', async () => {
    const folder = folderWith({ 'openapi.yaml': teaOf('green') });
    const serving = await serveFlick(['openapi.yaml', '-u', await teaHouse()], folder);
    expect(await codeOf(serving, 'black')).toBe(400);
    save(folder, 'openapi.yaml', teaOf('black'));
    await serving.said('flick: reloaded (openapi.yaml changed): revision 2: Tea 1, ');
    expect(await codeOf(serving, 'black')).toBe(200);
    expect(await codeOf(serving, 'green')).toBe(400);
  });

  it('takes in files that refs name, be they new or replaced through links', async () => {
    const refers = teaOf('green').replace('{ const: green }', "{ $ref: 'kinds/tea.yaml#/Kind' }");
    const folder = folderWith({ 'openapi.yaml': teaOf('green') });
    const serving = await serveFlick(['openapi.yaml', '-u', await teaHouse()], folder);
    save(folder, 'openapi.yaml', refers);
    await serving.said('not reloaded (openapi.yaml changed), revision 1 stays: error: openapi.yaml:8:46: ');
    expect(await codeOf(serving, 'green')).toBe(200);
    folderWithin(folder, 'kinds', 'tea.yaml', 'Kind: { const: black }\n');
    await serving.said('reloaded (kinds/tea.yaml changed): revision 2');
    expect(await codeOf(serving, 'black')).toBe(200);
    save(folder, 'kinds/tea.yaml', 'Kind: { const: white }\n');
    await serving.said('revision 3');
    expect(await codeOf(serving, 'white')).toBe(200);
  });

  it('keeps what it has where a file is half written, and takes the whole one', async () => {
    const upstream = await teaHouse();
    const settings = `contract: openapi.yaml\nupstream: ${upstream}\n`;
    const folder = folderWith({ 'openapi.yaml': teaOf('green'), 'flick.yaml': settings });
    const serving = await serveFlick([], folder);
    writeFileSync(join(folder, 'flick.yaml'), `${settings}codes: [400, 5`);
    await serving.said('flick: not reloaded (flick.yaml changed), revision 1 stays: flick.yaml:3:');
    expect((await fetch(`${serving.origin}/nothing`)).status).toBe(404);
    writeFileSync(join(folder, 'flick.yaml'), `${settings}codes: [400, 500]\n`);
    await serving.said('reloaded (flick.yaml changed): revision 2: Tea 1, ');
    expect((await fetch(`${serving.origin}/nothing`)).status).toBe(400);
    rmSync(join(folder, 'openapi.yaml'));
    await serving.said('not reloaded (openapi.yaml changed), revision 2 stays: ');
    expect(await codeOf(serving, 'green')).toBe(200);
  });

  it('does nothing with --no-watch until SIGHUP', async () => {
    const folder = folderWith({ 'openapi.yaml': teaOf('green') });
    const serving = await serveFlick(['openapi.yaml', '-u', await teaHouse(), '--no-watch'], folder);
    save(folder, 'openapi.yaml', teaOf('black'));
    await pause(800);
    expect(await codeOf(serving, 'black')).toBe(400);
    serving.child.kill('SIGHUP');
    await serving.said('reloaded (SIGHUP): revision 2');
    expect(await codeOf(serving, 'black')).toBe(200);
  });

  it('says what holds from the next start on only, and keeps what was set', async () => {
    const settings = `contract: openapi.yaml\nupstream: ${await teaHouse()}\n`;
    const folder = folderWith({ 'openapi.yaml': teaOf('green'), 'flick.yaml': settings });
    const serving = await serveFlick([], folder);
    save(folder, 'flick.yaml', `${settings}records: off\nwatch: false\nmode: observe\n`);
    await serving.said('revision 2: ');
    const stays = 'what is new holds from the next start on; what was set stays until then';
    expect(serving.stderr()).toContain(`flick: records: ${stays}\nflick: watch: ${stays}\nflick: reloaded `);
    expect(await codeOf(serving, 'black')).toBe(200);
    save(folder, 'flick.yaml', settings);
    await serving.said('revision 3: ');
  });

  it('counts on where a limit stays the same', async () => {
    const upstream = await teaHouse();
    const folder = folderWith({ 'openapi.yaml': teaOf('green'), 'flick.yaml': limitOf(3) });
    const serving = await serveFlick(['openapi.yaml', '-u', upstream, '--no-watch'], folder);
    expect(await codeOf(serving, 'green')).toBe(200);
    expect(await codeOf(serving, 'green')).toBe(200);
    save(folder, 'openapi.yaml', teaOf('black'));
    serving.child.kill('SIGHUP');
    await serving.said('revision 2');
    expect(await codeOf(serving, 'black')).toBe(200);
    expect(await codeOf(serving, 'black')).toBe(429);
    save(folder, 'flick.yaml', limitOf(4));
    serving.child.kill('SIGHUP');
    await serving.said('revision 3');
    expect(await codeOf(serving, 'black')).toBe(200);
    expect(await codeOf(serving, 'black')).toBe(429);
  });

  it('knows the keys of an issuer still, that is down by then', async () => {
    let asked = 0;
    const { origin: issuer, server } = await listenAs((_request, response) => {
      asked += 1;
      response.end('{"keys":[]}');
    });
    const secured = teaOf('green')
      .replace('    get:\n', '    get:\n      security: [{ bearerAuth: [] }]\n')
      .concat('components: { securitySchemes: { bearerAuth: { type: http, scheme: bearer } } }\n');
    const folder = folderWith({
      'openapi.yaml': secured,
      'flick.yaml': `credentials: { bearerAuth: { jwt: { algorithms: [ES256], jwks: '${issuer}/keys' } } }\n`,
    });
    const serving = await serveFlick(['openapi.yaml', '-u', await teaHouse(), '--no-watch'], folder);
    const token = `${encode({ alg: 'ES256', kid: 'k' })}.${encode({ exp: 4_000_000_000 })}.${'A'.repeat(86)}`;
    const ask = async () =>
      (await fetch(`${serving.origin}/tea`, { headers: { authorization: `Bearer ${token}` } })).status;
    // The keys are at hand, and none of them is this token's.
    expect(await ask()).toBe(401);
    server.closeAllConnections();
    server.close();
    serving.child.kill('SIGHUP');
    await serving.said('revision 2');
    // Were they forgotten, nobody could know: 500 in the table's words.
    expect(await ask()).toBe(401);
    expect(asked).toBeGreaterThan(0);
  });

  it('shows a renewed certificate to connections that come', async () => {
    const folder = folderWith({
      'openapi.yaml': teaOf('green'),
      'flick.yaml': 'tls: { cert: { file: cert.pem }, key: { file: key.pem } }\n',
      'cert.pem': pem('certificate.pem'),
      'key.pem': pem('private-key.pem'),
    });
    const serving = await serveFlick(['openapi.yaml', '-u', await teaHouse()], folder);
    const shown = async () => {
      const socket = connectTls({ port: serving.port, host: '127.0.0.1', rejectUnauthorized: false });
      onTestFinished(() => void socket.destroy());
      await once(socket, 'secureConnect');
      return socket.getPeerCertificate().serialNumber;
    };
    const before = await shown();
    save(folder, 'cert.pem', pem('renewed-certificate.pem'));
    await serving.said('not reloaded (cert.pem changed), revision 1 stays: flick.yaml:1:6: tls: due are a certificate');
    save(folder, 'key.pem', pem('renewed-private-key.pem'));
    await serving.said('revision 2');
    expect(await shown()).not.toBe(before);
  });

  it('gives back the memory of what it served before', async () => {
    const folder = folderWith({ 'openapi.json': manyTeasOf(1) });
    const serving = await serveFlick(['openapi.json', '-u', await teaHouse(), '--no-watch', '--log', 'off'], folder, {
      NODE_OPTIONS: '--max-old-space-size=112',
    });
    const renew = async (version: number): Promise<void> => {
      save(folder, 'openapi.json', manyTeasOf(version));
      serving.child.kill('SIGHUP');
      await serving.said(`revision ${version}: Tea ${version}, `);
      // Over a connection that is kept, as most are.
      expect(await codeOf(serving, encodeURIComponent(`${version} kind of tea 7`))).toBe(200);
      if (version < 30) await renew(version + 1);
    };
    await renew(2);
  }, 90_000);
});

function folderWithin(folder: string, within: string, name: string, content: string): void {
  const elsewhere = folderWith({ [name]: content });
  renameSync(elsewhere, join(folder, within));
}

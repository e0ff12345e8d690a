import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { cannot } from '../../cases/host-limits.ts';
import { installIn } from '../../cases/install.ts';
import { readDocument, root } from './markdown.ts';
import { freePort, listening } from './page-ports.ts';

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /teas/{id}:
    get:
      operationId: getTea
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: Tea. }, '404': { description: None. } }
  /teas:
    post:
      operationId: addTea
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [name] } } }
      responses: { '200': { description: Added. } }
`;

/** An application of Nest as it was before Flick came. */
const module = `
import 'reflect-metadata';
import { Body, Controller, Get, HttpCode, Module, NotFoundException, Param, Post } from '@nestjs/common';

class Teas {
  get(id) {
    if (id !== '1') throw new NotFoundException('There is no tea ' + id + '.');
    return { id: 1, name: 'Sencha' };
  }
  add(body) {
    return body;
  }
}
const of = (name) => [Teas.prototype, name, Object.getOwnPropertyDescriptor(Teas.prototype, name)];
Get(':id')(...of('get'));
Param('id')(Teas.prototype, 'get', 0);
Post()(...of('add'));
HttpCode(200)(...of('add'));
Body()(Teas.prototype, 'add', 0);
Controller('teas')(Teas);
export class AppModule {}
Module({ controllers: [Teas] })(AppModule);
`;

/** Runs the code that a page shows, with the contract beside it. Returns the port. */
async function run(code: string): Promise<number> {
  const folder = mkdtempSync(fileURLToPath(new URL('cases/frameworks/.page-', root)));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const port = await freePort();
  const settings = "contract: './openapi.yaml', records: 'off', timeouts: { request: '1s' }";
  const changed = code
    .replace("contract: './openapi.yaml'", settings)
    .replace('port: 3000', `port: ${port}, host: '127.0.0.1'`)
    .replace('listen(3000)', `listen(${port}, '127.0.0.1')`);
  expect(changed).toContain(String(port));
  writeFileSync(join(folder, 'openapi.yaml'), openapi);
  writeFileSync(join(folder, 'app.module.js'), module);
  writeFileSync(join(folder, 'app.mjs'), changed);
  const child = spawn(process.execPath, ['app.mjs'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  onTestFinished(() => void child.kill());
  await listening(port, child);
  return port;
}

/** Sends bytes, and returns what comes first. */
async function send(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  socket.write(bytes);
  const [text]: string[] = await once(socket, 'data');
  return text ?? '';
}

beforeAll(() => installIn('frameworks', '@nestjs/platform-fastify'), 240_000);

describe.each(['docs/fastify.md', 'docs/express.md', 'docs/nest.md'])('%s', (page) => {
  const blocks = Array.from(readDocument(page).matchAll(/^```js\n(.*?)^```$/gms), ([, code]) => code ?? '');

  it('shows two ways', () => {
    expect(blocks).toHaveLength(2);
  });

  it.each(blocks.map((code, at) => [at + 1, code] as const))('makes codes true, way %i', async (_, code) => {
    const port = await run(code);
    const origin = `http://127.0.0.1:${port}`;
    const json = { 'Content-Type': 'application/json' };
    const answers = await Promise.all([
      fetch(`${origin}/teas/1`),
      fetch(`${origin}/teas/2`),
      fetch(`${origin}/teas/green`),
      fetch(`${origin}/cups`),
      fetch(`${origin}/teas/1`, { method: 'PUT' }),
      fetch(`${origin}/teas`, { method: 'POST' }),
      fetch(`${origin}/teas`, { method: 'POST', headers: json, body: '{}' }),
      fetch(`${origin}/teas`, { method: 'POST', headers: json, body: '{"name":"Assam"}' }),
      fetch(`${origin}/teas/1`, { method: 'OPTIONS' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 400, 404, 405, 400, 400, 200, 204]);
    expect(await answers[0]?.json()).toEqual({ id: 1, name: 'Sencha' });
    expect(await answers[1]?.text()).toContain('There is no tea 2.');
    expect(await answers[6]?.json()).toMatchObject({ status: 400, errors: [{ in: 'body' }] });
    expect(await answers[7]?.json()).toEqual({ name: 'Assam' });
    const slow = 'POST /teas HTTP/1.1\r\nHost: tea\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{"na';
    expect(await send(port, slow)).toMatch(/^HTTP\/1\.1 408 /);
    const broken = await send(port, 'GET /teas/1 HTTP/1.1\r\nBad Name: 1\r\n\r\n');
    expect(broken).toMatch(/^HTTP\/1\.1 400 /);
    expect(broken).toContain('application/problem+json');
  });
});

it('only the targets that its router cannot decode keep a Fastify app with its own server from all stories', () => {
  const beyond = Object.entries(cannot).flatMap(([host, stories]) =>
    Object.keys(stories)
      .filter((name) => name !== 'hop-by-hop fields of the API stay behind')
      .map((name) => `${host}: ${name}`),
  );
  expect(beyond).toEqual([
    'Fastify, with a server of its own: a percent sign without two hex digits is malformed',
    'Fastify, with a server of its own: a cut-off percent sequence is malformed',
  ]);
  expect(readDocument('docs/fastify.md')).toContain("| A target that Fastify's router cannot decode |");
});

import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenAs, openConnection, portOf, runFlick, serveFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /tea:
    get:
      operationId: getTea
      parameters:
        - { name: kind, in: query, schema: { enum: [green, black] } }
      responses: { '200': { description: Tea. } }
    post:
      operationId: brewTea
      requestBody:
        required: true
        content: { application/json: { schema: { type: object, required: [kind] } } }
      responses: { '201': { description: Brewed. } }
  /pot:
    get:
      operationId: getPot
      security: [{ bearerAuth: [pot:read] }]
      responses: { '200': { description: A pot. } }
components:
  securitySchemes:
    bearerAuth: { type: http, scheme: bearer }
`;

const broken = openapi.replace(
  'components:',
  `  /cup:
    get:
      operationId: getCup
      parameters:
        - { name: size, in: query, schema: { $ref: '#/components/schemas/Missing' } }
      responses: { '200': { description: A cup. } }
components:`,
);

const secret = 'a secret of thirty-two bytes, at least';

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function tokenFor(claims: object): string {
  const signed = `${encode({ alg: 'HS256' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function readPem(name: string): string {
  return readFileSync(new URL(`pem/${name}`, import.meta.url), 'utf8');
}

/** An API that answers everything with 200 and counts what reaches it. */
async function teaHouse() {
  const seen: string[] = [];
  const { origin: upstream } = await listenAs((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.setHeader('content-type', 'application/json').end('{"kind":"green"}');
  });
  return { upstream, seen };
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

describe('flick serve', () => {
  it('needs no file but the contract, and says in one line what it serves', async () => {
    const { upstream, seen } = await teaHouse();
    const { line, origin, stderr } = await serveFlick(
      ['openapi.yaml', '--upstream', upstream],
      folderWith({ 'openapi.yaml': openapi }),
    );
    expect(line).toBe(
      `flick: Tea 1.2.3 on ${origin}, upstream ${upstream}, 3 operations, table default, no faults of the contract reported`,
    );
    expect((await fetch(`${origin}/tea?kind=green`)).status).toBe(200);
    const refused = await fetch(`${origin}/tea?kind=blue`);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ reason: 'wrong-value' });
    expect(seen).toEqual(['GET /tea?kind=green']);
    expect(linesOf(stderr())).toContain('flick: bearerAuth: presence and form only; the upstream verifies');
  });

  it('reads flick.yaml of its folder; a flag wins over it', async () => {
    const { upstream } = await teaHouse();
    const folder = folderWith({
      'api/openapi.yaml': openapi,
      'flick.yaml': `contract: api/openapi.yaml\nupstream: ${upstream}\ncodes: [400, 500]\nmode: observe\n`,
    });
    const { line, origin } = await serveFlick(['--mode', 'enforce'], folder);
    expect(line).toContain(', table custom (400 500), ');
    expect(line).not.toContain('observing');
    expect((await fetch(`${origin}/nothing`)).status).toBe(400);
  });

  it('verifies tokens with a secret of the environment, and passes on who calls', async () => {
    const { origin: upstream } = await listenAs((request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(request.headers));
    });
    const folder = folderWith({
      'openapi.yaml': openapi,
      'flick.yaml': 'credentials: { bearerAuth: { jwt: { algorithms: [HS256], secret: { env: TEA_SECRET } } } }\n',
    });
    const { origin, stderr } = await serveFlick(['openapi.yaml', '--upstream', upstream], folder, {
      TEA_SECRET: secret,
    });
    const exp = Math.floor(Date.now() / 1000) + 600;
    const asking = (claims: object) =>
      fetch(`${origin}/pot`, { headers: { authorization: `Bearer ${tokenFor(claims)}` } });
    const good = await asking({ sub: 'ada', scope: 'pot:read', exp });
    expect(good.status).toBe(200);
    expect(await good.json()).toMatchObject({ 'flick-subject': 'ada', 'flick-scopes': 'pot:read' });
    const expired = await asking({ sub: 'ada', scope: 'pot:read', exp: 1 });
    expect(expired.status).toBe(401);
    expect(expired.headers.get('www-authenticate')).toMatch(/^Bearer realm="Tea", error="invalid_token"/);
    expect(stderr()).not.toContain(secret);
    expect(stderr()).not.toContain('presence and form only');
  });

  it('refuses nothing with --mode observe, and logs what would have been refused', async () => {
    const { upstream, seen } = await teaHouse();
    const folder = folderWith({ 'openapi.yaml': openapi });
    const { line, origin, said, stderr } = await serveFlick(
      ['openapi.yaml', '-u', upstream, '--mode', 'observe'],
      folder,
    );
    expect(line).toContain('observing only: nothing is refused');
    expect((await fetch(`${origin}/tea?kind=blue`)).status).toBe(200);
    expect(seen).toEqual(['GET /tea?kind=blue']);
    await said('"observed"');
    const log = linesOf(stderr()).find((text) => text.startsWith('{')) ?? '';
    expect(JSON.parse(log)).toMatchObject({ status: 200, observed: { reason: 'wrong-value', status: 400 } });
  });

  it('logs refusals as JSON where nobody watches, one line each', async () => {
    const { upstream } = await teaHouse();
    const folder = folderWith({ 'openapi.yaml': openapi });
    const { origin, said, stderr } = await serveFlick(['openapi.yaml', '-u', upstream], folder);
    await fetch(`${origin}/tea`);
    const id = (await fetch(`${origin}/nothing`)).headers.get('x-request-id') ?? 'none';
    await said(id);
    const rows = linesOf(stderr()).filter((text) => text.startsWith('{'));
    expect(rows).toHaveLength(1);
    expect(JSON.parse(rows[0] ?? '')).toMatchObject({ request_id: id, status: 404, reason: 'unknown-path' });
  });

  it('listens with TLS where it has a certificate', async () => {
    const { upstream } = await teaHouse();
    const certificate = readPem('certificate.pem');
    const folder = folderWith({
      'openapi.yaml': openapi,
      'flick.yaml': 'tls: { cert: { file: cert.pem }, key: { file: key.pem } }\n',
      'cert.pem': certificate,
      'key.pem': readPem('private-key.pem'),
    });
    const { origin } = await serveFlick(['openapi.yaml', '-u', upstream], folder);
    expect(origin).toMatch(/^https:/);
    const asked = httpsRequest(`${origin}/tea`, { ca: certificate, agent: false }).end();
    const [response] = await once(asked, 'response');
    expect(response.statusCode).toBe(200);
    response.resume();
  });

  it('reports the faults of a contract, counts them, and serves the rest', async () => {
    const { upstream } = await teaHouse();
    const { line, origin, stderr } = await serveFlick(
      ['openapi.yaml', '-u', upstream],
      folderWith({ 'openapi.yaml': broken }),
    );
    expect(line).toContain(', 4 operations, ');
    expect(line).toMatch(/, [1-9]\d* faults? of the contract reported$/);
    expect(stderr()).toMatch(/^flick: error: openapi\.yaml:\d+:\d+: \S+: .*Missing/m);
    expect((await fetch(`${origin}/tea`)).status).toBe(200);
    expect((await fetch(`${origin}/cup`)).status).toBe(500);
  });

  it('lets no control character of a document reach the terminal', async () => {
    const escaped = broken
      .replace('#/components/schemas/Missing', '#/\\e[2JMissing')
      .replaceAll("'#/", '"#/')
      .replace("Missing'", 'Missing"');
    const { stderr } = await serveFlick(
      ['openapi.yaml', '-u', 'http://127.0.0.1:1'],
      folderWith({ 'openapi.yaml': escaped }),
    );
    expect(stderr()).toContain('\\u001b[2JMissing');
    expect(stderr()).not.toContain('\u001b');
  });

  it('does not start with --strict where an operation cannot be served', async () => {
    const folder = folderWith({ 'openapi.yaml': broken });
    const { code, stdout, stderr } = await runFlick(
      ['serve', 'openapi.yaml', '-u', 'http://127.0.0.1:1', '--listen', '0', '--strict'],
      folder,
    );
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(linesOf(stderr).at(-1)).toMatch(
      /^flick: --strict: \d+ faults? of the contract (is an error|are errors); not started$/,
    );
  });

  it('starts with --strict where nothing is at fault', async () => {
    const folder = folderWith({ 'openapi.yaml': openapi });
    const { line } = await serveFlick(['openapi.yaml', '-u', 'http://127.0.0.1:1', '--strict'], folder);
    expect(line).toContain('no faults');
  });

  it('names the port that is in use, and ends with 2', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      other.close();
    });
    await once(other, 'listening');
    const listen = `127.0.0.1:${portOf(other)}`;
    const { code, stdout, stderr } = await runFlick(
      ['serve', 'openapi.yaml', '-u', 'http://127.0.0.1:1', '--listen', listen],
      folderWith({ 'openapi.yaml': openapi }),
    );
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(linesOf(stderr).at(-1)).toBe(
      `flick: cannot listen on ${listen}: the port is in use; choose another with --listen`,
    );
  });
});

describe('flick serve, told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 at once where nothing is under way (%s)', async (signal) => {
    const { child, ended } = await serveFlick(
      ['openapi.yaml', '-u', 'http://127.0.0.1:1'],
      folderWith({ 'openapi.yaml': openapi }),
    );
    child.kill(signal);
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(linesOf(stderr).at(-1)).toBe(`flick: ${signal}: draining; a second signal ends at once`);
  });

  it('lets a request that is under way finish', async () => {
    const { origin: upstream, server } = await listenAs();
    const arrived = once(server, 'request');
    const { child, origin, said, ended } = await serveFlick(
      ['openapi.yaml', '-u', upstream],
      folderWith({ 'openapi.yaml': openapi }),
    );
    const answered = fetch(`${origin}/tea`);
    const [, pending] = await arrived;
    child.kill('SIGTERM');
    await said('draining');
    pending.setHeader('content-type', 'application/json').end('{}');
    const response = await answered;
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('{}');
    expect((await ended).code).toBe(0);
  });

  it('cuts what is left at the drain deadline', async () => {
    const { origin: upstream } = await listenAs();
    const { child, port, said, ended } = await serveFlick(
      ['openapi.yaml', '-u', upstream, '--log', 'all'],
      folderWith({ 'openapi.yaml': openapi, 'flick.yaml': 'timeouts: { drain: 200ms }\n' }),
    );
    const { received, closed } = openConnection(port, 'GET /tea HTTP/1.1\r\nHost: tea\r\n\r\n');
    const slow = openConnection(
      port,
      'POST /tea HTTP/1.1\r\nHost: tea\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    await once(slow.socket, 'connect');
    child.kill('SIGTERM');
    await said('draining');
    expect((await ended).code).toBe(0);
    await Promise.all([closed, slow.closed]);
    expect(received()).toMatch(/^(HTTP\/1\.1 500 |$)/);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('ends at once at a second %s, with %i', async (signal, due) => {
    const { origin: upstream, server } = await listenAs();
    const arrived = once(server, 'request');
    const { child, port, said, ended } = await serveFlick(
      ['openapi.yaml', '-u', upstream],
      folderWith({ 'openapi.yaml': openapi }),
    );
    openConnection(port, 'GET /tea HTTP/1.1\r\nHost: tea\r\n\r\n');
    await arrived;
    child.kill(signal);
    await said('draining');
    child.kill(signal);
    expect((await ended).code).toBe(due);
  });
});

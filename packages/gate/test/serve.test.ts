import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileContract } from '@flick/contract';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Handlers, serve } from '../src/index.ts';
import { openService, verifier } from './open-service.ts';
import { portOf } from './port-of.ts';
import { teas } from './teas.ts';

const document = {
  openapi: '3.1.0',
  info: { title: 'Small', version: '1' },
  paths: { '/tea': { get: { operationId: 'getTea', responses: { 200: { description: 'Tea.' } } } } },
};
const handlers: Handlers = { getTea: () => 'hot' };
const quiet = { listen: 0, records: 'off', onWarning: () => {} } as const;

/** The lines with which a service does not start. */
async function faultsOf(options: object): Promise<readonly string[]> {
  try {
    // Of JavaScript, whose callers no types hold back.
    const service = await Reflect.apply(serve, undefined, [{ ...quiet, contract: document, handlers, ...options }]);
    await service.stop();
    return [];
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : [];
  }
}

function tokenFor(secret: string, subject: string): string {
  const parts = [{ alg: 'HS256' }, { sub: subject, scope: 'read', exp: Math.floor(Date.now() / 1000) + 600 }];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

describe('serve takes', () => {
  it('a contract by its object, its path, its URL or the module of a compiled one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flick-gate-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'openapi.json');
    writeFileSync(path, JSON.stringify(document));
    const compiled = join(folder, 'contract.mjs');
    writeFileSync(compiled, compileContract(path, compiled).bytes);
    const module: object = await import(pathToFileURL(compiled).href);
    const statuses = await Promise.all(
      [document, path, pathToFileURL(path), module].map(async (contract) => {
        const service = await serve({ ...quiet, contract, handlers });
        const { status } = await fetch(`${service.origin}/tea`);
        await service.stop();
        return status;
      }),
    );
    expect(statuses).toEqual([200, 200, 200, 200]);
  });

  it('the settings of the file, in camel case, with a secret as its text', async () => {
    const secret = 'a secret of 32 bytes, or of more.';
    const { origin } = await openService(
      { getMine: ({ consumer }) => consumer?.subject },
      {
        credentials: { bearer: { jwt: { algorithms: ['HS256'], secret, clockTolerance: '5s' } } },
        limits: { all_of_it: { requests: 2, window: '1m', by: 'address' } },
        limitHeaders: 'legacy',
      },
    );
    const ask = (): Promise<Response> =>
      fetch(`${origin}/mine`, { headers: { Authorization: `Bearer ${tokenFor(secret, 'ada')}` } });
    const first = await ask();
    expect([first.status, await first.json(), first.headers.get('x-ratelimit-remaining')]).toEqual([200, 'ada', '1']);
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 429]);
  });

  it('an upstream in place of handlers', async () => {
    const upstream = createServer((_, response) => response.end('from behind'));
    onTestFinished(() => void upstream.close());
    await new Promise<void>((resolve) => void upstream.listen(0, '127.0.0.1', resolve));
    const service = await serve({ ...quiet, contract: document, upstream: `http://127.0.0.1:${portOf(upstream)}` });
    onTestFinished(() => service.stop());
    expect(await (await fetch(`${service.origin}/tea`)).text()).toBe('from behind');
  });

  it('records, and hands them out', async () => {
    const service = await openService({ getTea: () => ({}) }, { records: 'memory' });
    await fetch(`${service.origin}/teas/1`, { headers: { 'X-Request-Id': 'mine' } });
    await service.settled(1);
    expect(service.records).toBeDefined();
    expect(service).toMatchObject({ address: { host: '127.0.0.1', port: service.port } });
  });
});

describe('serve does not start', () => {
  it.each<[string, object, readonly string[]]>([
    [
      'where an operation has no handler, or a handler no operation',
      { contract: teas, handlers: { getTeas: () => 1 }, credentials: { bearer: verifier } },
      [
        'handlers.getTeas: no such operation in the contract; did you mean "getTea"?',
        'no handler for the operation getTea (GET /teas/{id}); did you mean "getTeas"?',
        'no handler for the operation dropTea (DELETE /teas/{id}); write one',
      ],
    ],
    ['with a handler that is none', { handlers: { getTea: 'hot' } }, ['handlers.getTea: due is a function']],
    ['with nobody to answer', { handlers: undefined }, ['serve(): due are handlers, or an upstream']],
    ['with two to answer', { upstream: 'http://127.0.0.1:1' }, ['an upstream and handlers: both would answer']],
    [
      'where nobody would verify credentials',
      { contract: teas, handlers: {} },
      ['serve(): credentials.bearer: operations need it and nobody would verify it; name a verifier'],
    ],
    ['with a key that is none', { limit: {} }, ['serve(): unknown key limit; did you mean "limits"?']],
    [
      'with a key as the file spells it',
      { limit_headers: 'off' },
      ['serve(): unknown key limit_headers, which is how the file spells it; write limitHeaders'],
    ],
    [
      'with values that are none',
      { timeouts: { idle: 5 }, limitHeaders: 'on', sizes: { body: '1GiB' } },
      [
        'serve(): limitHeaders: due is draft, legacy or off',
        'serve(): sizes.body: due is',
        'serve(): timeouts.idle: due is',
      ],
    ],
    ['with times beyond reason', { timeouts: { idle: '999h' } }, ['serve(): timeouts.idle: due is at most 24h']],
    [
      'with credentials for no scheme',
      { credentials: { bearer_token: verifier } },
      ['serve(): credentials.bearer_token: no such security scheme in the contract'],
    ],
    [
      'with a secret that is not there',
      { credentials: { a: { jwt: { algorithms: ['HS256'], secret: { env: 'FLICK_NOT_SET' } } } } },
      ['serve(): credentials.a.jwt.secret: the environment variable FLICK_NOT_SET is not set'],
    ],
    [
      'without a contract that can be read',
      { contract: 'nowhere.yaml' },
      ['nowhere.yaml: names a file that is not there; mend the path'],
    ],
  ])('%s', async (_, options, lines) => {
    const faults = await faultsOf(options);
    const due = lines.map((line) => expect.stringContaining(line));
    expect(faults).toEqual(expect.arrayContaining(due));
  });

  it('where the port is in use, and leaves nothing open', async () => {
    const { port } = await openService({});
    expect(await faultsOf({ listen: port })).toEqual([
      `serve(): listen: cannot listen on 127.0.0.1:${port}: the port is in use; choose another address`,
    ]);
  });

  it('says no secret', async () => {
    const secret = 'c4nary-c4nary-c4nary-c4nary-c4nary';
    const faults = await faultsOf({ credentials: { a: { jwt: { algorithms: [secret], secret, more: secret } } } });
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.join('\n')).not.toContain(secret);
  });
});

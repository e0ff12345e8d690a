import { describe, expect, test } from 'vitest';
import { ask, dial, expectProblem, pause } from '../../packages/gate/test/wire-client.ts';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { openDoor } from '../door.ts';

const host = 'Host: library.test\r\n';
const close = 'Connection: close\r\n';

// RFC 9110, section 9, and RFC 5789; as the registry orders them nowhere, by the alphabet.
const known = ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'];
const document: unknown = parse(readFileSync(new URL('../contracts/library.yaml', import.meta.url), 'utf8'));

/** The paths of the contract, each with a target that only it takes and the methods that it declares. */
function pathsOf(read: unknown): { path: string; target: string; declared: string[] }[] {
  if (typeof read !== 'object' || read === null || !('paths' in read) || typeof read.paths !== 'object')
    throw new Error();
  return Object.entries(read.paths ?? {}).map(([path, item]: [string, object]) => ({
    path,
    target: `/v1${path.replaceAll(/\{\w+\}/g, '7').replace('/points/7/7/7', '/points/;m=7/.7/x,7')}`,
    declared: Object.keys(item)
      .map((key) => key.toUpperCase())
      .filter((key) => known.includes(key)),
  }));
}

describe('rows 48 and 49: methods', () => {
  const paths = pathsOf(document).filter(({ path }) => path !== '/hidden');

  test('the contract has a path or two', () => {
    expect(paths.length).toBeGreaterThan(20);
  });

  test.for(paths)(
    'every undeclared method of $path is 405 with its exact Allow',
    async ({ path, target, declared }) => {
      const { port, api, recorded } = await openDoor();
      // What they do not declare is served by `/books/{id}`, which takes them too (ARCHITECTURE, where we left the plan).
      const also = path.startsWith('/books/') ? ['GET', 'PUT', 'DELETE'] : [];
      const taken = new Set([...declared, ...also, 'OPTIONS']);
      const served = [...taken, ...(taken.has('GET') ? ['HEAD'] : [])];
      const undeclared = known.filter((method) => !served.includes(method));
      expect(undeclared.length).toBeGreaterThan(2);
      const refused = async (method: string): Promise<void> => {
        const wire = await dial(port, { methods: [method] });
        wire.send(`${method} ${target} HTTP/1.1\r\n${host}${close}\r\n`);
        const { answers, rest } = await wire.end();
        expect({ count: answers.length, rest }).toEqual({ count: 1, rest: '' });
        expect(answers[0]?.status).toBe(405);
        expect(answers[0]?.fields['content-type']).toBe('application/problem+json');
        expect(answers[0]?.fields.allow?.split(', ').toSorted()).toEqual(served.toSorted());
      };
      await Promise.all(undeclared.map(refused));
      const options = await ask(port, `OPTIONS ${target} HTTP/1.1\r\n${host}${close}\r\n`);
      expect(options.answers).toMatchObject([{ status: 204, body: '' }]);
      expect(options.answers[0]?.fields.allow?.split(', ').toSorted()).toEqual(served.toSorted());
      const reasons = (await recorded(undeclared.length + 1)).map(({ reason }) => reason);
      expect(reasons).toEqual([...undeclared.map(() => 'method-not-allowed'), undefined]);
      expect(api.requests).toEqual([]);
    },
  );

  test.for(['FOO', 'get', 'GETS', 'PURGE', 'M-SEARCH', 'X'.repeat(200), '!#$'])(
    'the unknown method %s is 501 on a path that is there, however it is cut; 404 elsewhere',
    async (method) => {
      const { port, api } = await openDoor();
      const cut = async (path: string, part: number): Promise<void> => {
        const text = `${method} ${path} HTTP/1.1\r\n${host}${close}\r\n`;
        const at = Math.ceil(((part + 1) * text.length) / 20);
        const wire = await dial(port);
        wire.send(text.slice(0, at));
        await pause(5);
        wire.send(text.slice(at));
        const { answers } = await wire.end();
        expect(answers).toHaveLength(1);
        expectProblem(
          answers[0],
          path === '/v1/health' ? 501 : 404,
          path === '/v1/health' ? 'unknown-method' : 'unknown-path',
        );
      };
      const parts = Array.from({ length: 20 }, (_, part) => part);
      await Promise.all(['/v1/health', '/v1/none'].flatMap((path) => parts.map((part) => cut(path, part))));
      expect(api.requests).toEqual([]);
    },
  );

  test('fields and parameters that override the method do nothing, and do not go on', async () => {
    const { port, api } = await openDoor();
    const fields = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X_HTTP_Method_Override'];
    const text = fields.map((name) => `${name}: DELETE\r\n`).join('');
    const { answers } = await ask(port, `GET /v1/books/7 HTTP/1.1\r\n${host}${close}${text}\r\n`);
    expect(answers).toMatchObject([{ status: 200 }]);
    expect(api.requests).toMatchObject([{ method: 'GET' }]);
    expect(api.requests[0]?.head).not.toMatch(/override|http.method/i);
    const query = await ask(port, `GET /v1/books/7?_method=DELETE HTTP/1.1\r\n${host}${close}\r\n`);
    expect(query.answers).toMatchObject([{ status: 400 }]);
  });

  test('HEAD is answered with the fields of GET and no body, by the API and by the gate', async () => {
    const { port } = await openDoor();
    const both = async (path: string): Promise<void> => {
      const [head, get] = await Promise.all(
        ['HEAD', 'GET'].map(async (method) => {
          const wire = await dial(port, { methods: [method] });
          wire.send(`${method} ${path} HTTP/1.1\r\n${host}${close}\r\n`);
          const { answers, rest } = await wire.end();
          expect({ count: answers.length, rest }).toEqual({ count: 1, rest: '' });
          return answers[0];
        }),
      );
      expect(head?.body).toBe('');
      expect(head?.status).toBe(get?.status);
      expect(Object.keys(head?.fields ?? {})).toEqual(Object.keys(get?.fields ?? {}));
    };
    await Promise.all(['/v1/health', '/v1/none', '/v1/private', '/v1/books?limit=x'].map(both));
  });
});

describe('row 47: no spelling of a protected path gets round its credentials (I3, I9)', () => {
  const spellings = [
    '/v1/private',
    '/v1//private',
    '//v1/private',
    '/v1/./private',
    '/v1/health/../private',
    '/./v1/private',
    '/v1/health/..%2fprivate',
    '/v1/health/%2e%2e/private',
    '/v1/health/%2e%2e%2fprivate',
    '/v1/health/..%5cprivate',
    '/v1/%70rivate',
    '/v1/p%72ivate',
    '/%76%31/private',
    '/v1/privat%65',
    '/v1/%2570rivate',
    '/v1%2fprivate',
    '/v1\\private',
    '/v1/private/',
    '/v1/private/.',
    '/v1/private//',
    '/v1/private;x=1',
    '/v1/private%3bx',
    '/v1;a/private',
    '/v1/private%20',
    '/v1/private%00',
    '/v1/private%0d%0a',
    '/v1/private#x',
    '/v1/private?',
    '/v1/private%3f',
    '/v1/private%23',
    '/v1/PRIVATE',
    '/V1/private',
    '/v1/private.json',
    '/v1/private%2f..',
    '/v1/health/%252e%252e/private',
    '/v1/...//private',
    'http://library.test/v1/private',
    'HTTP://LIBRARY.TEST/v1/private',
    'http://other.test/v1/private',
    '/v1/pri\xadvate',
    '/v1/%c0%afprivate',
    '/v1/health/..;/private',
    '/v1/health/.%2e/private',
    '/v1/priv%u0061te',
    '*',
    'v1/private',
    '',
  ];

  test(`the ${spellings.length} spellings are 33 at least`, () => {
    expect(new Set(spellings).size).toBe(spellings.length);
    expect(spellings.length).toBeGreaterThanOrEqual(33);
  });

  test.for(spellings)('%j is 400, 401 or 404 without a credential, and never reaches the API', async (spelling) => {
    const { port, api, recorded } = await openDoor();
    const { answers } = await ask(port, `GET ${spelling} HTTP/1.1\r\n${host}${close}\r\n`);
    expect(answers).toHaveLength(1);
    expect([400, 401, 404]).toContain(answers[0]?.status);
    expectProblem(answers[0], answers[0]?.status ?? 0, (await recorded(1))[0]?.reason ?? '');
    expect(api.requests).toEqual([]);
  });

  test.for([
    '/v1/health/..;/private',
    '/v1/health/.;/private',
    '/v1/books/..;x=1',
    '/v1/health/%2e%2e;/private',
    '/v1/books/..',
    '/v1/books/7/.',
  ])('%s, which some servers resolve and some do not, is 400 everywhere', async (spelling) => {
    const { port, api } = await openDoor();
    const { answers } = await ask(port, `GET ${spelling} HTTP/1.1\r\n${host}${close}X-Api-Key: k\r\n\r\n`);
    expectProblem(answers[0], 400, 'malformed-target');
    expect(api.requests).toEqual([]);
  });

  test.for(['/v1/private', '/v1/%70rivate', '/%76%31/privat%65', 'http://library.test/v1/private'])(
    '%s with a credential arrives as the one path that was judged',
    async (spelling) => {
      const { port, api } = await openDoor();
      await ask(port, `GET ${spelling} HTTP/1.1\r\n${host}${close}X-Api-Key: k\r\n\r\n`);
      expect(api.requests.map(({ target }) => target)).toEqual(['/v1/private']);
    },
  );
});

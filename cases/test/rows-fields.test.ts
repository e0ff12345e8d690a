import { describe, expect, test } from 'vitest';
import { valuesOf } from '../../packages/gate/test/request-reader.ts';
import { ask, expectProblem } from '../../packages/gate/test/wire-client.ts';
import { openDoor } from '../door.ts';
import { token, tokenSecret } from '../token.ts';

const host = 'Host: library.test\r\n';
const close = 'Connection: close\r\n';
const bearer = `Authorization: Bearer ${token({ sub: 'ann', scope: 'books:read' })}\r\n`;

describe('row 50: fields of one hop', () => {
  test('none arrives, nor what Connection lists', async () => {
    const { port, api } = await openDoor();
    const fields =
      'Connection: close, X-User\r\nX-User: me\r\nX-Api-Key: k\r\nKeep-Alive: 5\r\n' +
      'TE: trailers\r\nTrailer: X\r\nProxy-Authorization: Basic eDp5\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nX-Kept: yes\r\n';
    const { answers } = await ask(port, `GET /v1/both HTTP/1.1\r\n${host}${bearer}${fields}\r\n`);
    expect(answers).toMatchObject([{ status: 200 }]);
    const [seen] = api.requests;
    expect(seen?.head).not.toMatch(/^(?:x-user|keep-alive|te|trailer|proxy-.*|upgrade):/im);
    expect(seen?.head).toMatch(/^authorization: Bearer /im);
    expect(seen?.head).toMatch(/^x-api-key: k\r/im);
    expect(seen?.head).toMatch(/^x-kept: yes\r/im);
  });

  test.for(['Authorization', 'X-Api-Key', 'Cookie', 'Host', 'Content-Length'])(
    'Connection that lists %s, by which is judged, is 400',
    async (name) => {
      const { port, api } = await openDoor();
      const { answers } = await ask(
        port,
        `GET /v1/either HTTP/1.1\r\n${host}${bearer}Connection: close, ${name}\r\n\r\n`,
      );
      expectProblem(answers[0], 400, 'malformed-request');
      expect(api.requests).toEqual([]);
    },
  );
});

describe('row 51: fields by which a caller would speak for the gate', () => {
  test('none arrives as it was sent, in any spelling; each of the gate’s own is there once', async () => {
    const { port, api } = await openDoor();
    const names = [
      'Flick-Subject',
      'flick-scopes',
      'Flick_Subject',
      'FLICK_SCOPES',
      'X-Flick-Anything',
      'X-Forwarded-For',
      'X-Forwarded-Host',
      'X-Forwarded-Proto',
      'X-Forwarded-Prefix',
      'X-Forwarded-Port',
      'X_Forwarded_For',
      'Forwarded',
      'X-Real-IP',
      'X_Real_IP',
      'X-Original-URL',
      'X-Rewrite-URL',
      'X_Request_Id',
    ];
    const spoofs = names.map((name) => `${name}: evil\r\n`).join('');
    const { answers } = await ask(port, `GET /v1/either HTTP/1.1\r\n${host}${close}${bearer}${spoofs}\r\n`);
    expect(answers).toMatchObject([{ status: 200 }]);
    const [seen] = api.requests;
    if (seen === undefined) throw new Error('nothing arrived');
    expect(seen.head).not.toContain('evil');
    expect(valuesOf(seen, 'flick-subject')).toEqual(['ann']);
    expect(valuesOf(seen, 'flick-scopes')).toEqual(['books:read']);
    expect(valuesOf(seen, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(valuesOf(seen, 'x-forwarded-host')).toEqual(['library.test']);
    expect(valuesOf(seen, 'x-forwarded-proto')).toEqual(['http']);
    expect(valuesOf(seen, 'forwarded')).toHaveLength(1);
    expect(valuesOf(seen, 'x-request-id')).toEqual([answers[0]?.fields['x-request-id']]);
  });

  test('nobody in particular is nobody: no subject arrives on an open path', async () => {
    const { port, api } = await openDoor();
    await ask(port, `GET /v1/health HTTP/1.1\r\n${host}${close}${bearer}Flick-Subject: root\r\n\r\n`);
    expect(api.requests[0]?.head).not.toMatch(/flick-/i);
  });
});

describe('row 53: ids and reflection', () => {
  const odd = ['a b', '"><script>', 'é', 'a'.repeat(10_000), '', ';drop', '../..', "a'b", 'a\tb', '%0d%0aX:y'];

  test.for(odd)('the id %j is replaced everywhere by a fresh one', async (id) => {
    const { port, api, recorded } = await openDoor();
    const { answers } = await ask(port, `GET /v1/health HTTP/1.1\r\n${host}${close}X-Request-Id: ${id}\r\n\r\n`);
    const given = answers[0]?.fields['x-request-id'] ?? '';
    expect(given).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect((await recorded(1))[0]?.requestId).toBe(given);
    expect(api.requests.flatMap((request) => valuesOf(request, 'x-request-id'))).toEqual([given]);
  });

  test('what a problem says back of the path is percent-encoded, on one line, and adds no field', async () => {
    const { port, recorded } = await openDoor();
    const paths = ['/v1/%0d%0aX-Evil:%20y', '/v1/%1b%5b31m', '/v1/"><script>', "/v1/%22'%3c", '/v1/%e2%80%a8'];
    const all = await Promise.all(paths.map((path) => ask(port, `GET ${path} HTTP/1.1\r\n${host}${close}\r\n`)));
    for (const { answers } of all) {
      expect(answers).toHaveLength(1);
      expect([400, 404]).toContain(answers[0]?.status);
      expect(answers[0]?.fields).not.toHaveProperty('x-evil');
      const problem: { instance: string } = JSON.parse(answers[0]?.body ?? '');
      expect(problem.instance).toMatch(/^[!-~]*$/);
      expect(problem.instance).not.toMatch(/[<>"]/);
      expect(answers[0]?.body).toMatch(/^[ -~]*$/);
    }
    for (const { path } of await recorded(paths.length)) expect(path).toMatch(/^[!-~]*$/);
  });
});

describe('row 54: Host', () => {
  test.for([
    ['none', ''],
    ['two', 'Host: a\r\nHost: b\r\n'],
    ['an empty one', 'Host:\r\n'],
    ['a list', 'Host: a,b\r\n'],
    ['userinfo', 'Host: me@a\r\n'],
    ['a path', 'Host: a/b\r\n'],
    ['port 99999', 'Host: a:99999\r\n'],
    ['a port that is none', 'Host: a:x\r\n'],
    ['a blank within', 'Host: a b\r\n'],
    ['half an IPv6 address', 'Host: [::1\r\n'],
    ['a query', 'Host: a?b\r\n'],
    ['a backslash', 'Host: a\\b\r\n'],
  ] as const)('%s is 400, and nothing arrives', async ([, lines]) => {
    const { port, api, recorded } = await openDoor();
    const { answers } = await ask(port, `GET /v1/health HTTP/1.1\r\n${lines}${close}\r\n`);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 400, 'malformed-request');
    expect(await recorded(1)).toHaveLength(1);
    expect(api.requests).toEqual([]);
  });

  test('an absolute target of another host is 400; nothing in a problem is built from Host', async () => {
    const { port } = await openDoor();
    const other = await ask(port, `GET http://evil.test/v1/health HTTP/1.1\r\nHost: a.test\r\n${close}\r\n`);
    expect(other.answers[0]?.status).toBe(400);
    const { answers } = await ask(port, `GET /v1/none HTTP/1.1\r\nHost: evil.test\r\n${close}\r\n`);
    expectProblem(answers[0], 404, 'unknown-path');
    expect(JSON.stringify(answers)).not.toContain('evil.test');
  });
});

describe('row 55: trailers', () => {
  test.for([
    'Authorization: Bearer sneaked',
    'X-Api-Key: sneaked',
    'Host: sneaked',
    'Cookie: theme=sneaked',
    'X-Trace: sneaked',
  ])('the trailer %j is never a field, neither judged nor passed on', async (trailer) => {
    const { port, api } = await openDoor();
    const body = `3\r\nabc\r\n0\r\n${trailer}\r\n\r\n`;
    const chunked = `${close}Transfer-Encoding: chunked\r\n\r\n${body}`;
    const both = ['text/plain', 'application/octet-stream'].map((type) =>
      ask(
        port,
        `POST /v1/${type === 'text/plain' ? 'notes' : 'files'} HTTP/1.1\r\n${host}Content-Type: ${type}\r\n${chunked}`,
      ),
    );
    for (const { answers } of await Promise.all(both)) expect(answers).toMatchObject([{ status: 200 }]);
    expect(api.requests.map((request) => request.body.toString())).toEqual(['abc', 'abc']);
    for (const { headers } of api.requests) expect(headers.join('\n')).not.toContain('sneaked');
    const secured = await ask(port, `PUT /v1/books/7 HTTP/1.1\r\n${host}Content-Type: application/json\r\n${chunked}`);
    expect(secured.answers[0]?.status).toBe(401);
  });
});

describe('row 57: credentials that say two things', () => {
  const good = token({ sub: 'ann' });
  test.for([
    ['two Authorization fields', `Authorization: Bearer ${good}\r\nAuthorization: Bearer ${good}\r\n`, 400],
    ['Basic and Bearer', `Authorization: Basic eDp5\r\nAuthorization: Bearer ${good}\r\n`, 400],
    ['two schemes in one field', `Authorization: Basic eDp5, Bearer ${good}\r\n`, 401],
    ['a token with a blank', `Authorization: Bearer ${good} x\r\n`, 401],
    ['a scheme alone', 'Authorization: Bearer\r\n', 401],
    ['an underscore twin', `Authorization: Bearer ${good}\r\nX_Api_Key: k\r\n`, 400],
  ] as const)('%s: %i', async ([, lines, status]) => {
    const { port, api } = await openDoor();
    const { answers } = await ask(port, `GET /v1/either HTTP/1.1\r\n${host}${close}${lines}\r\n`);
    expect(answers.map((answer) => answer.status)).toEqual([status]);
    expect(api.requests).toEqual([]);
  });
});

function part(value: object | string): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

describe('row 58: tokens', () => {
  const [head = '', payload = '', signature = ''] = token({ sub: 'ann' }).split('.');
  const spellings: [string, string][] = [
    ['no algorithm', token({ sub: 'ann', alg: 'none' })],
    ['another algorithm', token({ sub: 'ann', alg: 'HS512' })],
    ['another key', token({ sub: 'ann', secret: `${tokenSecret}!` })],
    ['no expiry', token({ sub: 'ann', exp: null })],
    ['expired', token({ sub: 'ann', exp: -60 })],
    ['not yet', token({ sub: 'ann', nbf: 600 })],
    ['a signature changed', `${head}.${payload}.${signature.toLowerCase()}`],
    ['a payload changed', `${head}.${part({ sub: 'root', exp: 9_999_999_999 })}.${signature}`],
    ['padding', `${head}.${payload}.${signature}=`],
    ['two parts', `${head}.${payload}`],
    ['four parts', `${head}.${payload}.${signature}.x`],
    ['five parts', 'a.b.c.d.e'],
    ['no signature', `${head}.${payload}.`],
    ['no header', `.${payload}.${signature}`],
    ['the other alphabet', `${head}.${payload}.${signature}+/`],
    ['a header that is no JSON', `${part('no')}.${payload}.${signature}`],
    ['9,000 characters', `${head}.${payload}${'A'.repeat(9000)}.${signature}`],
    ['9,000 characters, well signed', token({ sub: 'a'.repeat(6700) })],
    ['dots', '..'],
    ['a key of its own', `${part({ alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } })}.${payload}.${signature}`],
    ['crit', `${part({ alg: 'HS256', crit: ['b64'], b64: false })}.${payload}.${signature}`],
  ];

  test.for(spellings)('%s: 401 with a challenge, never 500, and the API is not asked', async ([, credential]) => {
    const { port, api, recorded } = await openDoor();
    const { answers } = await ask(
      port,
      `PUT /v1/books/7 HTTP/1.1\r\n${host}${close}Authorization: Bearer ${credential}\r\n\r\n`,
    );
    expect(answers).toHaveLength(1);
    const [outcome] = await recorded(1);
    expectProblem(answers[0], 401, outcome?.reason ?? '');
    expect(answers[0]?.fields['www-authenticate']).toMatch(/^Bearer realm="library\.test".*error="invalid_token"/);
    // What was sent is nowhere in what is said (I8).
    const said = JSON.stringify([answers, outcome]);
    expect(credential.split('.').filter((text) => text.length > 8 && said.includes(text))).toEqual([]);
    expect(api.requests).toEqual([]);
  });
});

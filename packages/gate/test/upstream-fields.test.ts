import type { Operation } from '@flick/contract';
import type { Passage } from '@flick/decide';
import { array, assert, integer, property } from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { fieldsToUpstream } from '../src/upstream-fields.ts';
import { askRaw, statusesOf } from './raw-client.ts';
import { valuesOf } from './request-reader.ts';
import { startSpyUpstream } from './spy-upstream.ts';
import { startFrontBefore } from './stand.ts';

function passageOf(headers: readonly string[], over: Partial<Passage> = {}): Passage {
  return {
    facts: { method: 'GET', target: '/', version: '1.1', headers, address: '192.0.2.9', secure: true },
    verdict: { kind: 'pass' },
    operation: undefined,
    target: '/',
    path: '/',
    address: '192.0.2.9',
    consumer: undefined,
    limitFields: [],
    observed: undefined,
    bodyPlan: 'none',
    media: undefined,
    values: undefined,
    allow: [],
    ...over,
  };
}

function sent(headers: readonly string[], over: Partial<Passage> = {}): [name: string, value: string][] {
  const flat = fieldsToUpstream(passageOf(['Host', 'api.test', ...headers], over), 'id-1', 'none');
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as [string, string]] : []));
}

function all(fields: readonly [string, string][], name: string): string[] {
  return fields.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

function fieldLines([text = '']: TemplateStringsArray): string[] {
  return text
    .trim()
    .split(/\n\s*/)
    .flatMap((line) => line.split(/: (.*)/, 2));
}

function operationWith(over: Partial<Operation>): Operation {
  return {
    id: 'op',
    method: 'GET',
    path: '/',
    templates: ['/'],
    pointer: '',
    parameters: [],
    body: undefined,
    security: [],
    responses: new Map(),
    ownCodes: new Set(),
    switches: {
      mode: 'enforce',
      unknownQuery: 'refuse',
      unknownMembers: 'as_schema',
      hideMethods: false,
      fold: true,
      shed: 'may',
      responses: 'off',
      responsesSample: 1,
    },
    broken: undefined,
    compile: () => {},
    ...over,
  };
}

test.each([
  'Keep-Alive: timeout=5',
  'Proxy-Authorization: Basic abc',
  'Proxy-Connection: keep-alive',
  'Proxy-Anything: x',
  'TE: trailers',
  'Trailer: X-Sum',
  'Transfer-Encoding: chunked',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'HTTP2-Settings: AAMAAABkAAQAAP__',
  'Content-Length: 12',
  'X-HTTP-Method-Override: DELETE',
  'X-Original-URL: /admin',
  'X-Rewrite-URL: /admin',
  'X-Real-IP: 10.0.0.1',
  'X_Real_IP: 10.0.0.2',
  'X_Forwarded_For: 10.0.0.1',
  'X-Forwarded_Port: 99',
  'X-Forwarded-Port: 99',
  'X-Forwarded-Prefix: /admin',
  'Flick-Subject: root',
  'flick_subject: root',
  'FLICK-SCOPES: admin',
  'X-Flick-Subject: root',
  'X_Flick_Scopes: admin',
  'Content_Length: 12',
  'Transfer_Encoding: chunked',
  'X_Request_Id: mine',
])('%s does not reach the API', (line) => {
  const [name = '', ...rest] = line.split(': ');
  const fields = sent([name, rest.join(': '), 'X-Kept', 'yes']);
  expect(all(fields, name.toLowerCase())).toEqual([]);
  expect(all(fields, 'x-kept')).toEqual(['yes']);
});

test('what Connection lists goes, but not what was judged', () => {
  const scheme = { name: 'key', type: 'apiKey', in: 'header', parameter: 'X-Key' } as const;
  const operation = operationWith({ security: [[{ scheme, scopes: [] }]] });
  const fields = sent(
    fieldLines`
      Connection: X-User, Authorization, cookie , X-Key
      Connection: X-Other
      Authorization: Bearer t
      Cookie: a=b
      X-User: me
      X-Other: o
      X-Key: k
      X-Left: l`,
    { operation },
  );
  expect(fields.map(([name]) => name)).toEqual(expect.arrayContaining(['Authorization', 'Cookie', 'X-Left']));
  expect(all(fields, 'x-user')).toEqual([]);
  expect(all(fields, 'x-other')).toEqual([]);
  expect(all(fields, 'x-key')).toEqual(['k']);
});

test('duplicates keep their order, and Host stays the client’s', () => {
  const fields = sent(['X-A', '1', 'Cookie', 'a=1', 'x-a', '2', 'X-A', '3']);
  expect(all(fields, 'x-a')).toEqual(['1', '2', '3']);
  expect(all(fields, 'host')).toEqual(['api.test']);
});

test('a caller that is no trusted proxy cannot speak for others', () => {
  const fields = sent(fieldLines`
    X-Forwarded-For: 10.0.0.1
    X-Forwarded-For: 10.0.0.2
    X-Forwarded-Proto: http
    X-Forwarded-Host: evil.test
    Forwarded: for=10.0.0.1
    X-Request-Id: mine`);
  expect(all(fields, 'x-forwarded-for')).toEqual(['192.0.2.9']);
  expect(all(fields, 'x-forwarded-proto')).toEqual(['https']);
  expect(all(fields, 'x-forwarded-host')).toEqual(['api.test']);
  expect(all(fields, 'forwarded')).toEqual(['for=192.0.2.9;host="api.test";proto=https']);
  expect(all(fields, 'x-request-id')).toEqual(['id-1']);
});

test('behind trusted proxies the chain goes on from the client, without what stands left of it', () => {
  const fields = sent(
    fieldLines`
      X-Forwarded-For: 6.6.6.6, 203.0.113.7
      X-Forwarded-For: 198.51.100.2
      X-Forwarded-Proto: http
      X-Forwarded-Host: shop.test`,
    { address: '203.0.113.7' },
  );
  expect(all(fields, 'x-forwarded-for')).toEqual(['203.0.113.7, 198.51.100.2, 192.0.2.9']);
  expect(all(fields, 'x-forwarded-proto')).toEqual(['http']);
  expect(all(fields, 'x-forwarded-host')).toEqual(['shop.test']);
  expect(all(fields, 'forwarded')).toEqual([
    'for=203.0.113.7;host="shop.test";proto=http, for=198.51.100.2, for=192.0.2.9',
  ]);
});

test('an IPv6 client stands in brackets and quotes in Forwarded', () => {
  const fields = sent([], { address: '2001:db8::1' });
  expect(all(fields, 'forwarded')[0]).toMatch(/^for="\[2001:db8::1\]";/);
  expect(all(fields, 'x-forwarded-for')).toEqual(['2001:db8::1, 192.0.2.9']);
});

test.each([
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::192.0.2.1', '::c000:201'],
  ['2001:db8::1', '2001:db8::1'],
])('the peer %s is not taken for a proxy when the ladder spells it %s', (peer, address) => {
  const headers = ['Host', 'api.test', 'X-Forwarded-Proto', 'http', 'X-Forwarded-For', '6.6.6.6'];
  const facts = { method: 'GET', target: '/', version: '1.1', headers, address: peer, secure: true };
  const fields = sent([], { facts, address });
  expect(all(fields, 'x-forwarded-for')).toEqual([address]);
  expect(all(fields, 'x-forwarded-proto')).toEqual(['https']);
});

test('who asked goes on as Flick-Subject and Flick-Scopes, whatever the caller said', () => {
  const consumer = { subject: 'alice@example.org', scopes: ['accounts:read', 'a b'], scheme: 'bearerAuth' };
  const fields = sent(['Flick-Subject', 'root', 'flick-scopes', 'admin'], { consumer });
  expect(all(fields, 'flick-subject')).toEqual(['alice@example.org']);
  expect(all(fields, 'flick-scopes')).toEqual(['accounts:read a%20b']);
});

test('any subject goes on as plain ASCII that decodes to what it was', () => {
  assert(
    property(array(integer({ min: 0, max: 0xffff })), (units) => {
      const subject = String.fromCharCode(...units);
      const consumer = { subject, scopes: [subject], scheme: 's' };
      const [value = ''] = all(sent([], { consumer }), 'flick-subject');
      expect(value).toMatch(/^[\x21-\x7e]*$/);
      expect(decodeURIComponent(value)).toBe(Buffer.from(subject).toString());
    }),
  );
});

test('the API gets the judged target and one value of each field of the gate', async () => {
  const spy = await startSpyUpstream();
  onTestFinished(() => spy.close());
  const front = await startFrontBefore(spy.origin, {}, { passage: { target: '/a/b%20c?d=%2F' } });
  const lines = [
    'GET /a/./b%20c?d=%2F HTTP/1.1',
    'Host: api.test:8080',
    'Authorization: Bearer t',
    'Connection: close, X-Forwarded-For, X-Gone',
    'X-Gone: 1',
    'X-Forwarded-For: 6.6.6.6',
    'X_Forwarded_For: 6.6.6.6',
  ];
  const answer = await askRaw(front.port, `${lines.join('\r\n')}\r\n\r\n`);
  expect(statusesOf(answer.text)).toEqual([200]);
  const [request] = spy.requests;
  expect(spy.requests).toHaveLength(1);
  expect(request?.target).toBe('/a/b%20c?d=%2F');
  expect(request && valuesOf(request, 'host')).toEqual(['api.test:8080']);
  expect(request && valuesOf(request, 'authorization')).toEqual(['Bearer t']);
  expect(request && valuesOf(request, 'x-forwarded-for')).toEqual(['127.0.0.1']);
  expect(request && valuesOf(request, 'x-request-id')).toEqual(['front-1']);
  expect(String(spy.bytes[0])).not.toMatch(/6\.6\.6\.6|X-Gone/i);
});

test('a streamed body keeps its framing, and its trailers are dropped', async () => {
  const spy = await startSpyUpstream();
  onTestFinished(() => spy.close());
  const front = await startFrontBefore(spy.origin);
  const chunked =
    'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\nConnection: close\r\n\r\n' +
    '5\r\nhello\r\n0\r\nAuthorization: Bearer t\r\nX-Sum: 3\r\n\r\n';
  expect(statusesOf((await askRaw(front.port, chunked)).text)).toEqual([200]);
  const sized = 'POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello';
  expect(statusesOf((await askRaw(front.port, sized)).text)).toEqual([200]);
  const [first, second] = spy.requests;
  expect(first?.body.toString()).toBe('hello');
  // A body that was all there when the head went out may go with its length.
  expect(first?.head.match(/^(?:content-length|transfer-encoding):/gim)).toHaveLength(1);
  expect(String(spy.bytes[0])).not.toContain('Bearer t');
  expect(second?.body.toString()).toBe('hello');
  expect(second && valuesOf(second, 'content-length')).toEqual(['5']);
});

test('a judged body goes as whole bytes with its own length and no coding', async () => {
  const spy = await startSpyUpstream();
  onTestFinished(() => spy.close());
  const front = await startFrontBefore(spy.origin, {}, { body: 'check' });
  const fields = 'Host: a\r\nContent-Encoding: gzip\r\nConnection: close\r\n';
  await askRaw(front.port, `POST /a HTTP/1.1\r\n${fields}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`);
  await askRaw(front.port, `DELETE /a HTTP/1.1\r\n${fields}Content-Length: 5\r\n\r\nhello`);
  await askRaw(front.port, `POST /a HTTP/1.1\r\n${fields}Content-Length: 0\r\n\r\n`);
  expect(spy.requests.map(({ body }) => body.toString())).toEqual(['hello', 'hello', '']);
  for (const request of spy.requests) {
    expect(valuesOf(request, 'content-length')).toEqual([String(request.body.length)]);
    expect(valuesOf(request, 'transfer-encoding')).toEqual([]);
    expect(valuesOf(request, 'content-encoding')).toEqual([]);
  }
});

// Node's server gives QUERY no name before its parser 9.3, that of Node 20.20.
const namesQuery = Number.parseFloat(process.versions.llhttp ?? '0') >= 9.3;
const forwarded = ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'PUT', 'PATCH', 'PROPFIND', ...(namesQuery ? ['QUERY'] : [])];
test.each(forwarded)('%s goes as it is', async (method) => {
  const spy = await startSpyUpstream();
  onTestFinished(() => spy.close());
  const front = await startFrontBefore(spy.origin);
  const answer = await askRaw(front.port, `${method} /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  expect(statusesOf(answer.text)).toEqual([200]);
  expect(spy.requests[0]?.method).toBe(method);
});

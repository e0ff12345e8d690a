import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readShortRequest } from '../src/short-request.ts';

const headBytes = 2048;

/** What a message is to a parser: all that the ladder and the handlers get to know of it. */
interface Reading {
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly version: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly isKept: boolean;
}

/** Node's parser, set as the gate sets it. */
const server = createServer({ requireHostHeader: false, insecureHTTPParser: false, maxHeaderSize: headBytes });
server.maxHeadersCount = 0;
const events: string[] = [];
const requests: [IncomingMessage, ServerResponse][] = [];
for (const name of ['request', 'checkContinue', 'checkExpectation'] as const) {
  server.on(name, (request, response) => {
    events.push(name);
    requests.push([request, response]);
  });
}
for (const name of ['connect', 'clientError'] as const) server.on(name, () => void events.push(name));

/** What Node makes of bytes; undefined where they are not exactly one whole, plain request to it. */
function readByNode(bytes: Buffer): Reading | undefined {
  events.length = 0;
  requests.length = 0;
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  server.emit('connection', socket);
  socket.emit('data', bytes);
  const [[request, response] = []] = requests;
  socket.destroy();
  if (request === undefined || response === undefined || events.join() !== 'request' || !request.complete) {
    return undefined;
  }
  const { method, url: target, httpVersion: version, rawHeaders: headers } = request;
  const body: unknown = request.read();
  const text = body instanceof Uint8Array ? Buffer.from(body).toString('latin1') : '';
  return { method, target, version, headers, body: text, isKept: response.shouldKeepAlive };
}

/** What the gate makes of bytes; undefined where it leaves them to Node. */
function readByGate(bytes: Buffer): Reading | undefined {
  const request = readShortRequest(bytes, headBytes);
  if (request === undefined) return undefined;
  const { method, target, headers, body } = request;
  return { method, target, version: '1.1', headers, body: body?.toString('latin1') ?? '', isKept: true };
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const message = (lines: readonly string[], body = ''): Buffer => latin1(`${lines.join('\r\n')}\r\n\r\n${body}`);

const charsOf = (text: string): string[] => Array.from(text);

const token = fc.string({ unit: fc.constantFrom(...charsOf("!#$%&'*+-.^_`|~09azAZ")), minLength: 1, maxLength: 12 });
const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) });
const target = fc
  .string({ unit: fc.constantFrom(...charsOf("-._~!$&'()*+,;=:@/%?[]09azAZ")), maxLength: 40 })
  .map((text) => `/${text}`);
const ordinary = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
    target,
    fields: fc.array(
      fc.tuple(
        token.filter((name) => !/^(?:host|content-length|connection|expect|upgrade|trailer|te)$/i.test(name)),
        fc.tuple(visible, visible).map(([a, b]) => `x${a} ${b}x`),
        fc.boolean(),
      ),
      { maxLength: 12 },
    ),
    kept: fc.constantFrom('', 'Connection: keep-alive', 'connection:Keep-Alive'),
    body: fc.option(fc.string({ maxLength: 40 }), { nil: undefined }),
    hostAt: fc.nat(12),
  })
  .map(({ method, target: path, fields, kept, body, hostAt }) => {
    const lines = fields.map(([name, value, blank]) => `${name}:${blank ? ' ' : ''}${value}`);
    lines.splice(hostAt, 0, 'Host: api.example:8080', ...(kept === '' ? [] : [kept]));
    const bytes = Buffer.from(body ?? '');
    if (body !== undefined) lines.splice(hostAt, 0, `Content-Length: ${bytes.length}`);
    return Buffer.concat([message([`${method} ${path} HTTP/1.1`, ...lines]), bytes]);
  });

/** What parsers, proxies and people have got wrong, one to be put in place of or beside what is right. */
const oddLines = [
  'Transfer-Encoding: chunked',
  'Transfer-Encoding:',
  'transfer-encoding: identity',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:\tchunked',
  'Transfer_Encoding: chunked',
  'X: y\r\n Transfer-Encoding: chunked',
  'X: y\nTransfer-Encoding: chunked',
  'X: y\rTransfer-Encoding: chunked',
  'Content-Length: 3',
  'Content-Length: 0',
  'Content-Length: 03',
  'Content-Length: 3, 3',
  'Content-Length: +3',
  'Content-Length: -3',
  'Content-Length: 0x3',
  'Content-Length: 3 ',
  'Content-Length:',
  'Content-Length : 3',
  'Content-Length: 18446744073709551619',
  'Content-Length: 9007199254740993',
  'Content-Length: 3\0',
  '\tContent-Length: 3',
  'Content\0-Length: 3',
  'Host: b',
  'Host:',
  'Host : b',
  'Connection: close',
  'Connection: keep-alive, close',
  'Connection: upgrade',
  'Connection: keep-alive\r\nConnection: close',
  'Connection: host',
  'Proxy-Connection: close',
  'Proxy-Connection: keep-alive',
  'Keep-Alive: timeout=1',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
  'Expect: 100-continue',
  'Expect: 200',
  'Trailer: X',
  'TE: trailers',
  'X',
  'X:',
  'X: ',
  ': x',
  'X :y',
  ' folded',
  '\tfolded',
  'X:  y',
  'X: y ',
  'X: a\tb',
  'X: \x7f',
  'X: \xe9',
  'X: \0',
  '__proto__: x',
  'X"Y: z',
  '',
];

const oddStarts = [
  'GET / HTTP/1.0',
  'GET / HTTP/1.2',
  'GET / HTTP/2.0',
  'GET / http/1.1',
  'GET / HTTP/1.1 ',
  'GET /',
  'GET  / HTTP/1.1',
  'GET /  HTTP/1.1',
  ' GET / HTTP/1.1',
  '\r\nGET / HTTP/1.1',
  'GET /a b HTTP/1.1',
  'GET\t/ HTTP/1.1',
  'get / HTTP/1.1',
  'FOO / HTTP/1.1',
  'QUERY / HTTP/1.1',
  'TRACE / HTTP/1.1',
  'CONNECT a:443 HTTP/1.1',
  'CONNECT / HTTP/1.1',
  'PRI * HTTP/2.0',
  'OPTIONS * HTTP/1.1',
  'GET http://a/ HTTP/1.1',
  'GET // HTTP/1.1',
  'GET /#x HTTP/1.1',
  'GET /\\ HTTP/1.1',
  'GET /\xe9 HTTP/1.1',
  'GET /\0 HTTP/1.1',
  'GET /<{|}^`"> HTTP/1.1',
  'GET ? HTTP/1.1',
  'ICE / HTTP/1.1',
  'SOURCE / HTTP/1.1',
];

describe('a request that the gate reads by itself', () => {
  test('is read as Node reads it, and every ordinary one is', () => {
    fc.assert(
      fc.property(ordinary, (bytes) => {
        fc.pre(bytes.indexOf('\r\n\r\n') + 4 < headBytes);
        const reading = readByGate(bytes);
        expect(reading).toBeDefined();
        expect(reading).toEqual(readByNode(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  test('is one to Node, and the same, whatever becomes of its bytes', () => {
    const change = fc.record({
      at: fc.nat(1000),
      drop: fc.nat(3),
      put: fc.oneof(
        fc.constantFrom(...charsOf('\r\n\t\0 :,;#/?\x7f\x80\xff'), '\r\n', '\r\n\r\n', 'HTTP/1.1', 'Host: a\r\n'),
        fc.constantFrom(...oddLines.map((line) => `${line}\r\n`)),
        fc.constant(''),
      ),
    });
    let read = 0;
    fc.assert(
      fc.property(ordinary, fc.array(change, { minLength: 1, maxLength: 3 }), (bytes, changes) => {
        let text = bytes.toString('latin1');
        for (const { at, drop, put } of changes) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + put + text.slice(place + drop);
        }
        const reading = readByGate(latin1(text));
        if (reading === undefined) return;
        read += 1;
        expect(reading).toEqual(readByNode(latin1(text)));
      }),
      { numRuns: 8000 },
    );
    // Some changes do no harm: without those the test would say nothing.
    expect(read).toBeGreaterThan(100);
  });

  test.each(oddLines.map((line) => [line]))('with %j is read as Node reads it, or not at all', (line) => {
    const start = 'POST /a?b=c HTTP/1.1';
    for (const body of ['', 'abc', '0\r\n\r\n', '3\r\nabc\r\n0\r\n\r\n', 'GET /b HTTP/1.1\r\nHost: a\r\n\r\n']) {
      const sized = `Content-Length: ${body.length}`;
      for (const lines of [
        [line],
        [line, 'Host: a'],
        ['Host: a', line],
        [line, 'Host: a', sized],
        [sized, 'Host: a', line],
        ['Host: a', line, line],
      ]) {
        const bytes = message([start, ...lines], body);
        const byNode = readByNode(bytes);
        expect(readByGate(bytes) ?? byNode).toEqual(byNode);
      }
    }
  });

  test.each(oddStarts.map((line) => [line]))('that begins with %j is read as Node reads it, or not at all', (line) => {
    for (const bytes of [
      message([line, 'Host: a']),
      message([line, 'Host: a', 'Content-Length: 3'], 'abc'),
      message([line, 'Host: a'], 'abc'),
    ]) {
      const byNode = readByNode(bytes);
      expect(readByGate(bytes) ?? byNode).toEqual(byNode);
    }
  });

  test.each([
    ['of which a byte is still to come', message(['POST / HTTP/1.1', 'Host: a', 'Content-Length: 4'], 'abc')],
    ['behind which a byte came', message(['POST / HTTP/1.1', 'Host: a', 'Content-Length: 2'], 'abc')],
    ['behind which another came', Buffer.concat(Array(2).fill(message(['GET / HTTP/1.1', 'Host: a'])))],
    ['whose head is not whole', message(['GET / HTTP/1.1', 'Host: a']).subarray(0, -1)],
    ['that ends its connection', message(['GET / HTTP/1.1', 'Host: a', 'Connection: close'])],
    ['with two lengths', message(['POST / HTTP/1.1', 'Host: a', 'Content-Length: 3', 'Content-Length: 3'], 'abc')],
    ['with a coding', message(['POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked'], '0\r\n\r\n')],
    ['with both', message(['POST / HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Transfer-Encoding: x'], '0\r\n\r\n')],
    ['with an expectation', message(['POST / HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Expect: 100-continue'], 'a')],
    ['that asks for an upgrade', message(['GET / HTTP/1.1', 'Host: a', 'Upgrade: h2c'])],
    ['without Host', message(['GET / HTTP/1.1', 'X: a'])],
    ['with two Hosts', message(['GET / HTTP/1.1', 'Host: a', 'Host: a'])],
    ['of HTTP/1.0', message(['GET / HTTP/1.0', 'Host: a'])],
    ['that is larger than a head may be', message(['GET / HTTP/1.1', 'Host: a', `X: ${'x'.repeat(headBytes)}`])],
    ['whose head is as large as one may be', message([`GET /${'x'.repeat(headBytes - 27)} HTTP/1.1`, 'Host: a'])],
  ])('is none %s', (_, bytes) => {
    expect(readShortRequest(bytes, headBytes)).toBeUndefined();
  });
});

import * as fc from 'fast-check';
import { factsFromBytes, parseHead } from '@flick/decide';
import { describe, expect, it } from 'vitest';

const source = { address: '192.0.2.1', secure: true };
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const read = (text: string, headBytes?: number) =>
  factsFromBytes(bytes(text), { ...source, ...(headBytes !== undefined && { headBytes }) });

it('reads a head as it was sent', () => {
  expect(read('\r\nGET /a?b HTTP/1.1\r\nHost: a\r\nx-A:\t b c \t\r\nEmpty:\r\n\r\n').facts).toEqual({
    method: 'GET',
    target: '/a?b',
    version: '1.1',
    headers: ['Host', 'a', 'x-A', 'b c', 'Empty', ''],
    ...source,
  });
});

it('says where the body starts', () => {
  const text = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  expect(parseHead(bytes(`${text}rest`))?.bodyStart).toBe(text.length);
});

it('keeps a method that nobody knows', () => {
  expect(parseHead(bytes('foo! /x HTTP/1.1\r\n\r\n'))?.facts).toMatchObject({ method: 'foo!', target: '/x' });
});

describe('a head that is not well-formed is a fault', () => {
  it.each([
    'GET /\r\nHost: a\r\n\r\n',
    'GET  / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1 \r\n\r\n',
    'GET / http/1.1\r\n\r\n',
    'GET / HTTP/11\r\n\r\n',
    'G(T / HTTP/1.1\r\n\r\n',
    ' GET / HTTP/1.1\r\n\r\n',
    'GET /\x01 HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\n\n',
    'GET / HTTP/1.1\r\nHost: a\n\r\n',
    'GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n',
    'GET / HTTP/1.1\r\nA : b\r\n\r\n',
    'GET / HTTP/1.1\r\nA b\r\n\r\n',
    'GET / HTTP/1.1\r\n: b\r\n\r\n',
    'GET / HTTP/1.1\r\nA: b\0c\r\n\r\n',
    'GET / HTTP/1.1\r\nA: b\rc\r\n\r\n',
    '\x16\x03\x01\x02\x00',
    'GET / HTTP/1.1\r\nA: \x01',
  ])('%j', (text) => {
    expect(read(text).facts.fault).toBe('malformed-request');
  });
});

it('keeps what it had read before the fault', () => {
  expect(read('PUT /a HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n').facts).toMatchObject({
    method: 'PUT',
    target: '/a',
    headers: ['Host', 'a'],
  });
});

it('waits for the rest of a head that is sound so far', () => {
  const whole = 'POST /a?b=c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n';
  for (let end = 0; end < whole.length; end += 1) {
    expect([end, parseHead(bytes(whole.slice(0, end)))]).toEqual([end, undefined]);
    expect(read(whole.slice(0, end)).facts.fault).toBe('headers-too-slow');
  }
  expect(read(whole).facts.fault).toBe('body-too-slow');
});

it('tells a request line that is too long from a header section that is', () => {
  expect(read(`GET /${'a'.repeat(99)} HTTP/1.1\r\nHost: a\r\n\r\n`, 100).facts.fault).toBe('target-too-long');
  expect(read(`GET /${'a'.repeat(199)}`, 100).facts.fault).toBe('target-too-long');
  expect(read(`GET / HTTP/1.1\r\nA: ${'a'.repeat(99)}\r\n\r\n`, 100).facts.fault).toBe('headers-too-large');
  expect(read(`GET / HTTP/1.1\r\nA: ${'a'.repeat(199)}`, 100).facts.fault).toBe('headers-too-large');
  expect(read('GET / HTTP/1.1\r\nA: b\r\n\r\n', 100).facts.fault).toBeUndefined();
});

const chunked = (body: string) => read(`POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
const outcome = ({ facts, body }: ReturnType<typeof read>) => facts.fault ?? Buffer.from(body).toString('latin1');

describe('a body', () => {
  it('is as long as Content-Length says', () => {
    expect(outcome(read('POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcdef'))).toBe('abc');
    expect(outcome(read('POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n'))).toBe('');
    expect(outcome(read('POST / HTTP/1.1\r\n\r\nabc'))).toBe('');
    expect(outcome(read('POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabc'))).toBe('body-too-slow');
  });
  it.each([
    ['0\r\n\r\n', ''],
    ['3\r\nabc\r\nA;x="y"\r\n0123456789\r\n0\r\n\r\n', 'abc0123456789'],
    ['03 ;x\r\nabc\r\n000\r\nTrailer: x\r\n\r\n', 'abc'],
    ['3\r\nabc\r\n', 'body-too-slow'],
    ['3\r\nab', 'body-too-slow'],
    ['3', 'body-too-slow'],
    ['', 'body-too-slow'],
    ['0\r\n', 'body-too-slow'],
    ['0x3\r\nabc\r\n0\r\n\r\n', 'malformed-body-framing'],
    ['3\nabc\n0\n\n', 'malformed-body-framing'],
    ['3\r\nabcd\r\n0\r\n\r\n', 'malformed-body-framing'],
    ['3 \r\nabc\r\n0\r\n\r\n', 'malformed-body-framing'],
    ['-3\r\nabc\r\n0\r\n\r\n', 'malformed-body-framing'],
    ['fffffffffffffff\r\n', 'malformed-body-framing'],
    ['0\r\nbad trailer\r\n\r\n', 'malformed-body-framing'],
    ['\r\n', 'malformed-body-framing'],
  ])('in chunks: %j', (text, due) => {
    expect(outcome(chunked(text))).toBe(due);
  });
  it('is left alone where its framing is for the ladder to refuse', () => {
    expect(outcome(read('POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabc'))).toBe('');
    expect(outcome(read('POST / HTTP/1.1\r\nContent-Length: 3,3\r\n\r\nabc'))).toBe('');
  });
});

it('gives back any body that was sent in any chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 }), (chunks) => {
      const framed = chunks.flatMap((chunk) => [bytes(`${chunk.length.toString(16)}\r\n`), chunk, bytes('\r\n')]);
      const head = bytes('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n');
      const { facts, body } = factsFromBytes(Buffer.concat([head, ...framed, bytes('0\r\n\r\n')]), source);
      expect([facts.fault, Buffer.from(body)]).toEqual([undefined, Buffer.concat(chunks)]);
    }),
  );
});

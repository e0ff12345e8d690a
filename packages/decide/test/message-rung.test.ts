import { describe, expect, it } from 'vitest';
import {
  bearer,
  contract,
  decider,
  facts,
  headerKey,
  judge,
  need,
  operation,
  outcome,
  raw,
  refusalOf,
} from './story.ts';

const ladder = decider(
  contract([operation('GET /pets'), operation('GET /keyed', { security: [[need(headerKey)], [need(bearer)]] })]),
);

describe('what is not one HTTP request, whole, is refused', () => {
  const malformed: Readonly<Record<string, readonly string[]>> = {
    'no Host': ['GET /pets HTTP/1.1'],
    'two Host fields': ['GET /pets HTTP/1.1', 'Host: a', 'Host: a'],
    'an empty Host': ['GET /pets HTTP/1.1', 'Host:'],
    'a Host with userinfo': ['GET /pets HTTP/1.1', 'Host: me@a'],
    'a Host with a path': ['GET /pets HTTP/1.1', 'Host: a/b'],
    'a Host with a space': ['GET /pets HTTP/1.1', 'Host: a b'],
    'a list of hosts': ['GET /pets HTTP/1.1', 'Host: a,b'],
    'a port beyond 65535': ['GET /pets HTTP/1.1', 'Host: a:65536'],
    'a port that is no number': ['GET /pets HTTP/1.1', 'Host: a:http'],
    'both framings': ['GET /pets HTTP/1.1', 'Host: a', 'Content-Length: 0', 'Transfer-Encoding: chunked'],
    'an empty Transfer-Encoding': ['GET /pets HTTP/1.1', 'Host: a', 'Transfer-Encoding:'],
    'an empty Transfer-Encoding beside Content-Length': [
      'GET /pets HTTP/1.1',
      'Host: a',
      'Transfer-Encoding:',
      'Content-Length: 0',
    ],
    'two codings': ['GET /pets HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked'],
    'an empty coding in the list': ['GET /pets HTTP/1.1', 'Host: a', 'Transfer-Encoding: ,chunked'],
    'Transfer-Encoding twice': [
      'GET /pets HTTP/1.1',
      'Host: a',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: chunked',
    ],
    'Transfer-Encoding in HTTP/1.0': ['GET /pets HTTP/1.0', 'Transfer-Encoding: chunked'],
    'Content-Length twice': ['GET /pets HTTP/1.1', 'Host: a', 'Content-Length: 0', 'Content-Length: 0'],
    'a list of lengths': ['GET /pets HTTP/1.1', 'Host: a', 'Content-Length: 0,0'],
    'a signed length': ['GET /pets HTTP/1.1', 'Host: a', 'Content-Length: +0'],
    'an empty length': ['GET /pets HTTP/1.1', 'Host: a', 'Content-Length:'],
    'a length of 20 digits': ['GET /pets HTTP/1.1', 'Host: a', 'Content-Length: 18446744073709551615'],
    'two Authorization fields': [
      'GET /pets HTTP/1.1',
      'Host: a',
      'Authorization: Basic YTpi',
      'authorization: Bearer x',
    ],
    'two Content-Type fields': [
      'GET /pets HTTP/1.1',
      'Host: a',
      'Content-Type: text/plain',
      'Content-Type: text/plain',
    ],
    'a known name with underscores': ['GET /pets HTTP/1.1', 'Host: a', 'Content_Type: text/plain'],
    'a key whose name has underscores': ['GET /pets HTTP/1.1', 'Host: a', 'x_key: 1'],
    'Connection that names Authorization': ['GET /pets HTTP/1.1', 'Host: a', 'Connection: close, Authorization'],
    'Connection that names a key': ['GET /pets HTTP/1.1', 'Host: a', 'Connection: x-key'],
  };
  it.each(Object.entries(malformed))('%s', (_, lines) => {
    expect(outcome(ladder, raw(...lines))).toBe('malformed-request');
  });
});

it('passes what is well-formed though unusual', () => {
  const sound = [
    ['GET /pets HTTP/1.0'],
    ['GET /pets HTTP/1.1', 'Host: [2001:db8::1]:8080'],
    ['GET /pets HTTP/1.1', 'Host: a:'],
    ['GET /pets HTTP/1.1', 'Host: a', 'Content-Length: 0'],
    ['GET /pets HTTP/1.1', 'Host: a', 'Connection: Upgrade, X-Mine', 'Upgrade: websocket'],
    ['GET /pets HTTP/1.1', 'Host: a', 'Expect: 100-Continue'],
    ['GET /pets HTTP/1.0', 'Expect: anything'],
    ['GET /pets HTTP/1.1', 'Host: a', 'X_Other: 1', '__proto__: 1'],
    ['GET /pets HTTP/1.1', 'Host: a', 'X-Twice: 1', 'X-Twice: 2', 'X-Tab: a\tb'],
  ];
  for (const lines of sound) expect([lines, outcome(ladder, raw(...lines))]).toEqual([lines, 'pass']);
});

it('says of a version that is not served 505, and closes', () => {
  for (const version of ['2.0', '1.2', '0.9']) {
    const refusal = refusalOf(judge(ladder, raw(`GET /pets HTTP/${version}`, 'Host: a')));
    expect(refusal).toMatchObject({ reason: 'malformed-request', precise: 505, status: 400, close: true });
  }
});

it('closes where the framing is in doubt, and only there', () => {
  expect(refusalOf(judge(ladder, raw('GET /pets HTTP/1.1', 'Host: a', 'Transfer-Encoding: x'))).close).toBe(true);
  expect(refusalOf(judge(ladder, raw('GET /pets HTTP/1.1'))).close).toBe(false);
});

it('names the field that is missing', () => {
  expect(refusalOf(judge(ladder, raw('GET /pets HTTP/1.1'))).violations).toEqual([
    { in: 'header', name: 'Host', reason: 'malformed-request', due: 'one field', arrived: 'none' },
  ]);
});

it('refuses more header fields than the bound, before it reads them', () => {
  const filler = Array.from({ length: 20 }, () => 'bad name: \u0001');
  const many = filler.flatMap((line) => line.split(': '));
  const request = { ...facts('GET /pets'), headers: ['Host', 'a', ...many] };
  expect(refusalOf(judge(ladder, request))).toMatchObject({ reason: 'headers-too-large', precise: 431, status: 400 });
});

it('refuses an expectation that nobody knows with 417', () => {
  const refusal = refusalOf(judge(ladder, facts('GET /pets', { Expect: 'more' })));
  expect(refusal).toMatchObject({ reason: 'unknown-expectation', precise: 417 });
});

it.each([
  ['malformed-request', 'malformed-request'],
  ['unsupported-version', 'malformed-request'],
  ['headers-too-large', 'headers-too-large'],
  ['target-too-long', 'target-too-long'],
  ['headers-too-slow', 'headers-too-slow'],
] as const)('turns what a parser says of the head into its reason: %s into %s', (fault, reason) => {
  expect(outcome(ladder, { ...facts('GET /nowhere'), method: '', target: '', version: '', fault })).toBe(reason);
});

it('says what is wrong with a body only once the head holds', () => {
  for (const fault of ['body-too-slow', 'body-too-large', 'malformed-body-framing'] as const) {
    expect(outcome(ladder, { ...facts('GET /nowhere'), fault })).toBe('unknown-path');
    const reason = fault === 'malformed-body-framing' ? 'malformed-request' : fault;
    expect(outcome(ladder, { ...facts('GET /pets'), fault })).toBe(reason);
  }
});

it('refuses control characters in a value and names that are no tokens', () => {
  for (const headers of [
    ['X', 'a\r\nb'],
    ['X', 'a\0'],
    ['a b', ''],
    ['', ''],
  ]) {
    const request = { ...facts('GET /pets'), headers: ['Host', 'a', ...headers] };
    expect(outcome(ladder, request)).toBe('malformed-request');
  }
});

it('never repeats what a caller sent', () => {
  const refusal = refusalOf(judge(ladder, facts('GET /pets', { Host: 'canary@x' })));
  expect(JSON.stringify(refusal)).not.toContain('canary');
});

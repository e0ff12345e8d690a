import { describe, expect, it } from 'vitest';
import { inMediaRange, isJsonType, parseMediaType } from '../src/media-type.ts';

function read(text: string): unknown {
  const parsed = parseMediaType(text);
  return parsed && [parsed.type, Object.fromEntries(parsed.parameters)];
}

describe('a Content-Type', () => {
  it.each([
    ['application/json', ['application/json', {}]],
    ['Application/JSON', ['application/json', {}]],
    [' text/plain ', ['text/plain', {}]],
    ['text/plain;', ['text/plain', {}]],
    ['text/plain; ;charset=utf-8 ;', ['text/plain', { charset: 'utf-8' }]],
    ['text/plain;charset=UTF-8', ['text/plain', { charset: 'UTF-8' }]],
    ['text/plain ; Charset="utf-8"', ['text/plain', { charset: 'utf-8' }]],
    ['multipart/form-data; boundary="a; b=c"', ['multipart/form-data', { boundary: 'a; b=c' }]],
    ['multipart/form-data; boundary="a\\"b"', ['multipart/form-data', { boundary: 'a"b' }]],
    ['a/b; x=1; x=2', ['a/b', { x: '1' }]],
    ['application/json; utf-8', ['application/json', {}]],
    ['application/vnd.api+json;version=1', ['application/vnd.api+json', { version: '1' }]],
  ])('is read as RFC 9110 writes it: %s', (text, due) => {
    expect(read(text)).toEqual(due);
  });

  it.each([
    '',
    ' ',
    'json',
    'application/',
    '/json',
    'application/json/x',
    'application/json charset=utf-8',
    'a b/c',
    'a/b; x=',
    'a/b; x="',
    'a/b; x="1" y',
    'a/b; =1',
    'a/b, c/d',
    'application/json; charset = utf-8',
    'a/é',
    '*',
    'a/b;x=1 2',
  ])('that is none is said to be none: %j', (text) => {
    expect(parseMediaType(text)).toBeUndefined();
  });

  it('of great length is read in linear time', () => {
    expect(parseMediaType(`a/b${'; '.repeat(8000)}(`)).toBeUndefined();
    expect(parseMediaType(`a/b;x="${'\\"'.repeat(8000)}`)).toBeUndefined();
  });
});

describe('a media range', () => {
  it.each([
    ['application/json', 'application/json', true],
    ['application/json', 'application/vnd.x+json', false],
    ['application/*', 'application/json', true],
    ['application/*', 'application/', true],
    ['text/*', 'application/json', false],
    ['*/*', 'a/b', true],
    ['application/*+json', 'application/vnd.x+json', true],
    ['application/*+json', 'application/json', false],
  ])('%s holds %s: %s', (range, type, due) => {
    expect(inMediaRange(range, type)).toBe(due);
  });

  it('of JSON goes by name or suffix', () => {
    expect(['application/json', 'text/json', 'a/b+json', 'text/plain', 'json', 'a/json+b'].filter(isJsonType)).toEqual([
      'application/json',
      'text/json',
      'a/b+json',
    ]);
  });
});

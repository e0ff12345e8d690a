import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonFault, readJson } from '../src/json-text.ts';

const depth = 64;

function faultOf(text: string): JsonFault | undefined {
  const reading = readJson(text, depth);
  return 'fault' in reading ? reading.fault : undefined;
}

/** What is refused though it is JSON. */
const doubtful = /once|surrogates|double|nested/;

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Texts that every reader takes. */
const taken = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1',
  '-1',
  '10',
  '0.5',
  '-0.5',
  '1.25',
  '1e3',
  '1E3',
  '1e+3',
  '1e-3',
  '1.5e10',
  '123456789012345678901234567890',
  '1e308',
  '1e-400',
  '0e1',
  '0e+1',
  '-1e-2',
  '20e1',
  '4.0',
  '""',
  '"a"',
  '" "',
  '"é"',
  '"日本語"',
  '"😀"',
  '"\\u0041"',
  '"\\u00e9"',
  '"\\uD83D\\uDE00"',
  '"\\ud83d\\ude00"',
  '"\\u0000"',
  '"\\""',
  '"\\\\"',
  '"\\/"',
  '"\\b\\f\\n\\r\\t"',
  '"\u2028\u2029"',
  '"\u007f"',
  '"\ufffd"',
  '"\ufeff"',
  '"\\uFFFF"',
  '"a/b"',
  '"//"',
  '"/* no comment */"',
  '"\\\\u0000"',
  '"new\\u00A0line"',
  '"\\uDBFF\\uDFFF"',
  '[]',
  '[ ]',
  '[1]',
  '[1,2]',
  '[1, 2 ,3]',
  '[[]]',
  '[[],[[]]]',
  '[null,true,1,"a",{}]',
  '[\t1\n,\r2 ]',
  '["",""]',
  '[-0]',
  '[1e1]',
  '[""]',
  '[{}]',
  '[ 4]',
  '[1\n]',
  '{}',
  '{ }',
  '{"a":1}',
  '{ "a" : 1 }',
  '{"a":{"b":{"c":[]}}}',
  '{"":0}',
  '{"a":1,"b":1}',
  '{"a":{"a":1}}',
  '{"a":null,"A":null}',
  '{"__proto__":1}',
  '{"constructor":{"prototype":1}}',
  '{"a\\u0062":1,"a":2}',
  '{"a":[{"a":1},{"a":1}]}',
  ' \n\t\r1\n',
  '{"toString":1,"hasOwnProperty":2}',
  '{"a\\u0000b":1}',
  '[{"a":1},{"a":2}]',
];

/** Texts that are no JSON, or that readers differ over; with what the fault is about. */
const refused: readonly (readonly [text: string, due: RegExp])[] = [
  ['', /JSON value/],
  [' ', /JSON value/],
  ['\ufeff{}', /JSON value/],
  ['nul', /JSON value/],
  ['NaN', /JSON value/],
  ['Infinity', /JSON value/],
  ['-Infinity', /digit/],
  ['undefined', /JSON value/],
  ['True', /JSON value/],
  ["'a'", /JSON value/],
  ['+1', /JSON value/],
  ['.5', /JSON value/],
  ['01', /end of the text/],
  ['-01', /end of the text/],
  ['1.', /decimal point/],
  ['-', /digit/],
  ['-.1', /digit/],
  ['1e', /exponent/],
  ['1e+', /exponent/],
  ['1e1.5', /end of the text/],
  ['0x1f', /end of the text/],
  ['1_000', /end of the text/],
  ['1 2', /end of the text/],
  ['--1', /digit/],
  ['1.e1', /decimal point/],
  ['1,', /end of the text/],
  ['１', /JSON value/],
  ['1e400', /double/],
  ['-1e999', /double/],
  [`1${'0'.repeat(309)}`, /double/],
  ['[1e309]', /double/],
  ['"', /closing quote/],
  ['"a', /closing quote/],
  ['"\n"', /control characters/],
  ['"\t"', /control characters/],
  ['"\u0000"', /control characters/],
  ['"\u001f"', /control characters/],
  ['"\\"', /closing quote/],
  ['"\\x41"', /escape/],
  ['"\\u12"', /hexadecimal/],
  ['"\\u12G4"', /hexadecimal/],
  ['"\\U0041"', /escape/],
  ['"\\', /escape/],
  ['"\\a"', /escape/],
  ['"\\ "', /escape/],
  ['"\\\'"', /escape/],
  ['"\\uD800"', /surrogates/],
  ['"\\uDC00"', /surrogates/],
  ['"\\uD800\\uD800"', /surrogates/],
  ['"\\uDE00\\uD83D"', /surrogates/],
  ['"\\uD83Dx"', /surrogates/],
  ['"\\uD83D\\n"', /surrogates/],
  ['{"\\uD800":1}', /surrogates/],
  ['"\\uD83D\\u12"', /surrogates/],
  ['[', /JSON value/],
  [']', /JSON value/],
  ['[1', /comma/],
  ['[1,', /JSON value/],
  ['[1,]', /JSON value/],
  ['[,1]', /JSON value/],
  ['[1 2]', /comma/],
  ['[1,,2]', /JSON value/],
  ['[}', /JSON value/],
  ['[1}', /comma/],
  ['[]]', /end of the text/],
  ['["a"', /comma/],
  ['[1;2]', /comma/],
  ['[a]', /JSON value/],
  ['["": 1]', /comma/],
  ['[*]', /JSON value/],
  ['{', /member name/],
  ['}', /JSON value/],
  ['{"a"', /colon/],
  ['{"a":', /JSON value/],
  ['{"a":1', /comma/],
  ['{"a":1,', /member name/],
  ['{"a":1,}', /member name/],
  ['{a:1}', /member name/],
  ["{'a':1}", /member name/],
  ['{1:1}', /member name/],
  ['{"a" 1}', /colon/],
  ['{"a"::1}', /JSON value/],
  ['{"a":1 "b":2}', /comma/],
  ['{,}', /member name/],
  ['{"a":1]', /comma/],
  ['{}}', /end of the text/],
  ['{"a":1};', /end of the text/],
  ['{"a":1}//', /end of the text/],
  ['/**/{}', /JSON value/],
  ['{/**/}', /member name/],
  ['{"a":1,,"b":2}', /member name/],
  ['{"a":1,"a":2}', /once/],
  ['{"a":1,"a":1}', /once/],
  ['{"a":1,"\\u0061":2}', /once/],
  ['{"":1,"":2}', /once/],
  ['{"__proto__":1,"__proto__":2}', /once/],
  ['[{"a":{"b":1,"c":2,"b":3}}]', /once/],
  ['\u00a01', /JSON value/],
  ['1\u000b', /end of the text/],
  ['1\u000c', /end of the text/],
  ['\u20281', /JSON value/],
  ['{}\u0000', /end of the text/],
  ['tru', /JSON value/],
  ['truee', /end of the text/],
  ['nullnull', /end of the text/],
  ['"a" "b"', /end of the text/],
  ['{"a":1}{"b":2}', /end of the text/],
];

describe('a JSON text', () => {
  it('has vectors enough to be believed', () => {
    expect(taken.length + refused.length).toBeGreaterThanOrEqual(120);
  });

  it.each(taken)('is read as JSON.parse reads it: %j', (text) => {
    expect(readJson(text, depth)).toEqual({ value: JSON.parse(text) });
  });

  it.each(refused)('is refused: %j', (text, due) => {
    expect(faultOf(text)?.due).toMatch(due);
  });

  it('is read, or refused, the same way however long it is', () => {
    const blanks = ' '.repeat(70_000);
    for (const text of taken) expect(readJson(text + blanks, depth)).toEqual({ value: JSON.parse(text) });
    // In a string that has no end, a blank is one more character.
    const ended = refused.filter(([, due]) => !/quote|escape|surrogates/.test(due.source));
    for (const [text, due] of ended) expect(faultOf(text + blanks)?.due).toMatch(due);
  });

  it('is refused, whatever it is, where JSON.parse refuses it, and else only for what readers differ over', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '"a"',
      '"b"',
      '1',
      '-',
      '0',
      '.',
      'e',
      'E',
      '+',
      'true',
      'false',
      'null',
      ' ',
      '\n',
      '\\',
      '\\u',
      'd83d',
      '\\ude00',
      '\\n',
      '\t',
      '\u0000',
      'é',
      '9',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 14 }).map((all) => all.join('')),
          fc.string(),
          fc.json(),
        ),
        (text) => {
          const reading = readJson(text, depth);
          const parsed = parse(text);
          // Refused by one alone is only what readers differ over, and that only by this one.
          const due = parsed === undefined || ('fault' in reading && doubtful.test(reading.fault.due));
          expect('fault' in reading).toBe(due);
          expect('fault' in reading ? parsed : reading).toStrictEqual(parsed);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('of values without doubtful parts is always taken', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.integer({ min: 0, max: 4 }), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(readJson(text, depth)).toStrictEqual({ value: JSON.parse(text) });
      }),
    );
  });

  it('is refused for a repeated name wherever the name stands among many', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 40 }),
        fc.nat(),
        (names, pick) => {
          const name = names[pick % names.length] ?? '';
          const text = `{${[...names, name].map((each) => `${JSON.stringify(each)}:0`).join(',')}}`;
          expect(faultOf(text)?.due).toMatch(/once/);
        },
      ),
    );
  });

  it('may nest as deep as the bound, and no deeper', () => {
    expect(readJson('['.repeat(64) + ']'.repeat(64), 64)).toHaveProperty('value');
    expect(faultOf('['.repeat(65) + ']'.repeat(65))?.due).toBe('arrays and objects nested at most 64 deep');
    expect(faultOf(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`)?.pointer).toBe('/a'.repeat(64));
  });

  it('a million deep is refused without recursion and without being parsed', () => {
    expect(faultOf('['.repeat(1_000_000))?.offset).toBe(64);
    expect(readJson('['.repeat(100_000), 1_000_000)).toHaveProperty('fault.offset', 100_000);
  });

  it('tells where its fault is, by line, column, offset and pointer, and not what stands there', () => {
    expect(faultOf('{\n  "a": [1, 2,\n    secret]\n}')).toEqual({
      due: 'a JSON value',
      pointer: '/a/2',
      offset: 20,
      line: 3,
      column: 5,
    });
    expect(faultOf('{"a":{"x~/y":1,"b":2,"x~/y":3}}')).toMatchObject({ pointer: '/a/x~0~1y', offset: 21 });
    expect(faultOf('{"a":1} extra')).toMatchObject({ pointer: '', offset: 8 });
  });

  it('keeps a member named __proto__ as a member', () => {
    const reading = readJson('{"__proto__":{"admin":true}}', depth);
    expect('value' in reading && Object.keys(Object(reading.value))).toEqual(['__proto__']);
    expect(Object.prototype).not.toHaveProperty('admin');
  });
});

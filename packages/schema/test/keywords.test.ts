import { describe, expect, it } from 'vitest';
import { checkOf } from './document.ts';

interface Row {
  readonly what: string;
  readonly schema: unknown;
  readonly holds: readonly unknown[];
  readonly refuses: readonly unknown[];
}

const rows: readonly Row[] = [
  { what: 'true lets all pass', schema: true, holds: [null, 1, {}], refuses: [] },
  { what: 'false lets nothing pass', schema: false, holds: [], refuses: [null, 1, {}] },
  {
    what: 'an integer may be written as 1.0',
    schema: { type: 'integer' },
    holds: [1, 1e3, -0],
    refuses: [1.5, '1', null, true],
  },
  {
    what: 'names of members may have half a character',
    schema: { properties: { '\ud800': { const: 1 } }, patternProperties: { '^\udc00$': { const: 2 } } },
    holds: [{ '\ud800': 1, '\udc00': 2 }, {}],
    refuses: [{ '\ud800': 2 }, { '\udc00': 1 }],
  },
  { what: 'a number is no string', schema: { type: 'number' }, holds: [1, 1.5], refuses: ['1', Infinity, Number.NaN] },
  { what: 'an array is no object', schema: { type: 'object' }, holds: [{}], refuses: [[], null] },
  { what: 'null is no object', schema: { type: 'null' }, holds: [null], refuses: [{}, 0, '', false] },
  { what: 'types can be listed', schema: { type: ['string', 'null'] }, holds: ['', null], refuses: [0, false] },
  {
    what: 'enum compares whole values',
    schema: { enum: [{ a: [1] }, null, 'x', 0] },
    holds: [{ a: [1.0] }, null, 'x', -0],
    refuses: [{ a: [2] }, { a: [1], b: 1 }, 'X', false, ''],
  },
  {
    what: 'enum is not confused by members named as methods are',
    schema: { enum: [{ valueOf: 1, constructor: 2 }] },
    holds: [{ constructor: 2, valueOf: 1 }],
    refuses: [{ valueOf: 1 }, { valueOf: 2, constructor: 2 }],
  },
  { what: 'an enum with a value twice still holds', schema: { enum: ['a', 'a'] }, holds: ['a'], refuses: ['b'] },
  {
    what: 'const may be null, false and an object',
    schema: { anyOf: [{ const: null }, { const: false }, { const: { a: 1 } }] },
    holds: [null, false, { a: 1 }],
    refuses: [0, { a: 2 }, true],
  },
  { what: 'bounds are inclusive', schema: { minimum: 1, maximum: 3 }, holds: [1, 3, 'text'], refuses: [0.9, 3.1] },
  {
    what: 'exclusive bounds are not',
    schema: { exclusiveMinimum: 1, exclusiveMaximum: 3 },
    holds: [1.1],
    refuses: [1, 3],
  },
  {
    what: 'multipleOf takes decimals as they are written',
    schema: { multipleOf: 0.01 },
    holds: [4.35, 19.99, 0.07, 1.15, 1e10, 0, -4.35, 1234567.89],
    refuses: [4.355, 0.001, 19.999],
  },
  {
    what: 'multipleOf takes large and tiny factors',
    schema: { multipleOf: 1e-8 },
    holds: [12391239123, 1e-8],
    refuses: [1e-9],
  },
  {
    what: 'multipleOf of integers is exact',
    schema: { multipleOf: 3 },
    holds: [9007199254740990],
    refuses: [9007199254740989],
  },
  {
    what: 'lengths count characters, not UTF-16 units',
    schema: { minLength: 2, maxLength: 2 },
    holds: ['ab', '😀😀', 12],
    refuses: ['a', '😀', 'abc'],
  },
  { what: 'patterns find anywhere', schema: { pattern: 'b' }, holds: ['abc', 1], refuses: ['ac'] },
  {
    what: 'items judges every item',
    schema: { items: { type: 'integer' } },
    holds: [[], [1, 2], 'text'],
    refuses: [[1, 'a']],
  },
  {
    what: 'prefixItems judges by place and items the rest',
    schema: { prefixItems: [{ type: 'string' }], items: { type: 'integer' } },
    holds: [[], ['a'], ['a', 1]],
    refuses: [[1], ['a', 'b']],
  },
  {
    what: 'items: false ends the array',
    schema: { prefixItems: [true], items: false },
    holds: [[], [1]],
    refuses: [[1, 2]],
  },
  { what: 'contains wants one item', schema: { contains: { const: 5 } }, holds: [[1, 5], 'text'], refuses: [[], [1]] },
  {
    what: 'contains is seen beside prefixItems for an empty array',
    schema: { prefixItems: [{ type: 'string' }], contains: { type: 'number' } },
    holds: [['a', 1]],
    refuses: [[], ['a']],
  },
  {
    what: 'minContains and maxContains count',
    schema: { contains: { const: 1 }, minContains: 2, maxContains: 3 },
    holds: [
      [1, 1],
      [1, 2, 1, 1],
    ],
    refuses: [[1], [1, 1, 1, 1], []],
  },
  {
    what: 'minContains: 0 asks for none',
    schema: { contains: { const: 1 }, minContains: 0 },
    holds: [[], [2]],
    refuses: [],
  },
  { what: 'array sizes', schema: { minItems: 1, maxItems: 2 }, holds: [[1], [1, 2], {}], refuses: [[], [1, 2, 3]] },
  {
    what: 'uniqueItems compares whole values',
    schema: { uniqueItems: true },
    holds: [
      [1, true, '1', [1], { a: 1 }, { a: 2 }],
      [0, false, null, ''],
    ],
    refuses: [
      [1, 1.0],
      [0, -0],
      [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ],
      [[1], [1]],
      ['a', 'a'],
    ],
  },
  {
    what: 'required looks at own members',
    schema: { required: ['toString', '__proto__'] },
    holds: [JSON.parse('{"toString":1,"__proto__":2}'), 'text'],
    refuses: [{}, { toString: 1 }],
  },
  {
    what: 'properties may be named as methods are',
    schema: JSON.parse(
      '{"properties":{"__proto__":{"type":"integer"},"constructor":{"type":"integer"}},"additionalProperties":false}',
    ),
    holds: [{}, JSON.parse('{"__proto__":1,"constructor":2}')],
    refuses: [JSON.parse('{"__proto__":"a"}'), { constructor: 'a' }, { toString: 1 }],
  },
  {
    what: 'additionalProperties judges what is not named',
    schema: { properties: { a: {} }, patternProperties: { '^x-': {} }, additionalProperties: { type: 'integer' } },
    holds: [{ a: 'x', 'x-a': 'y', b: 1 }],
    refuses: [{ b: 'z' }],
  },
  {
    what: 'additionalProperties sees only what stands beside it',
    schema: { allOf: [{ properties: { a: {} } }], additionalProperties: false },
    holds: [{}],
    refuses: [{ a: 1 }],
  },
  {
    what: 'unevaluatedProperties sees through allOf, $ref and if',
    schema: JSON.parse(`{
      "$defs": { "b": { "properties": { "b": {} } } },
      "allOf": [{ "properties": { "a": {} } }],
      "$ref": "#/$defs/b",
      "if": { "required": ["a"], "properties": { "a": { "const": 1 } } },
      "then": { "properties": { "c": {} } },
      "unevaluatedProperties": false
    }`),
    holds: [{}, { a: 2, b: 1 }, { a: 1, c: 1 }],
    refuses: [{ d: 1 }, { a: 2, c: 1 }, { toString: 1 }],
  },
  {
    what: 'unevaluatedProperties counts only branches that hold',
    schema: {
      anyOf: [
        { properties: { a: { type: 'integer' } }, required: ['a'] },
        { properties: { b: {} }, required: ['b'] },
      ],
      unevaluatedProperties: false,
    },
    holds: [{ a: 1 }, { b: 1 }, { a: 1, b: 1 }],
    refuses: [
      { a: 'x', b: 1 },
      { a: 1, c: 1 },
    ],
  },
  {
    what: 'unevaluatedProperties can be a schema',
    schema: { properties: { a: {} }, unevaluatedProperties: { type: 'integer' } },
    holds: [{ a: 'x', b: 1 }],
    refuses: [{ b: 'x' }],
  },
  {
    what: 'unevaluatedItems sees prefixItems and contains',
    schema: { prefixItems: [true], contains: { const: 9 }, unevaluatedItems: false },
    holds: [[1, 9, 9], [9]],
    refuses: [[1, 9, 2]],
  },
  {
    what: 'dependentSchemas and not see the same object',
    schema: { dependentSchemas: { a: { required: ['b'] } }, not: { required: ['c'] } },
    holds: [{}, { a: 1, b: 1 }],
    refuses: [{ a: 1 }, { c: 1 }],
  },
  {
    what: 'dependentRequired asks for members in turn',
    schema: { dependentRequired: { a: ['b'], toString: ['c'] } },
    holds: [{}, { b: 1 }, { a: 1, b: 1 }],
    refuses: [{ a: 1 }, { toString: 1 }],
  },
  {
    what: 'propertyNames judges names',
    schema: { propertyNames: { pattern: '^[a-z]$' } },
    holds: [{ a: 1 }],
    refuses: [{ A: 1 }, { aa: 1 }],
  },
  {
    what: 'member counts',
    schema: { minProperties: 1, maxProperties: 2 },
    holds: [{ a: 1 }, []],
    refuses: [{}, { a: 1, b: 1, c: 1 }],
  },
  {
    what: 'oneOf wants exactly one',
    schema: { oneOf: [{ type: 'number' }, { type: ['integer', 'boolean'] }, { type: 'string' }] },
    holds: [1.5, 'a'],
    refuses: [1, null],
  },
  { what: 'if without then and else says nothing', schema: { if: { type: 'string' } }, holds: [1, 'a'], refuses: [] },
  {
    what: 'then and else without if say nothing',
    schema: JSON.parse('{"then":false,"else":false}'),
    holds: [1],
    refuses: [],
  },
  {
    what: 'then and else take turns',
    schema: JSON.parse('{"if":{"type":"integer"},"then":{"minimum":5},"else":{"type":"string"}}'),
    holds: [5, 'a'],
    refuses: [4, null],
  },
  {
    what: 'what stands beside $ref counts',
    schema: { $defs: { text: { type: 'string' } }, $ref: '#/$defs/text', maxLength: 2 },
    holds: ['ab'],
    refuses: ['abc', 1],
  },
  {
    what: 'keywords that are not known say nothing',
    schema: { 'x-a': { $ref: '#/nowhere' }, properties: { $ref: { type: 'string' } } },
    holds: [{ $ref: 'a' }, 1],
    refuses: [{ $ref: 1 }],
  },
  {
    what: 'values are never read as schemas',
    schema: {
      const: { $ref: '#/nowhere', $id: ':' },
      example: { $ref: '#/no' },
      default: { $id: '?' },
      examples: [{ $ref: 'x' }],
    },
    holds: [{ $id: ':', $ref: '#/nowhere' }],
    refuses: [1],
  },
];

describe('JSON Schema 2020-12', () => {
  it.each(rows)('$what', ({ schema, holds, refuses }) => {
    const check = checkOf(schema);
    for (const value of holds) expect({ value, faults: check(value) }).toEqual({ value, faults: undefined });
    for (const value of refuses)
      expect({ value, refused: check(value) !== undefined }).toEqual({ value, refused: true });
  });

  it.each([
    ['required: true', { required: true }],
    ['type: any', { type: 'any' }],
    ['type: file', { type: 'file' }],
    ['a type that is null', { type: null }],
    ['minLength as text', { minLength: '3' }],
    ['a negative count', { minItems: -1 }],
    ['an enum that is no list', { enum: 'a' }],
    ['an empty enum, allOf, anyOf, oneOf', { enum: [], allOf: [], anyOf: [], oneOf: [] }],
    ['properties that are a list', { properties: ['a'] }],
    ['a member schema that is text', { properties: { a: 'string' }, items: 'x', not: 3 }],
    ['multipleOf: 0', { multipleOf: 0 }],
    ['a pattern and a format of no text', { pattern: 3, format: [] }],
    ['a schema that is null', { properties: { a: null }, allOf: [null] }],
  ])('a faulty keyword is passed over: %s', (_what, schema) => {
    const check = checkOf(schema);
    for (const value of ['a', { a: 1 }, [1], 2, null]) expect(check(value)).toBeUndefined();
  });
});

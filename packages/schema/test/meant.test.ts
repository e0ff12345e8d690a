import { describe, expect, it } from 'vitest';
import { checkOf, checkOfNamed } from './document.ts';

describe('an enum whose values its type rules out', () => {
  it.each([
    [{ type: 'string', enum: [true, false] }, ['true', true, 'false'], ['yes', 1]],
    [{ type: 'string', enum: [969, '4:3'] }, ['969', 969, '4:3'], ['16:9', 970]],
    [{ type: 'integer', enum: ['1', '2'] }, [1, '1', 2], [3, '3', 'one']],
    [{ type: 'integer', enum: ['Primary', 'Secondary'] }, ['Primary'], [1, 'Third']],
    [{ type: 'boolean', enum: ['true', 'false'] }, [true, 'false'], ['yes', 1]],
    [{ type: 'string', enum: ['a', null] }, ['a', null], ['null ', 'b']],
    [{ type: 'array', items: { type: 'string' }, enum: ['a', 'b'] }, [['a'], ['b', 'a'], []], [['c'], 'a', [1]]],
    [{ type: 'array', enum: ['a', 'b'] }, [['a']], [['c'], 'a']],
  ])('is taken as it was meant: %j', (schema, good, bad) => {
    const check = checkOf(schema);
    for (const value of good) expect({ value, faults: check(value) }).toEqual({ value, faults: undefined });
    for (const value of bad) expect({ value, refused: check(value) !== undefined }).toEqual({ value, refused: true });
  });

  it('is taken to the letter within "not"', () => {
    expect(checkOf({ not: { type: 'string', enum: [1] } })('1')).toBeUndefined();
  });
});

describe('a oneOf of which one branch takes all that another takes', () => {
  it.each([
    [[{ type: 'number' }, { type: 'integer' }], [1, 1.5], ['1']],
    [[{ type: 'string' }, { type: 'string', format: 'date' }], ['2026-01-31', 'soon'], [1]],
    [[{ properties: { a: { type: 'string' } } }, { required: ['b'], properties: { b: {} } }], [{ b: 1 }], [{ a: 1 }]],
    [[{ type: 'object', properties: { a: {} } }, { $ref: '#/components/schemas/Other' }], [{ b: 1 }, {}], ['a']],
  ])('is taken for anyOf: %j', (oneOf, good, bad) => {
    const check = checkOfNamed('It', { It: { oneOf }, Other: { type: 'object', properties: { b: {} } } });
    for (const value of good) expect({ value, faults: check(value) }).toEqual({ value, faults: undefined });
    for (const value of bad) expect({ value, refused: check(value) !== undefined }).toEqual({ value, refused: true });
  });

  it('is none where each branch has something of its own', () => {
    const either = checkOf({ oneOf: [{ required: ['a'] }, { required: ['b'] }] });
    expect(either({ a: 1 })).toBeUndefined();
    expect(either({ a: 1, b: 1 })).toBeDefined();
    expect(
      checkOf({
        oneOf: [
          { type: 'string', maxLength: 3 },
          { type: 'string', minLength: 3 },
        ],
      })('abc'),
    ).toBeDefined();
  });
});

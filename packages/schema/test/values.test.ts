import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allUnique, codePoints, isMultipleOf, memberTest } from '../src/values.ts';

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)));
// Few values, so that equal ones meet.
const small = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom<unknown>(0, 1, '0', '', null, true, 'a'),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', 'b'), tie('value'), { maxKeys: 2 }).map((members) => Object.assign({}, members)),
  ),
})).value;

describe('values', () => {
  it('are unique exactly where no two are deeply equal', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(small, json), { maxLength: 8 }), (items) => {
        const isUnique = items.every(
          (item, index) => !items.slice(0, index).some((other) => isDeepStrictEqual(item, other)),
        );
        expect(allUnique(items)).toBe(isUnique);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are unique whatever the order of their members', () => {
    expect(
      allUnique([
        { a: 1, b: { c: [], d: null } },
        { b: { d: null, c: [] }, a: 1 },
      ]),
    ).toBe(false);
    expect(allUnique([{ ab: 'c' }, { a: 'bc' }, '{"ab":"c"}'])).toBe(true);
  });

  it('are told unique in time that grows with their number, not its square', () => {
    const items = Array.from({ length: 50_000 }, (_, index) => ({ name: 'x', at: index }));
    const started = performance.now();
    expect(allUnique(items)).toBe(true);
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  it('are members where one is deeply equal', () => {
    fc.assert(
      fc.property(fc.array(small, { maxLength: 5 }), small, (list, value) => {
        expect(memberTest(list)(value)).toBe(list.some((each) => isDeepStrictEqual(each, value)));
      }),
    );
  });

  it('are multiples as their decimal texts say', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 0, max: 6 }),
        (count, factor, places) => {
          // Both as a caller writes them: digits and a point.
          const written = (digits: number): number => Number(`${String(digits)}e-${String(places)}`);
          expect(isMultipleOf(written(count), written(factor))).toBe(count % factor === 0);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it('are multiples even where the quotient is too large', () => {
    expect(isMultipleOf(1e308, 0.5)).toBe(true);
    expect(isMultipleOf(1e308, 0.123456789)).toBe(false);
  });

  it('count their characters as a string iterates', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(codePoints(text)).toBe(Array.from(text).length);
      }),
    );
    expect(codePoints('\ud83d')).toBe(1);
    expect(codePoints('\ude00\ud83d')).toBe(2);
  });
});

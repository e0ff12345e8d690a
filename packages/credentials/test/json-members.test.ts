import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasDuplicateMembers } from '../src/json-members.ts';

test.each([
  ['{"a":1,"a":2}', true],
  ['{"a":1,"\\u0061":2}', true],
  ['{"\\"":1,"\\u0022":2}', true],
  ['{"":1,"":2}', true],
  ['{"b":{"a":1,"a":2}}', true],
  ['[[{"a":[],"b":{},"a":2}]]', true],
  ['{"__proto__":1,"__proto__":2}', true],
  ['{"a":"b","b":"a"}', false],
  ['{"a":["a","a",{"a":"a"}],"b":{"a":1}}', false],
  ['{"a":"\\\\","b":"\\"a\\":"}', false],
  ['[{"a":1},{"a":1}]', false],
  [' { "a" : "{" , "b" : "," } ', false],
  ['"a"', false],
])('of %s, a member that is named twice: %s', (text, expected) => {
  expect(JSON.parse(text)).toBeDefined();
  expect(hasDuplicateMembers(text)).toBe(expected);
});

test('finds none in what was written from a value, and one once a member is repeated', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { minKeys: 1 }),
      fc.nat(),
      (value, pick) => {
        const text = JSON.stringify(value);
        expect(hasDuplicateMembers(text)).toBe(false);
        const names = Object.keys(value);
        const name = JSON.stringify(names[pick % names.length]);
        expect(hasDuplicateMembers(`${text.slice(0, -1)},${name}:0}`)).toBe(true);
        expect(hasDuplicateMembers(`[{"outer":${text.slice(0, -1)},${name}:0}}]`)).toBe(true);
      },
    ),
  );
});

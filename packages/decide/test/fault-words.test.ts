import { describe, expect, it } from 'vitest';
import { sentenceOf, sentenceOfAll } from '../src/fault-words.ts';
import { jsonFault } from '../src/schema-violations.ts';
import type { Violation } from '../src/verdict.ts';

const wrong: Violation = {
  in: 'query',
  name: 'to',
  reason: 'wrong-value',
  due: 'one of "EUR", "USD"',
  arrived: 'a string of 4 characters',
};

describe('the sentence on a fault', () => {
  it.each<[Partial<Violation>, string]>([
    [{}, 'Query parameter "to": expected one of "EUR", "USD", got a string of 4 characters.'],
    [
      { in: 'path', name: 'id', due: 'an integer' },
      'Path parameter "id": expected an integer, got a string of 4 characters.',
    ],
    [
      { in: 'header', name: 'X-Id', due: 'a UUID' },
      'Header field "X-Id": expected a UUID, got a string of 4 characters.',
    ],
    [{ pointer: '/a/0', due: 'null' }, 'Query parameter "to" at /a/0: expected null, got a string of 4 characters.'],
    [{ reason: 'missing-parameter', arrived: 'nothing' }, 'Query parameter "to" is required.'],
  ])('of a parameter: %o', (more, sentence) => {
    expect(sentenceOf({ ...wrong, ...more })).toBe(sentence);
  });

  it.each<[Omit<Violation, 'in'>, string]>([
    [
      { pointer: '/name', reason: 'missing-parameter', due: 'a value', arrived: 'nothing' },
      'Body member /name is required.',
    ],
    [
      { pointer: '/n', reason: 'wrong-value', due: 'an integer', arrived: 'null' },
      'Body member /n: expected an integer, got null.',
    ],
    [
      { pointer: '', reason: 'wrong-value', due: 'an object', arrived: 'null' },
      'The body: expected an object, got null.',
    ],
    [{ pointer: '', reason: 'missing-body', due: 'a body', arrived: 'nothing' }, 'The body is required.'],
  ])('of a body: %o', (violation, sentence) => {
    expect(sentenceOf({ in: 'body', ...violation })).toBe(sentence);
  });

  it('of JSON says where it breaks', () => {
    const fault = { due: 'a comma or the end of the object', pointer: '/a', offset: 8, line: 1, column: 9 };
    expect(sentenceOf(jsonFault(fault))).toBe(
      'The body is not well-formed JSON at line 1, column 9: expected a comma or the end of the object.',
    );
    expect(sentenceOf(jsonFault(fault, '/part'))).toMatch(/^Body member \/part is not well-formed JSON at line 1/);
  });

  it('shows names and pointers short, on one line', () => {
    const hostile = `\u001b[31m\n${'x'.repeat(10_000)}`;
    for (const violation of [{ ...wrong, name: hostile }, { ...wrong, in: 'body', pointer: `/${hostile}` } as const]) {
      expect(sentenceOf(violation)).toMatch(/^[ -~…]{20,400}$/);
    }
  });
});

it('tells the first fault in words and the others by number', () => {
  const sentence = sentenceOf(wrong);
  expect(sentenceOfAll([wrong])).toBe(sentence);
  expect(sentenceOfAll([wrong, wrong])).toBe(`${sentence} 1 more fault in errors[].`);
  expect(sentenceOfAll([wrong, wrong, wrong])).toBe(`${sentence} 2 more faults in errors[].`);
});

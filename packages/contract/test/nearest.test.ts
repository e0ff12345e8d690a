import { didYouMean } from '@flick/contract';
import { expect, it } from 'vitest';

it.each([
  ['mdoe', ['fold', 'mode'], '; did you mean "mode"?'],
  ['GETTHINGS', ['getThing', 'getThings'], '; did you mean "getThings"?'],
  ['unknown_qery', ['unknown_members', 'unknown_query'], '; did you mean "unknown_query"?'],
  ['colour', ['mode', 'fold'], ''],
  ['a', [], ''],
  ['x'.repeat(1000), ['x'.repeat(1001)], ''],
])('guesses what %s was meant to be among %j: %j', (word, known, guess) => {
  expect(didYouMean(word, known)).toBe(guess);
});

import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitShellWords } from '../src/shell-words.ts';

describe('words of a pasted command line', () => {
  it.each<[string, readonly string[]]>([
    ['curl -X POST', ['curl', '-X', 'POST']],
    ["-H 'A: b  c'", ['-H', 'A: b  c']],
    ['-d "{\\"a\\": \\"$x\\"}"', ['-d', '{"a": "$x"}']],
    ['a\\ b', ['a b']],
    ["'it'\\''s'", ["it's"]],
    ['curl \\\n  -s \\\r\n  x', ['curl', '-s', 'x']],
    ["$'a\\n\\t\\'\\u00e9\\x41\\101'", ["a\n\t'éAA"]],
    ["''", ['']],
    ['  ', []],
    ['a"b"c\'d\'', ['abcd']],
  ])('%j', (line, words) => {
    expect(splitShellWords(line)).toEqual(words);
  });

  it.each(["'open", '"open', "$'open"])('%s has a quote that is not closed', (line) => {
    expect(() => splitShellWords(line)).toThrow('a quote that is not closed');
  });

  it('are those that a shell reads, however they are quoted', () => {
    const quotes = [
      (word: string) => `'${word.replaceAll("'", `'\\''`)}'`,
      (word: string) => `"${word.replaceAll(/["\\$`]/g, '\\$&')}"`,
      (word: string) => word.replaceAll(/[^\n]/g, '\\$&').replaceAll('\n', "'\n'") || "''",
    ];
    const written = fc.tuple(
      fc.string({ unit: fc.constantFrom(' ', '\n', '\t', "'", '"', '\\', '$', '`', 'a', '{', 'é', '*') }),
      fc.constantFrom(...quotes),
    );
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 5 }), (words) => {
        const line = words.map(([word, quote]) => quote(word)).join(' ');
        const shell = execFileSync('sh', ['-c', `for word in ${line}; do printf '%s\\0' "$word"; done`]).toString();
        expect(splitShellWords(line)).toEqual(shell.split('\0').slice(0, -1));
        expect(splitShellWords(line)).toEqual(words.map(([word]) => word));
      }),
      { numRuns: 60 },
    );
  });
});

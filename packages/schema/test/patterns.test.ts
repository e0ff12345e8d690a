import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SchemaError } from '@flick/schema';
import { compilePattern } from '../src/pattern.ts';
import { checkOf } from './document.ts';

describe('the engine of a pattern', () => {
  it.each([
    '^[a-z]+$',
    '^\\d{3}-\\d{4}$',
    '\\d{3}-\\d{4}',
    '[a-z]+',
    '^[\\w\\-\\.]+@[\\w\\-]+\\.[a-z]{2,}$',
    '^[a-zA-Z0-9_-]{1,4096}$',
    '^[a-z0-9]+(?:-[a-z0-9]+)*$',
    '^\\/(?:[^\\/]+\\/)*$',
    '^(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?!$)|$)){4}$',
    '^.*\\.pdf$',
    '\\.pdf$',
    '^$|^\\d+$',
  ])('is the native one where a proof says that it is linear: %s', (source) => {
    expect(compilePattern(source, false).engine).toBe('native');
  });

  it.each([
    '\\s+$',
    'a+b',
    '(a+)+$',
    '^(a+)+$',
    '^(a|a)*$',
    '^(a*)*$',
    '^(?:a?){30}a{30}$',
    '^(.+)@(.+)$',
    '^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$',
    '^(?:[a-z]+-)*[a-z]+$',
    '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?$',
    '^((?!-)[a-z0-9-]{1,63}(?<!-)\\.)+[a-z]{2,63}$',
    '\\p{Lu}+$',
    '^(?=.*[A-Z])(?=.*\\d).{8,}$',
    '^(?!.*--)[a-z-]+$',
    '^(?!\\s)(?!.*\\s$).+$',
    '^(?:a(?=b*c)|ab)*$',
    'a{1,2000}b',
  ])('is the linear one where it could backtrack: %s', (source) => {
    expect(compilePattern(source, false).engine).toBe('linear');
  });

  it.each([
    ['(a', 'is no ECMA-262 regular expression'],
    ['(\\w+)\\1', 'could take more than linear time, for it refers back to a group'],
    ['^(?:[ab]{1,300}b){1,300}c', 'could take more than linear time, for it repeats too often'],
  ])('is none for %s, which names its place', (pattern, why) => {
    const check = checkOf({ properties: { a: { pattern } } });
    expect(check.compile).toThrow(SchemaError);
    expect(check.compile).toThrow(`contract:/api#/properties/a/pattern: the pattern ${pattern} ${why}`);
    expect(checkOf({ patternProperties: { [pattern]: true } }).compile).toThrow(SchemaError);
  });

  it('is the native one for all where unsafe patterns are allowed', () => {
    const check = checkOf({ pattern: '^(\\w)\\1$' }, { allowUnsafePatterns: true });
    expect(check('aa')).toBeUndefined();
    expect(check('ab')).toBeDefined();
  });

  it('answers for a pattern that the u flag forbids', () => {
    const check = checkOf({ pattern: '^\\-[\\w\\-]+\\_$' });
    expect(check('-a-b_')).toBeUndefined();
    expect(check('a_')).toBeDefined();
  });
});

describe('the linear engine', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '-',
    '\\n',
    '\\d',
    '\\D',
    '\\w',
    '\\W',
    '\\s',
    '\\S',
    '.',
    '[a-c]',
    '[^a\\s]',
    '[\\d_]',
    '\\u0061',
    '\\x62',
    '\\/',
    '\\.',
    '\\p{Lu}',
    '\\P{L}',
    '\\cJ',
    '\\t',
    '[\\]\\-]',
    '😀',
    '[😀-😂]',
    '\\b',
    '\\B',
    '^',
    '$',
    '(?!a)b',
    '(?=[ab])\\w+',
    '(?<!a)',
    '(?<=b)',
  );
  const { expression } = fc.letrec<{ expression: string; term: string }>((tie) => ({
    term: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      atom,
      fc
        .tuple(tie('expression'), fc.constantFrom('', '?:', '?<n>'))
        .map(([inner, kind]) => (kind === '?<n>' ? `(${inner})` : `(${kind}${inner})`)),
      fc
        .tuple(tie('expression'), fc.constantFrom('?=', '?!', '?<=', '?<!'))
        .map(([inner, kind]) => `(${kind}${inner})`),
      fc
        .tuple(
          fc.constantFrom('a', '[a-c]', '\\s', '.', '\\d'),
          fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{2,}', '*?', '+?'),
        )
        .map((parts) => parts.join('')),
      fc
        .tuple(tie('expression'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}'))
        .map(([inner, count]) => `(?:${inner})${count}`),
    ),
    expression: fc
      .array(tie('term'), { minLength: 1, maxLength: 3 })
      .map((terms) => terms.join(''))
      .chain((left) =>
        fc.oneof(
          { weight: 3, arbitrary: fc.constant(left) },
          { weight: 1, arbitrary: tie('term').map((right) => `${left}|${right}`) },
        ),
      ),
  }));
  const text = fc
    .array(
      fc.constantFrom(
        'a',
        'b',
        'c',
        'A',
        'É',
        '1',
        '_',
        '-',
        '/',
        '.',
        ' ',
        '\n',
        '\r',
        '\t',
        '\u2028',
        '\u00a0',
        '\ufeff',
        '\v',
        '😀',
        '😁',
        ']',
      ),
      { maxLength: 8 },
    )
    .map((characters) => characters.join(''));

  it('finds what the native engine finds', () => {
    let compared = 0;
    fc.assert(
      fc.property(expression, fc.array(text, { minLength: 1, maxLength: 8 }), (source, texts) => {
        let native: RegExp;
        let pattern: ReturnType<typeof compilePattern>;
        try {
          native = new RegExp(source, 'uy');
          pattern = compilePattern(source, false);
        } catch {
          return;
        }
        for (const each of texts) {
          if (pattern.engine !== 'native') compared += 1;
          expect({ source, each, found: pattern.test(each) }).toEqual({ source, each, found: isFound(native, each) });
        }
      }),
      { numRuns: 4_000, seed: 20_260_131 },
    );
    expect(compared).toBeGreaterThan(5_000);
  });

  it('takes 60 KB of blanks in its stride, where a native search for \\s+$ takes seconds (F27)', () => {
    const blanks = `${' '.repeat(60_000)}x`;
    const started = performance.now();
    for (const pattern of ['\\s+$', '^(\\s+)+$', '(?:\\s|\\s)+$', '^(?!.*\\s+$)(.+)+$']) {
      // On the native engine the next line would never end.
      expect(compilePattern(pattern, false).engine).toBe('linear');
      checkOf({ type: 'string', pattern })(blanks);
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

// Searched from one character to the next, as ECMA-262 has it: the platform's own search also starts within those
// that take two units.
function isFound(expression: RegExp, text: string): boolean {
  for (let at = 0; at <= text.length; at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1) {
    expression.lastIndex = at;
    if (expression.test(text)) return true;
  }
  return false;
}

import { type AST, RegExpParser, visitRegExpAST } from '@eslint-community/regexpp';
import { RE2JS } from 're2js';
import { type CharElement, type CharSet, charSetOf, intersection, isCharElement, union } from './char-set.ts';
import { isProvenLinear } from './pattern-proof.ts';

/** A pattern of a contract, ready to test text in time linear in it. */
export interface Pattern {
  readonly test: (text: string) => boolean;
  /** `native`: the platform's engine. `linear`: one that never backtracks. `mixed`: some parts on each. */
  readonly engine: 'native' | 'linear' | 'mixed';
}

/** Why a pattern is not used and what to do, in words that end a sentence about it. */
export class PatternFault extends Error {}

const fault =
  'looks around or back in a way that could take more than linear time; rewrite it without, or allow unsafe patterns';

const parser = new RegExpParser({ ecmaVersion: 2024 });

/**
 * Makes a pattern ready. It runs on the platform's engine where a proof says that this takes linear time, else on
 * one that never backtracks. That one knows no lookahead: those at the start are therefore taken off and tested on
 * their own, and those of one character are merged into the character that follows.
 *
 * @throws PatternFault where the pattern is no expression, or could take more than linear time on both engines
 */
export function compilePattern(source: string, allowUnsafe: boolean): Pattern {
  const native = nativeOf(source);
  if (allowUnsafe) return { test: (text) => native.test(text), engine: 'native' };
  const pattern = parser.parsePattern(source, 0, source.length, { unicode: native.unicode });
  const { alternatives } = pattern;
  if (isProvenLinear(alternatives)) return { test: (text) => native.test(text), engine: 'native' };
  visitRegExpAST(pattern, {
    onBackreferenceEnter: () => {
      throw new PatternFault(fault);
    },
  });
  const parts = splitOff(alternatives, native.flags);
  const engines = new Set(parts.map((part) => part.engine));
  const [only] = parts;
  const engine = engines.size === 1 && only !== undefined ? only.engine : 'mixed';
  if (only !== undefined && parts.length === 1) return { test: only.test, engine };
  return { test: (text) => parts.every((part) => part.test(text)), engine };
}

function nativeOf(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch {
    // Many documents escape what the `u` flag forbids to escape, such as `\-`.
  }
  try {
    return new RegExp(source);
  } catch (error) {
    throw new PatternFault('is no ECMA-262 regular expression; mend it', { cause: error });
  }
}

interface Part {
  readonly test: (text: string) => boolean;
  readonly engine: 'native' | 'linear';
}

/** Splits `^(?=a)(?!b)c` into tests that must all hold: `^a`, not `^b`, `^c`. */
function splitOff(alternatives: readonly AST.Alternative[], flags: string): Part[] {
  const [only] = alternatives;
  const start = only?.elements[0];
  if (only === undefined || alternatives.length > 1 || start?.type !== 'Assertion' || start.kind !== 'start') {
    return [partOf(alternatives, flags, '', false)];
  }
  const parts: Part[] = [];
  let rest = only.elements.slice(1);
  for (let [next] = rest; next?.type === 'Assertion' && next.kind === 'lookahead'; [next] = rest) {
    parts.push(partOf(next.alternatives, flags, '^', next.negate));
    rest = rest.slice(1);
  }
  parts.push(partOf([{ ...only, elements: rest }], flags, '^', false));
  return parts;
}

/** One test: `start`, then one of the alternatives. */
function partOf(alternatives: readonly AST.Alternative[], flags: string, start: '' | '^', negate: boolean): Part {
  const text = alternatives.map(({ elements }) => elements.map((element) => element.raw).join('')).join('|');
  const source = start === '' ? text : `${start}(?:${text})`;
  const native = new RegExp(source, flags);
  const parsed = parser.parsePattern(source, 0, source.length, { unicode: native.unicode });
  if (isProvenLinear(parsed.alternatives)) return { test: (value) => native.test(value) !== negate, engine: 'native' };
  const linear = linearOf(parsed.alternatives);
  return { test: (value) => linear.test(value) !== negate, engine: 'linear' };
}

function linearOf(alternatives: readonly AST.Alternative[]): RE2JS {
  const text = choiceText(alternatives);
  try {
    return RE2JS.compile(text, RE2JS.LOOKBEHINDS);
  } catch (error) {
    throw new PatternFault(
      'could take more than linear time; anchor it, or repeat fewer than 1,000 times, or allow unsafe patterns',
      {
        cause: error,
      },
    );
  }
}

/** Writes an expression in RE2's syntax. Characters become explicit ranges: the two dialects name sets differently. */
function choiceText(alternatives: readonly AST.Alternative[]): string {
  return alternatives.map(({ elements }) => sequenceText(elements)).join('|');
}

function sequenceText(elements: readonly AST.Element[]): string {
  let text = '';
  for (let index = 0; index < elements.length; index += 1) {
    const element = elements[index];
    if (element?.type === 'Assertion' && element.kind === 'lookahead') {
      index += 1;
      text += mergedText(element, elements[index]);
    } else if (element !== undefined) text += elementText(element);
  }
  return text;
}

/** Merges a lookahead of one character into the character, or the loop over one, that follows: `(?!-)[a-z-]+`. */
function mergedText(ahead: AST.LookaheadAssertion, next: AST.Element | undefined): string {
  const sets = ahead.alternatives.map(({ elements: [only, ...more] }) =>
    only !== undefined && more.length === 0 && isCharElement(only) ? charSetOf(only) : undefined,
  );
  const seen = union(sets.map((set) => set ?? []));
  const loop = next?.type === 'Quantifier' ? next : undefined;
  const taken = loop?.element ?? next;
  const set = taken !== undefined && isCharElement(taken) ? charSetOf(taken) : undefined;
  if (sets.includes(undefined) || set === undefined || loop?.min === 0) throw new PatternFault(fault);
  const first = setText(intersection(set, seen, ahead.negate));
  if (loop === undefined) return first;
  return `${first}${setText(set)}${countText(loop.min - 1, loop.max - 1)}`;
}

function elementText(element: AST.Element): string {
  if (isCharElement(element)) return elementSetText(element);
  if (element.type === 'Quantifier') {
    return `(?:${elementText(element.element)})${countText(element.min, element.max)}`;
  }
  if (element.type === 'Group' || element.type === 'CapturingGroup') return `(?:${choiceText(element.alternatives)})`;
  if (element.type === 'Assertion') {
    if (element.kind === 'start') return '\\A';
    if (element.kind === 'end') return '\\z';
    if (element.kind === 'word') return element.negate ? '\\B' : '\\b';
    if (element.kind === 'lookbehind') return `(?<${element.negate ? '!' : '='}${choiceText(element.alternatives)})`;
  }
  throw new PatternFault(fault);
}

function countText(min: number, max: number): string {
  // Which match is found does not matter here, only whether there is one: greedy or lazy is the same.
  if (max === Infinity) return `{${String(min)},}`;
  return `{${String(min)},${String(max)}}`;
}

function elementSetText(element: CharElement): string {
  const set = charSetOf(element);
  if (set === undefined)
    throw new PatternFault('has a set of strings, which no linear engine knows; rewrite it, or allow unsafe patterns');
  return setText(set);
}

function setText(set: CharSet): string {
  if (set.length === 0) return '[^\\x{0}-\\x{10FFFF}]';
  let text = '[';
  for (let at = 0; at < set.length; at += 2) {
    text += `\\x{${(set[at] ?? 0).toString(16)}}-\\x{${(set[at + 1] ?? 0).toString(16)}}`;
  }
  return `${text}]`;
}

import type { AST } from '@eslint-community/regexpp';

/** Code points as sorted, disjoint, inclusive ranges: `[first, last, first, last, ...]`. */
export type CharSet = readonly number[];

const lastCodePoint = 0x10ffff;

/** What `\s` matches in ECMA-262: its WhiteSpace and LineTerminator. */
const space: CharSet = [
  0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f,
  0x3000, 0x3000, 0xfeff, 0xfeff,
];
const digit: CharSet = [0x30, 0x39];
/** What `\w` matches. */
export const wordSet: CharSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
const lineEnd: CharSet = [0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029];

/** Joins sets. */
function union(sets: readonly CharSet[]): CharSet {
  const ranges: [number, number][] = [];
  for (const set of sets) for (let at = 0; at < set.length; at += 2) ranges.push([set[at] ?? 0, set[at + 1] ?? 0]);
  ranges.sort((a, b) => a[0] - b[0]);
  const joined: number[] = [];
  for (const [first, last] of ranges) {
    const end = joined.at(-1);
    if (end !== undefined && first <= end + 1) joined[joined.length - 1] = Math.max(end, last);
    else joined.push(first, last);
  }
  return joined;
}

function complement(set: CharSet): CharSet {
  const rest: number[] = [];
  let next = 0;
  for (let at = 0; at < set.length; at += 2) {
    const first = set[at] ?? 0;
    if (first > next) rest.push(next, first - 1);
    next = (set[at + 1] ?? 0) + 1;
  }
  if (next <= lastCodePoint) rest.push(next, lastCodePoint);
  return rest;
}

/** Whether no two of the sets share a code point. */
export function areDisjoint(sets: readonly CharSet[]): boolean {
  const ranges: [number, number][] = [];
  for (const set of sets) for (let at = 0; at < set.length; at += 2) ranges.push([set[at] ?? 0, set[at + 1] ?? 0]);
  ranges.sort((a, b) => a[0] - b[0]);
  return ranges.every(([first], index) => first > (ranges[index - 1]?.[1] ?? -1));
}

/** The element of an expression that takes one character. */
export type CharElement = AST.Character | AST.CharacterSet | AST.CharacterClass;

export function isCharElement(element: AST.Element): element is CharElement {
  return element.type === 'Character' || element.type === 'CharacterSet' || element.type === 'CharacterClass';
}

/** What an element matches; `undefined` for what the `v` flag alone has. */
export function charSetOf(element: CharElement): CharSet | undefined {
  if (element.type === 'Character') return [element.value, element.value];
  if (element.type === 'CharacterSet') return setOf(element);
  if (element.unicodeSets) return undefined;
  const sets: CharSet[] = [];
  for (const part of element.elements) {
    if (part.type === 'CharacterClassRange') sets.push([part.min.value, part.max.value]);
    else {
      const set = charSetOf(part);
      if (set === undefined) return undefined;
      sets.push(set);
    }
  }
  const joined = union(sets);
  return element.negate ? complement(joined) : joined;
}

function setOf(element: AST.CharacterSet): CharSet | undefined {
  switch (element.kind) {
    case 'any':
      return complement(lineEnd);
    case 'digit':
      return element.negate ? complement(digit) : digit;
    case 'space':
      return element.negate ? complement(space) : space;
    case 'word':
      return element.negate ? complement(wordSet) : wordSet;
    case 'property':
      return element.strings ? undefined : propertySet(element.raw);
    default:
      return undefined;
  }
}

const propertySets = new Map<string, CharSet>();

/** Asks the platform which code points have a Unicode property, so that all engines agree with it. */
function propertySet(raw: string): CharSet {
  const known = propertySets.get(raw);
  if (known !== undefined) return known;
  const expression = new RegExp(`^${raw}$`, 'u');
  const ranges: number[] = [];
  for (let point = 0; point <= lastCodePoint; point += 1) {
    if (!expression.test(String.fromCodePoint(point))) continue;
    if (ranges.at(-1) === point - 1) ranges[ranges.length - 1] = point;
    else ranges.push(point, point);
  }
  propertySets.set(raw, ranges);
  return ranges;
}

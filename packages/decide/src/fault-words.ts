import type { Violation } from './verdict.ts';

/** How much of a text that a caller chose is shown. */
const SHOWN_NAME = 64;
const SHOWN_POINTER = 256;

const plainText = /^[ -~]*$/;
// Control and format characters, lone surrogates, and separators of lines and paragraphs.
const unshowable = /[\p{C}\u2028\u2029]/gu;

/** A name that a caller chose, fit to be shown: short, on one line, and nothing in it that a terminal obeys. */
export function showName(name: string): string {
  return show(name, SHOWN_NAME);
}

/** A JSON pointer, whose steps a caller may have chosen, fit to be shown. */
export function showPointer(pointer: string): string {
  return show(pointer, SHOWN_POINTER);
}

function show(text: string, length: number): string {
  const short = text.length > length ? `${text.slice(0, length)}…` : text;
  if (plainText.test(short)) return short;
  return short.replaceAll(unshowable, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** What arrived, where it is text, by its size alone. */
export function sizeOf(text: string): string {
  return text === ''
    ? 'an empty string'
    : `a string of ${text.length} ${text.length === 1 ? 'character' : 'characters'}`;
}

const places: Readonly<Record<Violation['in'], string>> = {
  path: 'Path parameter',
  query: 'Query parameter',
  header: 'Header field',
  cookie: 'Cookie',
  body: 'The body',
  target: 'The request target',
  message: 'The request',
  status: 'The code',
};

/** A violation in one sentence. */
export function sentenceOf(violation: Violation): string {
  if (violation.detail !== undefined) return violation.detail;
  const { reason, due, arrived } = violation;
  const subject = subjectOf(violation);
  return reason === 'missing-parameter' || reason === 'missing-body'
    ? `${subject} is required.`
    : `${subject}: expected ${due}, got ${arrived}.`;
}

/** All violations of a request: the first in words, the others by number. */
export function sentenceOfAll(violations: readonly Violation[]): string {
  const [first] = violations;
  if (first === undefined) return 'The request breaks the contract.';
  const more = violations.length - 1;
  const others = more === 0 ? '' : more === 1 ? ' 1 more fault in errors[].' : ` ${more} more faults in errors[].`;
  return sentenceOf(first) + others;
}

function subjectOf({ in: place, name, pointer }: Violation): string {
  if (place === 'body') return pointer ? `Body member ${showPointer(pointer)}` : places.body;
  const named = name === undefined ? places[place] : `${places[place]} "${showName(name)}"`;
  return pointer ? `${named} at ${showPointer(pointer)}` : named;
}

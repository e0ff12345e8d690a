import type { Reason, SchemaFault } from '@flick/contract';
import { showPointer } from './fault-words.ts';
import type { JsonFault } from './json-text.ts';
import type { Violation } from './verdict.ts';

/** So many faults of one request are told; what is wrong with the rest is seen once these are mended. */
export const MAX_VIOLATIONS = 50;

/**
 * The reason that a fault of the schema has. An undeclared member is `unknown-parameter` wherever it stands. A missing
 * member is `missing-parameter` where the caller names it on the wire by itself: in a body, or in an object whose
 * members are parameters of their own. Elsewhere in a parameter it makes the parameter's value wrong.
 */
export function reasonOf(keyword: string, membersAreNamed: boolean): Reason {
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') return 'unknown-parameter';
  return keyword === 'required' && membersAreNamed ? 'missing-parameter' : 'wrong-value';
}

/** The violations of a body that was read and breaks its schema. */
export function bodyViolations(faults: readonly SchemaFault[]): Violation[] {
  return faults
    .slice(0, MAX_VIOLATIONS)
    .map(({ keyword, due, arrived, pointer }) => bodyFault(reasonOf(keyword, true), due, arrived, pointer));
}

/** One violation of a body; `pointer` is that of the whole where it is left out. */
export function bodyFault(reason: Reason, due: string, arrived: string, pointer = ''): Violation {
  return { in: 'body', pointer: showPointer(pointer), reason, due, arrived };
}

/** The violation of a text that is no JSON, or JSON that parsers read differently. `at` is where the text stands. */
export function jsonFault({ due, pointer, line, column, offset }: JsonFault, at = ''): Violation {
  const where = `line ${line}, column ${column}`;
  const subject = at === '' ? 'The body' : `Body member ${showPointer(at)}`;
  const detail = `${subject} is not well-formed JSON at ${where}: expected ${due}.`;
  const arrived = `something else at ${where} (offset ${offset})`;
  return { in: 'body', pointer: showPointer(at + pointer), reason: 'malformed-body', due, arrived, detail };
}

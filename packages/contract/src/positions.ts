import { lineCounter, parseText } from './document-text.ts';

/** Where something stands in a text, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Finds JSON pointers in the text of a document: the key of a member, the start of an item. A pointer that leads
 * nowhere gets the place of the nearest ancestor that is there.
 *
 * @param text - JSON or YAML, without byte order mark
 * @throws ContractError where it is neither
 */
export function positionsOf(text: string, name: string, pointers: Iterable<string>): ReadonlyMap<string, Position> {
  const positionOf = lineCounter(text);
  const offsets = parseText(text, name).offsets(pointers);
  return new Map(Array.from(offsets, ([pointer, offset]) => [pointer, positionOf(offset)]));
}

import { didYouMean } from '@flick/contract';
import { showName } from './fault-words.ts';
import { remembering } from './remembering.ts';

const SHOWN_NAMES = 20;
/** Longer names are not guessed at, nor is among more names than these: it takes the product of all three. */
const GUESSED_NAME = 40;
const GUESSED_NAMES = 100;
/** A client that misspells a name sends it again and again. */
const REMEMBERED = 64;

/** What is said of a name that an operation does not take. */
export interface UnknownName {
  readonly due: string;
  readonly detail: string;
}

/**
 * Makes what tells of query parameters that are not among `names`: which there are, and which of them was meant.
 * The list of them is written once.
 */
export function compileUnknownNames(names: readonly string[]): (name: string) => UnknownName {
  const takes = `takes ${listed(names)}`;
  const guessed = names.slice(0, GUESSED_NAMES);
  return remembering(REMEMBERED, (name) => {
    const hint =
      name.length > GUESSED_NAME
        ? ''
        : didYouMean(
            name,
            guessed.filter((known) => isNear(known, name)),
          );
    const detail = `Query parameter "${showName(name)}" is not one of this operation's; it ${takes}${hint || '.'}`;
    return { due: `no such parameter: this operation ${takes}${hint}`, detail };
  });
}

/** Whether so few letters are more or fewer that the one name may have been meant by the other. */
function isNear({ length }: string, other: string): boolean {
  return Math.abs(length - other.length) * 3 <= Math.max(length, other.length, 3);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => `"${showName(name)}"`);
  if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
  const last = shown.pop();
  if (last === undefined) return 'none';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}

import { didYouMean } from '@flick/contract';
import { showName } from './fault-words.ts';
import { remembering } from './remembering.ts';

const SHOWN_NAMES = 20;
/** To guess what a name was meant to be takes its length squared, for each that it may have been. */
const GUESSED_LENGTH = 32;
const GUESSED_AMONG = 32;
/** A client that misspells a name sends it again and again. */
const REMEMBERED = 64;

/** What is said of a name that an operation does not take. */
interface UnknownName {
  readonly due: string;
  readonly detail: string;
}

/** Tells of a name that an operation does not take; with `guesses`, also which was meant. */
export type TellUnknown = (name: string, guesses: boolean) => UnknownName;

/** Makes what tells of query parameters that are not among `names`. The list of them is written once. */
export function compileUnknownNames(names: readonly string[]): TellUnknown {
  const takes = `takes ${listed(names)}`;
  const among = names.slice(0, GUESSED_AMONG);
  const hintOf = remembering(REMEMBERED, (name) =>
    didYouMean(
      name,
      among.filter((known) => isNear(known, name)),
    ),
  );
  return (name, guesses) => {
    const hint = guesses && name.length <= GUESSED_LENGTH ? hintOf(name) : '';
    const detail = `Query parameter "${showName(name)}" is not one of this operation's; it ${takes}${hint || '.'}`;
    return { due: `no such parameter: this operation ${takes}${hint}`, detail };
  };
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

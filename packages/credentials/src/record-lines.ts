import { hasDuplicateMembers } from './json-members.ts';

/** A file of credentials that is not as it must be. The message tells the mend and quotes nothing of the file. */
export class FileFault extends Error {
  override readonly name = 'FileFault';
}

/** The members of one line, before anyone checked them. */
export type Members = Readonly<Record<string, unknown>>;

/**
 * Makes a reader of JSON lines: one object a line, empty lines passed over. It remembers what it made of the lines that
 * it read last: of a large file, a change costs little more than the lines that changed.
 *
 * @param known - the members that a line may have: a misspelt `expires` would make a key that never does
 * @param read - makes a record of a line's members; throws FileFault where it cannot
 * @returns a function that throws FileFault for the first line that is at fault, with its number
 */
export function createLineReader<R>(
  known: readonly string[],
  read: (members: Members) => R,
): (text: string) => readonly Line<R>[] {
  let before: ReadonlyMap<string, R> = new Map();
  return (text) => {
    const lines: Line<R>[] = [];
    for (const [index, line] of text.split('\n').entries()) {
      if (line.trim() === '') continue;
      try {
        const record = before.get(line) ?? read(membersOf(line, known));
        lines.push({ number: index + 1, line, record });
      } catch (error) {
        if (error instanceof FileFault) throw new FileFault(`line ${index + 1}: ${error.message}`);
        throw error;
      }
    }
    before = new Map(lines.map(({ line, record }) => [line, record]));
    return lines;
  };
}

/** A line that was read. */
interface Line<R> {
  /** Counted from 1. */
  readonly number: number;
  readonly line: string;
  readonly record: R;
}

function membersOf(line: string, known: readonly string[]): Members {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new FileFault('it is not JSON; one object a line is due');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FileFault('it is no object; one object a line is due');
  }
  if (hasDuplicateMembers(line)) throw new FileFault('it has a member twice; take one out');
  if (!Object.keys(value).every((name) => known.includes(name))) {
    throw new FileFault(`it has an unknown member; known are ${known.join(', ')}`);
  }
  return { ...value };
}

/** The text of a member that must be there. */
export function textOf(members: Members, name: string): string {
  const value = members[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new FileFault(value === undefined ? `"${name}" is missing` : `"${name}" is not a text`);
}

/** The name of whoever a credential belongs to: it goes into logs and fields. */
export function nameOf(members: Members, name: string): string {
  const text = textOf(members, name);
  if (!isName(text)) throw new FileFault(`"${name}" is longer than 256 characters or has control characters in it`);
  return text;
}

/** Whether a text can name somebody. */
export function isName(text: string): boolean {
  return text !== '' && text.length <= 256 && !/\p{Cc}/u.test(text);
}

/** The scopes of a line, each one a token of RFC 6749, section 3.3; none where it has no such member. */
export function scopesOf(members: Members): readonly string[] {
  const { scopes = [] } = members;
  const listed = Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : undefined;
  if (!Array.isArray(scopes) || listed?.length !== scopes.length || !listed.every(isScope)) {
    throw new FileFault('"scopes" is not a list of scopes such as ["read", "write"]');
  }
  return Object.freeze(listed);
}

/** Whether a text is one scope (RFC 6749, section 3.3). */
export function isScope(text: string): boolean {
  return /^[!#-[\]-~]+$/.test(text);
}

/** The time of a member that may be absent, in milliseconds since the epoch. */
export function timeOf(members: Members, name: string): number | undefined {
  const value = members[name];
  if (value === undefined) return undefined;
  const ms = typeof value === 'string' && utcTime.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw new FileFault(`"${name}" is not a time in UTC such as 2027-01-31T12:00:00Z`);
  return ms;
}

const utcTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;

/** Writes a record as its line. */
export function lineOf(members: Members): string {
  return `${JSON.stringify(members)}\n`;
}

import { createLineReader, FileFault, lineOf, type Members, nameOf, scopesOf, textOf } from './record-lines.ts';
import { phcOf, readPhc, type ScryptHash } from './scrypt-hash.ts';

/** A user of HTTP Basic authentication, as a file keeps one. */
export interface UserRecord {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly password: ScryptHash;
}

/**
 * Makes a reader of files of users, one JSON object a line.
 *
 * @returns a function that gives the users by their name; throws FileFault where a line is at fault, or two users share
 *   a name
 */
export function createUsersReader(): (text: string) => ReadonlyMap<string, UserRecord> {
  const readLines = createLineReader(['name', 'scopes', 'password'], recordOf);
  return (text) => {
    const users = new Map<string, UserRecord>();
    for (const { number, record } of readLines(text)) {
      if (users.has(record.name)) {
        throw new FileFault(`line ${number}: its "name" is that of a line before; take one of them out`);
      }
      users.set(record.name, record);
    }
    return users;
  };
}

function recordOf(line: Members): UserRecord {
  const name = nameOf(line, 'name');
  const fault = nameFaultOf(name);
  if (fault !== undefined) throw new FileFault(`"name" ${fault}`);
  const password = readPhc(textOf(line, 'password'));
  if (password === undefined) {
    throw new FileFault('"password" is not a hash such as $scrypt$ln=15,r=8,p=3$salt$hash; flick users add makes one');
  }
  return { name, scopes: scopesOf(line), password };
}

/** Why a name can be no user's; undefined where it can. */
export function nameFaultOf(name: string): string | undefined {
  // RFC 7617, section 2: what comes before the first colon is the name.
  if (name.includes(':')) return 'has a colon in it, which HTTP Basic cannot send';
  return name.normalize('NFC') === name ? undefined : 'is not in the normal form C of Unicode';
}

/** Writes a file of users. */
export function writeUsers(users: Iterable<UserRecord>): string {
  return Array.from(users, ({ name, scopes, password }) => lineOf({ name, scopes, password: phcOf(password) })).join(
    '',
  );
}

import { FileFault, lineOf, nameOf, readLines, scopesOf, textOf } from './record-lines.ts';
import { phcOf, readPhc, type ScryptHash } from './scrypt-hash.ts';

/** A user of HTTP Basic authentication, as a file keeps one. */
export interface UserRecord {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly password: ScryptHash;
}

/**
 * Reads a file of users, one JSON object a line.
 *
 * @returns the users by their name
 * @throws FileFault where a line is at fault, or two users share a name
 */
export function readUsers(text: string): ReadonlyMap<string, UserRecord> {
  const users = new Map<string, UserRecord>();
  readLines(text, ['name', 'scopes', 'password'], (line) => {
    const name = nameOf(line, 'name');
    const fault = nameFaultOf(name);
    if (fault !== undefined) throw new FileFault(`"name" ${fault}`);
    if (users.has(name)) throw new FileFault('its "name" is that of a line before; take one of them out');
    const password = readPhc(textOf(line, 'password'));
    if (password === undefined) {
      throw new FileFault(
        '"password" is not a hash such as $scrypt$ln=15,r=8,p=3$salt$hash; flick users add makes one',
      );
    }
    users.set(name, { name, scopes: scopesOf(line), password });
  });
  return users;
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

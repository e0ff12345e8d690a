import { readFile } from 'node:fs/promises';
import { FileFault, isName, isScope } from './record-lines.ts';
import { rewriteFile } from './rewrite-file.ts';
import { makeHash } from './scrypt-hash.ts';
import { nameFaultOf, createUsersReader, type UserRecord, writeUsers } from './user-records.ts';

/** A new user of HTTP Basic authentication. */
export interface NewUser {
  readonly name: string;
  readonly password: string;
  readonly scopes: readonly string[];
}

const MIN_PASSWORD_LENGTH = 8;
const MAX_PASSWORD_BYTES = 512;

/**
 * Writes a user into a file, which is made where it is not there. Of the password a hash alone is kept.
 *
 * @throws FileFault where the name is taken or the name, the password, a scope or the file is at fault; errors of the
 *   file system as they come
 */
export async function addUser(path: string, { name: given, password, scopes }: NewUser): Promise<void> {
  const name = given.normalize('NFC');
  if (!isName(name)) throw new FileFault('the name is not 1 to 256 characters without control characters');
  const fault = nameFaultOf(name);
  if (fault !== undefined) throw new FileFault(`the name ${fault}`);
  if (!scopes.every(isScope)) throw new FileFault('a scope is empty, or has a blank, a quote or a backslash in it');
  // NIST SP 800-63B: length is what counts, not kinds of characters.
  if (password.length < MIN_PASSWORD_LENGTH || Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    throw new FileFault(`the password is not of ${MIN_PASSWORD_LENGTH} characters to ${MAX_PASSWORD_BYTES} bytes`);
  }
  if (/\p{Cc}/u.test(password))
    throw new FileFault('the password has a control character in it, which HTTP Basic forbids');
  const record = { name, scopes, password: await makeHash(password) };
  await rewriteFile(path, (text) => {
    const users = parse(path, text);
    if (users.has(name)) throw new FileFault(`${path}: that user is there already; flick users remove takes one out`);
    return writeUsers([...users.values(), record]);
  });
}

/**
 * Reads the users of a file, in its order.
 *
 * @throws FileFault where the file is at fault; errors of the file system as they come
 */
export async function listUsers(path: string): Promise<readonly UserRecord[]> {
  return [...parse(path, await readFile(path, 'utf8')).values()];
}

/**
 * Takes a user out of a file.
 *
 * @throws FileFault where there is no such user or the file is at fault; errors of the file system as they come
 */
export async function removeUser(path: string, name: string): Promise<void> {
  await rewriteFile(path, (text) => {
    const users = new Map(parse(path, text));
    if (!users.delete(name.normalize('NFC'))) {
      throw new FileFault(`${path}: there is no such user; flick users list shows those it has`);
    }
    return writeUsers(users.values());
  });
}

function parse(path: string, text: string): ReadonlyMap<string, UserRecord> {
  try {
    return createUsersReader()(text);
  } catch (error) {
    if (error instanceof FileFault) throw new FileFault(`${path}: ${error.message}`);
    throw error;
  }
}

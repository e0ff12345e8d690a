import { addUser, listUsers, removeUser } from '@flick/credentials';
import { printable } from '@flick/settings/printable';
import { onFile } from './credential-files.ts';
import { listOf } from './keys.ts';
import { readPassword } from './password.ts';
import { say } from './say.ts';
import { tableOf } from './text-table.ts';

/** Flags that `flick users` has for all it does. */
export interface UserFlags {
  readonly file: string;
  readonly json?: boolean;
}

/** Flags of `flick users add`, as the command line gives them. */
export interface AddUserFlags extends UserFlags {
  readonly scopes?: string;
}

/**
 * Adds a user, whose password it reads from stdin: arguments of commands are there for all to see.
 *
 * @throws StartFault where it cannot
 */
export async function runAddUser(name: string, { file, scopes }: AddUserFlags): Promise<void> {
  const password = await readPassword(process.stdin, process.stderr);
  await onFile(file, () => addUser(file, { name, password, scopes: listOf(scopes) }));
  say(`${file}: added ${name}`);
}

/**
 * Prints the users of a file.
 *
 * @throws StartFault where it cannot be read
 */
export async function runListUsers({ file, json }: UserFlags): Promise<void> {
  const users = await onFile(file, () => listUsers(file));
  const shown = users.map(({ name, scopes }) => ({ name, scopes }));
  if (json === true) process.stdout.write(shown.map((each) => `${JSON.stringify(each)}\n`).join(''));
  else if (users.length === 0) say(`${file}: no users yet; flick users add adds one`);
  else {
    const rows = shown.map(({ name, scopes }) => [printable(name), scopes.join(' ')]);
    process.stdout.write(tableOf(['name', 'scopes'], rows));
  }
}

/**
 * Takes a user out.
 *
 * @throws StartFault where there is no such user, or the file cannot be written
 */
export async function runRemoveUser(name: string, { file }: UserFlags): Promise<void> {
  await onFile(file, () => removeUser(file, name));
  say(`${file}: removed ${name}, who is refused within a second`);
}

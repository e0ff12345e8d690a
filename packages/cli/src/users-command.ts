import type { Command } from 'commander';
import type { AddUserFlags, UserFlags } from './users.ts';

/** Adds `flick users`: keeping the file that `credentials.*.users` of flick.yaml names. */
export function addUsersCommand(program: Command): void {
  const users = program
    .command('users')
    .summary('add, list and remove users of HTTP Basic')
    .description(
      'Keeps a file of users and the hashes of their passwords. A flick serve whose flick.yaml names the file takes\n' +
        'a new user, and refuses one that is removed, within a second.',
    )
    .helpOption('-h, --help', 'print this')
    .helpCommand(false)
    .addHelpText('after', examples);
  users
    .command('add')
    .summary('add a user; the password comes from stdin')
    .description(
      'Adds a user. The password is asked for where stdin is a terminal, else it is the first line of stdin.',
    )
    .argument('<name>', 'the name of the user')
    .option('--scopes <list>', 'scopes that the user has, such as read,write')
    .option('-f, --file <path>', 'the file of users', defaultFile)
    .helpOption('-h, --help', 'print this')
    .action(async (name: string, flags: AddUserFlags) => {
      const { runAddUser } = await import('./users.ts');
      await runAddUser(name, flags);
    });
  users
    .command('list')
    .summary('show the users of a file')
    .option('-f, --file <path>', 'the file of users', defaultFile)
    .option('--json', 'one JSON object a line')
    .helpOption('-h, --help', 'print this')
    .action(async (flags: UserFlags) => {
      const { runListUsers } = await import('./users.ts');
      await runListUsers(flags);
    });
  users
    .command('remove')
    .summary('refuse a user from now on')
    .argument('<name>', 'the name of the user')
    .option('-f, --file <path>', 'the file of users', defaultFile)
    .helpOption('-h, --help', 'print this')
    .action(async (name: string, flags: UserFlags) => {
      const { runRemoveUser } = await import('./users.ts');
      await runRemoveUser(name, flags);
    });
}

const defaultFile = 'users.jsonl';

const examples = `
Examples:
  flick users add alice --scopes read,write
  pass show api/alice | flick users add alice --file deploy/users.jsonl
  flick users remove alice

flick.yaml:
  credentials: { basicAuth: { users: { file: ./users.jsonl } } }

Exit codes: 0 done, 2 not done.`;

import type { Command } from 'commander';
import type { AddKeyFlags, KeyFlags } from './keys.ts';

/** Adds `flick keys`: keeping the file that `credentials.*.keys` of flick.yaml names. */
export function addKeysCommand(program: Command): void {
  const keys = program
    .command('keys')
    .summary('add, list and revoke API keys')
    .description(
      'Keeps a file of API keys, as hashes only. A flick serve whose flick.yaml names the file takes\n' +
        'a new key, and refuses one that is revoked, within a second.',
    )
    .helpOption('-h, --help', 'print this')
    .helpCommand(false)
    .addHelpText('after', examples);
  keys
    .command('add')
    .summary('make a key and print it, this once')
    .description('Makes a key and prints it, alone on stdout. Nobody can tell it again.')
    .requiredOption('-s, --subject <name>', 'whose key it is: what the API and the limits know the caller by')
    .option('--scopes <list>', 'scopes that the key has, such as read,write')
    .option('--expires <time>', 'when it ends, such as 12h, 90d or 52w (default: never)')
    .option('-f, --file <path>', 'the file of keys', defaultFile)
    .option('--json', 'print the key and what is known of it as JSON')
    .helpOption('-h, --help', 'print this')
    .action(async (flags: AddKeyFlags) => {
      const { runAddKey } = await import('./keys.ts');
      await runAddKey(flags);
    });
  keys
    .command('list')
    .summary('show the keys of a file, without the keys themselves')
    .option('-f, --file <path>', 'the file of keys', defaultFile)
    .option('--json', 'one JSON object a line')
    .helpOption('-h, --help', 'print this')
    .action(async (flags: KeyFlags) => {
      const { runListKeys } = await import('./keys.ts');
      await runListKeys(flags);
    });
  keys
    .command('revoke')
    .summary('refuse a key from now on')
    .argument('<id>', 'the id of the key, as flick keys list shows it')
    .option('-f, --file <path>', 'the file of keys', defaultFile)
    .helpOption('-h, --help', 'print this')
    .action(async (id: string, flags: KeyFlags) => {
      const { runRevokeKey } = await import('./keys.ts');
      await runRevokeKey(id, flags);
    });
}

const defaultFile = 'keys.jsonl';

const examples = `
Examples:
  flick keys add --subject alice --scopes read,write --expires 90d
  flick keys list --file deploy/keys.jsonl
  flick keys revoke 3f09c2d1a8b4

flick.yaml:
  credentials: { apiKey: { keys: { file: ./keys.jsonl } } }

Exit codes: 0 done, 2 not done.`;

import type { Command } from 'commander';
import type { RehearseFlags } from './rehearse.ts';

/**
 * Adds `flick rehearse`.
 *
 * @param onEnd - told the exit code
 */
export function addRehearseCommand(program: Command, onEnd: (code: number) => void): void {
  program
    .command('rehearse')
    .summary('say who would be refused, were what is observed enforced')
    .description(
      'Reads the records of a server under `mode: observe`, and says what enforcing would change:\n' +
        'which operations, for which reasons, with which codes, of how many callers.',
    )
    .option('-c, --config <file>', 'settings in YAML (default: ./flick.yaml, where it is)')
    .option('--records <where>', 'sqlite:PATH (default: that of flick.yaml)')
    .option('--since <time>', 'from then on: 24h, 7d, or 2026-11-23T08:00:00Z', '24h')
    .option('--until <time>', 'before then, in the same words (default: now)')
    .option('--operation <id>', 'one operation alone')
    .option('--consumer <name>', 'one consumer alone: scheme:subject, or the subject')
    .option('--json', 'print JSON')
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', examples)
    .action(async (flags: RehearseFlags) => {
      const { runRehearsal } = await import('./rehearse.ts');
      onEnd(await runRehearsal(flags));
    });
}

const examples = `
Examples:
  flick serve openapi.yaml -u http://127.0.0.1:3000 --mode observe --records sqlite:./flick.db
  flick rehearse --records sqlite:./flick.db --since 7d
  flick rehearse --records sqlite:./flick.db --operation brewTea --json

Exit codes: 0 reported, 2 not read.`;

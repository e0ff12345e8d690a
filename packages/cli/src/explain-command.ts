import type { Command } from 'commander';

/**
 * Adds `flick explain`.
 *
 * @param argv - all arguments after `flick`
 * @param onEnd - told the exit code
 */
export function addExplainCommand(program: Command, argv: readonly string[], onEnd: (code: number) => void): void {
  program
    .command('explain')
    .summary('say why a request got its code, or which one it would get')
    .description(
      'Says which rung of the ladder decided on a request, why, and how to mend it:\n' +
        'for a recorded request by its id, or for one that is given as to curl, which is judged and never sent.',
    )
    .usage('[flags] <request id | curl flags and URL>')
    .argument('[words...]', 'a request id, or a request as to curl; a pasted line that begins with curl, too')
    .option('--contract <file>', 'the OpenAPI document (default: that of flick.yaml)')
    .option('--config <file>', 'settings in YAML (default: ./flick.yaml, where it is)')
    .option('--records <where>', 'sqlite:PATH (default: that of flick.yaml)')
    .option('--json', 'print JSON')
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', examples)
    .allowUnknownOption()
    .action(async () => {
      const { explain } = await import('./explain.ts');
      // As they came: which flags are Flick's and which are curl's is not for a parser of flags alone to say.
      onEnd(await explain(argv.slice(argv.indexOf('explain') + 1)));
    });
}

const examples = `
Examples:
  flick explain 0b8f6f0e-5d0c-4a3e-9e55-6a1f6c1d2b77 --records sqlite:./flick.db
  flick explain --contract openapi.yaml -X POST https://api.example.com/tea -d '{"kind":"green"}'
  flick explain --contract openapi.yaml curl -H 'Accept: */*' https://api.example.com/tea

Exit codes: 0 it would pass, or was found; 1 it would be refused; 2 not explained.`;

import type { Command } from 'commander';
import type { TypesFlags } from './types.ts';

/** Adds `flick types`. @param ended - told the exit code */
export function addTypesCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('types')
    .summary('write the TypeScript types of what handlers get and may answer')
    .description(
      'Writes an interface for each operation of an OpenAPI document: its parameters, its body, and its answers by code.\n' +
        'serve<Operations>() of @flick/gate then takes no handler that answers anything else.',
    )
    .argument('[openapi]', 'the OpenAPI document: 3.0, 3.1 or 3.2, YAML or JSON')
    .option('-o, --output <file>', 'where to write it, such as api.d.ts (default: stdout)')
    .option('--check', 'write nothing; exit with 1 where the file is not what would be written')
    .option('-c, --config <file>', 'settings in YAML that name the document (default: ./flick.yaml, where it is)')
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', examples)
    .action(async (openapi: string | undefined, flags: TypesFlags) => {
      const { types } = await import('./types.ts');
      ended(await types(openapi, flags));
    });
}

const examples = `
Examples:
  flick types openapi.yaml -o api.d.ts
  flick types openapi.yaml -o api.d.ts --check

Exit codes: 0 written or fresh, 1 stale, 2 not written.`;

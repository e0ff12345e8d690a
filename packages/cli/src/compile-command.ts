import type { Command } from 'commander';
import type { CompileFlags } from './compile.ts';

/** Adds `flick compile`. @param ended - told the exit code */
export function addCompileCommand(program: Command, ended: (code: number) => void): void {
  program
    .command('compile')
    .summary('make a file of a contract that serves start from in a fraction of the time')
    .description(
      'Reads an OpenAPI document and writes it as one file, with its faults found and its operations listed.\n' +
        'serve and explain take that file in place of the document. Settings are none of it; it holds no code.\n' +
        'A name that ends in .mjs or .js makes a module for openFlick() and serve() of @flick/gate, with its checks as\n' +
        'code, for runtimes that make no functions of text; of the settings it has unknown_members and responses.',
    )
    .argument('[openapi]', 'the OpenAPI document: 3.0, 3.1 or 3.2, YAML or JSON')
    .option('-o, --output <file>', 'where to write it', 'contract.flick')
    .option('-c, --config <file>', 'settings in YAML that name the document (default: ./flick.yaml, where it is)')
    .option('--strict', 'write nothing where an operation cannot be served')
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', examples)
    .action(async (openapi: string | undefined, flags: CompileFlags) => {
      const { compile } = await import('./compile.ts');
      ended(compile(openapi, flags));
    });
}

const examples = `
Examples:
  flick compile openapi.yaml -o contract.flick
  flick serve contract.flick --upstream http://127.0.0.1:3000
  flick compile openapi.yaml -o contract.mjs

Exit codes: 0 written, 2 not written.`;

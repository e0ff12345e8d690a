import { type Command, Option } from 'commander';
import type { LintFlags } from './lint.ts';

/** Adds `flick lint`. @param ended - told the exit code */
export function addLintCommand(program: Command, version: string, ended: (code: number) => void): void {
  program
    .command('lint')
    .summary('read a contract for its response codes')
    .description(
      'Reads an OpenAPI document for its response codes: those that are sent and not listed, those that never come,\n' +
        'errors without a schema. Reads flick.yaml of the current folder for the table and the limits, where it is.',
    )
    .argument('[openapi]', 'the OpenAPI document: 3.0, 3.1 or 3.2, YAML or JSON')
    .option('-c, --config <file>', 'settings in YAML (default: ./flick.yaml, where it is)')
    .option('--codes <table>', 'default, standard, or a list: 400,401,404,500')
    .option('--fix', 'write the missing codes into the document; text is only added')
    .option('--ignore <rule>', 'leave out a rule, or rule:operationId; may come several times', listed)
    .addOption(new Option('--fail-on <severity>', 'what ends with 1').choices(severities).default('error'))
    .addOption(new Option('--format <format>', 'how findings are written').choices(formats).default('text'))
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', examples)
    .action(async (openapi: string | undefined, flags: LintFlags) => {
      const { lintContract } = await import('./lint.ts');
      ended(lintContract(openapi, flags, version));
    });
}

const severities: readonly LintFlags['failOn'][] = ['error', 'warning', 'note', 'never'];
const formats: readonly LintFlags['format'][] = ['text', 'json', 'sarif', 'github'];

function listed(rule: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...rule.split(',')];
}

const examples = `
Examples:
  flick lint openapi.yaml
  flick lint openapi.yaml --fix --ignore without-404:searchThings
  flick lint openapi.yaml --format sarif --fail-on warning > flick.sarif

Exit codes: 0 nothing found as grave as --fail-on says, 1 something found, 2 not read.`;

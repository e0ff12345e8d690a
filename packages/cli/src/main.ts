import { readFileSync } from 'node:fs';
import type { ServeFlags } from '@flick/settings';
import { StartFault } from '@flick/settings/start-fault';
import { Command, CommanderError } from 'commander';
import { addCompileCommand } from './compile-command.ts';
import { addExplainCommand } from './explain-command.ts';
import { addKeysCommand } from './keys-command.ts';
import { addLintCommand } from './lint-command.ts';
import { addRehearseCommand } from './rehearse-command.ts';
import { say } from './say.ts';
import { addTypesCommand } from './types-command.ts';
import { addUsersCommand } from './users-command.ts';

/** The exit code of a command that could not start: a wrong flag, an unreadable file, a port in use. */
const exitNotStarted = 2;

/**
 * Runs `flick`.
 *
 * @param argv - the arguments after `flick`
 * @param unbundled - runs it from the packages' own modules, where this is a bundle of them
 * @returns the exit code, once the command has ended
 */
export async function main(argv: readonly string[], unbundled?: () => Promise<number>): Promise<number> {
  let code = 0;
  const program = createProgram(async (openapi, flags) => {
    // All that serves takes its time to load, and help needs none of it.
    const { serve } = await import('./serve.ts');
    code = await serve(openapi, flags, unbundled);
  });
  addCompileCommand(program, (ended) => {
    code = ended;
  });
  addTypesCommand(program, (ended) => {
    code = ended;
  });
  addLintCommand(program, readVersion(), (ended) => {
    code = ended;
  });
  addRehearseCommand(program, (ended) => {
    code = ended;
  });
  addExplainCommand(program, argv, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitNotStarted;
    if (!(error instanceof StartFault)) throw error;
    for (const line of error.lines) say(line);
    return exitNotStarted;
  }
}

function createProgram(runServe: (openapi: string | undefined, flags: ServeFlags) => Promise<void>): Command {
  const program = new Command('flick')
    .description("Keeps an HTTP API's response codes true.")
    .version(readVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) })
    .addHelpText('after', '\nRun flick serve --help for its flags.');

  program
    .command('serve')
    .summary('stand before an API and keep its codes true')
    .description(
      'Stands before an API, in any language, and answers every request with the code that is due.\n' +
        'Reads flick.yaml of the current folder, where there is one; flags win over it.',
    )
    .argument('[openapi]', 'the OpenAPI document: 3.0, 3.1 or 3.2, YAML or JSON; or what flick compile made of it')
    .option('-u, --upstream <url>', 'the API: scheme, host and port')
    .option('--handlers <module>', 'in place of an upstream: a module with a function for each operation')
    .option('-c, --config <file>', 'settings in YAML (default: ./flick.yaml, where it is)')
    .option('-l, --listen <address>', 'host:port, or a port alone (default: 127.0.0.1:8080)')
    .option('--admin <address>', 'host:port, or a port alone: /live, /ready and /metrics (default: nowhere)')
    .option('--mode <mode>', 'enforce, or observe: refuse nothing, only record')
    .option('--codes <table>', 'default, standard, or a list: 400,401,404,500')
    .option('--base-path <path>', "the path before all paths, in place of the servers'")
    .option('--log <requests>', 'all, off, or refusals and failures (the default)')
    .option('--records <where>', 'sqlite:PATH, off, or memory (the default): what became of each request')
    .option('--no-watch', 'do not take in files that change; SIGHUP does so at any time')
    .option('--strict', 'do not start where an operation cannot be served')
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', serveExamples)
    .action(runServe);
  addKeysCommand(program);
  addUsersCommand(program);
  return program;
}

const serveExamples = `
Examples:
  flick serve openapi.yaml --upstream http://127.0.0.1:3000
  flick serve --config deploy/flick.yaml --listen 0.0.0.0:8080
  flick serve openapi.yaml --handlers ./handlers.js
  flick serve openapi.yaml -u http://127.0.0.1:3000 --mode observe --log all

SIGTERM and Ctrl-C let what is in flight finish; a second one ends at once.
SIGHUP loads settings and contract anew; where they are at fault, those at hand stay.
Exit codes: 0 stopped, 2 not started, 70 failed within.`;

/** commander's message and its suggestion, which it puts on a line of its own. */
function oneLine(text: string): string {
  const line = text
    .trim()
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\)$/, '; did you mean $1');
  return `flick: ${line.replace(/\s*\n\s*/g, ' ')}\n`;
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}

import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Handlers } from '@flick/gate/gateway';
import { printable } from '@flick/settings/printable';
import { StartFault } from '@flick/settings/start-fault';

/**
 * Loads the module that answers in place of an upstream: its default export where that is an object of functions, else
 * the functions that it exports by name.
 *
 * @throws StartFault where it cannot be loaded, or has no function to offer
 */
export async function loadHandlers(path: string): Promise<Handlers> {
  const exported = await load(path);
  const { default: whole, ...named } = exported;
  const handlers = isObject(whole)
    ? whole
    : Object.fromEntries(Object.entries(named).filter(([, each]) => isHandler(each)));
  if (!areHandlers(handlers)) throw new StartFault(`${path}: exports no functions; export one for each operation`);
  return handlers;
}

async function load(path: string): Promise<Readonly<Record<string, unknown>>> {
  const url = pathToFileURL(resolve(path)).href;
  try {
    const module: unknown = await import(url);
    return isObject(module) ? module : {};
  } catch (error) {
    throw new StartFault(`${path}: ${whyNot(error, url)}`);
  }
}

function whyNot(error: unknown, url: string): string {
  if (!(error instanceof Error)) return 'cannot be loaded: it throws something that is no error';
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[cm]?ts$/.test(url)) {
    return `Node ${process.versions.node} does not run TypeScript; build it and name the .js, or use Node 22.18 or newer`;
  }
  if (code === 'ERR_MODULE_NOT_FOUND' && error.message.includes(`'${new URL(url).pathname}'`)) {
    return 'cannot be loaded: no such file';
  }
  const place = error instanceof SyntaxError ? placeOfSyntax(url) : placeInStack(error);
  const where = place === undefined ? '' : ` (${place})`;
  if (code === 'ERR_UNSUPPORTED_DIR_IMPORT') return 'cannot be loaded: it is a folder; name a module in it';
  return printable(`cannot be loaded: ${error.name}: ${error.message.split('\n')[0]}${where}`);
}

/** The first place in a file that an error names. */
function placeInStack({ stack = '' }: Error): string | undefined {
  const place = /file:\/\/(\S*?:\d+)(?::\d+)?/.exec(stack)?.[1];
  return place === undefined ? undefined : decodeURI(place);
}

/** Where the syntax of a module is broken: nothing in the error says so, and Node prints it only to a terminal. */
function placeOfSyntax(url: string): string | undefined {
  const check = spawnSync(process.execPath, ['--check', fileURLToPath(url)], { encoding: 'utf8', timeout: 10_000 });
  return /^(?:file:\/\/)?(.*:\d+)$/m.exec(check.stderr)?.[1];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isHandler(value: unknown): boolean {
  return typeof value === 'function';
}

/** Which of them are functions, and of operations, is found out with the contract at hand. */
function areHandlers(value: Readonly<Record<string, unknown>>): value is Handlers {
  return Object.keys(value).length > 0;
}

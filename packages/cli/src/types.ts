import { readFileSync } from 'node:fs';
import { ContractError } from '@flick/contract';
import { describeFaults, readContractSource } from '@flick/settings';
import { StartFault, systemReason } from '@flick/settings/start-fault';
import { type WrittenTypes, writeTypes } from '@flick/types';
import { say } from './say.ts';
import { isSameFile, replaceFile } from './whole-file.ts';

/** Flags of `flick types`, as the command line gives them. */
export interface TypesFlags {
  readonly config?: string;
  readonly output?: string;
  readonly check?: boolean;
}

/** The exit code where `--check` finds that the file is stale. */
const exitStale = 1;

/**
 * Runs `flick types`.
 *
 * @param openapi - the OpenAPI document, where the command line names one
 * @returns the exit code
 * @throws StartFault where the document cannot be read or the file cannot be written
 */
export async function types(openapi: string | undefined, { config, output, check }: TypesFlags): Promise<number> {
  if (check === true && output === undefined) {
    throw new StartFault('--check: which file? name it by --output');
  }
  const { contract: path } = readContractSource(openapi, config === undefined ? {} : { config });
  if (output !== undefined && isSameFile(path, output)) {
    throw new StartFault(`${output}: is the document itself; name another file by --output`);
  }
  const { text, operations, faults } = await written(path);
  for (const line of describeFaults(faults)) say(line);
  if (output === undefined) {
    process.stdout.write(text);
    return 0;
  }
  const isFresh = textOf(output) === text;
  if (check === true) {
    if (isFresh) return 0;
    say(`${output}: is not what flick types makes of ${path}; run flick types without --check`);
    return exitStale;
  }
  // A file that stays as it is starts nobody's build.
  if (!isFresh) replaceFile(output, text);
  process.stdout.write(`flick: ${output}: ${operations} operations of ${path}\n`);
  return 0;
}

async function written(path: string): Promise<WrittenTypes> {
  try {
    return await writeTypes(path);
  } catch (error) {
    if (error instanceof ContractError) throw new StartFault(error.message);
    if (error instanceof RangeError) throw new StartFault(`${path}: a schema nests too deep; make it flatter`);
    throw error;
  }
}

/** What is in a file; undefined where there is none. Line ends are git's to choose. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new StartFault(`${path}: cannot be read: ${systemReason(error)}`);
  }
}

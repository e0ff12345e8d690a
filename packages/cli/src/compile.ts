import { existsSync, readFileSync } from 'node:fs';
import {
  type CompiledContract,
  compileContract,
  ContractError,
  type ContractSettings,
  isModuleName,
} from '@flick/contract';
import { describeFaults, readContractSource } from '@flick/settings';
import { StartFault } from '@flick/settings/start-fault';
import { say } from './say.ts';
import { isSameFile, replaceFile } from './whole-file.ts';

/** Flags of `flick compile`, as the command line gives them. */
export interface CompileFlags {
  readonly config?: string;
  readonly output: string;
  readonly strict?: boolean;
}

/**
 * Runs `flick compile`.
 *
 * @param openapi - the OpenAPI document, where the command line names one
 * @returns the exit code
 * @throws StartFault where the document cannot be read or the file cannot be written
 */
export function compile(openapi: string | undefined, { config, output, strict = false }: CompileFlags): number {
  const { contract: path, settings } = readContractSource(openapi, config === undefined ? {} : { config });
  if (isSameFile(path, output))
    throw new StartFault(`${output}: is the document itself; name another file by --output`);
  if (/\.(?:[cm]?ts|cjs)$/.test(output)) {
    throw new StartFault(`${output}: a module is written as .mjs, or as .js; name it so by --output`);
  }
  if (isModuleName(output) && isOthers(output)) {
    throw new StartFault(
      `${output}: is there and was not made by flick compile; remove it, or name another file by --output`,
    );
  }
  const { bytes, operations, faults } = compiled(path, output, settings);
  for (const line of describeFaults(faults)) say(line);
  const errors = faults.filter(({ severity }) => severity === 'error').length;
  if (strict && errors > 0) {
    throw new StartFault(`--strict: errors of the contract: ${errors}; nothing was written`);
  }
  replaceFile(output, bytes);
  if (isModuleName(output)) declare(output.replace(/\.(m?)js$/, '.d.$1ts'));
  const size = bytes.length < 1e6 ? `${Math.ceil(bytes.length / 1e3)} kB` : `${(bytes.length / 1e6).toFixed(1)} MB`;
  const count = `${operations.length} operation${operations.length === 1 ? '' : 's'}`;
  process.stdout.write(`flick: ${output}: ${count} of ${path}, ${size}\n`);
  return 0;
}

/** Modules have the names that code has. One that cannot be read will be told of when it is written. */
function isOthers(path: string): boolean {
  try {
    return !/^(?:$|\/\/ Made of .* by flick compile;)/.test(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
}

/** TypeScript does not look into the module. A declaration that somebody else made of it stays. */
function declare(path: string): void {
  if (!existsSync(path)) replaceFile(path, declaration);
}

const declaration = `/** A contract that flick compile has made: hand it over as \`contract\`. */
declare const contract: object;
export default contract;
`;

function compiled(path: string, output: string, settings: ContractSettings): CompiledContract {
  try {
    return compileContract(path, output, settings);
  } catch (error) {
    if (error instanceof ContractError) throw new StartFault(error.message);
    throw error;
  }
}

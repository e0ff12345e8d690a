import type { Contract } from './model.ts';
import { assemble, type ContractSettings } from './assembly.ts';
import { readCompiled, readCompiledModule } from './compiled.ts';
import { isCompiledFile } from './compiled-file.ts';
import { compiledModuleOf } from './compiled-module.ts';
import { readDocument } from './document.ts';
import { Sources } from './sources.ts';

/**
 * Reads an OpenAPI document, JSON or YAML, and the files that its relative `$ref`s name inside its folder; or what
 * `compileContract` made of one.
 *
 * @param path - as the user named it; messages show it so
 * @throws ContractError where it cannot be read at all; all else is in the contract's `faults`
 */
export function readContract(path: string, settings: ContractSettings = {}): Contract {
  if (isCompiledFile(path)) return readCompiled(path, settings);
  return assemble(readDocument(Sources.open(path), settings), settings);
}

/**
 * Makes a contract of an OpenAPI document at hand, or of the module of a compiled one.
 *
 * @param document - JSON or YAML text, or the parsed object, which must not be changed afterwards; or what the module
 *   exports
 * @param name - how messages call it
 * @param base - the folder that its relative `$ref`s may reach; without one it may name no other files
 * @throws ContractError where it cannot be read at all; all else is in the contract's `faults`
 */
export function contractFrom(
  document: string | object,
  settings: ContractSettings = {},
  name = 'openapi',
  base?: string,
): Contract {
  const compiled = typeof document === 'object' ? compiledModuleOf(document) : undefined;
  if (compiled !== undefined) return readCompiledModule(compiled, settings);
  return assemble(readDocument(Sources.of(document, name, base), settings), settings);
}

import type { Contract } from './model.ts';
import { type ContractSettings, readDocument } from './document.ts';
import { Sources } from './sources.ts';

/**
 * Reads an OpenAPI document, JSON or YAML, and the files that its relative `$ref`s name inside its folder.
 *
 * @param path - as the user named it; messages show it so
 * @throws ContractError where it cannot be read at all; all else is in the contract's `faults`
 */
export function readContract(path: string, settings: ContractSettings = {}): Contract {
  return readDocument(Sources.open(path), settings);
}

/**
 * Makes a contract of an OpenAPI document at hand.
 *
 * @param document - JSON or YAML text, or the parsed object, which must not be changed afterwards
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
  return readDocument(Sources.of(document, name, base), settings);
}

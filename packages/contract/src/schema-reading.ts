import type { Check, Resolve, SchemaNode } from '@flick/schema';
import { assemble } from './assembly.ts';
import { isCompiledFile } from './compiled-file.ts';
import { ContractError } from './contract-error.ts';
import { readDocument } from './document.ts';
import type { Contract } from './model.ts';
import { fragmentOf, memberOf, pointerAt } from './pointer.ts';
import type { Release } from './reading.ts';
import type { CheckedSchemas } from './schemas.ts';
import { Sources } from './sources.ts';

/** A contract, with the schemas that its checks are made of as the document writes them. */
export interface SchemaReading {
  readonly contract: Contract;
  readonly release: Release;
  /** What a value is checked by: it must fit one of these. Empty where the document has no schema for it. */
  readonly schemasOf: (check: Check | undefined) => readonly SchemaNode[];
  /** What a `$ref` points at. Throws an Error where it leads nowhere. */
  readonly resolve: Resolve;
  /** A schema within another one, by the names and indexes that lead there. */
  readonly within: (node: SchemaNode, ...keys: readonly (string | number)[]) => SchemaNode;
}

/**
 * Reads an OpenAPI document for what its schemas say, not only for what they let pass.
 *
 * @param path - as the user named it; messages show it so
 * @throws ContractError where it cannot be read at all; all else is in the contract's `faults`
 */
export function readWithSchemas(path: string): SchemaReading {
  if (isCompiledFile(path)) throw new ContractError('is a compiled contract; name the OpenAPI document', path);
  const checked: CheckedSchemas = new WeakMap();
  const sources = Sources.open(path);
  const document = readDocument(sources, {}, checked);
  return {
    contract: assemble(document, {}),
    release: document.release,
    schemasOf: (check) => (check && checked.get(check)) ?? [],
    resolve: sources.resolve,
    within: (node, ...keys) => keys.reduce(childOf, node),
  };
}

function childOf({ schema, location }: SchemaNode, key: string | number): SchemaNode {
  return { schema: memberOf(schema, key), location: location + fragmentOf(pointerAt('', key)) };
}

import type { ContractFault, SecurityScheme } from './model.ts';
import { isMembers } from './pointer.ts';
import type { Release } from './reading.ts';
import type { SwitchSettings } from './switches.ts';

/** A file and a pointer into it; the file by its place in `files`. */
export type KeptSpot = readonly [file: number, pointer: string];

/** What a compiled contract knows of an operation before it is read. Lists that many share are held once. */
export interface KeptOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly spot: KeptSpot;
  /** The parameters that all operations of its path have. */
  readonly shared: KeptSpot | null;
  /** Places in `bases`, `securities` and `codes`. */
  readonly bases: number;
  readonly security: number;
  readonly codes: number;
  /** Absent where the document sets none. */
  readonly levels?: readonly [SwitchSettings, SwitchSettings];
  /** The names of the path's parameters that may take several segments; absent where there are none. */
  readonly spanning?: readonly string[];
  /** Why it cannot be served. */
  readonly broken?: string;
}

/** A file that a contract was compiled from. */
export interface KeptFile {
  readonly name: string;
  /** Its path within the folder that refs stay inside. */
  readonly path: string;
  /** Symbolic links to it that refs name. */
  readonly links: readonly string[];
}

/** A file that a contract was compiled from, as it was then. */
export interface KeptSource {
  /** Relative to the folder of the compiled contract. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly sha256: string;
}

/** The index of a compiled contract: all that a start must know. */
export interface CompiledIndex {
  readonly api: { readonly title: string; readonly version: string; readonly openapi: string };
  readonly release: Release;
  readonly switches: SwitchSettings;
  readonly schemes: readonly SecurityScheme[];
  readonly headerNames: readonly string[];
  /** The document itself first. */
  readonly files: readonly [KeptFile, ...KeptFile[]];
  readonly mayHaveIds: boolean;
  /** How many bytes the first text has: it says how the others are cut, `files` and `positions` by the places of files. */
  readonly cuts: number;
  readonly bases: readonly (readonly string[])[];
  readonly securities: readonly (readonly (readonly KeptNeed[])[])[];
  readonly codes: readonly (readonly number[])[];
  readonly operations: readonly KeptOperation[];
  /** Places in `operations`. */
  readonly suspects: readonly number[];
  /** All but those that depend on settings. */
  readonly faults: readonly ContractFault[];
  readonly sources: readonly KeptSource[];
}

/** The name of a security scheme, and the scopes that are needed. */
export type KeptNeed = readonly [scheme: string, scopes: readonly string[]];

/** Whether a value can be an index. What it holds is not looked through: its checksum has told that it was written so. */
export function isCompiledIndex(value: unknown): value is CompiledIndex {
  return isMembers(value) && isMembers(value['api']) && Array.isArray(value['operations']);
}

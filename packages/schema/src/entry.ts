import type { SchemaNode } from './check.ts';
import type { LoweredSchema } from './lowered.ts';
import type { SchemaError } from './schema-error.ts';

/** How a schema is read where it is used; the same document place may be read in several ways. */
export interface Reading {
  /** As the document says, without loosening or closing anything: inside `not`, `if` and the like. */
  readonly plain: boolean;
  /** What each `$dynamicRef` name stands for, as the outermost schema resource on the way here says. */
  readonly anchors: ReadonlyMap<string, SchemaNode>;
  /** Schemas that already judge the same value further out, as far as they lead back to themselves. */
  readonly active: readonly string[];
}

/** The target of a `$ref`, lowered once and shared by all that refer to it. */
export interface Entry {
  /** What a lowered `$ref` holds. */
  readonly id: string;
  /** The same wherever the same schemas are read in the same way, in whatever order. */
  readonly key: string;
  readonly node: SchemaNode;
  readonly reading: Reading;
  /** Absent until it is lowered. */
  schema?: LoweredSchema;
  /** Why it cannot be lowered. */
  failure?: SchemaError;
  /** What its schema refers to. */
  readonly uses: Set<Entry>;
  /** What is left to do once it is lowered, and may look at others that judge the same value. */
  readonly finish: (() => void)[];
  /** Has keywords that Ajv reads wrongly: it is for the walk to judge. */
  isWalked: boolean;
  /** It is lowered and finished. What it refers to may not be. */
  sound: boolean;
}

/** Finds an entry by its id, and lowers it where that was not done yet. */
export interface Entries {
  /** @throws SchemaError where it cannot be lowered */
  readonly get: (id: string) => Entry | undefined;
}

import type { SchemaNode } from './check.ts';
import type { LoweredSchema } from './lowered.ts';

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
  readonly node: SchemaNode;
  readonly reading: Reading;
  /** Absent until it is lowered. */
  schema?: LoweredSchema;
  /** What its schema refers to. */
  readonly uses: Set<Entry>;
  /** What is left to do once all that it leads to is lowered. */
  readonly finish: (() => void)[];
  /** Has keywords that Ajv reads wrongly: it is for the walk to judge. */
  isWalked: boolean;
  /** All that it leads to is lowered and finished. */
  sound: boolean;
}

/** Finds an entry by its id. */
export type Entries = ReadonlyMap<string, Entry>;

/** Which reading of JSON Schema a document speaks: `3.0` is OpenAPI 3.0's own, `3.1` is JSON Schema 2020-12 (3.1, 3.2). */
export type Dialect = '3.0' | '3.1';

/** A request ignores `required` for `readOnly` members; a response ignores it for `writeOnly` members. */
export type Direction = 'request' | 'response';

/** What becomes of object members that a schema does not name. */
export type UnknownMembers = 'as_schema' | 'refuse' | 'pass';

/** A schema and where it stands: the document's absolute URI and a JSON pointer as its fragment. */
export interface SchemaNode {
  readonly schema: unknown;
  readonly location: string;
  /** Tells it from what else is read there as a whole. */
  readonly name?: string;
}

/** Finds what a `$ref`, read at `from`, points at. Throws an Error whose message names the ref and the mend. */
export type Resolve = (ref: string, from: string) => SchemaNode;

/** One way in which a value breaks its schema. Never holds the value itself: it may be a secret. */
export interface SchemaFault {
  /** JSON pointer (RFC 6901) into the value; for a missing or an undeclared member, that of the member itself. */
  readonly pointer: string;
  /** The JSON Schema keyword that refused, such as `type`, `required`, `additionalProperties`. */
  readonly keyword: string;
  /** What was due, in words: `an integer`, `at most 20 characters`, `one of "eur", "usd"`. */
  readonly due: string;
  /** What arrived, by kind and size only: `a string of 3 characters`, `nothing`. */
  readonly arrived: string;
}

/**
 * Checks a value: `undefined` where it holds, else at least one fault. Reads of its schema what the value reaches, and
 * compiles it a little at each use, so that no call waits for all of a large one. Throws a SchemaError where the schema
 * cannot be compiled, once it has come so far.
 */
export interface Check {
  (value: unknown): readonly SchemaFault[] | undefined;
  /** Reads the schema now, but for what its refs lead to, without compiling it. Throws as `compile` does. */
  readonly prepare: () => void;
  /**
   * Compiles now, for `budgetMs` at most; without one, all. The next call goes on. Throws a SchemaError where the schema
   * cannot be compiled; a later call throws the same.
   *
   * @returns whether all is compiled
   */
  readonly compile: (budgetMs?: number) => boolean;
}

/** The JSON types that a schema lets through, followed through `$ref`, `allOf`, `anyOf` and `oneOf`. */
export type JsonType = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object';

/** What a schema can hold, as far as text must be read into it, and what stands where nothing came. */
export interface Shape {
  /** Empty where the schema is silent: any type. */
  readonly types: ReadonlySet<JsonType>;
  readonly items?: Shape;
  readonly properties?: ReadonlyMap<string, Shape>;
  /** Shape of members beyond `properties`; absent where none may come, or where nothing is said of them. */
  readonly additional?: Shape;
  /** False where `additionalProperties: false` (or `unevaluatedProperties: false`) closes the object. */
  readonly open: boolean;
  /** True for binary content: OpenAPI 3.0 `format: binary`, or 3.1 `contentMediaType` with no `contentEncoding`. */
  readonly binary: boolean;
  /** The `default` of the schema; absent where it has none, or where one of several branches has it. Not checked. */
  readonly default?: { readonly value: unknown };
  /** The `default` of each member that has one, whichever branch holds. */
  readonly defaults?: ReadonlyMap<string, unknown>;
}

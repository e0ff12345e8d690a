/** A member of a map, where it stands in the text. */
export interface TextMember {
  readonly name: string;
  /** The first character of the key. */
  readonly start: number;
  /** Just behind the last character of the value, without comments and blanks that follow. */
  readonly end: number;
}

/** A map of a document as it is written. */
export interface TextMap {
  /** `block`: YAML by lines and indentation. `flow`: YAML in braces. `json`: JSON. */
  readonly form: 'block' | 'flow' | 'json';
  /** Offset of its first character; for `flow` and `json` the opening brace. */
  readonly start: number;
  readonly members: readonly TextMember[];
}

/** A document as it is written and as it is read. */
export interface TextTree {
  readonly value: unknown;
  /** The map at these keys and indexes; undefined where there is none, or where it is written in no one place. */
  readonly mapAt: (path: readonly string[]) => TextMap | undefined;
}

/** How grave a finding is, the gravest first. */
export const severities = ['error', 'warning', 'note'] as const;

/** `error`: callers get a code that the contract does not tell. `warning`: likely wrong. `note`: worth knowing. */
export type Severity = (typeof severities)[number];

/** One thing that a rule found, and where. */
export interface Finding {
  /** The id of its rule. */
  readonly rule: string;
  readonly severity: Severity;
  /** What was found and how it is mended. */
  readonly message: string;
  /** A path, relative to where the document's own path is relative to. */
  readonly file: string;
  /** Counted from 1; 0 where unknown. */
  readonly line: number;
  readonly column: number;
  /** JSON pointer into the file. */
  readonly pointer: string;
  /** The id of its operation; absent where it is of none. */
  readonly operation?: string;
  /** The code that the operation should list; `fix` writes it. */
  readonly missing?: number;
}

/** All that was found in a document. */
export interface Report {
  /** The document, as the user named it. */
  readonly document: string;
  readonly operations: number;
  /** By file, line and column. The same for the same document. */
  readonly findings: readonly Finding[];
}

/** Why a document cannot be linted or fixed as asked; the message tells the mend. */
export class LintFault extends Error {
  override readonly name = 'LintFault';
}

import type { Contract, Operation, Reason } from '@flick/contract';
import type { ErrorBodies } from './error-bodies.ts';
import type { Severity } from './finding.ts';

/** One kind of fault that a contract can have. */
export interface Rule {
  /** A stable slug. */
  readonly id: string;
  readonly severity: Severity;
  /** A short title for people. */
  readonly title: string;
  /** When it speaks, and why that matters. */
  readonly meaning: string;
  /** What the owner of the contract does about it. */
  readonly mend: string;
  readonly check: (operation: Operation, context: Context) => Iterable<Observation>;
}

/** What a rule sees at an operation. */
export interface Observation {
  /** What was found and how it is mended, in one line. */
  readonly message: string;
  /** Below the operation, such as `/responses/401`. */
  readonly at: string;
  /** The code that the operation should list. */
  readonly missing?: number;
}

/** What rules know beside the operation. */
export interface Context {
  readonly contract: Contract;
  /** The reasons for which a limit can refuse the operation; undefined where nobody said which limits there are. */
  readonly limitReasons: (operation: Operation) => readonly Reason[] | undefined;
  readonly errorBodies: ErrorBodies;
}

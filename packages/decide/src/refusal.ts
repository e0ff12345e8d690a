import { type Contract, type Operation, type Reason, reasons } from '@flick/contract';
import { sentenceOfAll } from './fault-words.ts';
import type { Field, Refusal, RefuseOptions, Verdict, Violation } from './verdict.ts';

/** Makes a refusal: looks up the reason's code and folds it as the operation, or the contract, publishes codes. */
export type Refuse = (
  operation: Operation | undefined,
  reason: Reason,
  detail: string,
  options?: RefuseOptions,
) => Refusal;

const noViolations: readonly Violation[] = [];
const noFields: readonly Field[] = [];

/** Binds {@link Refuse} to a contract's table. */
export function compileRefuse(contract: Contract): Refuse {
  return (operation, reason, detail, options) => {
    const precise = options?.precise ?? reasons[reason].code;
    const refusal: Refusal = {
      reason,
      precise,
      status: published(contract, operation, precise),
      detail,
      violations: options?.violations ?? noViolations,
      fields: options?.fields ?? noFields,
      close: options?.close ?? false,
    };
    return options?.cause === undefined ? refusal : { ...refusal, cause: options.cause };
  };
}

/** The code that is sent for a precise one: by the table and the operation's own codes, unless folding is off. */
export function published(contract: Contract, operation: Operation | undefined, precise: number): number {
  const { fold } = operation?.switches ?? contract.switches;
  return fold ? contract.table.fold(precise, operation?.ownCodes) : precise;
}

/** A refusal as the verdict that it is. */
export function refused(refusal: Refusal): Verdict {
  return { kind: 'refuse', refusal };
}

/** One refusal for all violations of a request; its reason is that of the first. */
export function refuseViolations(
  refuse: Refuse,
  operation: Operation | undefined,
  violations: readonly Violation[],
  more?: Omit<RefuseOptions, 'violations'>,
): Refusal {
  const reason = violations[0]?.reason ?? 'wrong-value';
  return refuse(
    operation,
    reason,
    sentenceOfAll(violations),
    more === undefined ? { violations } : { ...more, violations },
  );
}

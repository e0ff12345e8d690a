import { type Contract, type Operation, type Reason, reasons } from '@flick/contract';
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
    return {
      reason,
      precise,
      status: published(contract, operation, precise),
      detail,
      violations: options?.violations ?? noViolations,
      fields: options?.fields ?? noFields,
      close: options?.close ?? false,
      ...(options?.cause !== undefined && { cause: options.cause }),
    };
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

// A caller can send a name as long as the target may be.
const shownName = 64;

/** One refusal for all violations of a request; its reason is that of the first. */
export function refuseViolations(refuse: Refuse, operation: Operation, violations: readonly Violation[]): Refusal {
  return refuse(operation, violations[0]?.reason ?? 'wrong-value', describe(violations), { violations });
}

/** One sentence on all violations: the first in words, the others by number. */
function describe(violations: readonly Violation[]): string {
  const first = violations[0];
  if (first === undefined) return 'The request breaks the contract.';
  const name = first.name === undefined ? '' : ` "${first.name.slice(0, shownName)}"`;
  const where = first.pointer ? `${first.in}${name} at ${first.pointer.slice(0, shownName)}` : `${first.in}${name}`;
  const more = violations.length - 1;
  const others = more === 0 ? '' : more === 1 ? ' One more fault is in errors[].' : ` ${more} more are in errors[].`;
  return `${where}: due was ${first.due}, what arrived was ${first.arrived}.${others}`;
}

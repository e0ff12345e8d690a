import type { Contract } from '@flick/contract';
import { type ParameterPlan, planParameters } from './parameter-plan.ts';
import { readParameters } from './parameters.ts';
import { refuseViolations, type Refuse, refused } from './refusal.ts';
import type { Rung } from './walk.ts';

/** Rung 8: the parameters of path, query, header section and cookies, every fault of them in one refusal. */
export function compileParameterRung(contract: Contract, refuse: Refuse): Rung {
  // Planned at an operation's first request, so that a contract of thousands starts at once.
  const plans = contract.operations.map((): ParameterPlan | undefined => undefined);
  return (walk) => {
    const { operation, place } = walk;
    if (operation === undefined) return undefined;
    const plan = (plans[place] ??= planParameters(operation));
    const violations = readParameters(plan, walk);
    return violations.length === 0 ? undefined : refused(refuseViolations(refuse, operation, violations));
  };
}

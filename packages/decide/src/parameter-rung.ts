import type { Contract, Operation } from '@flick/contract';
import { type ParameterPlan, planParameters } from './parameter-plan.ts';
import { readParameters } from './parameters.ts';
import { refuseViolations, type Refuse, refused } from './refusal.ts';
import { KeptValues, ValuePlan } from './request-values.ts';
import type { Violation } from './verdict.ts';
import type { Rung, Walk } from './walk.ts';

/**
 * Rung 9: the parameters of path, query, header section and cookies, every fault of them in one refusal.
 *
 * @param keeps - whether the walk keeps the values that are read for it
 */
export function compileParameterRung(contract: Contract, keeps: boolean, refuse: Refuse): Rung {
  // Planned at an operation's first request, so that a contract of thousands starts at once.
  const plans = contract.operations.map((): ParameterPlan | undefined => undefined);
  const valuePlans = contract.operations.map((): ValuePlan | undefined => undefined);
  // Clients send a key with every call: where an operation needs none, its name is known all the same.
  const keys = new Set(
    Array.from(contract.schemes.values())
      .filter((scheme) => scheme.type === 'apiKey' && scheme.in === 'query')
      .flatMap(({ parameter }) => parameter ?? []),
  );
  const keep = (walk: Walk, operation: Operation, plan: ParameterPlan): readonly Violation[] => {
    const valuePlan = (valuePlans[walk.place] ??= new ValuePlan(operation));
    const values = new KeptValues(valuePlan);
    walk.values = values;
    const violations = readParameters(plan, walk, values);
    values.fill(valuePlan);
    return violations;
  };
  return (walk) => {
    const { operation, place } = walk;
    if (operation === undefined) return undefined;
    const plan = (plans[place] ??= planParameters(operation, keys));
    const violations = keeps ? keep(walk, operation, plan) : readParameters(plan, walk);
    return violations.length === 0 ? undefined : refused(refuseViolations(refuse, operation, violations));
  };
}

import type { Contract } from '@flick/contract';
import { type Refuse, refused } from './refusal.ts';
import type { Rung } from './walk.ts';

/**
 * Before rung 9: can the operation be served at all? Its validators compile here, at its first request. Stands after
 * credentials and limits, so that no stranger can tell a broken operation from a whole one, nor make it compile.
 */
export function compileOperationRung(contract: Contract, refuse: Refuse): Rung {
  const compiled = contract.operations.map(() => false);
  return ({ operation, place }) => {
    if (operation === undefined) return undefined;
    if (compiled[place] !== true) {
      operation.compile('requests');
      compiled[place] = true;
    }
    if (operation.broken === undefined) return undefined;
    const detail = 'The contract of this operation cannot be served; the server says why at its start.';
    return refused(refuse(operation, 'misconfiguration', detail, { cause: operation.broken }));
  };
}

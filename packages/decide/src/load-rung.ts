import type { Overload } from './facts.ts';
import { type Refuse, refused } from './refusal.ts';
import type { Passage, Verdict } from './verdict.ts';

const details: Readonly<Record<Overload, string>> = {
  handler: 'The API has as much work as it may be given.',
  'in-flight': 'The server has as many requests under way as it takes.',
  'loop-lag': 'The server is behind with its work.',
};

/**
 * Rung 5: can the server take another request? Stands before limits and credentials, so that what is
 * shed is charged to nobody and costs little; and after the path, so that health checks can be spared, and the code is
 * the one that the operation publishes.
 */
export function compileLoadRung(refuse: Refuse): (asking: Pick<Passage, 'facts' | 'operation'>) => Verdict | undefined {
  return ({ facts, operation }) => {
    if (facts.overload === undefined || operation?.switches.shed === 'never') return undefined;
    const overload = facts.overload();
    if (overload === undefined) return undefined;
    return refused(refuse(operation, 'overloaded', details[overload], { fields: [['Retry-After', '1']] }));
  };
}

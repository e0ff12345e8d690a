import { readParameters } from './parameters.ts';
import { refuseViolations, type Refuse, refused } from './refusal.ts';
import type { Rung, Walk } from './walk.ts';

const noValues: ReadonlyMap<string, string> = new Map();

/** Rung 8: the parameters of path, query, header section and cookies, every fault of them in one refusal. */
export function compileParameterRung(refuse: Refuse): Rung {
  return (walk) => {
    const { operation, query, fields } = walk;
    if (operation === undefined) return undefined;
    const { violations } = readParameters(operation, { pathValues: pathValuesOf(walk), query, headers: fields });
    return violations.length === 0 ? undefined : refused(refuseViolations(refuse, operation, violations));
  };
}

function pathValuesOf({ pathNames, pathValues }: Walk): ReadonlyMap<string, string> {
  if (pathNames.length === 0) return noValues;
  const values = new Map<string, string>();
  for (const [index, name] of pathNames.entries()) values.set(name, pathValues[index] ?? '');
  return values;
}

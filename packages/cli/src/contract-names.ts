import { type Contract, didYouMean, type SecurityScheme } from '@flick/contract';
import { createSettingFaults } from './setting-faults.ts';
import type { ServeSettings } from './settings.ts';
import { StartFault } from './start-fault.ts';

/**
 * Checks that every operation, path and security scheme that the settings name is one of the contract: a limit or a
 * verifier for a misspelt name would protect nothing.
 *
 * @throws StartFault with every name that is not
 */
export function checkNames(contract: Contract, settings: ServeSettings): void {
  const faults = createSettingFaults(settings.place);
  const ids = contract.operations.map(({ id }) => id);
  const paths = new Set(contract.operations.flatMap(({ path, templates }) => [path, ...templates]));

  for (const id of Object.keys(settings.operations)) {
    if (!ids.includes(id)) faults.at(['operations', id], `no such operation in the contract${didYouMean(id, ids)}`);
  }
  for (const { name, operations = [], paths: limited = [] } of settings.limits) {
    for (const [index, id] of operations.entries()) {
      if (ids.includes(id)) continue;
      faults.at(['limits', name, 'operations', index], `no such operation in the contract${didYouMean(id, ids)}`);
    }
    for (const [index, path] of limited.entries()) {
      if (coversAny(path, paths)) continue;
      faults.at(['limits', name, 'paths', index], `no such path in the contract${didYouMean(path, paths)}`);
    }
  }
  for (const name of settings.verifiers.keys()) {
    const scheme = contract.schemes.get(name);
    if (scheme === undefined) {
      const near = didYouMean(name, contract.schemes.keys());
      faults.at(['credentials', name], `no such security scheme in the contract${near}`);
    } else if (!canCarryToken(scheme)) {
      faults.at(['credentials', name, 'jwt'], 'the security scheme is of a type that carries no token');
    }
  }
  if (faults.lines.length > 0) throw new StartFault(faults.lines);
}

function coversAny(path: string, paths: ReadonlySet<string>): boolean {
  if (!path.endsWith('/*')) return paths.has(path);
  const above = path.slice(0, -1);
  return [...paths].some((known) => known.startsWith(above));
}

function canCarryToken({ type, scheme }: SecurityScheme): boolean {
  return type === 'apiKey' || scheme === 'bearer';
}

import { type Contract, didYouMean, type SecurityScheme } from '@flick/contract';
import { createSettingFaults } from './setting-faults.ts';
import type { ServeSettings } from './settings.ts';
import { StartFault } from './start-fault.ts';
import type { VerifierKind } from './verifiers.ts';

/**
 * Checks that every operation, path and security scheme that the settings name is one of the contract: a limit or a
 * verifier for a misspelt name would protect nothing.
 *
 * @throws StartFault with every name that is not
 */
export function checkNames(contract: Contract, settings: ServeSettings): void {
  const faults = createSettingFaults(settings.place);
  const ids = contract.operations.map(({ id }) => id);

  for (const id of Object.keys(settings.operations)) {
    if (!ids.includes(id)) faults.at(['operations', id], `no such operation in the contract${didYouMean(id, ids)}`);
  }
  for (const { name, operations = [], paths: limited = [] } of settings.limits) {
    for (const [index, id] of operations.entries()) {
      if (ids.includes(id)) continue;
      faults.at(['limits', name, 'operations', index], `no such operation in the contract${didYouMean(id, ids)}`);
    }
    const paths = limited.length === 0 ? none : pathsOf(contract);
    for (const [index, path] of limited.entries()) {
      if (coversAny(path, paths)) continue;
      faults.at(['limits', name, 'paths', index], `no such path in the contract${didYouMean(path, paths)}`);
    }
  }
  for (const [name, { kind }] of settings.verifiers) {
    const scheme = contract.schemes.get(name);
    if (scheme === undefined) {
      const near = didYouMean(name, contract.schemes.keys());
      faults.at(['credentials', name], `no such security scheme in the contract${near}`);
    } else if (kind !== 'own' && !carries[kind].by(scheme)) {
      faults.at(['credentials', name, kind], `the security scheme is of a type that carries no ${carries[kind].what}`);
    }
  }
  if (faults.lines.length > 0) throw new StartFault(faults.lines);
}

const none: ReadonlySet<string> = new Set();

function pathsOf({ operations }: Contract): ReadonlySet<string> {
  return new Set(operations.flatMap(({ path, templates }) => [path, ...templates]));
}

function coversAny(path: string, paths: ReadonlySet<string>): boolean {
  if (!path.endsWith('/*')) return paths.has(path);
  const above = path.slice(0, -1);
  return [...paths].some((known) => known.startsWith(above));
}

/** What the verifiers of a kind verify, and which security schemes carry it. */
const carries: Readonly<
  Record<Exclude<VerifierKind, 'own'>, { readonly what: string; readonly by: (scheme: SecurityScheme) => boolean }>
> = {
  jwt: { what: 'token', by: canCarryToken },
  introspection: { what: 'token', by: canCarryToken },
  keys: { what: 'key', by: canCarryToken },
  users: { what: 'name and password; due is type: http with scheme: basic', by: ({ scheme }) => scheme === 'basic' },
};

function canCarryToken({ type, scheme }: SecurityScheme): boolean {
  return type === 'apiKey' || scheme === 'bearer';
}

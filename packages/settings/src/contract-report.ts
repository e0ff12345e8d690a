import type { Contract, ContractFault } from '@flick/contract';

/** A document may have thousands of faults; beyond these, they are counted. */
const mostShown = 50;

/** Writes the faults of a contract, one line each, those that break an operation first. */
export function describeFaults(faults: readonly ContractFault[]): readonly string[] {
  const sorted = faults.toSorted((one, other) => Number(one.severity !== 'error') - Number(other.severity !== 'error'));
  const lines = sorted.slice(0, mostShown).map(describeFault);
  const more = faults.length - lines.length;
  return more === 0 ? lines : [...lines, `${more} more faults of the contract are not shown`];
}

/** One fault: severity, place, JSON pointer, and what to change. */
function describeFault({ severity, file, line, column, pointer, message }: ContractFault): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return `${severity}: ${place}: ${pointer === '' ? '' : `${pointer}: `}${message}`;
}

/** The security schemes that operations need and that nobody here verifies. */
export function unverifiedSchemes(contract: Contract, verified: ReadonlyMap<string, unknown>): readonly string[] {
  const needed = contract.operations.flatMap(({ security }) => security.flat().map(({ scheme }) => scheme.name));
  return [...new Set(needed)].filter((name) => !verified.has(name));
}

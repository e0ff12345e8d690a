import { listedCodes } from './listed-codes.ts';
import { missingCodes } from './missing-codes.ts';
import type { Rule } from './rule.ts';

/** Faults of the document itself, which the contract's reader found. */
export const contractFault: Rule = {
  id: 'contract-fault',
  severity: 'error',
  title: 'Breaks OpenAPI, or cannot be served',
  meaning:
    'The document says something that OpenAPI does not know or that nobody can serve; an error breaks an operation.',
  mend: 'Do what the message says.',
  check: () => [],
};

/** All rules, in the order in which they speak. */
export const rules: readonly Rule[] = [contractFault, ...missingCodes, ...listedCodes];

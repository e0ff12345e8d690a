export { asAnnotations } from './as-annotations.ts';
export { asJson } from './as-json.ts';
export { asSarif } from './as-sarif.ts';
export { asText } from './as-text.ts';
export { type Finding, LintFault, type Report, type Severity, severities } from './finding.ts';
export { fix, type Fix } from './fix.ts';
export { lint, type LintSettings } from './lint.ts';
export type { Rule } from './rule.ts';
export { rules } from './rules.ts';

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type Contract,
  type ContractFault,
  type ContractSettings,
  contractFrom,
  didYouMean,
  isCompiledContract,
  isModuleName,
  type Operation,
  positionsOf,
  readContract,
} from '@flick/contract';
import { type Limit, limitReasons } from '@flick/decide';
import { errorBodiesOf } from './error-bodies.ts';
import { type Finding, LintFault, type Report } from './finding.ts';
import type { Context } from './rule.ts';
import { contractFault, rules } from './rules.ts';

/** What a user sets beside the document. */
export interface LintSettings {
  /** As they are served with: the table above all. */
  readonly contract?: ContractSettings;
  /** The limits that it is served with; where they are not known, only fields of answers tell of limits. */
  readonly limits?: readonly Limit[];
  /** Rules that stay silent: `rule`, or `rule:operationId` for one operation. */
  readonly ignore?: readonly string[];
}

/**
 * Reads a document for its response codes.
 *
 * @param path - as the user named it, which is how findings name it
 * @throws ContractError where it cannot be read, LintFault where `ignore` names a rule that is not there
 */
export function lint(path: string, settings: LintSettings = {}): Report {
  return inspect(path, settings).report;
}

/** A report, and what it was made from. */
export interface Inspection {
  readonly report: Report;
  readonly contract: Contract;
  readonly context: Context;
}

/** Lints a document. @param text - in place of the file's own, without byte order mark */
export function inspect(path: string, settings: LintSettings, text?: string): Inspection {
  if (isCompiledContract(path) || isModuleName(path)) {
    const found = isModuleName(path) ? 'a module' : 'a compiled contract';
    throw new LintFault(`${path}: is ${found}, which lint cannot read; name the document that it is made of`);
  }
  const contract =
    text === undefined
      ? readContract(path, settings.contract)
      : contractFrom(text, settings.contract, path, dirname(path));
  const { limits } = settings;
  const context: Context = {
    contract,
    limitReasons: (operation) => limits && limitReasons(limits, operation),
    errorBodies: errorBodiesOf(contract.operations),
  };
  return { report: reportOf(context, path, settings, text), contract, context };
}

/** A finding before its line is looked up. */
type Draft = Omit<Finding, 'line' | 'column'>;

function reportOf(context: Context, path: string, settings: LintSettings, text: string | undefined): Report {
  const { contract } = context;
  const silent = silenced(settings.ignore ?? []);
  const drafts = contract.operations.flatMap((operation) => observed(operation, context, path, silent));
  const faults = [...contract.faults, ...contract.operations.flatMap((operation) => late(contract, operation))];
  const ownerOf = ownersOf(contract);
  const findings = faults
    .map((fault) => findingOf(fault, ownerOf, path))
    .filter(({ rule, operation }) => !silent(rule, operation));
  for (const file of new Set(drafts.map((draft) => draft.file))) {
    const own = drafts.filter((draft) => draft.file === file);
    const content = (file === path ? text : undefined) ?? readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    const positions = positionsOf(content, file, new Set(own.map(({ pointer }) => pointer)));
    for (const draft of own) findings.push({ ...draft, ...(positions.get(draft.pointer) ?? { line: 0, column: 0 }) });
  }
  return Object.freeze({
    document: path,
    operations: contract.operations.length,
    findings: Object.freeze(findings.toSorted((one, other) => inOrder(one, other, path))),
  });
}

function silenced(ignore: readonly string[]): (rule: string, operation: string | undefined) => boolean {
  const ids = rules.map(({ id }) => id);
  for (const entry of ignore) {
    const [rule = ''] = entry.split(':', 1);
    if (ids.includes(rule)) continue;
    throw new LintFault(`there is no rule "${rule}"${didYouMean(rule, ids) || `; known are ${ids.join(', ')}`}`);
  }
  const all = new Set(ignore);
  return (rule, operation) => all.has(rule) || (operation !== undefined && all.has(`${rule}:${operation}`));
}

/** What the rules see at an operation. A code that several rules miss is told of once, by the first. */
function observed(
  operation: Operation,
  context: Context,
  path: string,
  silent: (rule: string, operation: string) => boolean,
): Draft[] {
  // Nothing of it could be read, which is a finding of its own; what it would list, nobody knows.
  if (operation.broken !== undefined && operation.responses.size === 0) return [];
  const missed = new Set<number>();
  const drafts: Draft[] = [];
  for (const { id, severity, check } of rules) {
    if (silent(id, operation.id)) continue;
    for (const { message, at, missing } of check(operation, context)) {
      if (missing !== undefined && missed.has(missing)) continue;
      if (missing !== undefined) missed.add(missing);
      drafts.push({
        rule: id,
        severity,
        message,
        file: fileOf(operation.file, path),
        pointer: operation.pointer + at,
        operation: operation.id,
        ...(missing !== undefined && { missing }),
      });
    }
  }
  return drafts;
}

/** What fails only when validators are compiled. */
function late(contract: Contract, operation: Operation): ContractFault[] {
  return (['requests', 'responses'] as const).flatMap((which) => contract.warm(operation, which) ?? []);
}

/** Finds the operation that a place is in. */
function ownersOf({ operations }: Contract): (file: string | undefined, pointer: string) => Operation | undefined {
  const owners = new Map<string, Operation>();
  for (const operation of operations.toReversed()) {
    owners.set(`${operation.file ?? ''}#${operation.pointer}`, operation);
  }
  return (file, pointer) => {
    for (let end = pointer.length; end > 0; end = pointer.lastIndexOf('/', end - 1)) {
      const owner = owners.get(`${file ?? ''}#${pointer.slice(0, end)}`);
      if (owner !== undefined) return owner;
    }
    return undefined;
  };
}

function findingOf(fault: ContractFault, ownerOf: ReturnType<typeof ownersOf>, path: string): Finding {
  const { severity, message, file, line, column, pointer } = fault;
  const named = file === path ? undefined : file;
  const owner = ownerOf(named, pointer);
  const finding = { rule: contractFault.id, severity, message, file: fileOf(named, path), line, column, pointer };
  return owner === undefined ? finding : { ...finding, operation: owner.id };
}

/** Further files of a contract are named relative to its folder. */
function fileOf(name: string | undefined, path: string): string {
  return name === undefined ? path : join(dirname(path), name);
}

/** The document itself first, then its files by name; in each, from top to bottom. */
function inOrder(one: Finding, other: Finding, path: string): number {
  return (
    Number(one.file !== path) - Number(other.file !== path) ||
    compare(one.file, other.file) ||
    one.line - other.line ||
    one.column - other.column ||
    rankOf(one) - rankOf(other) ||
    compare(one.message, other.message)
  );
}

function rankOf({ rule }: Finding): number {
  return rules.findIndex(({ id }) => id === rule);
}

/** By code units, so that no locale changes the order. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

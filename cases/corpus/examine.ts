import { readFileSync } from 'node:fs';
import type { Contract, Operation } from '@flick/contract';
import { createDecider, type Decider, type Passage, type Refusal } from '@flick/decide';
import { parse } from 'yaml';
import { type Form, readForm } from '../setting.ts';
import { type Mutant, mutantsOf, tells } from './mutants.ts';
import { type Dialect, isMembers, operationsOf, type RawOperation, readOperation, Unsampled } from './raw.ts';
import { draft, mediaTypesOf, write, type Written } from './request.ts';

/** Something that is not as it should be: a class of its own, and where it was met. */
export interface Finding {
  readonly class: string;
  readonly operation: string;
  readonly detail: string;
}

/** What came of one document. */
export interface Examination {
  operations: number;
  requests: number;
  mutants: number;
  /** How many mutants there were of what was spoiled in which way. */
  readonly kinds: Map<string, number>;
  /** Operations that cannot be served, by the contract's own word. */
  readonly broken: Finding[];
  /** Requests that could not be made. */
  readonly unsampled: Finding[];
  readonly findings: Finding[];
}

/** The ladder of a contract, with no limits and no verifiers. */
export function deciderFor(contract: Contract): Decider {
  return createDecider(contract, {
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    limits: [],
    limitStore: { charge: () => [], refund: () => {} },
    limitStoreDown: 'pass',
    limitHeaders: 'off',
    verifiers: new Map(),
    realm: 'corpus',
    trustedProxies: [],
    sizes: { targetBytes: 1e6, headerCount: 1000, jsonDepth: 64, bodyBytes: 1e7 },
  });
}

/**
 * Reads a document, and asks for every operation of it: well, and wrong in one way at a time.
 *
 * @param mutants - how many of one kind are made of one parameter or body
 */
export function examine(path: string, mutants: number, form: Form = 'document'): Examination {
  const contract = readForm(form, path, {});
  const text = readFileSync(path, 'utf8');
  const root: unknown = /^\s*\{/.test(text) ? JSON.parse(text) : parse(text, { merge: true, maxAliasCount: -1 });
  const dialect: Dialect = { root, isOld: isMembers(root) && String(root['openapi']).startsWith('3.0') };
  const result: Examination = {
    operations: contract.operations.length,
    requests: 0,
    mutants: 0,
    kinds: new Map(),
    broken: [],
    unsampled: [],
    findings: [],
  };
  const raw = operationsOf(dialect);
  const found = new Map(contract.operations.map((each) => [`${each.method} ${each.path}`, each]));
  const lost = raw.filter(({ method, path: template }) => !found.has(`${method} ${template}`));
  for (const { method, path: template } of lost) {
    result.findings.push({ class: 'operation lost', operation: `${method} ${template}`, detail: '' });
  }
  if (raw.length !== contract.operations.length) {
    result.findings.push({
      class: 'count differs',
      operation: '',
      detail: `${raw.length} in the document, ${contract.operations.length} in the contract`,
    });
  }
  const decider = deciderFor(contract);
  for (const each of raw) {
    const operation = found.get(`${each.method} ${each.path}`);
    if (operation === undefined) continue;
    const fault = contract.warm(operation);
    const late = contract.warm(operation, 'responses');
    for (const one of [fault, late]) {
      if (one !== undefined)
        result.findings.push({ class: `${one.severity} when compiled`, operation: operation.id, detail: one.message });
    }
    if (operation.broken !== undefined) {
      result.broken.push({
        class: operation.broken.replaceAll(/"[^"]*"/g, '"…"'),
        operation: operation.id,
        detail: operation.broken,
      });
      continue;
    }
    ask(operation, readOperation(each, dialect), { dialect, decider, mutants }, result);
  }
  return result;
}

interface Asking {
  readonly dialect: Dialect;
  readonly decider: Decider;
  readonly mutants: number;
}

/** Sends all requests for one operation. */
function ask(operation: Operation, raw: RawOperation, asking: Asking, result: Examination): void {
  const { dialect, decider, mutants: limit } = asking;
  for (const extent of ['least', 'full'] as const) {
    for (const type of mediaTypesOf(raw, extent)) {
      try {
        const good = draft(raw, type, dialect, extent);
        const written = write(good);
        result.requests += 1;
        const answer = judge(decider, written);
        if (isElsewhere(answer, operation)) throw new Unsampled('a path that a more concrete template takes');
        const wrong = differs(answer, operation);
        if (wrong !== undefined) {
          result.findings.push({
            class: `good request: ${wrong}`,
            operation: operation.id,
            detail: `${extent} ${type ?? ''} ${tellOf(answer)} ${written.method} ${written.target.slice(0, 600)} ${textOf(written.body).slice(0, 600)}`,
          });
          continue;
        }
        const text = `${operation.id} ${extent} ${type ?? ''}`;
        for (const mutant of mutantsOf(good, dialect, { limit, text })) {
          result.mutants += 1;
          const kind = `${mutant.target}: ${mutant.kind}`;
          result.kinds.set(kind, (result.kinds.get(kind) ?? 0) + 1);
          const said = judge(decider, mutant.request);
          const off = misses(said, mutant, operation);
          if (off !== undefined)
            result.findings.push({
              class: `mutant ${mutant.target}, ${mutant.kind}: ${off}`,
              operation: operation.id,
              detail: `${mutant.about} ${tellOf(said)} ${mutant.request.method} ${mutant.request.target.slice(0, 300)} ${textOf(mutant.request.body).slice(0, 300)}`,
            });
        }
      } catch (error) {
        if (!(error instanceof Unsampled)) throw error;
        result.unsampled.push({ class: error.message, operation: operation.id, detail: `${extent} ${type ?? ''}` });
      }
    }
  }
}

function textOf(body: Uint8Array | undefined): string {
  return new TextDecoder().decode(body);
}

/** What the ladder says of a request, head and body. */
export function judge(decider: Decider, { method, target, headers, body }: Written): Passage {
  const passage = decider.judgeHead({ method, target, version: '1.1', headers, address: '127.0.0.1', secure: true });
  if (passage instanceof Promise) throw new Error('the ladder waited for something');
  return passage.verdict.kind === 'pass' && passage.bodyPlan === 'check' && body !== undefined
    ? decider.judgeBody(passage, body)
    : passage;
}

function refusalOf({ verdict }: Passage): Refusal | undefined {
  return verdict.kind === 'refuse' ? verdict.refusal : undefined;
}

/** Whether another operation answers for the request: one whose template has text where this one has a parameter. */
function isElsewhere({ operation: other }: Passage, operation: Operation): boolean {
  if (other === undefined || other === operation) return false;
  return literalsOf(other) > literalsOf(operation);
}

/** How much of an operation's template is text. */
function literalsOf({ templates }: Operation): number {
  return templates[0]?.replaceAll(/\{[^{}]*\}/g, '').length ?? 0;
}

function differs(passage: Passage, operation: Operation): string | undefined {
  const refusal = refusalOf(passage);
  if (refusal !== undefined) return refusal.reason;
  if (passage.verdict.kind === 'answer') return passage.facts.method === 'OPTIONS' ? undefined : 'answered';
  return passage.operation === operation ? undefined : 'another operation';
}

/** The codes that are due by RFC 9110 where it is not 400. */
const dueCodes: ReadonlyMap<string, number> = new Map([
  ['unsupported-media-type', 415],
  ['unknown-method', 501],
  ['unknown-path', 404],
  ['method-not-allowed', 405],
]);

function misses(passage: Passage, mutant: Mutant, operation: Operation): string | undefined {
  const { reason, spot } = mutant;
  const refusal = refusalOf(passage);
  if (refusal === undefined) return passage.operation === operation ? 'passes' : undefined;
  if (passage.operation !== operation && passage.operation !== undefined) return undefined;
  if (refusal.precise !== (dueCodes.get(refusal.reason) ?? 400)) return `${refusal.precise} for ${refusal.reason}`;
  // Where one change breaks several keywords, each is told of, and the reason is that of the first.
  const isOne = refusal.violations.length <= 1 && spot?.branches === undefined;
  if (isOne && refusal.reason !== reason) return `${refusal.reason} in place of ${reason}`;
  if (refusal.violations.length === 0 && spot === undefined) return undefined;
  return refusal.violations.some((violation) => tells(violation, mutant)) ? undefined : `${reason} of something else`;
}

function tellOf(passage: Passage): string {
  const refusal = refusalOf(passage);
  if (refusal === undefined) return passage.operation?.id ?? 'no operation';
  const all = refusal.violations.map(
    ({ in: where, name, pointer, due, arrived }) => `${where} ${name ?? ''}${pointer ?? ''}: ${due}; ${arrived}`,
  );
  return [refusal.detail, ...all.slice(0, 3), refusal.cause instanceof Error ? refusal.cause.message : ''].join(' | ');
}

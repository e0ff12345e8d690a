import type { Form } from '../setting.ts';
import { examine, type Examination, type Finding } from './examine.ts';
import { titleOf } from './documents.js';
import { brokenByDocument, explained } from './explained.ts';
import { requestKinds, targets } from './mutants.ts';
import { valueKinds } from './mutations.ts';

/** What came of many documents. */
export interface Report {
  readonly documents: number;
  readonly operations: number;
  readonly requests: number;
  readonly mutants: number;
  /** Of what was spoiled in which way. */
  readonly kinds: ReadonlyMap<string, number>;
  /** Operations that cannot be served for a fault that is not known to be the document's. */
  readonly broken: string[];
  readonly brokenByDocument: number;
  readonly unsampled: number;
  /** All that is not explained, by the first word of its class. */
  readonly findings: string[];
}

/**
 * How many mutants of one kind are made of one parameter or body, picked by a fixed seed; `CORPUS_MUTANTS=50` makes more.
 */
const mutantLimit = Number(process.env['CORPUS_MUTANTS'] ?? 2);

/** Examines documents, and puts by what is explained. */
export function report(paths: readonly string[], form: Form = 'document'): Report {
  const all = paths.map((path) => ({ title: titleOf(path), result: examine(path, mutantLimit, form) }));
  const kinds = new Map<string, number>();
  for (const { result } of all) {
    for (const [kind, count] of result.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  }
  const sum = (count: (result: Examination) => number): number =>
    all.reduce((total, { result }) => total + count(result), 0);
  return {
    documents: all.length,
    operations: sum(({ operations }) => operations),
    requests: sum(({ requests }) => requests),
    mutants: sum(({ mutants }) => mutants),
    kinds,
    broken: all.flatMap(({ title, result }) =>
      result.broken.filter((each) => !isTheirs(each)).map((each) => tell(title, each)),
    ),
    brokenByDocument: sum(({ broken }) => broken.filter(isTheirs).length),
    unsampled: sum(({ unsampled }) => unsampled.length),
    findings: all.flatMap(({ title, result }) =>
      result.findings.filter((each) => !isTheirs(each) && !isExplained(title, each)).map((each) => tell(title, each)),
    ),
  };
}

/** Whether an operation or a schema is not served for a fault that the document has. */
function isTheirs({ detail }: Finding): boolean {
  return brokenByDocument.some((fault) => fault.test(detail));
}

function tell(title: string, { class: kind, operation, detail }: Finding): string {
  return `${kind} | ${title} | ${operation} | ${detail}`;
}

function isExplained(title: string, finding: Finding): boolean {
  return explained.some(
    (each) => each.document.test(title) && each.class === finding.class && each.detail.test(finding.detail),
  );
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

/** What was spoiled in which way, as a table in Markdown. */
export function tableOf(kinds: ReadonlyMap<string, number>): string {
  const counts = [...requestKinds, ...valueKinds].map((kind) =>
    row([kind, ...targets.map((target) => (kinds.get(`${target}: ${kind}`) ?? 0).toLocaleString('en'))]),
  );
  return row(['spoilt', ...targets]) + row(['---', ...targets.map(() => '---:')]) + counts.join('');
}

/** The ways of spoiling in which nothing was spoiled. */
export function unspoilt(kinds: ReadonlyMap<string, number>): string[] {
  return [...requestKinds, ...valueKinds].filter(
    (kind) => !targets.some((target) => (kinds.get(`${target}: ${kind}`) ?? 0) > 0),
  );
}

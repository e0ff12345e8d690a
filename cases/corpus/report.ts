import type { Form } from '../setting.ts';
import { examine, type Examination, type Finding } from './examine.ts';
import { titleOf } from './documents.js';
import { brokenByDocument, explained } from './explained.ts';

/** What came of many documents. */
export interface Report {
  readonly documents: number;
  readonly operations: number;
  readonly requests: number;
  readonly mutants: number;
  /** Operations that cannot be served for a fault that is not known to be the document's. */
  readonly broken: string[];
  readonly brokenByDocument: number;
  readonly unsampled: number;
  /** All that is not explained, by the first word of its class. */
  readonly findings: string[];
}

/** Examines documents, and puts by what is explained. */
export function report(paths: readonly string[], form: Form = 'document'): Report {
  const all = paths.map((path) => ({ title: titleOf(path), result: examine(path, form) }));
  const sum = (count: (result: Examination) => number): number =>
    all.reduce((total, { result }) => total + count(result), 0);
  return {
    documents: all.length,
    operations: sum(({ operations }) => operations),
    requests: sum(({ requests }) => requests),
    mutants: sum(({ mutants }) => mutants),
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

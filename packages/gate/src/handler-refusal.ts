import { didYouMean, type Reason, reasons } from '@flick/contract';
import type { Field, RefuseOptions, Violation } from '@flick/decide';

/** One fault that a handler found in a request. */
export interface FoundFault {
  readonly in: 'path' | 'query' | 'header' | 'cookie' | 'body';
  /** The parameter's name. */
  readonly name?: string;
  /** JSON pointer into the value or the body, such as `/lines/0/amount`. */
  readonly pointer?: string;
  /** What was due, in words: `an account of the caller`. */
  readonly due: string;
  /** What arrived, in words and without the value, which may be a secret. Default `another value`. */
  readonly arrived?: string;
  /** Default: the reason of the refusal. */
  readonly reason?: Reason;
}

/** Particulars of a refusal. The caller reads them: no secrets. */
export interface RefusalDetails {
  /** One sentence on this request. Default: what the reason means. */
  readonly detail?: string;
  readonly faults?: readonly FoundFault[];
  /** Fields of the answer, such as `{ 'Retry-After': 30 }`; `WWW-Authenticate` and `Allow` come by themselves. */
  readonly headers?: Readonly<Record<string, string | number>>;
  /** Why, for `onOutcome` and the log of whoever catches it; never sent. */
  readonly cause?: unknown;
}

/** What a handler throws to refuse a request. Made by {@link refusal}. */
export class HandlerRefusal extends Error {
  override readonly name = 'HandlerRefusal';
  readonly reason: Reason;
  readonly options: RefuseOptions;

  constructor(reason: Reason, details: RefusalDetails = {}) {
    super(
      details.detail ?? reasons[reason].meaning,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.reason = reason;
    this.options = {
      violations: (details.faults ?? []).map((fault) => violationOf(fault, reason)),
      fields: Object.entries(details.headers ?? {}).map(([name, value]): Field => [name, String(value)]),
      ...(details.cause !== undefined && { cause: details.cause }),
    };
  }
}

/**
 * Makes a refusal of the catalogue, for a handler to throw: `throw refusal('unknown-resource')`. Its code is the one that
 * the table has for the reason, its body the same problem body that every refusal has.
 *
 * @throws TypeError where there is no such reason
 */
export function refusal(reason: Reason, details?: RefusalDetails): HandlerRefusal {
  if (!Object.hasOwn(reasons, reason)) {
    throw new TypeError(`no such reason: ${reason}${didYouMean(reason, Object.keys(reasons))}`);
  }
  return new HandlerRefusal(reason, details);
}

function violationOf({ arrived = 'another value', reason, ...fault }: FoundFault, own: Reason): Violation {
  return { ...fault, arrived, reason: reason ?? own };
}

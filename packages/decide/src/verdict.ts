import type { MediaType, Operation, Reason } from '@flick/contract';
import type { RequestFacts } from './facts.ts';
import type { Consumer } from './ports.ts';
import type { RequestValues } from './request-values.ts';

/** One fault of a request, or of an answer that breaks the contract. Says what arrived by kind and size only: the value may be a secret. */
export interface Violation {
  readonly in: 'path' | 'query' | 'header' | 'cookie' | 'body' | 'target' | 'message' | 'status';
  /** The parameter's or field's name. */
  readonly name?: string;
  /** JSON pointer into the value or the body. */
  readonly pointer?: string;
  /** Which reason this fault alone would have; the refusal's own reason is that of its first. */
  readonly reason: Reason;
  /** What was due, in words. */
  readonly due: string;
  /** What arrived, by kind and size. */
  readonly arrived: string;
  /** The fault in one sentence, where more is to be said than what was due and what arrived. */
  readonly detail?: string;
}

/** A header field that is due with an answer. */
export type Field = readonly [name: string, value: string];

/** A request refused: a value, which other code sends, records or prints. */
export interface Refusal {
  readonly reason: Reason;
  /** The code of RFC 9110. */
  readonly precise: number;
  /** The code that is sent: `precise` folded by the table. */
  readonly status: number;
  /** One sentence on this request: what arrived, what was due. No secrets. */
  readonly detail: string;
  readonly violations: readonly Violation[];
  /** `Allow`, `WWW-Authenticate`, `Retry-After` and the like. Limit fields are in the passage. */
  readonly fields: readonly Field[];
  /** The connection cannot be used further: its framing is in doubt. */
  readonly close: boolean;
  /** What was thrown inside, or why the operation is broken: for the log, never for the caller. */
  readonly cause?: unknown;
}

/** What is to become of a request after its head was judged. */
export type Verdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  /** Answered by the ladder itself: OPTIONS. */
  | { readonly kind: 'answer'; readonly status: number; readonly fields: readonly Field[] };

/** What is to be done with the body of a request that passed. */
export type BodyPlan =
  /** There is none. */
  | 'none'
  /** Read it whole, to the limit, and hand it to `judgeBody`. */
  | 'check'
  /** Let it stream through. */
  | 'stream';

/** A request on its way up the ladder: what each rung found. Made by `judgeHead`, one a request. */
export interface Passage {
  readonly facts: RequestFacts;
  readonly verdict: Verdict;
  /** Known once path and method are. */
  readonly operation: Operation | undefined;
  /** The canonical path and query: the bytes that were judged, and the only ones to forward. */
  readonly target: string;
  /** The canonical path alone, percent-encoded: safe to show, unlike the query. */
  readonly path: string;
  /** The client's address, proxies that are trusted seen through. */
  readonly address: string;
  readonly consumer: Consumer | undefined;
  /** Fields due with whatever is answered: the state of the limits. */
  readonly limitFields: readonly Field[];
  /** Under `observe`: the refusal that would have been. The first, as it would have decided. */
  readonly observed: Refusal | undefined;
  readonly bodyPlan: BodyPlan;
  /** The entry of the operation's `content` that the body's type fits. */
  readonly media: MediaType | undefined;
  /** What was read for the checks; undefined where the ladder was not told to keep it. */
  readonly values: RequestValues | undefined;
  /** Methods that the path supports, HEAD and OPTIONS included, sorted; empty where there is no such path. */
  readonly allow: readonly string[];
}

/** How an answer of the API is to be passed on. */
export interface ResponsePlan {
  /** The code that is sent. */
  readonly status: number;
  /** `pass`: the body as it is. `replace`: the problem body of `refusal`. */
  readonly body: 'pass' | 'replace';
  /** Fields due that the API did not send: `WWW-Authenticate` for 401, `Allow` for 405. */
  readonly fields: readonly Field[];
  /** Lower-case names of the API's fields that do not go on: what they say is said by `fields`, or with the refusal. */
  readonly withheld: readonly string[] | undefined;
  /** Set where the body is replaced. */
  readonly refusal: Refusal | undefined;
  /** Why, as far as the code that the API sent tells: for the record. */
  readonly reason: Reason | undefined;
  /** Whether the operation declares the code that the API sent. */
  readonly declared: boolean;
  /** Set where the answer is passed on and watched, and breaks the contract already or has a body to be checked. */
  readonly watch: ResponseWatch | undefined;
}

/** What is known of an answer that is watched, once its head was judged. */
export interface ResponseWatch {
  /** Nothing of the answer goes out until its body is judged. */
  readonly holds: boolean;
  /** What the body is held against; undefined where no body is to be checked. */
  readonly media: MediaType | undefined;
  readonly contentType: string | undefined;
  /** A larger body, its coding removed, passes unchecked. */
  readonly mostBytes: number;
  /** What the head breaks, told as the refusal that it would be: its violations are for the record alone. */
  readonly breach: Refusal | undefined;
  /** Set where its body has a schema and cannot be checked all the same. */
  readonly unchecked?: 'endless';
}

/** What came of checking the body of an answer. */
export interface ResponseJudgement {
  /** Head and body together. */
  readonly breach: Refusal | undefined;
  /** Set where the body could not be judged. */
  readonly unchecked?: 'schema';
}

/** The ladder of one contract. Touches no socket, no logger, no global. */
export interface Decider {
  /**
   * Judges the head of a request: rungs 1 to 9, and of rung 10 what needs no body. No promise where none is needed.
   * Never throws and never rejects: a failure within is a refusal `misconfiguration`.
   */
  readonly judgeHead: (facts: RequestFacts) => Passage | Promise<Passage>;
  /**
   * Judges the body of a request that passed with plan `check`.
   *
   * @returns the passage with its verdict; the refusal is in `observed` where the operation is only observed
   */
  readonly judgeBody: (passage: Passage, bytes: Uint8Array) => Passage;
  /**
   * Asks again whether the server can take a request that passed and has waited since: for a verifier, or for its body.
   *
   * @returns the passage with its verdict
   */
  readonly judgeLoad: (passage: Passage) => Passage;
  /** Makes the refusal for something that happened outside: a slow body, a dead upstream, a stop. */
  readonly refuse: (passage: Passage | undefined, reason: Reason, detail: string, options?: RefuseOptions) => Refusal;
  /** Fields due with whatever is answered in place of the API, so that a page of another origin can read it (CORS). */
  readonly corsFields: (facts: RequestFacts) => readonly Field[];
  /** Says how an answer of the API is passed on: its code folded, its body kept or replaced. */
  readonly judgeResponse: (passage: Passage, response: ResponseFacts) => ResponsePlan;
  /**
   * Judges the body of an answer whose plan has a `watch` with `media`. Never throws.
   *
   * @param bytes - all of it, its content coding removed
   */
  readonly judgeResponseBody: (passage: Passage, watch: ResponseWatch, bytes: Uint8Array) => ResponseJudgement;
}

/** Particulars of a refusal made for something that happened outside the ladder. */
export interface RefuseOptions {
  readonly violations?: readonly Violation[];
  readonly fields?: readonly Field[];
  readonly close?: boolean;
  /** In place of the reason's own code: what an upstream sent. */
  readonly precise?: number;
  readonly cause?: unknown;
  /** It is shed before anybody has worked on it: limits that it was charged to get that back. */
  readonly uncharged?: true;
}

/** What the API answered, as far as the ladder judges it. */
export interface ResponseFacts {
  readonly status: number;
  /** The Content-Type, if any. */
  readonly contentType: string | undefined;
  /** Lower-case names of the fields that came with it. */
  readonly has: (name: string) => boolean;
  /** The first value of a field, by its lower-case name. */
  readonly get: (name: string) => string | undefined;
}

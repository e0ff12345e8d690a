import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Bound, Passage, Refusal, ResponsePlan, Unchecked } from '@flick/decide';

export type { Ending, Outcome } from '@flick/decide';
export type { Timeouts } from '@flick/settings';

/** What the record tells of the check of an answer. */
export interface CheckedAnswer {
  readonly breach: Refusal | undefined;
  readonly unchecked?: Unchecked | undefined;
}

/** One request that passed the ladder, handed to whatever answers it. */
export interface Exchange {
  readonly passage: Passage;
  readonly requestId: string;
  /** Names and values in turn, as they are handed on. */
  readonly headers: readonly string[];
  /**
   * For its stream, where `body` is undefined and the passage's plan is `stream`. It and `response` may be made when they
   * are asked for, which costs as much as all the rest: `send` needs neither.
   */
  readonly request: IncomingMessage;
  /** The judged body, its content codings removed; undefined where there is none or where it streams. */
  readonly body: Uint8Array | undefined;
  /**
   * To write the answer to. The gate adds the fields that are its own (request id, limits, connection) as the head goes
   * out; headers may be sent once.
   */
  readonly response: ServerResponse;
  /**
   * Sends an answer that is there whole, with fields and body as `response` takes them.
   *
   * @param sent - called when it is on its way, and before it is recorded
   */
  readonly send: (
    status: number,
    fields: OutgoingHttpHeader[],
    body: string | Uint8Array | undefined,
    sent?: () => void,
  ) => void;
  /** Whether the head of an answer is sent. */
  readonly isAnswering: boolean;
  /** Sends the problem body in place of an answer. Only before the head was sent. */
  readonly refuse: (refusal: Refusal) => void;
  /**
   * Answers 101 and makes the connection a tunnel to `far`, which ends with it. Only for a request without a body.
   *
   * @param fields - names and values in turn, `Connection` and `Upgrade` included
   */
  readonly tunnel: (fields: OutgoingHttpHeader[], far: Socket) => void;
  /** Cuts the connection because an answer that has begun cannot be finished; never ends it cleanly. */
  readonly cut: (ending: 'truncated' | 'unread') => void;
  /** The answer has no end of its own: it takes no place among the requests under way any longer. */
  readonly lasts: () => void;
  /** For the record: what the API answered, why as far as its code tells, and how long its head took. */
  readonly answered: (upstreamStatus: number, plan: ResponsePlan, upstreamMs: number) => void;
  /** For the record: what came of checking the body of an answer that is watched. */
  readonly checked: (judgement: CheckedAnswer) => void;
  /** Runs once when the client goes away or the gate cuts the connection. */
  readonly onGone: (listener: () => void) => void;
}

/** Answers requests that passed the ladder: an upstream, or handlers in process. */
export interface Handler {
  /** Whether it asks each exchange for Node's `request` and `response`: then Node reads all requests from the start. */
  readonly needsMessages?: boolean;
  /** What it takes on, as what is bounded. */
  readonly bounds?: () => readonly Bound[];
  /** Never throws and never rejects: what goes wrong becomes `exchange.refuse` or `exchange.cut`. */
  readonly handle: (exchange: Exchange) => void;
  /** Whether it would refuse whatever it is handed now: then requests are refused before they are charged to anybody. */
  readonly isFull?: boolean;
  /** Ends what is idle and waits for what is not; `destroy` ends all at once. */
  readonly close: () => Promise<void>;
  readonly destroy: () => Promise<void>;
}

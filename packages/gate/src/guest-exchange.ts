import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Reason } from '@flick/contract';
import {
  bodyFault,
  type Decider,
  type Ending,
  type Field,
  type Outcome,
  type Passage,
  type Refusal,
  type RefuseOptions,
  type RequestFacts,
  type ResponsePlan,
} from '@flick/decide';
import type { CheckedAnswer, Exchange, Timeouts } from './exchange.ts';
import { fieldOf } from './field-of.ts';
import { judgeInPlace } from './host.ts';
import { HostAnswer, type HostAnswerOptions } from './host-answer.ts';
import { outcomeOf } from './outcome.ts';
import { problemAnswer } from './problem-answer.ts';
import { readBefore } from './read-before.ts';
import { requestIdOf } from './request-id.ts';
import type { GateSizes } from './revision.ts';
import { type BodyFault, readWhole } from './whole-body.ts';

/** What requests are judged with that another server has read. */
export interface GuestOptions extends HostAnswerOptions {
  readonly decider: Decider;
  readonly timeouts: Pick<Timeouts, 'requestMs'>;
  readonly sizes: Pick<GateSizes, 'bodyBytes'>;
  readonly record: (outcome: Outcome) => void;
}

const guest = Symbol('flick');
const failed = 'The server failed while it answered this request.';

/** What has a request of a guest: its connection, while it is under way, and its response. */
interface Guested {
  [guest]?: GuestExchange;
}

/** Requests whose client waits for a 100 before it sends its body. */
const waiting = new WeakSet<IncomingMessage>();

/** Has the client of a request wait for its body to be wanted. */
export function continueLater(request: IncomingMessage): void {
  waiting.add(request);
}

/** The request that a connection is in the middle of, if any. */
export function requestOn(socket: Socket): GuestExchange | undefined {
  const { [guest]: exchange }: Socket & Guested = socket;
  return exchange === undefined || exchange.request.complete ? undefined : exchange;
}

/** What becomes of a request. One of the two is called, once. */
export interface GuestEnds {
  /** Called once the request has `flick`, and holds what was judged. */
  readonly passed: () => void;
  /** Called before the gate answers. */
  readonly answered: () => void;
}

/**
 * One request of a server that is not the gate's: the gate is a guest there. It judges what the server has read, and
 * what becomes of the connection is the server's.
 */
export class GuestExchange implements Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly #options: GuestOptions;
  readonly #ends: GuestEnds;
  readonly #facts: RequestFacts;
  readonly #timeMs = Date.now();
  readonly #startMs = performance.now();
  #passage: Passage | undefined = undefined;
  #body: Uint8Array | undefined = undefined;
  #refusal: Refusal | undefined = undefined;
  #answer: HostAnswer | undefined = undefined;
  #upstreamStatus: number | undefined = undefined;
  #upstreamMs: number | undefined = undefined;
  #precise: number | undefined = undefined;
  #reason: Reason | undefined = undefined;
  #checked: Pick<CheckedAnswer, 'breach' | 'unchecked'> | undefined = undefined;
  #cutAs: Ending | undefined = undefined;
  #status = 0;
  #gone = false;
  readonly #goneListeners: (() => void)[] = [];

  /** @param target - as the client sent it, where the server has changed that of the request */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    options: GuestOptions,
    ends: GuestEnds,
  ) {
    this.request = request;
    this.response = response;
    this.#options = options;
    this.#ends = ends;
    const { socket, method = '', httpVersion: version, rawHeaders: headers } = request;
    const address = socket.remoteAddress ?? '';
    const secure = 'encrypted' in socket;
    // Literals and no spread: the whole ladder reads these, and V8 gives each copy a shape of its own.
    this.#facts = { method, target, version, headers, address, secure };
    // A request line without a version is HTTP/0.9 to Node, and no request of today.
    if (request.httpVersionMajor === 0) this.#facts = { ...this.#facts, fault: 'malformed-request' };
    const connection: Socket & Guested = socket;
    connection[guest] = this;
    this.requestId = requestIdOf(fieldOf(request.rawHeaders, 'x-request-id'));
    const hosted: ServerResponse & Guested = response;
    hosted[guest] = this;
    response.on('close', recordClosed);
  }

  get passage(): Passage {
    if (this.#passage === undefined) throw new Error('the request is not judged yet');
    return this.#passage;
  }

  get body(): Uint8Array | undefined {
    return this.#body;
  }

  get headers(): readonly string[] {
    return this.request.rawHeaders;
  }

  get isAnswering(): boolean {
    return this.response.headersSent;
  }

  send(status: number, fields: OutgoingHttpHeader[], body: string | Uint8Array | undefined, sent?: () => void): void {
    this.response.writeHead(status, fields).end(body);
    sent?.();
  }

  /** Sends the request up the ladder. Called once; nothing is thrown. */
  begin(): void {
    try {
      const passage = this.#options.decider.judgeHead(this.#facts);
      if (passage instanceof Promise) {
        passage.then((judged) => this.#judged(judged)).catch((error: unknown) => this.#crashed(error));
      } else {
        this.#judged(passage);
      }
    } catch (error) {
      this.#crashed(error);
    }
  }

  /** What goes wrong in the judging is no caller's fault, and ends no process. */
  #crashed(error: unknown): void {
    this.#options.onError(error, this);
    this.#fail('unhandled-error', failed);
  }

  /** The rest of the request cannot be read, or does not come. */
  failReading(reason: Reason, detail: string): void {
    if (this.response.headersSent || this.response.writableEnded) this.cut('truncated');
    else this.#fail(reason, detail, { close: true });
  }

  #judged(passage: Passage): void {
    if (this.#status !== 0) return;
    this.#passage = passage;
    const { verdict, bodyPlan } = passage;
    if (verdict.kind === 'pass' && bodyPlan !== 'none' && waiting.has(this.request)) this.#continue();
    if (verdict.kind === 'refuse') this.refuse(verdict.refusal);
    else if (verdict.kind === 'answer') this.#answerItself(verdict.status, verdict.fields);
    else if (bodyPlan === 'check') this.#readBody(passage);
    else this.#pass();
  }

  /** Of a response that waits for one before it, Node would send the head first, and the 100 within the answer. */
  #continue(): void {
    const { response } = this;
    if (response.socket !== null) response.writeContinue();
    else {
      response.once('socket', () => {
        if (this.#status === 0 && !response.headersSent) response.writeContinue();
      });
    }
  }

  #readBody(passage: Passage): void {
    const { decider, sizes, timeouts } = this.#options;
    if (this.request.readableEnded) {
      this.#options.onError(new Error(readBefore), this);
      this.#fail('misconfiguration', failed);
      return;
    }
    let slow: NodeJS.Timeout | undefined;
    const waits = (): void => {
      slow = setTimeout(() => {
        this.#fail('body-too-slow', 'The body did not arrive whole within the time that the server waits.', {
          close: true,
        });
      }, timeouts.requestMs);
      this.onGone(() => clearTimeout(slow));
    };
    const take = (body: Uint8Array | BodyFault): void => {
      if (slow !== undefined) clearTimeout(slow);
      if (this.#status !== 0 || this.#gone) return;
      if (body === 'too-large') {
        const due = `${sizes.bodyBytes} bytes`;
        const violations = [bodyFault('body-too-large', `at most ${due}`, 'more')];
        this.#fail('body-too-large', `The body may have ${due}; more came.`, { violations, close: true });
      } else if (body === 'malformed') this.#fail('malformed-body', 'The body does not have its Content-Encoding.');
      else if (body === 'unknown-coding')
        this.#fail('unsupported-media-type', 'Content-Encoding: due was one of gzip, deflate, br, or none at all.');
      else {
        this.#passage = decider.judgeBody(passage, body);
        const { verdict } = this.#passage;
        if (verdict.kind === 'refuse') this.refuse(verdict.refusal);
        else {
          this.#body = body;
          this.#pass();
        }
      }
    };
    readWhole(this.request, sizes.bodyBytes, take, waits);
  }

  #pass(): void {
    this.#answer = new HostAnswer(this, this.#options, this.#ownFields());
    judgeInPlace(this);
    this.#ends.passed();
  }

  #ownFields(): readonly Field[] {
    return [['X-Request-Id', this.requestId], ...this.passage.limitFields];
  }

  #fail(reason: Reason, detail: string, options?: RefuseOptions): void {
    this.refuse(this.#options.decider.refuse(this.#passage, reason, detail, options));
  }

  refuse(refusal: Refusal): void {
    this.#refusal = refusal;
    const answer = problemAnswer(refusal, this.requestId, this.#passage?.path ?? '', [
      ...(this.#passage?.limitFields ?? []),
      ...this.#options.decider.corsFields(this.#facts),
    ]);
    this.#send(refusal.status, answer.fields, answer.body, refusal.close);
  }

  #answerItself(status: number, due: readonly Field[]): void {
    const fields: OutgoingHttpHeader[] = [];
    for (const field of [...this.#ownFields(), ...due, ...this.#options.decider.corsFields(this.#facts)])
      fields.push(...field);
    if (status !== 204 && status !== 304) fields.push('Content-Length', 0);
    this.#send(status, fields, undefined, false);
  }

  #send(status: number, fields: readonly OutgoingHttpHeader[], body: string | undefined, close: boolean): void {
    const { request, response } = this;
    if (response.headersSent) {
      this.cut('truncated');
      return;
    }
    if (this.#answer === undefined) this.#ends.answered();
    else this.#answer.takeOver();
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    for (let at = 0; at < fields.length; at += 2) {
      const value = fields[at + 1] ?? '';
      if (typeof value === 'number') response.setHeader(String(fields[at]), value);
      else response.appendHeader(String(fields[at]), value);
    }
    // What the client still sends is read and dropped, so that it gets to read the answer.
    request.resume();
    if (close) response.setHeader('Connection', 'close');
    response.statusMessage = '';
    response.writeHead(status);
    this.#status = status;
    response.end(body);
    this.#answer?.silence();
  }

  tunnel(): void {
    throw new Error('a guest has no connections of its own');
  }

  cut(ending: 'truncated' | 'unread'): void {
    this.#cutAs ??= ending;
    this.request.socket.destroy();
  }

  lasts(): void {}

  checked(judgement: CheckedAnswer): void {
    this.#checked = judgement;
  }

  answered(upstreamStatus: number, plan: ResponsePlan, upstreamMs: number): void {
    this.#upstreamStatus = upstreamStatus;
    this.#status = plan.status;
    this.#precise = plan.refusal?.precise ?? upstreamStatus;
    this.#reason = plan.reason;
    this.#upstreamMs = upstreamMs;
    this.#checked = plan.watch;
  }

  onGone(listener: () => void): void {
    if (this.#gone) listener();
    else this.#goneListeners.push(listener);
  }

  /** The response is sent, or its client gone. */
  closed(): void {
    const { response } = this;
    const sent = response.writableFinished && this.#cutAs === undefined;
    if (!sent) {
      this.#gone = true;
      for (const listener of this.#goneListeners) listener();
    }
    this.#options.record(
      outcomeOf(this.#facts, this.#passage, this.#refusal, {
        requestId: this.requestId,
        timeMs: this.#timeMs,
        status: this.#status,
        precise: this.#refusal?.precise ?? this.#precise ?? this.#status,
        upstreamStatus: this.#upstreamStatus,
        reason: this.#reason,
        breach: this.#checked?.breach,
        unchecked: this.#checked?.unchecked,
        durationMs: performance.now() - this.#startMs,
        upstreamMs: this.#upstreamMs,
        ending: this.#cutAs ?? (sent ? 'complete' : 'aborted'),
      }),
    );
  }
}

function recordClosed(this: Guested): void {
  this[guest]?.closed();
}

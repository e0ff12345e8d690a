import type { IncomingMessage, OutgoingHttpHeader } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Reason } from '@flick/contract';
import {
  bodyFault,
  type Field,
  type MessageFault,
  type Overload,
  type Passage,
  type Refusal,
  type RefuseOptions,
  type RequestFacts,
  type ResponsePlan,
  type Unchecked,
} from '@flick/decide';
import { type Coding, codingOf, decode } from './body-coding.ts';
import type { CheckedAnswer, Ending, Exchange, Outcome } from './exchange.ts';
import { fieldOf } from './field-of.ts';
import { GateResponse, type ResponseOwner } from './gate-response.ts';
import type { Load } from './load.ts';
import { factsOf } from './node-facts.ts';
import { outcomeOf } from './outcome.ts';
import { problemAnswer } from './problem-answer.ts';
import { requestIdOf } from './request-id.ts';
import type { LiveRevision } from './revision.ts';
import { type OwnFields, shortHead } from './short-answer.ts';
import type { ShortRequest } from './short-request.ts';
import { Tunnel } from './tunnel.ts';

/** What all connections of a gate share. */
export interface Shared {
  /** What a request that comes now begins with, and keeps to its end. */
  revision: LiveRevision;
  readonly load: Load;
  /** What the gate has too much of now. */
  readonly overload: () => Overload | undefined;
  readonly record: (outcome: Outcome) => void;
  /** Set once the gate is stopping: every answer is its connection's last. */
  draining: boolean;
}

/** The connection that an exchange is on. */
export interface Line {
  readonly socket: Socket;
  readonly address: string;
  /** Whether it is TLS. */
  readonly secure: boolean;
  /** Whether the client has ended its side and nothing that came before that waits. */
  readonly isEnding: boolean;
  /** Has Node read a request that the gate had read by itself, and make its objects for it. */
  readonly readAgain: (request: ShortRequest) => GateResponse;
  /** An answer is given and flushed whose request is not whole: what still comes of it is waited for a while. */
  readonly answeredEarly: () => void;
  /** The client's bytes, those that wait included, are the tunnel's from now on. */
  readonly divert: (tunnel: Tunnel) => void;
  /** Nothing more will be written for this exchange. */
  readonly released: (exchange: LiveExchange) => void;
}

const nothing = new Uint8Array(0);
const noFields: readonly Field[] = [];

/**
 * One request from its head to the end of its answer.
 *
 * Node's objects for it are there where Node has read it. Where the gate has, they are made when somebody needs them: to
 * stream, to close the connection, to write fields that the gate does not write by itself.
 */
export class LiveExchange implements Exchange, ResponseOwner, OwnFields {
  readonly requestId: string;
  /** Time in which the gate waited for the client's body, ms; the connection counts it. */
  waitedMs = 0;
  /** Whether it is on its way up the ladder, or was given up before. */
  isBegun = false;
  readonly startMs = performance.now();
  readonly revision: LiveRevision;
  readonly #timeMs = Date.now();
  readonly #shared: Shared;
  readonly #facts: RequestFacts;
  readonly #short: ShortRequest | undefined;
  readonly #line: Line;
  #continues = false;
  #response: GateResponse | undefined = undefined;
  /** The code of an answer that the gate has written without Node's objects; 0 before. */
  #shortStatus = 0;
  #passage: Passage | undefined = undefined;
  #bodyRead = false;
  #body: Uint8Array | undefined = undefined;
  // The gate's own fields are in the answer that it gives in place of another.
  #hasOwn = false;
  #refusal: Refusal | undefined = undefined;
  #upstreamStatus: number | undefined = undefined;
  #upstreamMs: number | undefined = undefined;
  #precise: number | undefined = undefined;
  #reason: Reason | undefined = undefined;
  #breach: Refusal | undefined = undefined;
  #unchecked: Unchecked | undefined = undefined;
  #cutAs: Ending | undefined = undefined;
  #tunnel: Tunnel | undefined = undefined;
  // The gate has taken it back, or it is over: what the handler still says is not heard.
  #closedToHandler = false;
  #recorded = false;
  #over = false;
  #counted = false;
  #gone = false;
  #goneListeners: (() => void)[] | undefined = undefined;

  private constructor(shared: Shared, line: Line, facts: RequestFacts, short: ShortRequest | undefined) {
    this.#shared = shared;
    this.revision = shared.revision;
    this.revision.requestBegins();
    this.#line = line;
    this.#facts = facts;
    this.#short = short;
    this.requestId = requestIdOf(fieldOf(facts.headers, 'x-request-id'));
  }

  /**
   * Of a request whose head Node has read.
   *
   * @param continues - whether the client waits for a 100 before it sends its body
   * @param fault - what the parser found wrong already with the message behind the head
   */
  static read(
    shared: Shared,
    line: Line,
    response: GateResponse,
    continues: boolean,
    fault: MessageFault | undefined,
  ): LiveExchange {
    const exchange = new LiveExchange(shared, line, factsOf(response.req, line, fault, shared.overload), undefined);
    exchange.#continues = continues;
    exchange.#own(response);
    return exchange;
  }

  /** Of a request that the gate has read by itself. */
  static short(shared: Shared, line: Line, request: ShortRequest): LiveExchange {
    const { method, target, headers } = request;
    const { address, secure } = line;
    const facts = { method, target, version: '1.1', headers, address, secure, overload: shared.overload };
    return new LiveExchange(shared, line, facts, request);
  }

  #own(response: GateResponse): void {
    this.#response = response;
    response.owner = this;
    response.strictContentLength = true;
    response.on('close', responseClosed);
  }

  get response(): GateResponse {
    return this.#response ?? this.#respond();
  }

  #respond(): GateResponse {
    if (this.#short === undefined || this.#over || this.#shortStatus !== 0) throw new Error('the request is answered');
    const response = this.#line.readAgain(this.#short);
    this.#own(response);
    if (this.#hasOwn) response.ownFields = ownFieldsOf(this);
    // As it is where Node has read it: a body that was judged is taken out of it.
    if (this.#bodyRead) response.req.read();
    return response;
  }

  get request(): IncomingMessage {
    return this.response.req;
  }

  get headers(): readonly string[] {
    return this.#response === undefined ? this.#facts.headers : this.#response.req.rawHeaders;
  }

  /** Whether all of the request has arrived. */
  get isWhole(): boolean {
    return this.#response === undefined || this.#response.req.complete;
  }

  /** Whether the answer is given whole while the rest of the request is still to come. */
  get isEarly(): boolean {
    return this.#response !== undefined && GateResponse.isEarly(this.#response);
  }

  /** Ends an answer that was given early. */
  finishEarly(): void {
    if (this.#response !== undefined) GateResponse.finishEarly(this.#response);
  }

  /** Whether the client is waited for: its body is not whole, and the gate reads. */
  get awaitsBody(): boolean {
    const request = this.#response?.req;
    // Where the buffer is full it is the gate that does not read.
    return request?.complete === false && !this.isEarly && request.readableLength < request.readableHighWaterMark;
  }

  get isAnswering(): boolean {
    return this.#response === undefined ? this.#shortStatus !== 0 : GateResponse.isBegun(this.#response);
  }

  /** Whether the answer is given whole. */
  get #isAnswered(): boolean {
    return this.#response === undefined ? this.#shortStatus !== 0 : this.isEarly || this.#response.writableEnded;
  }

  get passage(): Passage {
    if (this.#passage === undefined) throw new Error('the request is not judged yet');
    return this.#passage;
  }

  get body(): Uint8Array | undefined {
    return this.#body;
  }

  /** Sends the request up the ladder. Called once; nothing is thrown. */
  begin(): void {
    this.isBegun = true;
    if (this.#closedToHandler || this.#recorded) return;
    this.#count();
    try {
      const passage = this.revision.decider.judgeHead(this.#facts);
      if (passage instanceof Promise) {
        passage.then(
          (judged) => this.#judged(this.revision.decider.judgeLoad(judged)),
          () => this.#crashed(),
        );
      } else {
        this.#judged(passage);
      }
    } catch {
      this.#crashed();
    }
  }

  /** Takes a place among the requests under way. */
  #count(): void {
    if (this.#counted || this.#recorded) return;
    this.#counted = true;
    this.#shared.load.inFlight += 1;
  }

  #uncount(): void {
    if (!this.#counted) return;
    this.#counted = false;
    this.#shared.load.inFlight -= 1;
  }

  #judged(passage: Passage): void {
    if (this.#closedToHandler) return;
    this.#passage = passage;
    try {
      const { verdict } = passage;
      if (verdict.kind === 'refuse') this.#answerRefusal(verdict.refusal);
      else if (verdict.kind === 'pass') this.#admit(passage);
      else {
        this.#addOwn();
        const fields: OutgoingHttpHeader[] = [];
        for (const [name, value] of verdict.fields) fields.push(name, value);
        for (const [name, value] of this.revision.decider.corsFields(this.#facts)) fields.push(name, value);
        if (verdict.status !== 204 && verdict.status !== 304) fields.push('Content-Length', 0);
        this.send(verdict.status, fields, undefined);
      }
    } catch {
      this.#crashed();
    }
  }

  #admit(passage: Passage): void {
    if (passage.bodyPlan === 'none') {
      if (this.#isEmpty) this.#hand();
      else {
        const violations = [bodyFault('unexpected-body', 'no body', 'one')];
        this.#fail('unexpected-body', 'The operation takes no body, and one came.', { violations });
      }
      return;
    }
    const coding =
      passage.bodyPlan === 'check' ? codingOf(fieldOf(this.#facts.headers, 'content-encoding')) : 'identity';
    if (coding === undefined) {
      this.#fail('unsupported-media-type', 'Content-Encoding: due was one of gzip, deflate, br, or none at all.');
      return;
    }
    if (this.#continues && !this.isWhole) this.response.writeContinue();
    if (passage.bodyPlan === 'check') this.#readBody(passage, coding);
    else {
      // Whoever reads it may come late, when the connection is gone.
      void this.response;
      this.#hand();
    }
  }

  /** By the stream and not by a field: nothing that was not judged may follow the head. */
  get #isEmpty(): boolean {
    if (this.#response === undefined) return this.#short?.body === undefined;
    const { req } = this.#response;
    return req.complete && req.readableLength === 0;
  }

  #readBody(passage: Passage, coding: Coding): void {
    this.#bodyRead = true;
    if (this.#response === undefined) {
      this.#takeBody(passage, coding, this.#short?.body ?? nothing);
      return;
    }
    const request = this.#response.req;
    if (request.complete) {
      const bytes: unknown = request.read();
      this.#takeBody(passage, coding, bytes instanceof Uint8Array ? bytes : nothing);
      return;
    }
    // While the client is slow, others may take its place: else a few slow clients could take them all.
    this.#uncount();
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      if (this.#closedToHandler || this.#isAnswered) return;
      length += chunk.length;
      if (length > this.revision.sizes.bodyBytes) {
        chunks.length = 0;
        this.#tooLarge();
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => {
      // The rest of a body that was refused on the way.
      if (this.#closedToHandler || this.#isAnswered) return;
      this.#count();
      const judged = this.revision.decider.judgeLoad(passage);
      this.#passage = judged;
      if (judged.verdict.kind === 'refuse') this.refuse(judged.verdict.refusal);
      else this.#takeBody(judged, coding, Buffer.concat(chunks, length));
    });
  }

  #takeBody(passage: Passage, coding: Coding, bytes: Uint8Array): void {
    if (this.#closedToHandler) return;
    const { bodyBytes } = this.revision.sizes;
    if (bytes.length > bodyBytes) this.#tooLarge();
    else if (coding === 'identity') this.#judgeBody(passage, bytes);
    else {
      decode(coding, bytes, bodyBytes, (decoded) => {
        if (this.#closedToHandler) return;
        if (decoded === 'too-large') this.#tooLarge();
        else if (decoded === 'malformed') this.#fail('malformed-body', 'The body does not have its Content-Encoding.');
        else this.#judgeBody(passage, decoded);
      });
    }
  }

  #judgeBody(passage: Passage, bytes: Uint8Array): void {
    try {
      const judged = this.revision.decider.judgeBody(passage, bytes);
      this.#passage = judged;
      if (judged.verdict.kind === 'refuse') {
        this.#answerRefusal(judged.verdict.refusal);
        return;
      }
      this.#body = bytes;
      this.#hand();
    } catch {
      this.#crashed();
    }
  }

  #tooLarge(): void {
    const due = `${this.revision.sizes.bodyBytes} bytes`;
    const violations = [bodyFault('body-too-large', `at most ${due}`, 'more')];
    this.#fail('body-too-large', `The body may have ${due}; more came.`, { violations });
  }

  #addOwn(): void {
    this.#hasOwn = true;
    if (this.#response !== undefined) this.#response.ownFields = ownFieldsOf(this);
  }

  get limitFields(): readonly Field[] {
    return this.#passage?.limitFields ?? noFields;
  }

  #hand(): void {
    this.#addOwn();
    this.revision.handler.handle(this);
  }

  refuse(refusal: Refusal): void {
    if (!this.#closedToHandler) this.#answerRefusal(refusal);
  }

  tunnel(fields: OutgoingHttpHeader[], far: Socket): void {
    // Node writes the head to the socket at once; what follows on the socket is not the response's.
    this.response.writeHead(101, fields).flushHeaders();
    // Tunnels have a bound of their own.
    this.#uncount();
    this.#tunnel = new Tunnel(this.#line.socket, far, (ending) => this.end(ending));
    this.#line.divert(this.#tunnel);
  }

  send(status: number, fields: OutgoingHttpHeader[], body: string | Uint8Array | undefined, sent?: () => void): void {
    if (this.#closedToHandler) return;
    if (this.#response === undefined && this.#writeShort(status, fields, body)) {
      sent?.();
      this.#settle();
    } else {
      this.response.writeHead(status, fields).end(body);
      sent?.();
    }
  }

  /** Writes an answer to a request that the gate has read by itself, and says so; not one that Node is to write. */
  #writeShort(status: number, fields: readonly OutgoingHttpHeader[], body: string | Uint8Array | undefined): boolean {
    if (this.isLast()) return false;
    const { socket } = this.#line;
    const length = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    const head = shortHead(status, this.#hasOwn ? this : undefined, fields, length, this.revision.timeouts.idleMs);
    if (head === undefined) return false;
    this.#shortStatus = status;
    if (body === undefined || this.#facts.method === 'HEAD') socket.write(head, 'latin1');
    else if (typeof body === 'string') socket.write(head + body, length === body.length ? 'latin1' : 'utf8');
    else {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
    }
    return true;
  }

  /** Ends the exchange once all that was written to the socket is with the operating system. */
  #settle(): void {
    const { socket } = this.#line;
    if (socket.writableLength === 0 && !socket.destroyed) this.#finish(socket.errored === null);
    else socket.write('', (error) => this.#finish(!error));
  }

  lasts(): void {
    this.#uncount();
  }

  cut(ending: 'truncated' | 'unread'): void {
    if (!this.#closedToHandler) this.end(ending);
  }

  answered(upstreamStatus: number, plan: ResponsePlan, upstreamMs: number): void {
    this.#upstreamStatus = upstreamStatus;
    this.#precise = plan.refusal?.precise ?? upstreamStatus;
    this.#reason = plan.reason;
    this.#upstreamMs = upstreamMs;
    this.#breach = plan.watch?.breach;
    this.#unchecked = plan.watch?.unchecked;
  }

  checked({ breach, unchecked }: CheckedAnswer): void {
    this.#breach = breach;
    this.#unchecked = unchecked;
  }

  onGone(listener: () => void): void {
    if (this.#gone) listener();
    else if (this.#goneListeners === undefined) this.#goneListeners = [listener];
    else this.#goneListeners.push(listener);
  }

  /** Takes the exchange back from whoever has it and refuses it; cuts where an answer has begun. */
  takeBack(reason: Reason, detail: string): void {
    if (this.#closedToHandler || this.#isAnswered) return;
    this.#closedToHandler = true;
    this.#tellGone();
    if (this.isAnswering) this.end('truncated');
    else this.#fail(reason, detail, { close: true });
  }

  /** Cuts the connection; never an end that looks clean. */
  end(ending: Ending): void {
    this.#cutAs ??= ending;
    // Only a reset tells an answer that ends with its connection from one that was cut.
    const { socket, secure } = this.#line;
    if (this.#facts.version === '1.0' && !secure) socket.resetAndDestroy();
    else socket.destroy();
  }

  #fail(reason: Reason, detail: string, options?: RefuseOptions): void {
    this.#answerRefusal(this.revision.decider.refuse(this.#passage, reason, detail, options));
  }

  #crashed(): void {
    if (this.isAnswering) {
      this.end('truncated');
      return;
    }
    try {
      this.#fail('unhandled-error', 'The server failed while it answered this request.');
    } catch {
      this.end('dropped');
    }
  }

  #answerRefusal(refusal: Refusal): void {
    this.#refusal = refusal;
    if (this.isAnswering) {
      this.end('truncated');
      return;
    }
    this.#response?.host?.takeOver();
    const passage = this.#passage;
    const answer = problemAnswer(refusal, this.requestId, passage?.path ?? '', [
      ...(passage?.limitFields ?? []),
      ...this.revision.decider.corsFields(this.#facts),
    ]);
    this.#hasOwn = false;
    if (
      this.#response === undefined &&
      !refusal.close &&
      this.#writeShort(refusal.status, answer.fields, answer.body)
    ) {
      this.#settle();
      return;
    }
    const { response } = this;
    if (refusal.close) response.shouldKeepAlive = false;
    response.ownFields = [];
    const names = response.getHeaderNames();
    if (names.length > 0) {
      // A handler had set fields of an answer that it could not give.
      for (const name of names) response.removeHeader(name);
      for (let at = 0; at < answer.fields.length; at += 2) {
        const name = String(answer.fields[at]);
        const value = answer.fields[at + 1] ?? '';
        if (typeof value === 'number') response.setHeader(name, value);
        else response.appendHeader(name, value);
      }
      response.writeHead(refusal.status);
    } else {
      response.writeHead(refusal.status, [...answer.fields]);
    }
    response.end(answer.body);
    response.host?.silence();
  }

  isLast(): boolean {
    return this.#shared.draining || !this.isWhole || this.#line.isEnding;
  }

  endsEarly(): void {
    this.request.resume();
  }

  sentEarly(): void {
    this.#record(this.#cutAs ?? 'complete');
    this.#line.answeredEarly();
  }

  responseClosed(): void {
    const { response } = this;
    // A response that was sent whole has let go of its socket; so has one whose socket was cut, or broke, while it ended.
    this.#finish(response.writableEnded && response.socket === null && this.#line.socket.errored === null);
  }

  /** Hears that the connection is gone, where Node has nothing to tell of it. */
  lineClosed(): void {
    if (this.#response === undefined) this.#finish(false);
  }

  /** @param isWritten - whether all of the answer is with the operating system */
  #finish(isWritten: boolean): void {
    if (this.#over) return;
    this.#over = true;
    const sent = this.#cutAs === undefined && isWritten;
    if (this.#tunnel?.isOver === true && this.#line.socket.errored === null) this.#cutAs ??= 'complete';
    this.#record(this.#cutAs ?? (sent ? 'complete' : 'aborted'));
    this.#closedToHandler = true;
    if (!sent) this.#tellGone();
    this.revision.requestEnds();
    this.#line.released(this);
  }

  #tellGone(): void {
    if (this.#gone) return;
    this.#gone = true;
    const listeners = this.#goneListeners;
    this.#goneListeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener();
  }

  #record(ending: Ending): void {
    if (this.#recorded) return;
    this.#recorded = true;
    this.#uncount();
    const status = !this.isAnswering ? 0 : (this.#response?.statusCode ?? this.#shortStatus);
    this.#shared.record(
      outcomeOf(this.#facts, this.#passage, this.#refusal, {
        requestId: this.requestId,
        timeMs: this.#timeMs,
        status,
        precise: this.#refusal?.precise ?? this.#precise ?? status,
        upstreamStatus: this.#upstreamStatus,
        reason: this.#reason,
        breach: this.#breach,
        unchecked: this.#unchecked,
        durationMs: performance.now() - this.startMs,
        upstreamMs: this.#upstreamMs,
        ending,
      }),
    );
  }
}

/** Names and values in turn. */
function ownFieldsOf({ requestId, limitFields }: OwnFields): readonly OutgoingHttpHeader[] {
  const own = ['X-Request-Id', requestId];
  for (const [name, value] of limitFields) own.push(name, value);
  return own;
}

function responseClosed(this: GateResponse): void {
  this.owner?.responseClosed();
}

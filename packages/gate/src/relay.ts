import { performance } from 'node:perf_hooks';
import { PassThrough } from 'node:stream';
import type { Socket } from 'node:net';
import type { Decider, ResponsePlan } from '@flick/decide';
import type { Dispatcher } from 'undici';
import { type AnswerCheck, checkAnswer } from './answer-check.ts';
import type { Exchange } from './exchange.ts';
import {
  type AnswerHead,
  fieldsBesideProblem,
  fieldsOfUpgrade,
  fieldsToClient,
  inPlaceOf,
  type RawFields,
  readAnswerHead,
  relayHints,
} from './relay-head.ts';
import { asksForWebSocket } from './upgrade.ts';
import { broken, faultOf, tooSlow, type UpstreamFault } from './upstream-fault.ts';
import { type BodyWay, fieldsToUpstream } from './upstream-fields.ts';
import { MalformedAnswer } from './malformed-answer.ts';
import type { Line } from './upstream-line.ts';

/** What all relays of one upstream share. */
export interface Relaying {
  readonly decider: Decider;
  readonly upstreamMs: number;
  /** Whether an answer that ends with its connection is malformed. */
  readonly refuseEof: boolean;
  /** Takes back the line when nothing of the exchange runs on it any more. */
  readonly release: (line: Line) => void;
  /** Tunnels that are open or asked for. */
  readonly tunnels: { count: number };
  /** Answers without an end that are under way, and how many may be. */
  readonly streams: { count: number; readonly most: number };
}

// RFC 9110, section 9.2.2, and RFC 10008 for QUERY.
const idempotent: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'QUERY', 'TRACE']);

// Of an answer that waits for the client to read, before the API is made to wait too.
const bufferedBytes = 256 * 1024;
// Of an answer that is not passed on, read so that the connection can be used again.
const droppedBytes = 64 * 1024;
// Interim responses that are passed on for one request.
const maxHints = 8;

/**
 * One request on its way to the API and its answer on the way back: undici's handler for it, which writes straight to
 * the client's response.
 *
 * It has two ends. `#over` is the client's: the answer is sent, refused or cut, or the client is gone; nothing more is
 * written. The line's end comes from undici, as `onResponseEnd` or `onResponseError`, and gives the line back. Either
 * may come first.
 */
export class Relay implements Dispatcher.DispatchHandler {
  readonly #shared: Relaying;
  readonly #line: Line;
  readonly #exchange: Exchange;
  readonly #way: BodyWay;
  readonly #upgrades: boolean;
  #tunnelled = false;
  #streams = false;
  readonly #startedMs = performance.now();
  #upload: PassThrough | undefined;
  #answer: AnswerHead | undefined;
  #plan: ResponsePlan | undefined;
  #check: AnswerCheck | undefined;
  #sent = false;
  #begun = false;
  #over = false;
  #retried = false;
  #hints = 0;
  #dropped = 0;
  #timer: NodeJS.Timeout | undefined;
  #dueMs: number;
  #written = 0;
  #pausedMs = 0;
  #drainable = false;

  constructor(shared: Relaying, line: Line, exchange: Exchange) {
    this.#shared = shared;
    this.#line = line;
    this.#exchange = exchange;
    this.#way = exchange.body !== undefined ? 'bytes' : exchange.passage.bodyPlan === 'stream' ? 'stream' : 'none';
    this.#upgrades = this.#way === 'none' && asksForWebSocket(exchange.request);
    if (this.#upgrades) shared.tunnels.count += 1;
    this.#dueMs = this.#startedMs + shared.upstreamMs;
  }

  /** Sends the request. */
  start(): void {
    this.#wait(this.#shared.upstreamMs);
    this.#exchange.onGone(() => {
      if (this.#over) return;
      this.#over = true;
      this.#line.cut();
    });
    if (this.#way === 'stream') this.#startUpload();
    this.#send();
  }

  #send(): void {
    const { passage, requestId, body } = this.#exchange;
    this.#line.send(
      {
        path: passage.target,
        method: passage.facts.method,
        headers: fieldsToUpstream(passage, requestId, this.#way),
        body: this.#upload ?? body ?? null,
        upgrade: this.#upgrades ? 'websocket' : null,
      },
      this,
    );
  }

  // A stream of its own between the two: undici destroys what it was given when the API answers early, and destroying
  // the request would take the client's connection, and the answer, with it.
  #startUpload(): void {
    const { request } = this.#exchange;
    const upload = new PassThrough();
    // Without a listener, the end of the line would end the process.
    upload.on('error', () => request.unpipe(upload));
    request.once('end', () => {
      this.#dueMs = performance.now() + this.#shared.upstreamMs;
    });
    request.pipe(upload);
    this.#upload = upload;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#sent = true;
    this.#line.begin();
    // The client went, or the deadline passed, in a moment when the line had no connection to cut.
    if (this.#over) controller.abort(new Error('given up by the gate'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    const raw = Array.isArray(controller.rawHeaders) ? controller.rawHeaders : [];
    // Without the fields that make it a switch of protocols.
    if (status === 101) throw new MalformedAnswer('no upgrade');
    if (status < 200) {
      this.#hint(raw);
      return;
    }
    const { passage } = this.#exchange;
    const { facts } = passage;
    const answer = readAnswerHead(status, raw, facts.method, this.#line.http10, passage.limitFields);
    if (answer.framing === 'eof' && this.#shared.refuseEof) throw new MalformedAnswer('no length');
    if (answer.endless && !this.#beginStream()) return;
    const plan = this.#shared.decider.judgeResponse(passage, answer);
    this.#answer = answer;
    this.#exchange.answered(status, plan, performance.now() - this.#startedMs);
    if (plan.refusal !== undefined) {
      this.#over = true;
      this.#stopUpload();
      const { fields } = plan.refusal;
      const kept = fieldsBesideProblem(answer, fields, plan.withheld);
      this.#exchange.refuse({ ...plan.refusal, fields: [...fields, ...kept] });
      return;
    }
    if (plan.watch !== undefined) {
      const length = answer.get('content-length');
      this.#check = checkAnswer(
        this.#shared.decider,
        this.#exchange,
        plan,
        answer.get('content-encoding'),
        length === undefined ? undefined : Number(length),
      );
      if (this.#check?.holds === true) {
        this.#plan = plan;
        return;
      }
    }
    this.#sendHead(answer, plan);
  }

  #sendHead(answer: AnswerHead, plan: ResponsePlan): void {
    const { response } = this.#exchange;
    this.#plan = undefined;
    response.writeHead(plan.status, fieldsToClient(answer, plan));
    if (answer.framing === 'none') {
      this.#end();
    } else {
      if (answer.endless) clearTimeout(this.#timer);
      // Body bytes that came in the same read go out with the head; without them it goes out at once.
      process.nextTick(() => {
        if (!this.#begun && !this.#over) response.flushHeaders();
      });
    }
  }

  /** Takes the answer out of the requests under way: they come and go, and it may stay for hours. */
  #beginStream(): boolean {
    const { streams } = this.#shared;
    if (streams.count >= streams.most) {
      this.#over = true;
      this.#stopUpload();
      const detail = 'The API has as many open streams as it may be given.';
      const fields = [['Retry-After', '1']] as const;
      this.#exchange.refuse(this.#shared.decider.refuse(this.#exchange.passage, 'overloaded', detail, { fields }));
      this.#line.cut();
      return false;
    }
    streams.count += 1;
    this.#streams = true;
    this.#exchange.lasts();
    return true;
  }

  /** The API has switched protocols: the connection is WebSocket's. */
  onRequestUpgrade(controller: Dispatcher.DispatchController, status: number): void {
    const far = this.#line.letGo();
    try {
      if (far !== undefined && !this.#over) this.#tunnel(controller, status, far);
    } catch (error) {
      this.#fail(faultOf(error instanceof Error ? error : new Error('not an error')));
    }
    if (!this.#tunnelled) far?.destroy();
    this.#over = true;
    this.#release();
  }

  #tunnel(controller: Dispatcher.DispatchController, status: number, far: Socket): void {
    const exchange = this.#exchange;
    const { decider, tunnels } = this.#shared;
    const raw = Array.isArray(controller.rawHeaders) ? controller.rawHeaders : [];
    const { facts, limitFields } = exchange.passage;
    const answer = readAnswerHead(status, raw, facts.method, false, limitFields);
    const plan = decider.judgeResponse(exchange.passage, answer);
    const fields = fieldsOfUpgrade(answer, raw, plan.fields);
    exchange.answered(status, plan, performance.now() - this.#startedMs);
    this.#over = true;
    this.#tunnelled = true;
    exchange.onGone(() => {
      tunnels.count -= 1;
    });
    exchange.tunnel(fields, far);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) {
      this.#dropped += chunk.length;
      if (this.#dropped > droppedBytes) this.#line.cut();
      return;
    }
    const bytes = this.#check === undefined ? chunk : this.#check.pass(chunk);
    if (bytes === undefined) return;
    this.#begun = true;
    this.#sendHeldHead();
    const { response } = this.#exchange;
    if (response.write(bytes) || response.writableLength < bufferedBytes) return;
    controller.pause();
    this.#pausedMs = performance.now();
    if (this.#drainable) return;
    this.#drainable = true;
    response.on('drain', () => {
      if (this.#pausedMs === 0) return;
      // The API is not to blame for the time in which the client did not read.
      this.#dueMs += performance.now() - this.#pausedMs;
      this.#pausedMs = 0;
      controller.resume();
    });
  }

  onResponseEnd(): void {
    if (!this.#over) {
      if (this.#answer?.framing === 'eof' && this.#line.broken) this.#fail(broken);
      else if (this.#check === undefined) this.#end();
      else this.#endChecked(this.#check);
    }
    this.#release();
  }

  /** Sends a head that was held back. */
  #sendHeldHead(): void {
    if (this.#plan !== undefined && this.#answer !== undefined) this.#sendHead(this.#answer, this.#plan);
  }

  #endChecked(check: AnswerCheck): void {
    const answer = this.#answer;
    const plan = this.#plan;
    if (!check.holds || answer === undefined || plan === undefined) {
      this.#end();
      // All of it is on its way to the client.
      check.judge();
      return;
    }
    const breach = check.judge();
    if (breach === undefined) {
      this.#begun = true;
      this.#sendHead(answer, plan);
      this.#exchange.response.write(check.held());
      this.#end();
      return;
    }
    this.#over = true;
    this.#stopUpload();
    const { passage } = this.#exchange;
    this.#exchange.refuse(inPlaceOf(answer, plan, breach, passage, this.#shared.decider));
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#maySendAgain()) {
      this.#retried = true;
      this.#sent = false;
      // undici is still taking leave of the old connection.
      setImmediate(() => {
        if (this.#over) this.#release();
        else this.#send();
      });
      return;
    }
    if (!this.#over) this.#fail(faultOf(error));
    this.#release();
  }

  #maySendAgain(): boolean {
    return (
      !this.#over &&
      !this.#retried &&
      this.#sent &&
      this.#line.reused &&
      !this.#line.answering &&
      this.#way !== 'stream' &&
      idempotent.has(this.#exchange.passage.facts.method)
    );
  }

  #hint(raw: RawFields): void {
    const { request, response } = this.#exchange;
    this.#hints += 1;
    // HTTP/1.0 has no interim responses (RFC 9110, section 15.2).
    if (!this.#over && this.#hints <= maxHints && request.httpVersion !== '1.0') relayHints(raw, response);
  }

  #end(): void {
    this.#over = true;
    this.#stopUpload();
    this.#exchange.response.end();
  }

  #fail(fault: UpstreamFault): void {
    this.#over = true;
    this.#stopUpload();
    const exchange = this.#exchange;
    if (exchange.response.headersSent) exchange.cut('truncated');
    else exchange.refuse(this.#shared.decider.refuse(exchange.passage, fault.reason, fault.detail));
  }

  get #uploading(): boolean {
    return this.#upload !== undefined && !this.#exchange.request.complete;
  }

  // What the client still sends is read and dropped, so that it gets to read the answer.
  #stopUpload(): void {
    if (this.#upload === undefined) return;
    this.#exchange.request.unpipe(this.#upload);
    this.#exchange.request.resume();
  }

  #release(): void {
    clearTimeout(this.#timer);
    if (this.#streams) this.#shared.streams.count -= 1;
    this.#streams = false;
    if (this.#upgrades && !this.#tunnelled) this.#shared.tunnels.count -= 1;
    this.#shared.release(this.#line);
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#onDeadline();
    }, ms);
  }

  #onDeadline(): void {
    const now = performance.now();
    if (this.#pausedMs !== 0 || this.#clientUploads()) this.#dueMs = now + this.#shared.upstreamMs;
    if (this.#dueMs - now >= 1) {
      this.#wait(this.#dueMs - now);
      return;
    }
    if (!this.#over) this.#fail(tooSlow);
    this.#line.cut();
  }

  // While the client still sends, its slowness is the gate's to judge; the API is slow only where it takes nothing.
  #clientUploads(): boolean {
    if (!this.#uploading) return false;
    const { written } = this.#line;
    const moved = written !== this.#written;
    this.#written = written;
    return moved || this.#upload?.writableNeedDrain === false;
  }
}

import type { OutgoingHttpHeader, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { type Decider, type Field, isSequential, type ResponsePlan } from '@flick/decide';
import { type AnswerCheck, checkAnswer } from './answer-check.ts';
import type { Dated, Deadlines } from './deadlines.ts';
import type { Exchange } from './exchange.ts';
import type { ResponseHost } from './gate-response.ts';
import { fieldsBesideProblem, inPlaceOf, typeOf } from './relay-head.ts';

/** What the answers of one framework are judged with. */
export interface HostAnswerOptions {
  readonly decider: Decider;
  /** How long the framework may take before it begins to answer. */
  readonly deadlines: Deadlines;
  /** Hears of an answer that could not be sent as it was written. Must not throw. */
  readonly onError: (error: unknown, exchange: Exchange) => void;
}

/** A method as a response had it before. */
type Method = (...args: never[]) => unknown;

/** The methods of a response as it has them now: its own, or those that somebody else has put on it. */
interface Methods {
  readonly writeHead: Method;
  readonly write: Method;
  readonly end: Method;
  readonly flushHeaders: Method;
}

const hosting = Symbol('flick');

/** A response that a framework writes to. */
interface Hosted extends ServerResponse {
  [hosting]?: HostAnswer;
}

const none = new Uint8Array(0);
const noFields: readonly Field[] = [];
const tooSlow = 'The API did not answer within the time that the server waits.';

/**
 * Stands between a framework and the response that it writes to, and judges the head when it is about to go out.
 *
 * The methods are put on the response itself and not in a class of its own: Express gives every response another
 * prototype. What the gate answers in the framework's place ends the response; what the framework still writes then is
 * dropped without a fault, since some frameworks cut the connection where a late write throws.
 */
export class HostAnswer implements ResponseHost, Dated {
  dueMs = 0;
  earlier: Dated | undefined = undefined;
  later: Dated | undefined = undefined;
  // `judged`: what is written goes out. `silent`: nothing of it does.
  #state: 'open' | 'judged' | 'silent' = 'open';
  readonly #exchange: Exchange;
  readonly #options: HostAnswerOptions;
  readonly #own: readonly Field[];
  readonly #startMs: number;
  readonly #writeHead: Method;
  readonly #write: Method;
  readonly #end: Method;
  readonly #flush: Method;
  #plan: ResponsePlan | undefined = undefined;
  #check: AnswerCheck | undefined = undefined;
  // The head of an answer that waits for its check, where the framework has written it.
  #heldHead: readonly unknown[] | undefined = undefined;

  /** @param own - fields of the gate's that whoever sends the response does not add by itself */
  constructor(exchange: Exchange, options: HostAnswerOptions, own: readonly Field[] = noFields) {
    this.#exchange = exchange;
    this.#options = options;
    this.#own = own;
    const response: Hosted = exchange.response;
    const { writeHead, write, end, flushHeaders } = methodsOf(response);
    this.#writeHead = writeHead;
    this.#write = write;
    this.#end = end;
    this.#flush = flushHeaders;
    response[hosting] = this;
    response.strictContentLength = true;
    response.writeHead = hostedWriteHead;
    response.write = hostedWrite;
    response.end = hostedEnd;
    response.flushHeaders = hostedFlush;
    this.#startMs = options.deadlines.add(this);
  }

  #call(method: Method, args: readonly unknown[]): unknown {
    return Reflect.apply(method, this.#exchange.response, args);
  }

  takeOver(): void {
    this.#options.deadlines.delete(this);
    this.#state = 'judged';
    this.#check = undefined;
  }

  silence(): void {
    this.#state = 'silent';
    const { response } = this.#exchange;
    const nothing = (): ServerResponse => response;
    response.setHeader = nothing;
    response.appendHeader = nothing;
    response.removeHeader = nothing;
    if ('setHeaders' in response) Reflect.set(response, 'setHeaders', nothing);
    // What looks begun and then fails is cut by some frameworks, and the gate's answer with it.
    Object.defineProperty(response, 'headersSent', { value: false });
  }

  /** The time until the framework begins to answer is over, the client's own time for its body aside. */
  expire(): void {
    const exchange = this.#exchange;
    const { request } = exchange;
    const receives = exchange.passage.bodyPlan === 'stream' && !request.complete && !request.isPaused();
    if (receives) this.#options.deadlines.add(this);
    else exchange.refuse(this.#options.decider.refuse(exchange.passage, 'upstream-too-slow', tooSlow));
  }

  flush(): void {
    if (this.#isOpen() && this.#check?.holds !== true) this.#call(this.#flush, []);
  }

  /** Whether the framework's answer goes out, its head judged where it was not yet. */
  #isOpen(): boolean {
    if (this.#state === 'open') this.#judgeSet();
    return this.#state !== 'silent';
  }

  write(args: readonly unknown[]): boolean {
    if (!this.#isOpen()) return heard(args, true);
    const check = this.#check;
    if (check === undefined) return this.#try(this.#write, args) === true;
    const bytes = bytesOf(args);
    const due = check.pass(bytes);
    if (due === undefined) return heard(args, true);
    this.#sendHeld();
    return this.#try(this.#write, due === bytes ? args : [due, callbackOf(args)]) === true;
  }

  end(args: readonly unknown[]): void {
    if (!this.#isOpen()) {
      heard(args, true);
      return;
    }
    const check = this.#check;
    if (check === undefined) {
      this.#try(this.#end, args);
      return;
    }
    // What is too much to be checked is let go.
    const due = check.pass(bytesOf(args));
    if (!check.holds) {
      this.#sendHeld();
      this.#try(this.#end, [due, callbackOf(args)]);
      check.judge();
      return;
    }
    const breach = check.judge();
    if (breach === undefined || this.#plan === undefined) {
      this.#check = undefined;
      this.#sendHeld();
      this.#try(this.#end, [check.held(), callbackOf(args)]);
      return;
    }
    const { passage, response } = this.#exchange;
    const fields = flatText(this.#heldHead === undefined ? listed(response.getHeaders()) : listed(this.#heldHead[1]));
    heard(args, true);
    this.#exchange.refuse(inPlaceOf({ fields }, this.#plan, breach, passage, this.#options.decider));
  }

  #sendHeld(): void {
    this.#options.deadlines.delete(this);
    if (this.#heldHead === undefined) return;
    this.#call(this.#writeHead, this.#heldHead);
    this.#heldHead = undefined;
  }

  /** An answer that is not what its own head says it is, or is written after its end. */
  #try(method: Method, args: readonly unknown[]): unknown {
    try {
      return this.#call(method, args);
    } catch (error) {
      // Node counts no byte that is written to a client that has gone.
      if (this.#exchange.response.destroyed) return true;
      this.#options.onError(error, this.#exchange);
      this.#exchange.cut('truncated');
      return true;
    }
  }

  head(args: unknown[]): void {
    if (this.#state === 'judged' && this.#check?.holds !== true) this.#call(this.#writeHead, args);
    if (this.#state !== 'open') return;
    const [status, phrase, given] = args;
    const { response } = this.#exchange;
    const fields = listed(typeof phrase === 'string' ? given : phrase);
    if (response.getHeaderNames().length > 0 || typeof status !== 'number') {
      setFields(response, fields);
      response.statusCode = Number(status);
      if (typeof phrase === 'string') response.statusMessage = phrase;
      if (this.#judgeSet() && this.#check?.holds !== true) this.#call(this.#writeHead, [response.statusCode]);
      return;
    }
    const plan = this.#judge(status, (name) => valueIn(fields, name), fields);
    if (plan === undefined) return;
    const { withheld = [] } = plan;
    for (let at = fields.length - 2; withheld.length > 0 && at >= 0; at -= 2) {
      if (withheld.includes(String(fields[at]).toLowerCase())) fields.splice(at, 2);
    }
    if (this.#own.length > 0) addOwn(fields, this.#own);
    for (const [name, value] of plan.fields) fields.push(name, value);
    if (typeof phrase === 'string' && plan.status === status) response.statusMessage = phrase;
    if (this.#check?.holds === true) this.#heldHead = [plan.status, fields];
    else this.#call(this.#writeHead, [plan.status, fields]);
  }

  /** Judges what was set on the response so far; the response then has what is to go out. */
  #judgeSet(): boolean {
    const { response } = this.#exchange;
    const plan = this.#judge(response.statusCode, (name) => textOf(response.getHeader(name)), undefined);
    if (plan === undefined) return false;
    if (plan.status !== response.statusCode) {
      response.statusCode = plan.status;
      response.statusMessage = '';
    }
    for (const name of plan.withheld ?? []) response.removeHeader(name);
    // A number: Node before 20.20 holds the length as it was given against the bytes written; text is never equal.
    const length = response.getHeader('content-length');
    if (typeof length === 'string') response.setHeader('Content-Length', Number(length));
    for (const [name] of this.#own) response.removeHeader(name);
    for (const [name, value] of this.#own) response.appendHeader(name, value);
    for (const [name, value] of plan.fields) response.appendHeader(name, value);
    return true;
  }

  /** Undefined where the gate has answered instead. */
  #judge(
    status: number,
    get: (name: string) => string | undefined,
    written: readonly OutgoingHttpHeader[] | undefined,
  ): ResponsePlan | undefined {
    this.#options.deadlines.delete(this);
    this.#state = 'judged';
    const exchange = this.#exchange;
    const has = (name: string): boolean => get(name) !== undefined;
    const contentType = get('content-type');
    const plan = this.#options.decider.judgeResponse(exchange.passage, { status, contentType, has, get });
    exchange.answered(status, plan, performance.now() - this.#startMs);
    const { refusal } = plan;
    if (refusal === undefined) {
      const length = get('content-length');
      if (contentType !== undefined && length === undefined && isSequential(typeOf(contentType))) exchange.lasts();
      this.#plan = plan;
      this.#check =
        plan.watch &&
        checkAnswer(
          this.#options.decider,
          exchange,
          plan,
          get('content-encoding'),
          length === undefined ? undefined : Number(length),
        );
      // What is held has not begun.
      if (this.#check?.holds === true) this.#options.deadlines.add(this);
      return plan;
    }
    const fields = flatText(written ?? listed(exchange.response.getHeaders()));
    const beside = fieldsBesideProblem({ fields }, refusal.fields, plan.withheld);
    exchange.refuse({ ...refusal, fields: [...refusal.fields, ...beside] });
    return undefined;
  }
}

function flatText(fields: readonly OutgoingHttpHeader[]): readonly string[] {
  return fields.map(String);
}

/** The bytes that a write brings. */
function bytesOf([chunk, encoding]: readonly unknown[]): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk !== 'string') return none;
  return Buffer.from(chunk, typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8');
}

function callbackOf(args: readonly unknown[]): (() => void) | undefined {
  return args.find((arg): arg is () => void => typeof arg === 'function');
}

function hostedWriteHead(this: Hosted, ...args: unknown[]): ServerResponse {
  this[hosting]?.head(args);
  return this;
}

function hostedWrite(this: Hosted, ...args: unknown[]): boolean {
  return this[hosting]?.write(args) === true;
}

function hostedEnd(this: Hosted, ...args: unknown[]): ServerResponse {
  this[hosting]?.end(args);
  return this;
}

function hostedFlush(this: Hosted): void {
  this[hosting]?.flush();
}

function methodsOf(response: ServerResponse): Methods {
  return response;
}

/** Adds fields of the gate's in place of the framework's of the same names. */
function addOwn(fields: OutgoingHttpHeader[], own: readonly Field[]): void {
  for (const [name] of own) {
    const lowerName = name.toLowerCase();
    for (let at = fields.length - 2; at >= 0; at -= 2) {
      const given = String(fields[at]);
      if (given.length === name.length && given.toLowerCase() === lowerName) fields.splice(at, 2);
    }
  }
  for (const [name, value] of own) fields.push(name, value);
}

/** Calls the callback of a write that is dropped. */
function heard(args: readonly unknown[], result: boolean): boolean {
  const callback = callbackOf(args);
  if (callback !== undefined) process.nextTick(callback);
  return result;
}

/** The fields that a head was written with, names and values in turn, whatever shape they came in. */
function listed(given: unknown): OutgoingHttpHeader[] {
  const fields: OutgoingHttpHeader[] = [];
  if (Array.isArray(given)) {
    const flat: unknown[] = given.some(Array.isArray) && Array.isArray(given[0]) ? given.flat() : given;
    for (let at = 0; at + 1 < flat.length; at += 2) pushField(fields, String(flat[at]), flat[at + 1]);
  } else if (isMembers(given)) {
    for (const name of Object.keys(given)) pushField(fields, name, given[name]);
  }
  return fields;
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function pushField(fields: OutgoingHttpHeader[], name: string, value: unknown): void {
  if (value === undefined) return;
  if (Array.isArray(value)) for (const line of value) fields.push(name, String(line));
  // A number: Node before 20.20 holds the length as it was given against the bytes written; text is never equal.
  else if (name.length === 14 && name.toLowerCase() === 'content-length') fields.push(name, Number(value));
  else if (typeof value === 'string' || typeof value === 'number') fields.push(name, value);
  else if (typeof value === 'boolean' || typeof value === 'bigint') fields.push(name, String(value));
  else throw new TypeError(`the field ${name} has a value that is no text`);
}

function setFields(response: ServerResponse, fields: readonly OutgoingHttpHeader[]): void {
  for (let at = 0; at < fields.length; at += 2) response.removeHeader(String(fields[at]));
  for (let at = 0; at < fields.length; at += 2) {
    const value = fields[at + 1] ?? '';
    if (typeof value === 'number') response.setHeader(String(fields[at]), value);
    else response.appendHeader(String(fields[at]), value);
  }
}

function valueIn(fields: readonly OutgoingHttpHeader[], lowerName: string): string | undefined {
  for (let at = 0; at < fields.length; at += 2) {
    const name = String(fields[at]);
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) return String(fields[at + 1]);
  }
  return undefined;
}

function textOf(value: OutgoingHttpHeader | undefined): string | undefined {
  return value === undefined ? undefined : Array.isArray(value) ? value[0] : String(value);
}

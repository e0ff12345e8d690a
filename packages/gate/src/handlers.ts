import { Buffer } from 'node:buffer';
import type { OutgoingHttpHeader } from 'node:http';
import { performance } from 'node:perf_hooks';
import { type Contract, didYouMean, type Operation } from '@flick/contract';
import { PasswordsFault } from '@flick/credentials';
import { type Decider, type Field, isSequential, type ResponseFacts, type ResponsePlan } from '@flick/decide';
import { StartFault } from '@flick/settings/start-fault';
import { SessionsFault } from '@flick/stores';
import { type AnswerCheck, checkAnswer } from './answer-check.ts';
import type { Exchange, Handler, Timeouts } from './exchange.ts';
import { type AnswerPlan, isStream, planAnswers, writeAnswer, type Written } from './handler-answer.ts';
import { HandlerRefusal } from './handler-refusal.ts';
import { HandledRequest } from './handler-request.ts';
import type { AnswerStream, AnyOperations, Handlers, OperationHandler } from './handler-types.ts';
import { fieldsBesideProblem, inPlaceOf, typeOf } from './relay-head.ts';
import { release, StreamedAnswer } from './streamed-answer.ts';

/** Where an error came from that a handler did not mean to throw. */
export interface ErrorPlace {
  readonly operationId: string;
  readonly requestId: string;
}

/** What handlers are run with. */
export interface HandlersOptions<Operations = AnyOperations> {
  readonly contract: Contract;
  readonly decider: Decider;
  readonly handlers: Handlers<Operations>;
  readonly timeouts: Pick<Timeouts, 'upstreamMs'>;
  /** Hears of what a handler threw, or returned, that it should not have. Must not throw. */
  readonly onError: (error: unknown, place: ErrorPlace) => void;
}

/**
 * Makes the handler of a gate that runs functions in process, one for each operation of the contract. The decider must
 * keep values.
 *
 * @throws StartFault where an operation has no handler, or a handler no operation
 */
export function createHandlers<Operations = AnyOperations>(options: HandlersOptions<Operations>): Handler {
  return new OperationHandlers(options);
}

/** The handler of one operation, and how its answers are written. */
interface Way {
  readonly operationId: string;
  readonly handle: (request: HandledRequest) => unknown;
  readonly plan: AnswerPlan;
}

class OperationHandlers implements Handler {
  readonly #ways: ReadonlyMap<Operation, Way>;
  readonly #decider: Decider;
  readonly #upstreamMs: number;
  readonly #onError: HandlersOptions['onError'];

  constructor({ contract, decider, handlers, timeouts, onError }: HandlersOptions<unknown>) {
    this.#ways = waysOf(contract, new Map(Object.entries(handlers)));
    this.#decider = decider;
    this.#upstreamMs = timeouts.upstreamMs;
    this.#onError = onError;
  }

  handle(exchange: Exchange): void {
    const { operation } = exchange.passage;
    const way = operation && this.#ways.get(operation);
    if (way === undefined) {
      // Under observe a request goes on that no operation is there for, and so does a CORS preflight: to nobody here.
      const { passage } = exchange;
      const reason = passage.allow.length > 0 ? 'method-not-allowed' : 'unknown-path';
      exchange.refuse(passage.observed ?? this.#decider.refuse(passage, reason, noOperation));
      return;
    }
    const request = new HandledRequest(way.operationId, exchange);
    const startMs = performance.now();
    try {
      const { handle } = way;
      const returned = handle(request);
      if (isThenable(returned)) this.#wait(exchange, way, request, startMs, returned);
      else this.#answer(exchange, way, startMs, returned);
    } catch (error) {
      this.#fail(exchange, way, error);
    }
  }

  #wait(exchange: Exchange, way: Way, request: HandledRequest, startMs: number, promised: PromiseLike<unknown>): void {
    let over = false;
    const expire = (): void => {
      if (request.isReceiving) {
        timer = setTimeout(expire, this.#upstreamMs);
        return;
      }
      over = true;
      request.expire();
      exchange.refuse(this.#decider.refuse(exchange.passage, 'upstream-too-slow', tooSlow));
    };
    let timer = setTimeout(expire, this.#upstreamMs);
    promised.then(
      (returned) => {
        clearTimeout(timer);
        if (!over) this.#answer(exchange, way, startMs, returned);
        else if (isStream(returned)) release(returned);
      },
      (error: unknown) => {
        clearTimeout(timer);
        if (!over) this.#fail(exchange, way, error);
      },
    );
  }

  #answer(exchange: Exchange, way: Way, startMs: number, returned: unknown): void {
    try {
      const written = writeAnswer(returned, way.plan, exchange.passage.limitFields);
      this.#send(exchange, way, startMs, written);
    } catch (error) {
      this.#fail(exchange, way, error);
    }
  }

  #send(exchange: Exchange, way: Way, startMs: number, written: Written): void {
    const { passage } = exchange;
    const { status, contentType, fields, body } = written;
    const spentMs = performance.now() - startMs;
    const plan = this.#decider.judgeResponse(passage, new WrittenFacts(status, contentType, fields));
    exchange.answered(status, plan, spentMs);
    if (plan.refusal !== undefined) {
      if (isStream(body)) release(body);
      const { fields: due } = plan.refusal;
      const beside = fieldsBesideProblem({ fields: fields.map(String) }, due, plan.withheld);
      exchange.refuse({ ...plan.refusal, fields: [...due, ...beside] });
      return;
    }
    const check =
      plan.watch &&
      checkAnswer(
        this.#decider,
        exchange,
        plan,
        valueOf(fields, 'content-encoding'),
        isStream(body) ? undefined : lengthOf(body),
      );
    if (check?.holds === true && !isStream(body) && this.#breaks(exchange, check, written, plan)) return;
    for (let at = fields.length - 2; plan.withheld !== undefined && at >= 0; at -= 2) {
      if (plan.withheld.includes(String(fields[at]).toLowerCase())) fields.splice(at, 2);
    }
    for (const [name, value] of plan.fields) fields.push(name, value);
    if (isStream(body)) {
      this.#stream(exchange, way, spentMs, { ...written, body, status: plan.status }, plan, check);
      return;
    }
    // RFC 9110, section 8.6: none with 204; with 304 it would tell the length of what is not sent.
    if (body !== undefined || (status !== 204 && status !== 304)) fields.push('Content-Length', lengthOf(body));
    if (check === undefined || check.holds) exchange.send(plan.status, fields, body);
    else {
      exchange.send(plan.status, fields, body, () => {
        if (body !== undefined) check.pass(bytesOf(body));
        check.judge();
      });
    }
  }

  /** Whether an answer that is held breaks the contract: then it is refused. */
  #breaks(exchange: Exchange, check: AnswerCheck, { body, fields }: Written, plan: ResponsePlan): boolean {
    if (body !== undefined && !isStream(body)) check.pass(bytesOf(body));
    const breach = check.judge();
    if (breach === undefined) return false;
    const answer = { fields: fields.map(String) };
    exchange.refuse(inPlaceOf(answer, plan, breach, exchange.passage, this.#decider));
    return true;
  }

  #stream(
    exchange: Exchange,
    way: Way,
    spentMs: number,
    { status, fields, contentType = '', body }: Written & { readonly body: AnswerStream },
    plan: ResponsePlan,
    check: AnswerCheck | undefined,
  ): void {
    const { passage } = exchange;
    const type = typeOf(contentType);
    if (passage.facts.method === 'HEAD') {
      release(body);
      exchange.send(status, fields, undefined);
      return;
    }
    const streamed = new StreamedAnswer({
      exchange,
      source: body,
      type,
      items: way.plan.itemsOf(status, type),
      endless: isSequential(type),
      leftMs: Math.max(1, this.#upstreamMs - spentMs),
      begin: () => exchange.response.writeHead(status, fields),
      refuse: (why, cause) => {
        if (why === 'failed') this.#fail(exchange, way, cause);
        else exchange.refuse(this.#decider.refuse(passage, 'upstream-too-slow', tooSlow));
      },
      check,
      breaks: (breach) => {
        const answer = { fields: fields.map(String) };
        exchange.refuse(inPlaceOf(answer, plan, breach, passage, this.#decider));
      },
      failed: (cause) => {
        exchange.cut('truncated');
        this.#tell(cause, exchange, way);
      },
    });
    void streamed.send();
  }

  #fail(exchange: Exchange, way: Way, error: unknown): void {
    const { passage } = exchange;
    if (error instanceof HandlerRefusal) {
      const { reason, message, options } = error;
      try {
        exchange.refuse(this.#decider.refuse(passage, reason, message, options));
        return;
      } catch {
        // Its fields cannot be sent.
      }
    }
    this.#tell(error, exchange, way);
    if (exchange.isAnswering) exchange.cut('truncated');
    else if (error instanceof SessionsFault || error instanceof PasswordsFault) {
      // Nobody knows whether whoever logs in may: the ladder says the same where its verifier does not know.
      const fields: readonly Field[] = [['Retry-After', '1']];
      const more = { fields, cause: error };
      exchange.refuse(this.#decider.refuse(passage, 'unverifiable-credentials', unverifiable, more));
    } else exchange.refuse(this.#decider.refuse(passage, 'unhandled-error', failed, { cause: error }));
  }

  #tell(error: unknown, { requestId }: Exchange, { operationId }: Way): void {
    this.#onError(error, { operationId, requestId });
  }

  async close(): Promise<void> {}

  async destroy(): Promise<void> {}
}

/** What a handler's answer is to the ladder. */
class WrittenFacts implements ResponseFacts {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly #fields: readonly OutgoingHttpHeader[];

  constructor(status: number, contentType: string | undefined, fields: readonly OutgoingHttpHeader[]) {
    this.status = status;
    this.contentType = contentType;
    this.#fields = fields;
  }

  has(name: string): boolean {
    return valueOf(this.#fields, name) !== undefined;
  }

  get(name: string): string | undefined {
    return valueOf(this.#fields, name);
  }
}

/** The value of a field, its lines combined (RFC 9110, section 5.3). */
function valueOf(fields: readonly OutgoingHttpHeader[], lowerName: string): string | undefined {
  let value: string | undefined;
  for (let at = 0; at < fields.length; at += 2) {
    if (String(fields[at]).toLowerCase() !== lowerName) continue;
    value = value === undefined ? String(fields[at + 1]) : `${value}, ${String(fields[at + 1])}`;
  }
  return value;
}

const noOperation = 'The API has no operation for this request.';
const tooSlow = 'The API did not answer within the time that the server waits.';
const unverifiable = 'The credentials cannot be verified at the moment; they may well be good.';
const failed = 'The server failed while it answered this request.';

function lengthOf(body: string | Uint8Array | undefined): number {
  return body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : body;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value instanceof Promise) return true;
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Finds the handler of every operation. */
function waysOf(contract: Contract, handlers: ReadonlyMap<string, unknown>): ReadonlyMap<Operation, Way> {
  const { operations } = contract;
  const lines: string[] = [];
  const ids = operations.map(({ id }) => id);
  for (const [id, handler] of handlers) {
    if (typeof handler !== 'function')
      lines.push(`handlers.${id}: due is a function; found a value of type ${typeof handler}`);
    else if (!ids.includes(id)) lines.push(`handlers.${id}: no such operation in the contract${didYouMean(id, ids)}`);
  }
  const ways = new Map<Operation, Way>();
  for (const operation of operations) {
    const { id, method, path } = operation;
    const own = handlers.get(id);
    // HEAD follows GET, declared or not.
    const got =
      method === 'HEAD' ? operations.find((other) => other.method === 'GET' && other.path === path)?.id : undefined;
    const handler = own ?? (got === undefined ? undefined : handlers.get(got));
    if (isHandler(handler)) ways.set(operation, { operationId: id, handle: handler, plan: planAnswers(operation) });
    else if (handler === undefined) {
      const near = didYouMean(
        id,
        [...handlers.keys()].filter((key) => !ids.includes(key)),
      );
      lines.push(`no handler for the operation ${id} (${method} ${path})${near === '' ? '; write one' : near}`);
    }
  }
  if (lines.length > 0) throw new StartFault(lines);
  return ways;
}

function isHandler(value: unknown): value is OperationHandler {
  return typeof value === 'function';
}

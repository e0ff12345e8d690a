import { PassThrough, type Readable } from 'node:stream';
import type { Consumer, NamedValues, Passage, Refusal, RequestValues } from '@flick/decide';
import type { Exchange } from './exchange.ts';
import { fieldOf } from './field-of.ts';
import type { HandlerRequest } from './handler-types.ts';

const none: NamedValues = Object.freeze({});
const nothing: RequestValues = { params: none, query: none, headers: none, cookies: none, body: undefined };

/** A request as its handler gets it. What costs something is made when it is asked for. */
export class HandledRequest implements HandlerRequest {
  readonly operationId: string;
  readonly #exchange: Exchange;
  #controller: AbortController | undefined = undefined;
  #upload: PassThrough | undefined = undefined;

  constructor(operationId: string, exchange: Exchange) {
    this.operationId = operationId;
    this.#exchange = exchange;
  }

  get method(): string {
    return this.#exchange.passage.facts.method;
  }

  get path(): string {
    return this.#exchange.passage.path;
  }

  get address(): string {
    return this.#exchange.passage.address;
  }

  get params(): NamedValues {
    return this.#values.params;
  }

  get query(): NamedValues {
    return this.#values.query;
  }

  get headers(): NamedValues {
    return this.#values.headers;
  }

  get cookies(): NamedValues {
    return this.#values.cookies;
  }

  get body(): unknown {
    return this.#exchange.passage.bodyPlan === 'stream' ? this.#stream() : this.#values.body;
  }

  /** The value of the body, where it was read for the checks; `undefined` where it was not. */
  get judgedBody(): unknown {
    return this.#exchange.passage.bodyPlan === 'check' ? this.#values.body : undefined;
  }

  get consumer(): Consumer | undefined {
    return this.#exchange.passage.consumer;
  }

  get requestId(): string {
    return this.#exchange.requestId;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      this.#exchange.onGone(() => controller.abort(new DOMException('The client has gone away.', 'AbortError')));
    }
    return this.#controller.signal;
  }

  // Handlers take a request apart as they name what they use of it: this must work alone.
  get field(): (name: string) => string | undefined {
    const { headers } = this.#exchange;
    return (name) => fieldOf(headers, name.toLowerCase());
  }

  /** Gives the answer with a refusal, where none has begun. */
  refuse(refusal: Refusal): void {
    this.#exchange.refuse(refusal);
  }

  get passage(): Passage {
    return this.#exchange.passage;
  }

  /** Tells the handler that its time is over. */
  expire(): void {
    const reason = new DOMException('The time for an answer is over.', 'TimeoutError');
    this.#controller?.abort(reason);
    this.#upload?.destroy(reason);
  }

  /** Whether the handler reads a body that the client is still sending: then the client's time runs, not the handler's. */
  get isReceiving(): boolean {
    return this.#upload !== undefined && !this.#exchange.request.complete && !this.#upload.writableNeedDrain;
  }

  get #values(): RequestValues {
    return this.#exchange.passage.values ?? nothing;
  }

  // A stream of its own: handlers may destroy what they are given, as leaving a `for await` does, and to destroy the
  // request is to cut the connection that the answer is to go out on.
  #stream(): Readable {
    if (this.#upload !== undefined) return this.#upload;
    const { request } = this.#exchange;
    const upload = new PassThrough();
    upload.on('close', () => {
      request.unpipe(upload);
      request.resume();
    });
    // Whoever reads it hears of it too; without a listener it would end the process.
    upload.on('error', () => {});
    this.#exchange.onGone(() => upload.destroy(new DOMException('The client has gone away.', 'AbortError')));
    request.pipe(upload);
    this.#upload = upload;
    return upload;
  }
}

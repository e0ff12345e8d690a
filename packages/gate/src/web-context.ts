import type { Consumer, NamedValues, Passage, RequestValues } from '@flick/decide';

/** What the ladder found out about a request that passed it. Names are those of a handler's request of `serve()`. */
export interface FlickContext {
  /** Undefined where, under `observe`, a request goes on that no operation is there for. */
  readonly operationId: string | undefined;
  /** As sent: `HEAD` where the handler of GET answers it. */
  readonly method: string;
  /** The canonical path, percent-encoded, without the query. */
  readonly path: string;
  /** The client's address, proxies that are trusted seen through; empty where nobody knows it. */
  readonly address: string;
  /** Parameters of the path: read by type, as all parameters are, and with defaults. */
  readonly params: NamedValues;
  readonly query: NamedValues;
  /** The header parameters that the operation declares, by lower-case name; for others see the Request. */
  readonly headers: NamedValues;
  readonly cookies: NamedValues;
  /** The checked body as it was read for the check; undefined where it is not checked: then it is the Request's stream. */
  readonly body: unknown;
  /** Who calls; undefined where the operation is open and the request has no credentials. */
  readonly consumer: Consumer | undefined;
  readonly requestId: string;
  /** Fires when the host tells that the client has gone, or when the deadline comes: `timeouts.upstream`. */
  readonly signal: AbortSignal;
}

const none: NamedValues = Object.freeze({});
const nothing: RequestValues = { params: none, query: none, headers: none, cookies: none, body: undefined };

/** A context of one request. What costs something is made when it is asked for. */
export class WebContext implements FlickContext {
  readonly requestId: string;
  readonly #passage: Passage;
  readonly #request: Request;
  #expiry: AbortController | undefined = undefined;
  #signal: AbortSignal | undefined = undefined;

  constructor(passage: Passage, requestId: string, request: Request) {
    this.requestId = requestId;
    this.#passage = passage;
    this.#request = request;
  }

  get operationId(): string | undefined {
    return this.#passage.operation?.id;
  }

  get method(): string {
    return this.#passage.facts.method;
  }

  get path(): string {
    return this.#passage.path;
  }

  get address(): string {
    return this.#passage.address;
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
    return this.#values.body;
  }

  get consumer(): Consumer | undefined {
    return this.#passage.consumer;
  }

  get signal(): AbortSignal {
    this.#expiry ??= new AbortController();
    return (this.#signal ??= AbortSignal.any([this.#request.signal, this.#expiry.signal]));
  }

  /** Tells the handler that its time is over. */
  expire(): void {
    this.#expiry?.abort(new DOMException('The time for an answer is over.', 'TimeoutError'));
  }

  get #values(): RequestValues {
    return this.#passage.values ?? nothing;
  }
}

import type { Decider } from '@flick/decide';
import type { Handler, Timeouts } from './exchange.ts';
import type { LoadBounds } from './load.ts';

/** Bounds that the gate itself enforces, in bytes; the ladder enforces others. */
export interface GateSizes {
  /** Of a body that is checked, as sent and with its coding removed. */
  readonly bodyBytes: number;
  /** Of a header section, request line included. */
  readonly headerBytes: number;
}

/** What judges requests, who answers those that pass, and what bounds them: it changes as a whole or not at all. */
export interface Revision {
  readonly decider: Decider;
  /** Answers what passes. The gate closes it once no request needs it any more, at the latest when it stops. */
  readonly handler: Handler;
  readonly timeouts: Timeouts;
  readonly sizes: GateSizes;
  /** Connections at once; more are closed as they come. Default 10,000. */
  readonly maxConnections?: number;
  /** Beyond it, 503 `overloaded`. Default 1,000 requests in flight and 1 s. */
  readonly overload?: Partial<LoadBounds>;
}

/** A revision that requests begin with, or began with and have not ended. */
export class LiveRevision implements Revision {
  readonly decider: Decider;
  readonly handler: Handler;
  readonly timeouts: Timeouts;
  readonly sizes: GateSizes;
  #inFlight = 0;
  #idle: (() => void) | undefined = undefined;
  #closed: Promise<void> | undefined = undefined;

  constructor({ decider, handler, timeouts, sizes }: Revision) {
    this.decider = decider;
    this.handler = handler;
    this.timeouts = timeouts;
    this.sizes = sizes;
  }

  /** Requests that began with it and are not over. */
  get inFlight(): number {
    return this.#inFlight;
  }

  requestBegins(): void {
    this.#inFlight += 1;
  }

  requestEnds(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#idle?.();
  }

  /** Waits for its last request. Called once no further one begins with it. */
  async retire(): Promise<void> {
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await this.close();
  }

  /** Closes the handler, once. */
  close(): Promise<void> {
    this.#closed ??= this.handler.close();
    return this.#closed;
  }
}

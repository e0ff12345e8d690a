import { performance } from 'node:perf_hooks';
import { Buffer } from 'node:buffer';
import type { Refusal } from '@flick/decide';
import type { AnswerCheck } from './answer-check.ts';
import { chunkOf, type Items } from './answer-chunks.ts';
import type { Exchange } from './exchange.ts';
import type { AnswerStream } from './handler-types.ts';

/** What a stream is sent with. */
export interface StreamOptions {
  readonly exchange: Exchange;
  readonly source: AnswerStream;
  /** Lower-case and without parameters. */
  readonly type: string;
  readonly items: Items;
  /** Whether it is of a kind that need not end: its head goes out at once, and no deadline is set to its end. */
  readonly endless: boolean;
  /** Milliseconds that are left for it. */
  readonly leftMs: number;
  /** Sends the head. Throws where the handler gave fields that cannot be sent. */
  readonly begin: () => void;
  /** The stream failed before the head was sent, or took too long. */
  readonly refuse: (why: 'failed' | 'too-slow', cause: unknown) => void;
  /** Set where what it sends is watched. */
  readonly check: AnswerCheck | undefined;
  /** It was held, and breaks the contract: nothing of it was sent. */
  readonly breaks: (breach: Refusal) => void;
  /** It failed after that. */
  readonly failed: (cause: unknown) => void;
}

/** Sends a stream, as fast as the client reads it and no faster. */
export class StreamedAnswer {
  readonly #options: StreamOptions;
  readonly #iterator: AsyncIterator<unknown>;
  #begun = false;
  #over = false;
  #timer: NodeJS.Timeout | undefined;
  #dueMs: number;
  #pausedMs = 0;
  #goOn: (() => void) | undefined = undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#iterator = options.source[Symbol.asyncIterator]();
    this.#dueMs = performance.now() + options.leftMs;
  }

  /** Sends it. Never rejects. */
  async send(): Promise<void> {
    const { exchange, endless } = this.#options;
    exchange.onGone(() => this.#stop());
    if (this.#over) return;
    try {
      if (endless) {
        exchange.lasts();
        this.#begin();
        exchange.response.flushHeaders();
      } else this.#wait();
      await this.#sendChunks();
    } catch (error) {
      if (this.#over) return;
      this.#stop();
      if (this.#begun) this.#options.failed(error);
      else this.#options.refuse('failed', error);
    }
  }

  async #sendChunks(): Promise<void> {
    const { check, type, items } = this.#options;
    const { response } = this.#options.exchange;
    // Of its own iterator, so that it can be ended from without while it waits for the next chunk.
    for await (const chunk of { [Symbol.asyncIterator]: () => this.#iterator }) {
      if (this.#over) return;
      const written = chunkOf(chunk, type, items);
      const due =
        check === undefined ? written : check.pass(typeof written === 'string' ? Buffer.from(written) : written);
      if (due === undefined) continue;
      if (!this.#begun) this.#begin();
      if (!response.write(due)) await this.#drained();
      if (this.#over) return;
    }
    if (this.#over) return;
    if (check?.holds === true) {
      const breach = check.judge();
      if (breach !== undefined) {
        this.#over = true;
        clearTimeout(this.#timer);
        this.#options.breaks(breach);
        return;
      }
      this.#begin();
      response.write(check.held());
    }
    if (!this.#begun) this.#begin();
    // Throws where less came than the handler had said.
    response.end();
    this.#over = true;
    clearTimeout(this.#timer);
    // All of it is on its way to the client.
    if (check?.holds === false) check.judge();
  }

  #begin(): void {
    this.#options.begin();
    this.#begun = true;
  }

  /** Waits until the client has read what it was sent. The handler is not to blame for that time. */
  async #drained(): Promise<void> {
    this.#pausedMs = performance.now();
    await new Promise<void>((resolve) => {
      this.#goOn = resolve;
      this.#options.exchange.response.once('drain', resolve);
    });
    this.#goOn = undefined;
    this.#dueMs += performance.now() - this.#pausedMs;
    this.#pausedMs = 0;
  }

  #wait(): void {
    this.#timer = setTimeout(
      () => {
        if (this.#pausedMs !== 0) this.#dueMs = performance.now() + this.#options.leftMs;
        if (this.#dueMs - performance.now() >= 1) this.#wait();
        else this.#expire();
      },
      Math.max(1, this.#dueMs - performance.now()),
    );
  }

  #expire(): void {
    this.#stop();
    if (this.#begun) this.#options.exchange.cut('truncated');
    else this.#options.refuse('too-slow', undefined);
  }

  #stop(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#goOn?.();
    release(this.#options.source, this.#iterator);
  }
}

/** Lets go of a stream that nobody reads any more: what it stands on, such as an open file, is closed. */
export function release(source: AnswerStream, iterator?: AsyncIterator<unknown>): void {
  // It may yet tell of an error, which is nobody's business any more and would end the process.
  if ('on' in source && typeof source.on === 'function') source.on('error', () => {});
  try {
    if ('destroy' in source && typeof source.destroy === 'function') source.destroy();
    else if (iterator === undefined && 'cancel' in source && typeof source.cancel === 'function')
      ignore(source.cancel());
    else ignore((iterator ?? source[Symbol.asyncIterator]()).return?.());
  } catch {
    // It would not let itself be ended.
  }
}

function ignore(ended: unknown): void {
  if (ended instanceof Promise) ended.catch(() => {});
}

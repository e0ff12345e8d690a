import { type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** What stands between a framework and the response that it writes to. */
export interface ResponseHost {
  /** The gate answers in place of the framework: what is written from now on is the gate's. */
  readonly takeOver: () => void;
  /** The gate's answer is given: nothing that the framework still writes is heard. */
  readonly silence: () => void;
}

/** What a response asks of, and tells, the exchange that it belongs to. */
export interface ResponseOwner {
  /** Whether this answer is the connection's last: its request is not read to the end, or the gate is stopping. */
  readonly isLast: () => boolean;
  /** The whole answer is given before its request is whole; the rest of the request is to be read and dropped. */
  readonly endsEarly: () => void;
  /** That answer was handed to the operating system. */
  readonly sentEarly: () => void;
  /** The response is over: sent whole, or its connection is gone. */
  readonly responseClosed: () => void;
}

type Fields = OutgoingHttpHeaders | OutgoingHttpHeader[];

const noFields: readonly OutgoingHttpHeader[] = [];

/**
 * A response that may be given before its request is whole. Node would destroy the socket at its end, and the reset
 * that follows can take the answer from a client that is still sending. Here the answer goes out at once, with
 * `Connection: close`, and the end waits until the connection says `finishEarly`.
 */
export class GateResponse extends ServerResponse {
  owner: ResponseOwner | undefined = undefined;
  /** Names and values in turn: the fields that are the gate's own, which go out with whatever head is written. */
  ownFields: readonly OutgoingHttpHeader[] = noFields;
  /** Where a framework writes the answer: what stands between it and this response. */
  host: ResponseHost | undefined = undefined;
  #early = false;

  override writeHead(status: number, phrase?: string | Fields, fields?: Fields): this {
    if (this.owner?.isLast() === true) this.shouldKeepAlive = false;
    const own = this.ownFields;
    this.ownFields = noFields;
    if (Array.isArray(phrase) && this.getHeaderNames().length === 0) {
      // Written as one list, fields cost half of what they cost set one by one.
      if (own.length === 0) return super.writeHead(status, phrase);
      const all: OutgoingHttpHeader[] = [];
      for (const field of own) all.push(field);
      for (const field of phrase) all.push(field);
      return super.writeHead(status, all);
    }
    for (let at = 0; at < own.length; at += 2) this.removeHeader(String(own[at]));
    for (let at = 0; at < own.length; at += 2) this.appendHeader(String(own[at]), String(own[at + 1]));
    return typeof phrase === 'string' ? super.writeHead(status, phrase, fields) : super.writeHead(status, phrase);
  }

  // These are asked of the response and not by it: Express gives responses a prototype of its own.

  /** Whether the answer was given whole, and its end waits for the rest of the request. */
  static isEarly(response: GateResponse): boolean {
    return response.#early && !response.writableEnded;
  }

  /** Ends an answer that was given early: its request has come to its end, or was waited for long enough. */
  static finishEarly(response: GateResponse): void {
    if (GateResponse.isEarly(response)) response.#finish();
  }

  /** Whether the head is sent, whatever the response says to a framework. */
  static isBegun(response: GateResponse): boolean {
    return Reflect.get(ServerResponse.prototype, 'headersSent', response);
  }

  #finish(): void {
    super.end();
  }

  override end(chunk?: unknown, encoding?: unknown, callback?: unknown): this {
    const done = isCallback(chunk)
      ? chunk
      : isCallback(encoding)
        ? encoding
        : isCallback(callback)
          ? callback
          : undefined;
    const coding = typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
    const { owner } = this;
    if (this.req.complete || owner === undefined || this.destroyed) {
      return super.end(isCallback(chunk) ? undefined : chunk, coding, done);
    }
    if (this.#early) return this;
    this.#early = true;
    if (done !== undefined) this.once('finish', done);
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, coding) : chunk;
      if (!this.headersSent && !this.hasHeader('Content-Length')) this.setHeader('Content-Length', bytes.length);
      this.write(bytes);
    } else if (!this.headersSent && !this.hasHeader('Transfer-Encoding')) {
      this.setHeader('Content-Length', 0);
    }
    this.flushHeaders();
    if (this.chunkedEncoding) {
      // The last chunk, now: Node would send it with the end.
      this.chunkedEncoding = false;
      this.write('0\r\n\r\n');
    }
    owner.endsEarly();
    // After all that was written before, on the same socket.
    this.socket?.write('', () => owner.sentEarly());
    return this;
  }
}

function isCallback(argument: unknown): argument is () => void {
  return typeof argument === 'function';
}

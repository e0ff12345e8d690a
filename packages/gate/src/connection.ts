import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type MessageFault, parseHead, type RequestFacts } from '@flick/decide';
import { BodyReach } from './body-reach.ts';
import { GateResponse } from './gate-response.ts';
import { LastAnswer } from './last-answer.ts';
import { type Line, LiveExchange, type Shared } from './live-exchange.ts';
import { factsOf } from './node-facts.ts';
import { NodeParser, type OpenParser } from './node-parser.ts';
import { readShortRequest, type ShortRequest } from './short-request.ts';
import type { Tunnel } from './tunnel.ts';

/** What is held of requests that wait behind the one that is being answered; more is left in the kernel. */
const heldBytes = 64 * 1024;
/** How much of a request is read and dropped once its answer is given, and for how long (nginx calls it lingering). */
const lingerBytes = 64 * 1024 * 1024;
const lingerMs = 1000;
/**
 * How long a client that has ended its side is written nothing before it counts as gone. Whether it only has nothing more
 * to say, or has closed the connection, cannot be told until something is written to it (RFC 9293, section 3.6).
 */
const silentMs = 1000;

/**
 * How many times the bound on its names and values a head that is not whole may be. The parser counts only those: blanks
 * between the method and the target, or before a value, may go on for ever.
 */
const headFactor = 4;

/** How much longer than it is told a client may wait with its next request: it may be on its way, as Node has it too. */
const idleGraceMs = 1000;

/** How long nothing may move in a tunnel, where the gate is not told. */
const tunnelMs = 600_000;

const headEnd = Buffer.from('\r\n\r\n');
const none = Buffer.alloc(0);
const unknown = -1;
const unread = { method: '', target: '', version: '', headers: [], fault: undefined };

// What the parser says of heads that may be sound all the same: a method or version that it does not know, HTTP/2's preface.
export const soundCodes: ReadonlySet<string> = new Set([
  'HPE_INVALID_METHOD',
  'HPE_INVALID_VERSION',
  'HPE_PAUSED_H2_UPGRADE',
]);

/** A request whose head Node has read. */
interface Arrival {
  readonly response: GateResponse;
  readonly continues: boolean;
  readonly fault: MessageFault | undefined;
}

/** What Node's parser or its clock reports of a connection. */
export interface ClientError extends Error {
  readonly code?: string;
}

/**
 * One connection of HTTP/1.
 *
 * It stands between the socket and Node's parser and hands the parser one request at a time: bytes behind a whole
 * request wait, unparsed, until its answer is sent. So answers keep their order, a fault in a later request cannot
 * overtake an earlier answer, and a flood of pipelined requests costs a bounded number of bytes and no objects.
 *
 * A request that came whole, alone and without the least doubt it reads itself, and Node's parser never sees it, unless
 * somebody needs Node's objects for its answer. The parser is there from the first time on that it is needed.
 */
export class Connection implements Line {
  readonly #shared: Shared;
  readonly socket: Socket;
  readonly address: string;
  readonly secure: boolean;
  readonly #openParser: OpenParser;
  readonly #take: (chunk: Buffer) => void;
  readonly #onGone: (connection: Connection) => void;
  // What came before HTTP did: the handshake of TLS.
  readonly #bytesBefore: number;

  #parser: NodeParser | undefined = undefined;
  // As the parser of this connection was told.
  #headerBytes = 0;
  // A request that was read already is parsed once more, and what the parser made of it.
  #again = false;
  #response: GateResponse | undefined = undefined;
  // How long there is no request, once a sweep has found none.
  #quietMs = unknown;

  // Arrived, not yet parsed.
  #held: Buffer = none;
  // Of the bytes parsed last, as many as may be the beginning of an empty line.
  #tail: Buffer = none;
  // Of the request whose head was parsed last, as far as it is known where its body ends.
  #reach: BodyReach | undefined = undefined;
  // Slices of a head that is not whole yet.
  #head: Buffer[] = [];
  #headLength = 0;
  #parsing = false;
  #advancing = false;
  #fault: ClientError | undefined = undefined;
  #arrival: Arrival | undefined = undefined;
  // Came in the same slice as the last of the body before it.
  #next: Arrival | undefined = undefined;
  #current: LiveExchange | undefined = undefined;
  #heads = 0;
  // The parser has given up: what the method was is to be found out from the bytes.
  #collecting = false;
  // Nothing more is parsed; what still comes is dropped.
  #deaf = false;
  // To be refused, on the bare socket, after the answer under way.
  #pendingFacts: RequestFacts | undefined = undefined;
  #last: LastAnswer | undefined = undefined;
  #tunnel: Tunnel | undefined = undefined;
  #lingerUntilMs = 0;
  #lingered = 0;
  // The head's time has passed by Node's clock while another answer was under way.
  #headDueMs = 0;
  #suspected = false;
  // Bytes of the answer under way that the client's side has not taken, and how long it has taken none.
  #unsent = 0;
  #flushed = 0;
  #stalledMs = 0;
  // The client has ended its side, and how long nothing was written to it since.
  #ended = false;
  #silentMs = 0;

  /** @param onGone - called once, when the socket is closed */
  constructor(shared: Shared, socket: Socket, openParser: OpenParser, onGone: (connection: Connection) => void) {
    this.#shared = shared;
    this.socket = socket;
    this.#openParser = openParser;
    this.#take = (chunk) => this.#onData(chunk);
    this.address = socket.remoteAddress ?? '';
    this.secure = 'encrypted' in socket;
    this.#bytesBefore = this.secure ? socket.bytesRead : 0;
    this.#onGone = onGone;
    socket.on('data', this.#take);
    socket.on('end', () => this.#onEnd());
    // As plain sockets are already; those of TLS are not, for the sake of clients that leave within their handshake.
    socket.allowHalfOpen = true;
    socket.on('close', () => this.#onClose());
    // After CONNECT Node listens no more, and an error without a listener ends the process.
    socket.on('error', () => {});
  }

  get #isBusy(): boolean {
    return this.#current?.isWhole === true;
  }

  get #isBetween(): boolean {
    return this.#headLength === 0 && this.#arrival === undefined && this.#current === undefined;
  }

  /** Node's parser, made when it is needed first. */
  #nodeParser(): NodeParser {
    if (this.#parser === undefined) {
      this.#headerBytes = this.#shared.revision.sizes.headerBytes;
      this.#parser = new NodeParser(this.#openParser, this.socket, this.#take);
    }
    return this.#parser;
  }

  /** Nothing more will come. */
  #finish(): void {
    if (this.#parser === undefined) this.socket.end();
    else this.#parser.finish();
  }

  #onData(chunk: Buffer): void {
    if (this.#tunnel !== undefined) {
      if (!this.#tunnel.take(chunk)) this.socket.pause();
      return;
    }
    this.#shared.load.stir();
    if (this.#lingerUntilMs !== 0) {
      this.#lingered += chunk.length;
      if (this.#lingered > lingerBytes) {
        this.#endLinger();
        return;
      }
    }
    if (this.#deaf) return;
    if (this.#collecting) {
      this.#collect(chunk);
      return;
    }
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#advance();
  }

  /** What came whole is answered though no more will come; only then does Node hear of the end. */
  #onEnd(): void {
    this.#ended = true;
    // It waits until connections are taken in; only then can it be answered.
    if (this.#current?.isBegun === false) setImmediate(() => this.#onEnd());
    else if (this.#tunnel !== undefined) this.#tunnel.takeEnd();
    else if (this.#collecting && !this.#deaf) this.#endedWithin();
    else if (!this.#isBusy && this.#last === undefined) this.#finish();
  }

  /** Whether no request can come behind the one under way. */
  get isEnding(): boolean {
    return this.#ended && this.#held.length === 0 && this.#next === undefined && this.#pendingFacts === undefined;
  }

  /** Parses what is held, up to the end of one request, and starts on that request. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    while (this.#held.length > 0 && !this.#deaf && !this.#collecting && !this.#isBusy) {
      const isBetween = this.#isBetween;
      const bytes = isBetween ? withoutBlankLines(this.#held) : this.#held;
      if (bytes.length === 0) {
        this.#held = none;
        break;
      }
      if (isBetween && this.#beginShort(bytes)) continue;
      // A body has a length or chunks to go by: searched for empty lines, one made of them would be parsed in crumbs.
      const end = this.#reach?.take(bytes) || this.#endOfHead(bytes);
      this.#held = end === bytes.length ? none : bytes.subarray(end);
      this.#parseSlice(end === bytes.length ? bytes : bytes.subarray(0, end));
      // Together with what has come of its body: an answer to a request that is whole can keep the connection.
      if (this.#arrival?.response.req.complete === true) this.#begin(undefined);
    }
    if (this.#arrival !== undefined) this.#begin(undefined);
    this.#advancing = false;
    if (this.#deaf) this.#held = none;
    else if (this.#held.length > heldBytes) this.socket.pause();
  }

  /** Starts on the request that all of `bytes` are, where the gate can read it by itself. */
  #beginShort(bytes: Buffer): boolean {
    const { draining, revision } = this.#shared;
    if (this.#ended || draining || revision.handler.needsMessages === true) return false;
    const request = readShortRequest(bytes, revision.sizes.headerBytes);
    if (request === undefined) return false;
    this.#held = none;
    this.#heads += 1;
    this.#headDueMs = 0;
    this.#quietMs = unknown;
    const exchange = LiveExchange.short(this.#shared, this, request);
    this.#current = exchange;
    this.#shared.load.enter(exchange);
    return true;
  }

  readAgain({ bytes, method, target, headers }: ShortRequest): GateResponse {
    this.#again = true;
    this.#parse(bytes);
    this.#again = false;
    const response = this.#response;
    this.#response = undefined;
    const read = response?.req;
    // It has been judged as what it was read as first. No bytes are known that get here.
    if (
      response === undefined ||
      read?.complete !== true ||
      this.#fault !== undefined ||
      read.method !== method ||
      read.url !== target ||
      read.rawHeaders.length !== headers.length ||
      !read.rawHeaders.every((text, at) => text === headers[at])
    ) {
      this.#deaf = true;
      this.socket.destroy();
      throw new Error('two parsers differ about a request');
    }
    return response;
  }

  #parse(slice: Buffer): void {
    const parser = this.#nodeParser();
    this.#parsing = true;
    parser.parse(slice);
    this.#parsing = false;
  }

  /** Where the first empty line in `bytes` ends, be it one that began in the bytes before; else all of `bytes`. */
  #endOfHead(bytes: Buffer): number {
    const tail = this.#tail;
    this.#tail = none;
    if (tail.length > 0) {
      const across = Buffer.concat([tail, bytes.subarray(0, 3)]).indexOf(headEnd);
      if (across !== -1) return across + headEnd.length - tail.length;
    }
    const at = bytes.indexOf(headEnd);
    if (at !== -1) return at + headEnd.length;
    this.#tail = Buffer.concat([tail, bytes.subarray(-3)]).subarray(-3);
    return bytes.length;
  }

  #parseSlice(slice: Buffer): void {
    const inHead = this.#arrival === undefined && this.#current === undefined;
    if (inHead) {
      this.#head.push(slice);
      this.#headLength += slice.length;
    }
    this.#parse(slice);
    const fault = this.#fault;
    if (fault !== undefined) {
      this.#fault = undefined;
      this.#parserFailed(fault, inHead);
      return;
    }
    if (this.#headLength > headFactor * this.#headerBytes && !this.#deaf) {
      this.#deaf = true;
      this.#refuseBare(this.#headFacts('headers-too-large'));
      return;
    }
    const request = this.#arrival?.response.req;
    // Some versions of Node end a head at CR LF LF as well: then the slice holds of the body, or its end is no empty line.
    if (inHead && request?.complete === false && request.readableLength === 0 && this.#tail.length === 0) {
      this.#reach = BodyReach.of(request);
    }
    const current = this.#current;
    if (current?.isWhole === true) current.finishEarly();
  }

  /** Takes in a request: Node has read its head. */
  arrive(response: GateResponse, continues: boolean): void {
    if (this.#again) {
      this.#response = response;
      return;
    }
    this.#heads += 1;
    this.#headDueMs = 0;
    this.#quietMs = unknown;
    this.#reach = undefined;
    // A request line without a version is HTTP/0.9 to Node, and no request of today.
    const fault = response.req.httpVersionMajor === 0 ? this.#readHead()?.facts.fault : undefined;
    this.#head = [];
    this.#headLength = 0;
    // Behind an answer that is the connection's last, nothing is heard.
    if (this.#current?.isEarly === true) this.#deaf = true;
    if (this.#deaf) return;
    const arrival: Arrival = { response, continues, fault };
    if (this.#arrival === undefined && this.#current === undefined) this.#arrival = arrival;
    else this.#next = arrival;
  }

  /** Takes in a CONNECT, for which Node gives no response object and after which it parses no more. */
  connect(request: IncomingMessage): void {
    this.#heads += 1;
    this.#deaf = true;
    this.#refuseBare(factsOf(request, this, undefined));
  }

  #begin(fault: MessageFault | undefined): void {
    const arrival = this.#arrival;
    if (arrival === undefined) return;
    this.#arrival = undefined;
    const exchange = LiveExchange.read(this.#shared, this, arrival.response, arrival.continues, fault ?? arrival.fault);
    this.#current = exchange;
    this.#shared.load.enter(exchange);
  }

  answeredEarly(): void {
    this.#lingerUntilMs = performance.now() + lingerMs;
  }

  divert(tunnel: Tunnel): void {
    this.#tunnel = tunnel;
    const held = this.#held;
    this.#held = none;
    if (held.length > 0 && !tunnel.take(held)) this.socket.pause();
    else this.socket.resume();
    if (this.#ended) tunnel.takeEnd();
  }

  released(exchange: LiveExchange): void {
    if (this.#current !== exchange) return;
    this.#current = undefined;
    this.#unsent = 0;
    if (this.socket.destroyed || this.socket.writableEnded) return;
    if (this.#pendingFacts !== undefined) {
      this.#refuseBare(this.#pendingFacts);
      return;
    }
    if (this.#next !== undefined) {
      this.#arrival = this.#next;
      this.#next = undefined;
      // Its body may still be to come.
      if (this.#held.length === 0 || this.#arrival.response.req.complete) this.#begin(undefined);
    }
    this.#advance();
    if (this.#current !== undefined || this.#last !== undefined) return;
    if (this.#ended) this.#finish();
    else if (this.#held.length <= heldBytes && this.socket.isPaused()) this.socket.resume();
  }

  /** Hears what Node reports: the parser's faults, the end of the time for a head, errors of the socket. */
  onError(error: ClientError): void {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') this.#headLate();
    else if (error.code?.startsWith('HPE_') !== true) this.socket.destroy();
    else if (this.#parsing) this.#fault = error;
    else this.#endedWithin();
  }

  #parserFailed(error: ClientError, inHead: boolean): void {
    const bodyFault = error.code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW' ? 'body-too-large' : 'malformed-body-framing';
    const current = this.#current;
    if (this.#arrival !== undefined && !this.#arrival.response.req.complete) {
      this.#deaf = true;
      this.#begin(bodyFault);
    } else if (current?.isWhole === false) {
      this.#deaf = true;
      current.takeBack(
        bodyFault === 'body-too-large' ? 'body-too-large' : 'malformed-request',
        'The body is not framed as HTTP/1.1 frames one.',
      );
    } else if (inHead && soundCodes.has(error.code ?? '')) {
      this.#collecting = true;
      this.#collect(none);
    } else {
      this.#deaf = true;
      this.#refuseBare(
        this.#headFacts(error.code === 'HPE_HEADER_OVERFLOW' ? 'headers-too-large' : 'malformed-request'),
      );
    }
  }

  #readHead(): ReturnType<typeof parseHead> {
    return parseHead(Buffer.concat(this.#head), this.#headerBytes);
  }

  /** What there is of a head that the parser gave up; `fault` where its bytes do not tell what is wrong with them. */
  #headFacts(fault: MessageFault): RequestFacts {
    const facts = this.#readHead()?.facts ?? unread;
    return { ...facts, fault: facts.fault ?? fault, address: this.address, secure: this.secure };
  }

  /**
   * Reads on to the end of a head whose method or version is none that the parser knows: the ladder judges the path
   * before the method, and both before the version is anybody's concern but its own.
   */
  #collect(chunk: Buffer): void {
    this.#head.push(chunk);
    this.#headLength += chunk.length;
    const head = this.#readHead();
    if (head === undefined) return;
    this.#deaf = true;
    this.#refuseBare({ ...head.facts, address: this.address, secure: this.secure });
  }

  /** The client ended its side in the middle of a message. */
  #endedWithin(): void {
    const current = this.#current;
    if (current?.isEarly === true) current.finishEarly();
    else if (current !== undefined) this.socket.destroy();
    else if (!this.#deaf) {
      this.#deaf = true;
      this.#refuseBare(this.#headFacts('malformed-request'));
    }
  }

  /** Answers a request that has no response object, as the connection's last answer. */
  #refuseBare(facts: RequestFacts): void {
    if (this.#current !== undefined || this.#arrival !== undefined) {
      this.#pendingFacts = facts;
      return;
    }
    this.#pendingFacts = undefined;
    const { record, revision } = this.#shared;
    this.#last = new LastAnswer({ decider: revision.decider, record }, this.socket, facts);
    this.#last.begin();
    this.#lingerUntilMs = performance.now() + lingerMs;
    this.socket.resume();
  }

  #endLinger(): void {
    this.#lingerUntilMs = 0;
    if (this.#current?.isEarly === true) this.#current.finishEarly();
    else this.socket.destroy();
  }

  /** By Node's clock a head has not come whole in time. */
  #headLate(): void {
    // Node says so once. While an answer is under way nobody is kept waiting by a slow head.
    if (this.#current !== undefined || this.#arrival !== undefined) this.#headDueMs = Number.POSITIVE_INFINITY;
    else this.#suspectHead();
  }

  #suspectHead(): void {
    const heads = this.#heads;
    this.#afterReading(() => {
      if (this.#heads !== heads || this.#deaf) return;
      if (this.socket.bytesRead === this.#bytesBefore) {
        // Nothing was asked, so nothing is answered.
        this.socket.destroy();
        return;
      }
      this.#deaf = true;
      this.#refuseBare(this.#headFacts('headers-too-slow'));
    });
  }

  /**
   * Two turns of the event loop on, all that lay in the kernel has been read: whoever is still late then is late by
   * their own doing and not by that of a loop that was blocked.
   */
  #afterReading(judge: () => void): void {
    setImmediate(() => {
      setImmediate(() => {
        if (!this.socket.destroyed) judge();
      });
    });
  }

  /**
   * Looks after the deadlines that Node has none for. Called some times a second.
   *
   * @param elapsedMs - since the call before, as far as the loop was not blocked
   */
  sweep(nowMs: number, elapsedMs: number): void {
    if (this.#lingerUntilMs !== 0 && nowMs >= this.#lingerUntilMs) {
      this.#endLinger();
      return;
    }
    const current = this.#current;
    if (current === undefined) {
      this.#sweepIdle(nowMs, elapsedMs);
      return;
    }
    if (current.awaitsBody) {
      current.waitedMs += Math.min(elapsedMs, nowMs - current.startMs);
      if (current.waitedMs >= current.revision.timeouts.requestMs && !this.#suspected) this.#suspectBody(current);
    }
    this.#tunnel?.sweep(elapsedMs, current.revision.timeouts.tunnelMs ?? tunnelMs);
    this.#sweepReader(current, elapsedMs);
  }

  #sweepIdle(nowMs: number, elapsedMs: number): void {
    if (this.#deaf || this.#last !== undefined) return;
    if (this.#headDueMs === Number.POSITIVE_INFINITY)
      this.#headDueMs = nowMs + this.#shared.revision.timeouts.headersMs;
    else if (this.#headDueMs !== 0 && nowMs >= this.#headDueMs) {
      this.#headDueMs = 0;
      this.#suspectHead();
    }
    if (this.#headLength > 0) return;
    if (this.#shared.draining) this.#closeIdle();
    else this.#sweepQuiet(elapsedMs);
  }

  /** Keeps the time that Node's clock does not, where its parser has seen none of the requests. */
  #sweepQuiet(elapsedMs: number): void {
    const { headersMs, idleMs } = this.#shared.revision.timeouts;
    this.#quietMs = this.#quietMs === unknown ? 0 : this.#quietMs + elapsedMs;
    if (this.#heads === 0) {
      if (this.#quietMs >= headersMs && this.#parser === undefined) this.#suspectHead();
    } else if (idleMs > 0 && this.#quietMs >= idleMs + idleGraceMs) this.#closeIdle();
  }

  #closeIdle(): void {
    const heads = this.#heads;
    this.#afterReading(() => {
      if (this.#heads === heads && this.#headLength === 0) this.socket.destroy();
    });
  }

  #suspectBody(exchange: LiveExchange): void {
    this.#suspected = true;
    this.#afterReading(() => {
      this.#suspected = false;
      if (this.#current !== exchange || exchange.isWhole) return;
      exchange.takeBack('body-too-slow', 'The body did not arrive whole within the time that the server waits.');
    });
  }

  /**
   * Cuts a client that takes nothing of its answer, what it sends meanwhile being no sign that it reads, and one that
   * has ended its side and may be gone.
   */
  #sweepReader(current: LiveExchange, elapsedMs: number): void {
    const socket = this.socket;
    const { writableLength } = socket;
    const flushed = socket.bytesWritten - writableLength;
    const unsent = writableLength === 0 ? 0 : writableLength + kernelBacklog(socket);
    if (unsent === 0 || this.#unsent === 0 || flushed !== this.#flushed || unsent < this.#unsent) {
      this.#stalledMs = 0;
    } else {
      this.#stalledMs += elapsedMs;
      if (this.#stalledMs >= current.revision.timeouts.unreadMs) current.end('unread');
    }
    if (!this.#ended || this.#tunnel !== undefined || unsent > 0 || flushed !== this.#flushed) {
      this.#silentMs = 0;
    } else {
      this.#silentMs += elapsedMs;
      if (this.#silentMs >= silentMs) current.end('aborted');
    }
    this.#flushed = flushed;
    this.#unsent = unsent;
  }

  /** A kept connection has been without a request for as long as one may be. */
  onStill(): void {
    // A head that has begun has a time of its own.
    if (this.#current === undefined && this.#headLength === 0) this.socket.destroy();
  }

  /** At the end of a stop: refuses what is under way where no answer has begun. The socket is cut after it. */
  expire(): void {
    this.#current?.takeBack('draining', 'The server is stopping and could not wait for this answer any longer.');
  }

  /** Cuts the connection whatever goes on. */
  destroy(): void {
    if (this.#current === undefined) this.socket.destroy();
    else this.#current.end('dropped');
  }

  #onClose(): void {
    this.#deaf = true;
    this.#held = none;
    this.#last?.socketClosed();
    // Node tells only the response that it was writing.
    for (const arrival of [this.#arrival, this.#next]) {
      if (arrival === undefined) continue;
      LiveExchange.read(this.#shared, this, arrival.response, arrival.continues, undefined).responseClosed();
    }
    this.#arrival = undefined;
    this.#next = undefined;
    this.#current?.lineClosed();
    this.#onGone(this);
  }
}

/** Empty lines before a request mean nothing (RFC 9112, section 2.2), and are not to be kept as the beginning of one. */
function withoutBlankLines(bytes: Buffer): Buffer {
  let at = 0;
  while (bytes[at] === 0x0d || bytes[at] === 0x0a) at += 1;
  return at === 0 ? bytes : bytes.subarray(at);
}

/**
 * How much of the write under way the operating system has not taken yet. Node has no public name for it, and without it
 * a client that reads a large answer slowly looks like one that does not read. Under TLS the socket below is the one that knows.
 */
function kernelBacklog(socket: Socket): number {
  const below: unknown = Reflect.get(socket, '_parent');
  const handle: unknown = Reflect.get(below instanceof Socket ? below : socket, '_handle');
  const size: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'writeQueueSize') : 0;
  return typeof size === 'number' ? size : 0;
}

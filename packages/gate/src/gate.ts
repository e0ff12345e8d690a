import { createServer as createHttpServer, IncomingMessage, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import { type AddressInfo, type DropArgument, type ListenOptions, Server as NetServer, Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { type ClientError, Connection } from './connection.ts';
import type { Bound } from '@flick/decide';
import type { Outcome } from './exchange.ts';
import { GateResponse } from './gate-response.ts';
import type { Shared } from './live-exchange.ts';
import { Load } from './load.ts';
import { type OpenParser, takeListener } from './node-parser.ts';
import { droppedOutcome } from './outcome.ts';
import { requestIdOf } from './request-id.ts';
import { LiveRevision, type Revision } from './revision.ts';

/** A certificate chain and its private key, in PEM. */
export interface Certificate {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** What a gate listens with, whom it asks and who answers. */
export interface GateOptions extends Revision {
  /** Without it the gate speaks plain HTTP. */
  readonly tls?: Certificate;
  /** Hears of every request once, when its answer is sent or cannot be sent any more. Must not throw. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

/** A server of HTTP/1.1 that answers each request with the code that is due. */
export interface Gate {
  /**
   * Starts to listen.
   *
   * @param port - 0 for any that is free
   * @returns where it listens; rejects with the error of the operating system, such as EADDRINUSE
   */
  readonly listen: (port: number, host: string) => Promise<{ readonly address: string; readonly port: number }>;
  /** Starts to listen as a server of Node does: on a path, too, or on every address. */
  readonly listenOn: (options: ListenOptions) => Promise<AddressInfo | string>;
  /**
   * Has every request that comes from now on judged and answered by another revision; those under way end as they began.
   * Deadlines for heads and idle connections hold at once, the bound on headers for connections that come from now on.
   *
   * @param tls - the certificate for connections that come from now on, where the gate listens with TLS
   * @returns once no request of the former revision is under way and its handler is closed
   */
  readonly replace: (next: Revision, tls?: Certificate) => Promise<void>;
  readonly load: GateLoad;
  /**
   * Stops gracefully: listens no more, closes idle connections, answers what is under way or still comes on a kept
   * connection with `Connection: close`. At the drain deadline it answers 503 `draining` where no answer has begun, cuts
   * the rest, and closes the handler.
   */
  readonly stop: () => Promise<void>;
  /** Ends everything at once. */
  readonly destroy: () => Promise<void>;
}

/** What a gate has in hand now. */
export interface GateLoad {
  /** Open connections, those of TLS in their handshake included. */
  readonly connections: number;
  /** What `connections` is bounded by. */
  readonly maxConnections: number;
  /** Requests whose head is read and whose answer is not sent, event streams included. */
  readonly inFlight: number;
  /** Connections closed as they came since the start, because there were too many. */
  readonly refusedConnections: number;
  /** How late the event loop was when it was last looked at, some times a second; in milliseconds. */
  readonly loopLagMs: number;
  /** Of the requests under way, those that count against `overload`. */
  readonly counted: Bound;
}

const sweepMs = 100;
const mostConnections = 10_000;

/** Makes a gate. It listens once told to. */
export function createGate(options: GateOptions): Gate {
  return new NodeGate(options);
}

class NodeGate implements Gate {
  #maxConnections: number;
  readonly #shared: Shared;
  readonly #server: HttpServer<typeof IncomingMessage, typeof GateResponse>;
  readonly #openParser: OpenParser;
  readonly #connections = new Map<Socket, Connection>();
  // Of TLS, those in their handshake too.
  readonly #sockets = new Set<Socket>();
  // The one that requests begin with, and those before it that have requests under way.
  readonly #revisions = new Set<LiveRevision>();
  #refusedConnections = 0;
  #sweeper: NodeJS.Timeout | undefined = undefined;
  #sweptMs = 0;
  #stopped: Promise<void> | undefined = undefined;
  #deadline: NodeJS.Timeout | undefined = undefined;
  #emptied: (() => void) | undefined = undefined;

  constructor(options: GateOptions) {
    this.#maxConnections = options.maxConnections ?? mostConnections;
    const revision = new LiveRevision(options);
    this.#revisions.add(revision);
    const load = new Load(options.overload);
    const overload = () => load.excess(performance.now(), this.#shared.revision.handler.isFull === true);
    this.#shared = { revision, load, overload, record: options.onOutcome ?? (() => {}), draining: false };
    const opened = options.tls === undefined ? 'connection' : 'secureConnection';
    this.#server = serverOf(options);
    // Node would make a parser for each connection, and most need none.
    this.#openParser = takeListener(this.#server, opened);
    this.#hear(opened);
  }

  #hear(opened: 'connection' | 'secureConnection'): void {
    const server = this.#server;
    // All fields are delivered, or a credential behind the last one that is would go unseen; the ladder bounds them.
    server.maxHeadersCount = 0;
    server.maxConnections = this.#maxConnections;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      this.#shared.load.connected();
      socket.on('close', () => this.#socketClosed(socket));
    });
    server.on(opened, (socket: Socket) => this.#open(socket));
    server.on('request', (_request, response) => this.#arrive(response, false));
    server.on('checkContinue', (_request, response) => this.#arrive(response, true));
    server.on('checkExpectation', (_request, response) => this.#arrive(response, false));
    server.on('connect', (request) => this.#connections.get(request.socket)?.connect(request));
    // Typed as a stream, yet these are the sockets of above.
    server.on('clientError', (error: ClientError, socket) => {
      if (socket instanceof Socket) this.#clientError(error, socket);
      else socket.destroy();
    });
    server.on('timeout', (socket) => {
      const connection = this.#connections.get(socket);
      if (connection === undefined) socket.destroy();
      else connection.onStill();
    });
    server.on('drop', (data?: DropArgument) => {
      this.#refusedConnections += 1;
      this.#dropped(data?.remoteAddress, 'More connections than are taken.');
    });
  }

  #open(socket: Socket): void {
    const gone = () => this.#connections.delete(socket);
    this.#connections.set(socket, new Connection(this.#shared, socket, this.#openParser, gone));
  }

  #arrive(response: GateResponse, continues: boolean): void {
    this.#connections.get(response.req.socket)?.arrive(response, continues);
  }

  #clientError(error: ClientError, socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection !== undefined) {
      connection.onError(error);
      return;
    }
    // Before HTTP: a handshake that failed or took too long. The library's own text may quote what was sent.
    this.#dropped(socket.remoteAddress, `The TLS handshake failed (${error.code ?? 'no code'}).`);
    socket.destroy();
  }

  #dropped(address: string | undefined, detail: string): void {
    this.#shared.record(droppedOutcome(requestIdOf(undefined), address ?? '', detail));
  }

  #socketClosed(socket: Socket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size === 0) this.#emptied?.();
  }

  #sweep(): void {
    const nowMs = performance.now();
    // A loop that was blocked read nothing in that time: it is not the clients' fault.
    const elapsedMs = Math.min(nowMs - this.#sweptMs, 2 * sweepMs);
    this.#shared.load.ticked(Math.max(0, nowMs - this.#sweptMs - sweepMs));
    this.#sweptMs = nowMs;
    for (const connection of this.#connections.values()) connection.sweep(nowMs, elapsedMs);
  }

  async listen(port: number, host: string): Promise<{ readonly address: string; readonly port: number }> {
    const bound = await this.listenOn({ port, host });
    if (typeof bound === 'string') throw new Error('the gate does not listen on an IP address');
    return { address: bound.address, port: bound.port };
  }

  async listenOn(options: ListenOptions): Promise<AddressInfo | string> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options, () => {
        server.off('error', reject);
        resolve();
      });
    });
    this.#sweptMs = performance.now();
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs).unref();
    const bound = server.address();
    if (bound === null) throw new Error('the gate was closed while it began to listen');
    return bound;
  }

  async replace(next: Revision, tls?: Certificate): Promise<void> {
    const former = this.#shared.revision;
    const server = this.#server;
    const revision = new LiveRevision(next);
    // All that can fail comes first.
    if (tls !== undefined && server instanceof HttpsServer) server.setSecureContext({ cert: tls.cert, key: tls.key });
    this.#revisions.add(revision);
    this.#shared.revision = revision;
    this.#shared.load.bound(next.overload);
    this.#maxConnections = next.maxConnections ?? mostConnections;
    server.maxConnections = this.#maxConnections;
    server.headersTimeout = next.timeouts.headersMs;
    server.keepAliveTimeout = next.timeouts.idleMs;
    // Read for each connection's parser; Node has no public name for it once the server is made.
    Reflect.set(server, 'maxHeaderSize', next.sizes.headerBytes);
    await former.retire();
    this.#revisions.delete(former);
  }

  get load(): GateLoad {
    let inFlight = 0;
    for (const revision of this.#revisions) inFlight += revision.inFlight;
    return {
      connections: this.#sockets.size,
      maxConnections: this.#maxConnections,
      inFlight,
      refusedConnections: this.#refusedConnections,
      loopLagMs: this.#shared.load.loopLagMs,
      counted: this.#shared.load.requests,
    };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#drain();
    return this.#stopped;
  }

  async #drain(): Promise<void> {
    this.#shared.draining = true;
    // Not the HTTP server's own close: that would stop the clock by which Node reports slow heads.
    NetServer.prototype.close.call(this.#server);
    if (this.#sockets.size > 0) {
      const { drainMs } = this.#shared.revision.timeouts;
      await new Promise<void>((resolve) => {
        this.#emptied = resolve;
        this.#deadline = setTimeout(() => this.#expire(), drainMs);
      });
    }
    await Promise.all(Array.from(this.#revisions, (revision) => revision.close()));
    await this.destroy();
  }

  #expire(): void {
    for (const connection of this.#connections.values()) connection.expire();
    // Last answers are with the operating system by then, unless their clients do not read.
    setImmediate(() => this.#cutAll());
  }

  #cutAll(): void {
    for (const connection of this.#connections.values()) connection.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  async destroy(): Promise<void> {
    this.#shared.draining = true;
    clearInterval(this.#sweeper);
    clearTimeout(this.#deadline);
    // Stops Node's clock as well; that it may not be running is no error here.
    this.#server.close(() => {});
    this.#cutAll();
    await Promise.all(Array.from(this.#revisions, ({ handler }) => handler.destroy()));
  }
}

function serverOf({ timeouts, sizes, tls }: GateOptions): HttpServer<typeof IncomingMessage, typeof GateResponse> {
  const settings = {
    IncomingMessage,
    ServerResponse: GateResponse,
    requireHostHeader: false,
    insecureHTTPParser: false,
    maxHeaderSize: sizes.headerBytes,
    headersTimeout: timeouts.headersMs,
    // The connection's own, which does not count time in which the gate did not read.
    requestTimeout: 0,
    keepAliveTimeout: timeouts.idleMs,
    connectionsCheckingInterval: sweepMs,
  };
  return tls === undefined
    ? createHttpServer(settings)
    : createHttpsServer({ ...settings, cert: tls.cert, key: tls.key, handshakeTimeout: timeouts.headersMs });
}

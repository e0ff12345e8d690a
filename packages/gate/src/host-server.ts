import { Server } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import { createGate, type Gate, type GateOptions } from './gate.ts';
import { createHost, type HostOptions, type RequestListener } from './host.ts';

/**
 * A gate in the shape of Node's HTTP server, for a framework that wants to make its own: it listens and closes as that
 * does, and its `request` event is that of the requests which passed the ladder. What the gate answers by itself is
 * never an event: parser errors, slow clients, refusals.
 */
export class HostServer extends Server {
  readonly gate: Gate;
  #bound: AddressInfo | string | null = null;
  #closed: Promise<void> | undefined = undefined;

  constructor(
    listener: RequestListener | undefined,
    options: Omit<GateOptions, 'handler'>,
    { onError }: Pick<HostOptions, 'onError'>,
  ) {
    super();
    // Node's own are for a server that has sockets.
    this.removeAllListeners();
    if (listener !== undefined) this.on('request', listener);
    const { decider, timeouts } = options;
    const handler = createHost((request, response) => void this.emit('request', request, response), {
      decider,
      timeouts,
      onError,
    });
    this.gate = createGate({ ...options, handler });
  }

  override listen(...args: unknown[]): this {
    const callback = args.find((arg): arg is () => void => typeof arg === 'function');
    if (callback !== undefined) this.once('listening', callback);
    this.gate.listenOn(listenOptions(args)).then(
      (bound) => {
        this.#opened(bound);
        this.emit('listening');
      },
      (error: unknown) => this.emit('error', error),
    );
    return this;
  }

  #opened(bound: AddressInfo | string | null): void {
    this.#bound = bound;
    // Typed as a property, and of Node's prototype as a getter: of a server that has a socket.
    Object.defineProperty(this, 'listening', { value: bound !== null, configurable: true });
  }

  override address(): AddressInfo | string | null {
    return this.#bound;
  }

  /** Lets what is in flight finish, within the time that `timeouts.drain` gives it. */
  override close(callback?: (error?: Error) => void): this {
    const wasOpen = this.#bound !== null;
    this.#opened(null);
    if (!wasOpen && this.#closed === undefined) {
      const error = Object.assign(new Error('Server is not running.'), { code: 'ERR_SERVER_NOT_RUNNING' });
      process.nextTick(() => callback?.(error));
      return this;
    }
    this.#closed ??= this.gate.stop().then(() => void this.emit('close'));
    void this.#closed.then(() => callback?.());
    return this;
  }

  /** The gate closes idle connections by itself once it stops. */
  override closeIdleConnections(): void {}

  override closeAllConnections(): void {
    void this.gate.destroy();
  }

  override getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(() => callback(null, this.gate.load.connections));
    return this;
  }
}

/** What `listen` of Node's server takes, in its several forms, as one. */
function listenOptions(args: readonly unknown[]): ListenOptions {
  const [first, host, backlog] = args;
  if (typeof first === 'object' && first !== null) return first;
  if (typeof first === 'string' && !/^\d+$/.test(first)) return { path: first };
  return {
    port: typeof first === 'number' || typeof first === 'string' ? Number(first) : 0,
    ...(typeof host === 'string' && { host }),
    ...(typeof backlog === 'number' && { backlog }),
  };
}

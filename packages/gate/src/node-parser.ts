import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** Has an HTTP server of Node take in a connection, with a parser of its own. */
export type OpenParser = (socket: Socket) => void;

/** Node's parser of one connection. It is handed the bytes, and hears of their end, when the gate says so. */
export class NodeParser {
  /** Parses a slice of what arrived; what comes of it, Node tells by the server's events. */
  readonly parse: (slice: Buffer) => void;
  /** Tells it that no more will come. */
  readonly finish: () => void;

  /** @param take - the gate's own listener to the socket's bytes */
  constructor(open: OpenParser, socket: Socket, take: (chunk: Buffer) => void) {
    open(socket);
    this.parse = takeListener(socket, 'data');
    this.finish = takeListener(socket, 'end');
    // The parser now reads past the socket, until somebody begins to listen to it.
    socket.off('data', take);
    socket.on('data', take);
  }
}

/** Takes off the listener that was put on last, to be called in its own time. */
export function takeListener(emitter: EventEmitter, event: string): (...given: unknown[]) => void {
  const listener: unknown = emitter.listeners(event).at(-1);
  if (!isListener(listener)) throw new Error(`nothing of Node's listens to the event ${event}`);
  emitter.off(event, listener);
  return listener.bind(emitter);
}

function isListener(listener: unknown): listener is (...given: unknown[]) => void {
  return typeof listener === 'function';
}

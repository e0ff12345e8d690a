import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { portOf } from './port-of.ts';
import { type RawRequest, RequestReader } from './request-reader.ts';

/**
 * One thing that an evil upstream does with the connection on which a request came.
 *
 * - `send`: writes bytes (a string goes out as latin1)
 * - `sends`: writes texts one by one, and lets nothing else happen between them
 * - `wait`: does nothing for so many milliseconds
 * - `trickle`: writes a text one byte at a time, so many milliseconds apart
 * - `fin`: ends the connection properly; `reset`: breaks it with RST; `pause`: stops reading it
 */
export type Step =
  | { readonly send: string | Uint8Array }
  | { readonly sends: readonly string[] }
  | { readonly wait: number }
  | { readonly trickle: string; readonly everyMs: number }
  | 'fin'
  | 'reset'
  | 'pause';

/** Says what to do about a request; the first connection and the first request are number 1. */
export type Script = (request: RawRequest, requestNumber: number) => readonly Step[];

/** An upstream that does what it is told, byte by byte. */
export interface EvilUpstream {
  readonly origin: string;
  readonly port: number;
  /** Every request that it got, in order. */
  readonly requests: readonly RawRequest[];
  /** How many connections were made to it. */
  readonly connections: () => number;
  /** How many of them are open. */
  readonly open: () => number;
  /** How many bytes arrived. */
  readonly received: () => number;
  /** Writes to every open connection, whether a request is due an answer or not. */
  readonly sendToAll: (bytes: string) => void;
  readonly close: () => Promise<void>;
}

/** Particulars of an evil upstream. */
export interface EvilOptions {
  /** When the script runs: on a request's head, or (default) when its body is there too. */
  readonly answerAt?: 'head' | 'body';
  /** What to do when a connection is made, before any request. */
  readonly onConnect?: readonly Step[];
}

/**
 * Starts an upstream that answers from a script, with whatever bytes, pauses and breaks that the script asks for.
 * Listens on 127.0.0.1, on a free port. Does not correct anything: a script that is to be well-formed must be so itself.
 *
 * @example
 * const evil = await startEvilUpstream(() => [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc' }, 'fin']);
 * ...
 * await evil.close();
 */
export async function startEvilUpstream(script: Script, options: EvilOptions = {}): Promise<EvilUpstream> {
  const { answerAt = 'body', onConnect = [] } = options;
  const requests: RawRequest[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  let received = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    connections += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy());
    const reader = new RequestReader(connections, answerAt);
    let busy = play(socket, onConnect);
    socket.on('data', (chunk) => {
      received += chunk.length;
      for (const request of reader.push(chunk)) {
        requests.push(request);
        const steps = script(request, requests.length);
        busy = busy.then(() => play(socket, steps));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => connections,
    open: () => open.size,
    received: () => received,
    sendToAll: (bytes) => {
      for (const socket of open) socket.write(bytes, 'latin1');
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A well-formed answer, for the requests in a script that are to go well. */
export function goodAnswer(body = 'ok', fields = ''): Step {
  return {
    send: `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`,
  };
}

async function play(socket: Socket, steps: readonly Step[]): Promise<void> {
  const [step, ...rest] = steps;
  if (step === undefined || socket.destroyed) return;
  if (step === 'fin') socket.end();
  else if (step === 'reset') socket.resetAndDestroy();
  else if (step === 'pause') socket.pause();
  else if ('send' in step) await write(socket, step.send);
  else if ('sends' in step) for (const bytes of step.sends) socket.write(bytes, 'latin1');
  else if ('wait' in step) await sleep(step.wait);
  else await trickle(socket, step.trickle, step.everyMs);
  await play(socket, rest);
}

async function trickle(socket: Socket, text: string, everyMs: number): Promise<void> {
  if (text === '' || socket.destroyed) return;
  await write(socket, text.slice(0, 1));
  await sleep(everyMs);
  await trickle(socket, text.slice(1), everyMs);
}

// Waits until the bytes are with the kernel, so that a reset after them does not take them back.
function write(socket: Socket, bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () => resolve());
  });
}

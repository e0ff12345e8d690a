import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import { portOf } from '../packages/gate/test/port-of.ts';

/** A connection to the API on which a head has arrived; all that follows is the test's. */
interface Switched {
  /** The head as it arrived, with its empty line. */
  readonly head: string;
  readonly socket: Socket;
  /** How much came behind the head. */
  readonly length: () => number;
  /** Waits until as much came behind the head, and gives it as latin1. */
  readonly received: (length: number) => Promise<string>;
}

/** An API that reads one head a connection and then does what the test says. Ends with its test. */
export interface SwitchingApi {
  readonly origin: string;
  /** By connection, in the order in which their heads arrived. */
  readonly switched: readonly Switched[];
  /** Waits for the head of a connection, counted from 0. */
  readonly at: (index: number) => Promise<Switched>;
  /** How many connections are open. */
  readonly open: () => number;
}

/** The head of an answer that agrees to WebSocket. */
export const agreed =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x=\r\n\r\n';

const patience = { timeout: 15_000, interval: 10 };

/** Starts such an API on a free port of 127.0.0.1; it answers each head with `answer`, if any, at once. */
export async function startSwitchingApi(answer = agreed): Promise<SwitchingApi> {
  const switched: Switched[] = [];
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy());
    let head: string | undefined;
    let bytes = Buffer.alloc(0);
    let chunks: Buffer[] = [];
    let length = 0;
    const received = async (due: number): Promise<string> => {
      await vi.waitFor(() => {
        if (length < due) throw new Error(`${length} bytes of ${due}`);
      }, patience);
      return Buffer.concat(chunks).toString('latin1');
    };
    socket.on('data', (chunk) => {
      if (head !== undefined) {
        chunks.push(chunk);
        length += chunk.length;
        return;
      }
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end === -1) return;
      head = bytes.toString('latin1', 0, end + 4);
      chunks = [bytes.subarray(end + 4)];
      length = bytes.length - end - 4;
      switched.push({ head, socket, length: () => length, received });
      socket.write(answer, 'latin1');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const at = (index: number): Promise<Switched> =>
    vi.waitFor(() => {
      const found = switched[index];
      if (found === undefined) throw new Error(`${switched.length} heads`);
      return found;
    }, patience);
  return { origin: `http://127.0.0.1:${portOf(server)}`, switched, at, open: () => open.size };
}

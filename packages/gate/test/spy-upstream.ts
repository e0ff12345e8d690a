import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { portOf } from './port-of.ts';
import { type RawRequest, RequestReader } from './request-reader.ts';

/** An upstream that records every byte and says back what it got. */
export interface SpyUpstream {
  readonly origin: string;
  readonly port: number;
  /** What arrived on each connection, in the order in which they were made. */
  readonly bytes: readonly Buffer[];
  /** Every whole request, in order. */
  readonly requests: readonly RawRequest[];
  readonly open: () => number;
  readonly close: () => Promise<void>;
}

/**
 * Starts a spy on 127.0.0.1, on a free port. It answers 200 with a JSON body of `method`, `target`, `headers` and
 * `body` (base64) as they arrived, and keeps its connections alive.
 */
export async function startSpyUpstream(): Promise<SpyUpstream> {
  const bytes: Buffer[] = [];
  const requests: RawRequest[] = [];
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const at = bytes.push(Buffer.alloc(0)) - 1;
    const reader = new RequestReader(at + 1, 'body');
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      bytes[at] = Buffer.concat([bytes[at] ?? Buffer.alloc(0), chunk]);
      for (const request of reader.push(chunk)) {
        requests.push(request);
        const { method, target, headers, body } = request;
        const echo = Buffer.from(JSON.stringify({ method, target, headers, body: body.toString('base64') }));
        socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${echo.length}\r\n\r\n`);
        if (method !== 'HEAD') socket.write(echo);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    bytes,
    requests,
    open: () => open.size,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

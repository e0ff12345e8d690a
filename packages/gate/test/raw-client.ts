import { connect, type Socket } from 'node:net';

/** What came back on a raw connection. */
export interface RawAnswer {
  /** Everything, as latin1. */
  readonly text: string;
  /** How the connection ended: by FIN, by an error, or not within the time. */
  readonly ending: 'fin' | 'error' | 'open';
}

/** Sends bytes to a port of 127.0.0.1 and collects what comes back until the connection ends or the time is over. */
export async function askRaw(port: number, request: string, waitMs = 5000): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  socket.write(request, 'latin1');
  const answer = await collect(socket, waitMs);
  socket.destroy();
  return answer;
}

/** One GET whose connection closes after the answer. */
export function askOnce(port: number, target = '/', fields = ''): Promise<RawAnswer> {
  return askRaw(port, `GET ${target} HTTP/1.1\r\nHost: api.test\r\n${fields}Connection: close\r\n\r\n`);
}

/** Collects what arrives on a socket until it ends or the time is over. */
export async function collect(socket: Socket, waitMs: number): Promise<RawAnswer> {
  let text = '';
  let ending: RawAnswer['ending'] = 'open';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('end', () => {
    ending = 'fin';
  });
  socket.on('error', () => {
    ending = 'error';
  });
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, waitMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return { text, ending };
}

/** The status codes of all status lines, in order. */
export function statusesOf(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));
}

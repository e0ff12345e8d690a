import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { portOf } from '../../packages/gate/test/port-of.ts';

/** A port for a page that says itself where it listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until somebody listens. */
export async function listening(port: number, child: ChildProcess): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const opened = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  socket.destroy();
  if (opened) return undefined;
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  return listening(port, child);
}

/** For servers that cannot be told to take any port that is free, nor tell that they listen. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A port that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = Object(server.address());
  server.close();
  return port;
}

/** Waits until somebody listens on a port. */
export async function untilListening(/** @type {number} */ port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } catch {
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    await untilListening(port);
  } finally {
    socket.destroy();
  }
}

import type { IncomingMessage } from 'node:http';

const lingerMs = 1000;
const lingerBytes = 64 * 1024 * 1024;

/**
 * Waits until the client has sent the rest of a request that is read and dropped, within bounds. Closing the connection
 * while bytes are on their way would reset it, and many clients would never read the answer (RFC 9112, section 9.6).
 *
 * @param done - called once: at the request's end, after 64 MiB, or after one second
 */
export function whenRead(request: IncomingMessage, done: () => void): void {
  let bytes = 0;
  const timer = setTimeout(finish, lingerMs);
  request.on('data', count).once('end', finish).once('close', finish).resume();

  function count(chunk: Buffer): void {
    bytes += chunk.length;
    if (bytes > lingerBytes) finish();
  }

  function finish(): void {
    clearTimeout(timer);
    request.off('data', count).off('end', finish).off('close', finish);
    done();
  }
}

import { IncomingMessage } from 'node:http';
import { codingOf, decode } from './body-coding.ts';
import { fieldOf } from './field-of.ts';

/** What is wrong with a body that cannot be judged. */
export type BodyFault = 'too-large' | 'malformed' | 'unknown-coding';

const none = new Uint8Array(0);

/** A request, with what its stream holds. */
interface Buffered extends IncomingMessage {
  /** A list in each version of Node, of a kind that differs. */
  readonly readableBuffer?: unknown;
}

/**
 * Reads the body of a request to its end and removes its content coding. What came whole with its head stays in the
 * request, for whoever reads it next.
 *
 * @param limit - in bytes, of the body as sent and of what comes of it; what is beyond is not kept
 * @param done - called once; not at all where the client goes before the end
 * @param waits - called where the end has not come yet, so that it is to be waited for
 */
export function readWhole(
  request: IncomingMessage,
  limit: number,
  done: (body: Uint8Array | BodyFault) => void,
  waits: () => void,
): void {
  const coding = codingOf(request.headers['content-encoding']);
  if (coding === undefined) {
    done('unknown-coding');
    return;
  }
  const decoded: typeof done =
    coding === 'identity'
      ? done
      : (bytes) => {
          if (bytes instanceof Uint8Array) decode(coding, bytes, limit, done);
          else done(bytes);
        };
  // What has come in one piece with the head is parsed by then.
  process.nextTick(readNow, request, limit, decoded, waits);
}

function readNow(
  request: IncomingMessage,
  limit: number,
  done: (body: Uint8Array | BodyFault) => void,
  waits: () => void,
): void {
  const { readableLength } = request;
  const isWhole = request.complete || readableLength === Number(fieldOf(request.rawHeaders, 'content-length'));
  if (!isWhole || readableLength === 0 || readableLength > limit) {
    waits();
    readSlowly(request, limit, done);
    return;
  }
  done(pieceIn(request) ?? readAndPutBack(request));
}

/** All that a stream holds, where it is one piece; it stays there. */
function pieceIn({ readableBuffer: held, readableLength }: Buffered): Uint8Array | undefined {
  const first: unknown = Array.isArray(held) ? held[0] : isLinked(held) ? held.first() : undefined;
  return first instanceof Uint8Array && first.length === readableLength ? first : undefined;
}

/** Before Node 22. */
function isLinked(held: unknown): held is { readonly first: () => unknown } {
  return typeof held === 'object' && held !== null && 'first' in held && typeof held.first === 'function';
}

function readAndPutBack(request: IncomingMessage): Uint8Array {
  const bytes: unknown = request.read();
  if (!(bytes instanceof Uint8Array)) return none;
  // In the same turn: the next tells the end of a stream that holds nothing more.
  request.unshift(bytes);
  return bytes;
}

function readSlowly(request: IncomingMessage, limit: number, done: (body: Uint8Array | BodyFault) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const take = (chunk: Buffer): void => {
    if (length > limit) return;
    length += chunk.length;
    if (length <= limit) chunks.push(chunk);
    else {
      chunks.length = 0;
      done('too-large');
    }
  };
  request.on('data', take);
  let ended = false;
  const finish = (): void => {
    request.off('close', finish);
    request.off('data', take);
    if (ended && length <= limit) done(length === 0 ? none : Buffer.concat(chunks, length));
  };
  request.once('end', () => {
    ended = true;
    // What is injected into an app is no request of Node's, and is never closed.
    if (!(request instanceof IncomingMessage)) setImmediate(finish);
  });
  // After its end Node closes the request: only then can it be made to begin anew.
  request.on('close', finish);
}

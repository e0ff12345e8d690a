import type { IncomingMessage } from 'node:http';
import { codingOf, decode } from './body-coding.ts';
import { fieldOf } from './field-of.ts';

/** What is wrong with a body that cannot be judged. */
export type BodyFault = 'too-large' | 'malformed' | 'unknown-coding';

const none = new Uint8Array(0);

/**
 * Reads the body of a request to its end and removes its content coding.
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
  // What has come in one piece with the head is parsed by then, and can be put back.
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
  const bytes: unknown = request.read();
  done(bytes instanceof Uint8Array ? bytes : none);
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
  request.once('end', () => {
    ended = true;
  });
  // After its end Node closes the request: only then can it be made to begin anew.
  request.once('close', () => {
    request.off('data', take);
    if (!ended || length > limit) return;
    done(length === 0 ? none : Buffer.concat(chunks, length));
  });
}

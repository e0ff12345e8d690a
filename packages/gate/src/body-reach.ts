import type { IncomingMessage } from 'node:http';

const lineFeed = 0x0a;

/**
 * Tells how far the body of a request surely reaches in the bytes that come. It follows the framing and judges nothing,
 * which is the parser's: it is there so that a body need not be searched for its end.
 */
export class BodyReach {
  readonly #chunked: boolean;
  // Of the body, or of the chunk and the line end behind it, still to come.
  #left: number;
  // Of the line before a chunk.
  #size = 0;
  #inSize = true;

  private constructor(contentLength: number | undefined) {
    this.#chunked = contentLength === undefined;
    this.#left = contentLength ?? 0;
  }

  /** For a request whose head the parser has found sound, and of whose body nothing has come. */
  static of(request: IncomingMessage): BodyReach {
    const length = request.headers['content-length'];
    return new BodyReach(length === undefined ? undefined : Number(length));
  }

  /**
   * Takes in the next bytes of the body.
   *
   * @returns how many of `bytes` are the body's; 0 once all that is left of a chunked body is the end of its last line
   *   and the trailer, up to the next empty line
   */
  take(bytes: Buffer): number {
    if (this.#chunked) return this.#takeChunks(bytes);
    const taken = Math.min(this.#left, bytes.length);
    this.#left -= taken;
    return taken;
  }

  #takeChunks(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
        continue;
      }
      const byte = bytes[at] ?? 0;
      const digit = this.#inSize ? hexDigit(byte) : -1;
      if (digit !== -1) {
        this.#size = this.#size * 16 + digit;
      } else {
        this.#inSize = false;
        // The last chunk. Its line end may be the first half of the empty line.
        if (this.#size === 0) return at;
        if (byte === lineFeed) {
          this.#left = this.#size + 2;
          this.#size = 0;
          this.#inSize = true;
        }
      }
      at += 1;
    }
    return at;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

import {
  brotliDecompress,
  brotliDecompressSync,
  type CompressCallback,
  gunzip,
  gunzipSync,
  inflate,
  inflateSync,
} from 'node:zlib';

/** A content coding that bodies may have (RFC 9110, section 8.4.1). `deflate` is the zlib format. */
export type Coding = 'identity' | 'gzip' | 'deflate' | 'br';

const codings: ReadonlyMap<string, Coding> = new Map([
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
]);

/** Above this, and above as many times its own size, a body that unfolds is a bomb and not a body. */
const mostBytes = 10 * 1024 * 1024;
const mostRatio = 100;
// A short text of one repeated character is no bomb, whatever its ratio.
const harmlessBytes = 64 * 1024;

/**
 * The coding of a Content-Encoding field.
 *
 * @returns undefined where it names one that is not known, or more than one
 */
export function codingOf(field: string | undefined): Coding | undefined {
  return field === undefined ? 'identity' : codings.get(field.trim().toLowerCase());
}

/** What became of a body whose coding was removed. */
type Decoded = (bytes: Uint8Array | 'too-large' | 'malformed') => void;

/**
 * Removes a content coding, off the event loop's thread.
 *
 * @param limit - of the bytes that come out; the bounds of size and ratio above hold besides
 */
export function decode(coding: Exclude<Coding, 'identity'>, bytes: Uint8Array, limit: number, done: Decoded): void {
  const finish: CompressCallback = (error, result) => {
    if (error === null) done(result.length > limit ? 'too-large' : result);
    else done(faultOf(error));
  };
  const options = optionsOf(bytes, limit);
  if (coding === 'gzip') gunzip(bytes, options, finish);
  else if (coding === 'deflate') inflate(bytes, options, finish);
  else brotliDecompress(bytes, options, finish);
}

/**
 * As {@link decode}, on the thread of the event loop: for a body that nobody waits for any more, or that is small.
 */
export function decodeNow(
  coding: Exclude<Coding, 'identity'>,
  bytes: Uint8Array,
  limit: number,
): Uint8Array | 'too-large' | 'malformed' {
  const options = optionsOf(bytes, limit);
  try {
    if (coding === 'gzip') return gunzipSync(bytes, options);
    return coding === 'deflate' ? inflateSync(bytes, options) : brotliDecompressSync(bytes, options);
  } catch (error) {
    return faultOf(error);
  }
}

function optionsOf(bytes: Uint8Array, limit: number): { readonly maxOutputLength: number } {
  const maxOutputLength = Math.min(limit, mostBytes, Math.max(bytes.length * mostRatio, harmlessBytes));
  // Zero is no limit that zlib takes; one byte is too many then all the same.
  return { maxOutputLength: Math.max(maxOutputLength, 1) };
}

function faultOf(error: unknown): 'too-large' | 'malformed' {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'malformed';
}

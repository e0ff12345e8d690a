import { Buffer } from 'node:buffer';
import { splitField } from './field-text.ts';
import { parseMediaType, type ParsedMediaType, parseParameters } from './media-type.ts';

/** One part of a multipart/form-data body. */
export interface Part {
  readonly name: string;
  readonly isFile: boolean;
  /** Undefined where the part does not say. */
  readonly type: ParsedMediaType | undefined;
  /** A view of the body, not a copy. */
  readonly bytes: Buffer;
}

/** What is wrong with a multipart body, and where it was found. */
export interface PartsFault {
  readonly due: string;
  /** In bytes, from 0. */
  readonly offset: number;
}

const MAX_PARTS = 1_000;
const MAX_PART_HEADER_BYTES = 16_384;

/**
 * Splits a multipart/form-data body into its parts (RFC 2046, section 5.1; RFC 7578).
 *
 * Written here because the libraries that read bytes at once take what others read differently: a boundary that only
 * begins as the right one, header lines that run into the next part. What could be read in two ways is a fault.
 */
export function splitParts(body: Uint8Array, boundary: string): { readonly parts: readonly Part[] } | PartsFault {
  // RFC 2046 allows 70 characters; longer ones are read all the same, bounded.
  if (!/^[ -~]{0,199}[!-~]$/.test(boundary)) return { due: 'a boundary of 1 to 200 printable characters', offset: 0 };
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const opening = delimiter.subarray(2);
  // The first delimiter may open the body; else what stands before it is a preamble, to be ignored.
  const atStart = bytes.subarray(0, opening.length).equals(opening);
  let at = atStart ? -2 : bytes.indexOf(delimiter);
  if (at < 0 && !atStart) return { due: 'a line with the boundary', offset: 0 };
  const parts: Part[] = [];
  for (;;) {
    const start = lineEnd(bytes, at + delimiter.length);
    if (start === 'last') return { parts };
    if (start < 0)
      return { due: 'the end of the line, or two dashes, after the boundary', offset: at + delimiter.length };
    if (parts.length === MAX_PARTS) return { due: `at most ${MAX_PARTS} parts`, offset: start };
    // The line end of a boundary also begins the next one, where a part has neither fields nor content.
    const end = bytes.indexOf(delimiter, start - 2);
    if (end < 0) return { due: 'the boundary with two dashes at the end of the body', offset: bytes.length };
    const part = readPart(bytes, start, end);
    if ('due' in part) return part;
    parts.push(part);
    at = end;
  }
}

/** Where the line after a boundary begins; `last` after the closing boundary, -1 where it is not a boundary's line. */
function lineEnd(bytes: Buffer, from: number): number | 'last' {
  if (bytes[from] === 0x2d && bytes[from + 1] === 0x2d) return 'last';
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09) at += 1;
  return bytes[at] === 0x0d && bytes[at + 1] === 0x0a ? at + 2 : -1;
}

function readPart(bytes: Buffer, start: number, end: number): Part | PartsFault {
  const blank = bytes.indexOf('\r\n\r\n', start);
  if (blank < 0 || blank > end)
    return { due: 'header fields and a blank line at the beginning of the part', offset: start };
  if (blank - start > MAX_PART_HEADER_BYTES) {
    return { due: `at most ${MAX_PART_HEADER_BYTES} bytes of header fields in a part`, offset: start };
  }
  let disposition: string | undefined;
  let contentType: string | undefined;
  // Fields may be folded over lines (RFC 5322, section 2.2.3).
  const lines = bytes
    .toString('utf8', start, blank)
    .replaceAll(/\r\n(?=[ \t])/g, '')
    .split('\r\n');
  for (const line of lines) {
    const field = splitField(line);
    if (field === undefined) return { due: 'a header field in each line', offset: start };
    const name = field[0].toLowerCase();
    if (name === 'content-disposition') {
      if (disposition !== undefined) return { due: 'Content-Disposition once in a part', offset: start };
      [, disposition] = field;
    } else if (name === 'content-type') {
      if (contentType !== undefined) return { due: 'Content-Type at most once in a part', offset: start };
      [, contentType] = field;
    }
  }
  const parameters = disposition === undefined ? undefined : readDisposition(disposition);
  const name = parameters?.get('name');
  if (parameters === undefined || name === undefined) {
    return { due: 'Content-Disposition: form-data with a name in each part', offset: start };
  }
  const type = contentType === undefined ? undefined : parseMediaType(contentType);
  if (contentType !== undefined && type === undefined) return { due: 'a media type as Content-Type', offset: start };
  const isFile = parameters.has('filename') || parameters.has('filename*');
  // An empty part's blank line ends with the line end that its boundary begins with.
  return { name, isFile, type, bytes: bytes.subarray(Math.min(blank + 4, end), end) };
}

function readDisposition(text: string): ReadonlyMap<string, string> | undefined {
  const kind = /^form-data[ \t]*(?=;)/i.exec(text);
  return kind === null ? undefined : parseParameters(text, kind[0].length);
}

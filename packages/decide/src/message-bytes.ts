import type { MessageFault, RequestFacts } from './facts.ts';
import { isFieldText, splitField, tokenClass } from './field-text.ts';
import { Fields } from './fields.ts';

/** What a head alone tells of a request. */
type HeadFacts = Omit<RequestFacts, 'address' | 'secure'>;

/** A head read from bytes. */
export interface ParsedHead {
  /** With `fault` where the head is not well-formed; the other facts are then what could be read before it. */
  readonly facts: HeadFacts;
  /** Where the body starts. */
  readonly bodyStart: number;
}

/** A request read whole from bytes. */
export interface ParsedRequest {
  readonly facts: RequestFacts;
  /** The body without its transfer coding; empty where it is broken or not all there. */
  readonly body: Uint8Array;
}

/** Where the bytes come from, and how many of them a head may have. */
export interface BytesSource {
  readonly address: string;
  readonly secure: boolean;
  /** No bound where it is left out. */
  readonly headBytes?: number;
}

const LF = 10;
const CR = 13;

const requestLine = new RegExp(String.raw`^(${tokenClass}+) ([!-~\x80-\xff]+) HTTP/(\d\.\d)$`);
// What a request line can still become one from: so that garbage is known before its end, which may never come.
const partialLine = new RegExp(String.raw`^(?:${tokenClass}*|${tokenClass}+ [!-~\x80-\xff]*(?: [HTP/\d.]*\r?)?)$`);
const chunkLine = /^([0-9A-Fa-f]{1,13})(?:[ \t]*;.*)?$/;

/**
 * Reads a request's head strictly (RFC 9112, sections 2 to 5): lines end with CRLF, no folding, no space before a
 * colon, one space between the parts of the request line. Empty lines before it are skipped.
 *
 * @param headBytes - how long the request line and header section may be; a request line beyond it is
 *   `target-too-long`, a header section `headers-too-large`
 * @returns undefined where the bytes end before the head does and are sound so far
 */
export function parseHead(bytes: Uint8Array, headBytes = Number.POSITIVE_INFINITY): ParsedHead | undefined {
  let at = 0;
  while (bytes[at] === CR && bytes[at + 1] === LF) at += 2;
  const start = at;
  const facts = { method: '', target: '', version: '', headers: [] as string[] };
  const faulty = (fault: MessageFault): ParsedHead => ({ facts: { ...facts, fault }, bodyStart: bytes.length });
  const beyond = (end: number): boolean => end - start > headBytes;

  const first = bytes.indexOf(LF, at);
  if (beyond(first < 0 ? bytes.length : first)) return faulty('target-too-long');
  const line = latin1(bytes, at, first < 0 ? bytes.length : first);
  if (first < 0) return partialLine.test(line) ? undefined : faulty('malformed-request');
  const [, method, target, version] = line.endsWith('\r') ? (requestLine.exec(line.slice(0, -1)) ?? []) : [];
  if (method === undefined || target === undefined || version === undefined) return faulty('malformed-request');
  Object.assign(facts, { method, target, version });

  for (at = first + 1; ; ) {
    const end = bytes.indexOf(LF, at);
    if (beyond(end < 0 ? bytes.length : end)) return faulty('headers-too-large');
    if (end < 0) {
      return !isFieldText(latin1(bytes, at, bytes.length).replace(/\r$/, '')) ? faulty('malformed-request') : undefined;
    }
    if (bytes[end - 1] !== CR) return faulty('malformed-request');
    if (end - 1 === at) return { facts, bodyStart: end + 1 };
    const field = fieldOf(latin1(bytes, at, end - 1));
    if (field === undefined) return faulty('malformed-request');
    facts.headers.push(...field);
    at = end + 1;
  }
}

/**
 * Reads one whole request from bytes, as one that came alone over a connection. Never throws. Bytes that end too soon
 * are a client that went quiet: `headers-too-slow`, `body-too-slow`.
 */
export function factsFromBytes(bytes: Uint8Array, { address, secure, headBytes }: BytesSource): ParsedRequest {
  const head = parseHead(bytes, headBytes);
  if (head === undefined) {
    const facts = { method: '', target: '', version: '', headers: [], address, secure };
    return { facts: { ...facts, fault: 'headers-too-slow' }, body: new Uint8Array() };
  }
  const facts: RequestFacts = { ...head.facts, address, secure };
  const fields = new Fields(facts.headers);
  const rest = bytes.subarray(head.bodyStart);
  let body: Uint8Array | MessageFault = new Uint8Array();
  // Any other framing is for the ladder to refuse.
  if (facts.fault !== undefined) return { facts, body };
  if (fields.has('transfer-encoding')) {
    if (fields.get('transfer-encoding')?.toLowerCase() === 'chunked') body = dechunk(rest);
  } else if (/^\d+$/.test(fields.get('content-length') ?? '')) {
    const length = Number(fields.get('content-length'));
    body = length <= rest.length ? rest.subarray(0, length) : 'body-too-slow';
  }
  return typeof body === 'string' ? { facts: { ...facts, fault: body }, body: new Uint8Array() } : { facts, body };
}

/** Takes the chunked coding off (RFC 9112, section 7.1); extensions and trailers are dropped. */
function dechunk(bytes: Uint8Array): Uint8Array | MessageFault {
  const chunks: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf(LF, at);
    const line = latin1(bytes, at, end < 0 ? bytes.length : end);
    const text = line.replace(/\r$/, '');
    const [, digits] = chunkLine.exec(text) ?? [];
    if (!isFieldText(text) || (digits === undefined && (text !== '' || end >= 0))) return broken;
    if (end < 0) return 'body-too-slow';
    if (line === text) return broken;
    const size = Number.parseInt(digits ?? '', 16);
    at = end + 1;
    if (size === 0) return trailerFault(bytes, at) ?? concat(chunks);
    const after = at + size;
    if (after + 2 > bytes.length) {
      return (bytes[after] ?? CR) === CR ? 'body-too-slow' : broken;
    }
    if (bytes[after] !== CR || bytes[after + 1] !== LF) return broken;
    chunks.push(bytes.subarray(at, after));
    at = after + 2;
  }
}

const broken: MessageFault = 'malformed-body-framing';

function trailerFault(bytes: Uint8Array, start: number): MessageFault | undefined {
  for (let at = start; ; ) {
    const end = bytes.indexOf(LF, at);
    if (end < 0) return 'body-too-slow';
    if (bytes[end - 1] !== CR) return broken;
    if (end - 1 === at) return undefined;
    if (fieldOf(latin1(bytes, at, end - 1)) === undefined) return broken;
    at = end + 1;
  }
}

/** Name and value of a field line; undefined where it is none. */
function fieldOf(line: string): readonly [string, string] | undefined {
  return isFieldText(line) ? splitField(line) : undefined;
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

import { type OutgoingHttpHeader, STATUS_CODES } from 'node:http';
import type { Field } from '@flick/decide';

// What Node reads more out of than a field of the answer, and writes itself or stumbles over.
const odd = /^(?:connection|date|expect|keep-alive|trailer|transfer-encoding|upgrade)$/i;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What the name of a field says of it. */
interface Named {
  readonly kind: 'plain' | 'length' | 'odd';
  /** The end of the line before it, and the name. */
  readonly begin: string;
}

/** Names of fields are few and come again and again; beyond this many, those that are known are forgotten. */
const knownNames = 1000;
const known = new Map<string, Named>();

function namedOf(name: string): Named {
  let named = known.get(name);
  if (named === undefined) {
    const plainKind = name.toLowerCase() === 'content-length' ? 'length' : 'plain';
    named = { kind: odd.test(name) || !token.test(name) ? 'odd' : plainKind, begin: `\r\n${name}: ` };
    if (known.size >= knownNames) known.clear();
    known.set(name, named);
  }
  return named;
}

/** Fields that go out with any answer, before its own. */
export interface OwnFields {
  readonly requestId: string;
  readonly limitFields: readonly Field[];
}

/**
 * The head of an answer on a connection that is kept, as Node would write it.
 *
 * @param own - undefined where `fields` has them
 * @param fields - names and values in turn
 * @param length - of the body, in bytes
 * @returns undefined where it is not as plain as that: then Node is to write it, or to say what is wrong with it
 */
export function shortHead(
  status: number,
  own: OwnFields | undefined,
  fields: readonly OutgoingHttpHeader[],
  length: number,
  idleMs: number,
): string | undefined {
  let head = statusLine(status);
  if (own !== undefined) {
    head += `\r\nX-Request-Id: ${own.requestId}`;
    for (const [name, value] of own.limitFields) {
      const { kind, begin } = namedOf(name);
      if (!isPlain(kind, value)) return undefined;
      head += begin + value;
    }
  }
  let isSized = false;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at];
    const value = fields[at + 1];
    if (typeof name !== 'string' || value === undefined) return undefined;
    const { kind, begin } = namedOf(name);
    if (kind === 'odd') return undefined;
    if (kind === 'length') {
      if (value !== length || isSized) return undefined;
      isSized = true;
    } else if (typeof value !== 'number' && !isPlain(kind, value)) return undefined;
    head += begin + String(value);
  }
  // RFC 9110, section 8.6.
  if (isSized === (status === 204 || status === 304)) return undefined;
  return head + lastLines(idleMs);
}

// Node before 20.20 holds a length as it was given against the bytes written: text is left to Node.
function isPlain(kind: Named['kind'], value: OutgoingHttpHeader | undefined): boolean {
  if (kind !== 'plain' || typeof value !== 'string') return false;
  // A loop: values are short, and there is one of these for each field of each answer.
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

const statusLines = new Map<number, string>();

function statusLine(status: number): string {
  let line = statusLines.get(status);
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}`;
    statusLines.set(status, line);
  }
  return line;
}

let lastSecond = -1;
let lastIdleMs = -1;
let last = '';

/** The end of a head: the same for all answers of one second. */
function lastLines(idleMs: number): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== lastSecond || idleMs !== lastIdleMs) {
    lastSecond = second;
    lastIdleMs = idleMs;
    const kept = idleMs === 0 ? '' : `Keep-Alive: timeout=${Math.floor(idleMs / 1000)}\r\n`;
    last = `\r\nDate: ${new Date(second * 1000).toUTCString()}\r\nConnection: keep-alive\r\n${kept}\r\n`;
  }
  return last;
}

import { type OutgoingHttpHeader, STATUS_CODES } from 'node:http';

// What Node reads more out of than a field of the answer, and writes itself or stumbles over.
const odd = /^(?:connection|date|expect|keep-alive|trailer|transfer-encoding|upgrade)$/i;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

type Kind = 'plain' | 'length' | 'odd';

/** Names of fields are few and come again and again; beyond this many, those that are known are forgotten. */
const knownNames = 1000;
const kinds = new Map<string, Kind>();

function kindOf(name: string): Kind {
  let kind = kinds.get(name);
  if (kind === undefined) {
    kind = odd.test(name) || !token.test(name) ? 'odd' : name.toLowerCase() === 'content-length' ? 'length' : 'plain';
    if (kinds.size >= knownNames) kinds.clear();
    kinds.set(name, kind);
  }
  return kind;
}

/**
 * The head of an answer on a connection that is kept, as Node would write it.
 *
 * @param own - fields that go first: names and values in turn, as `fields`
 * @param length - of the body, in bytes
 * @returns undefined where it is not as plain as that: then Node is to write it, or to say what is wrong with it
 */
export function shortHead(
  status: number,
  own: readonly OutgoingHttpHeader[],
  fields: readonly OutgoingHttpHeader[],
  length: number,
  idleMs: number,
): string | undefined {
  const first = linesOf(own, length);
  const then = linesOf(fields, length);
  if (first === undefined || then === undefined) return undefined;
  const isSized = fields.includes('Content-Length');
  // RFC 9110, section 8.6.
  if (isSized === (status === 204 || status === 304)) return undefined;
  return `${statusLine(status)}${first}${then}${lastLines(idleMs)}`;
}

function linesOf(fields: readonly OutgoingHttpHeader[], length: number): string | undefined {
  let lines = '';
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at];
    const value = fields[at + 1];
    if (typeof name !== 'string') return undefined;
    const kind = kindOf(name);
    if (kind === 'odd') return undefined;
    if (typeof value === 'number' ? kind === 'length' && value !== length : !isPlain(kind, value)) return undefined;
    lines += `${name}: ${String(value)}\r\n`;
  }
  return lines;
}

// Node before 20.20 holds a length as it was given against the bytes written: text is left to Node.
function isPlain(kind: Kind, value: OutgoingHttpHeader | undefined): boolean {
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
    line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
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
    last = `Date: ${new Date(second * 1000).toUTCString()}\r\nConnection: keep-alive\r\n${kept}\r\n`;
  }
  return last;
}

import { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Exchange } from './exchange.ts';

const nothing = (): void => {};

// With these, some middleware lets a caller replace the method and path that were judged.
const overrides: ReadonlySet<string> = new Set([
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
]);

/**
 * The request as a framework gets it: its target is the one that was judged, fields that would have the framework read
 * another are taken away, and a body that was read for the check can be read again, its content coding removed.
 */
export function hostRequest(exchange: Exchange): IncomingMessage {
  const { request, body } = exchange;
  const isBack = body === undefined || putBack(request, body);
  const given = isBack ? request : copyOf(exchange, request);
  given.url = exchange.passage.target;
  prepare(given, body);
  if (!isBack) fill(given, body);
  return given;
}

/** The same for a framework that has its request already: that request is changed. */
export function changeRequest({ request, body, passage }: Exchange): void {
  // Where it differs, a router has taken off the path that it is mounted at.
  if (request.url === passage.facts.target) request.url = passage.target;
  const isBack = body === undefined || putBack(request, body);
  if (!isBack) {
    // It was read to its end, and begins anew.
    Reflect.apply(Readable, request, [{ autoDestroy: request instanceof IncomingMessage }]);
    Reflect.set(request, '_read', nothing);
  }
  prepare(request, body);
  if (!isBack) fill(request, body);
}

/** Has a request hold the body that was judged, where the end of it is not told yet. Says whether it could. */
function putBack(request: IncomingMessage, body: Uint8Array): boolean {
  if (body.length === 0 || request.readableEnded || request.destroyed) return false;
  if (request.readableLength > 0) {
    // It was judged where it is, and is as it came but for its coding.
    if (request.headers['content-encoding'] === undefined) return true;
    request.read();
  }
  request.unshift(body);
  return true;
}

function fill(request: IncomingMessage, body: Uint8Array): void {
  if (body.length > 0) request.push(body);
  request.push(null);
}

function prepare(request: IncomingMessage, body: Uint8Array | undefined): void {
  const sent = request.rawHeaders;
  for (let at = 0; at < sent.length; at += 2) {
    const name = sent[at] ?? '';
    // All of them begin so, and hardly any other.
    if (name[0] !== 'x' && name[0] !== 'X') continue;
    const lowerName = name.toLowerCase();
    if (overrides.has(lowerName)) dropField(request, lowerName);
  }
  if (body === undefined) return;
  if (request.headers['content-encoding'] !== undefined) {
    for (const name of ['content-encoding', 'transfer-encoding', 'content-length']) dropField(request, name);
    request.headers['content-length'] = String(body.length);
    request.rawHeaders.push('Content-Length', String(body.length));
  }
}

function copyOf(exchange: Exchange, request: IncomingMessage): IncomingMessage {
  const copy = new IncomingMessage(request.socket);
  copy.httpVersion = request.httpVersion;
  copy.httpVersionMajor = request.httpVersionMajor;
  copy.httpVersionMinor = request.httpVersionMinor;
  if (request.method !== undefined) copy.method = request.method;
  copy.rawHeaders = request.rawHeaders;
  copy.headers = request.headers;
  copy.complete = true;
  // Node's own asks the socket for more, which is the gate's to read.
  Reflect.set(copy, '_read', nothing);
  exchange.onGone(() => copy.destroy());
  return copy;
}

function dropField(request: IncomingMessage, lowerName: string): void {
  const { [lowerName]: _, ...headers } = request.headers;
  request.headers = headers;
  const raw: string[] = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? '';
    if (name.toLowerCase() !== lowerName) raw.push(name, request.rawHeaders[at + 1] ?? '');
  }
  request.rawHeaders = raw;
}

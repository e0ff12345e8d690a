import { Buffer } from 'node:buffer';
import { IncomingMessage } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { HandledRequest } from './handler-request.ts';
import type { JudgedMessage } from './host.ts';

const json = 'application/json';

/** What Fastify looks for, `__proto__` and the `prototype` of a `constructor`, has this in it, where nothing is escaped. */
const suspect = Buffer.from('proto');
const backslash = 0x5c;

/** How a parser hands on what it read. */
type Done = (error: Error | null, body?: unknown) => void;

/** As Fastify's own parsers are called by it. */
type Parse = (request: FastifyRequest, text: string, done: Done) => void;

/**
 * Hands JSON on as the value that was judged, the contract's defaults filled in, and reads nothing twice. What Fastify
 * says of the names that poison a prototype, and of a body beyond its limit, stays Fastify's. A parser of the app's own,
 * added before or after, stays in its place.
 *
 * @param isFirst - whether the app has no routes yet
 */
export function handOnJson(app: FastifyInstance, isFirst: boolean): void {
  // An app that has taken it away has its reasons.
  if (!app.hasContentTypeParser(json)) return;
  const { bodyLimit = Infinity, onProtoPoisoning = 'error', onConstructorPoisoning = 'error' } = app.initialConfig;
  const parse = parserOf(app.getDefaultJsonParser(onProtoPoisoning, onConstructorPoisoning));
  const removes = onProtoPoisoning === 'remove' || onConstructorPoisoning === 'remove';
  // Of routes that were there before it no hook tells: each request is asked.
  let smallestLimit = bodyLimit;
  app.addHook('onRoute', (route) => {
    if (route.bodyLimit !== undefined) smallestLimit = Math.min(smallestLimit, route.bodyLimit);
  });
  const give = (request: FastifyRequest, payload: unknown, bytes: Buffer, done: Done): void => {
    // What a hook has made of the body was not judged.
    const judged = removes || payload !== request.raw ? undefined : judgedBodyOf(request.raw);
    if (judged === undefined) parse(request, bytes.toString(), done);
    else if (bytes.includes(backslash) || bytes.includes(suspect))
      parse(request, bytes.toString(), (error) => done(error, judged));
    else done(null, judged);
  };
  const read = (request: FastifyRequest, payload: IncomingMessage, done: Done): void => {
    const length = payload instanceof IncomingMessage ? payload.readableLength : 0;
    // Node tells that a body is whole only after the turn in which its last byte came.
    const isWhole = length > 0 && (payload.complete || length === Number(request.headers['content-length']));
    if (isWhole && length <= (isFirst ? smallestLimit : request.routeOptions.bodyLimit)) {
      const bytes: unknown = payload.read();
      give(request, payload, bytes instanceof Buffer ? bytes : Buffer.from(String(bytes)), done);
      return;
    }
    readWithin(payload, request.routeOptions.bodyLimit).then(
      (bytes) => give(request, payload, bytes, done),
      (error: unknown) => done(readingFault(error)),
    );
  };
  try {
    app.addContentTypeParser(json, read);
  } catch (error) {
    if (isPresent(error)) return;
    throw error;
  }
  letReplace(app);
}

/** Fastify takes one parser of a type, and any in the place of its own: so it does in the place of this one. */
function letReplace(app: FastifyInstance): void {
  const replaced = new WeakSet<object>();
  const add: unknown = Reflect.get(app, 'addContentTypeParser');
  if (typeof add !== 'function') return;
  // Children of the app have their parsers from it, and its methods as their prototype's.
  Reflect.set(app, 'addContentTypeParser', function (this: FastifyInstance, types: unknown, ...more: unknown[]) {
    const isJson = [types].flat().some((type) => typeof type === 'string' && type.trim().toLowerCase() === json);
    if (isJson && !isWithin(replaced, this)) {
      replaced.add(this);
      this.removeContentTypeParser(json);
    }
    return Reflect.apply(add, this, [types, ...more]);
  });
}

function isWithin(instances: WeakSet<object>, app: object): boolean {
  for (let each: unknown = app; typeof each === 'object' && each !== null; each = Reflect.getPrototypeOf(each)) {
    if (instances.has(each)) return true;
  }
  return false;
}

function judgedBodyOf({ flick }: JudgedMessage): unknown {
  return flick instanceof HandledRequest ? flick.judgedBody : undefined;
}

/** What a stream comes to. */
async function readWithin(payload: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of payload.iterator({ destroyOnReturn: false })) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    length += bytes.length;
    if (length > limitBytes) throw tooLarge();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks, length);
}

/** Why a body could not be read: the client's doing, where nobody says otherwise. */
function readingFault(error: unknown): Error {
  const fault = error instanceof Error ? error : new Error(String(error));
  return 'statusCode' in fault ? fault : Object.assign(fault, { statusCode: 400 });
}

/** As Fastify says it. */
function tooLarge(): FastifyError {
  const error = new Error('Request body is too large');
  return Object.assign(error, { name: 'FastifyError', code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 });
}

function isPresent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_ALREADY_PRESENT';
}

function parserOf(parser: unknown): Parse {
  if (isParse(parser)) return parser;
  throw new TypeError('Fastify has no parser of JSON');
}

function isParse(parser: unknown): parser is Parse {
  return typeof parser === 'function';
}

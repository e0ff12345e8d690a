import { Server } from 'node:http';
import { Socket } from 'node:net';
import { type MessageFault, parseHead, type RequestFacts } from '@flick/decide';
import { type ClientError, soundCodes } from './connection.ts';
import { continueLater, requestOn } from './guest-exchange.ts';
import { LastAnswer, type LastJudge } from './last-answer.ts';

const known = new WeakSet<Server>();
const unread = { method: '', target: '', version: '', headers: [], fault: undefined };

/**
 * Has the ladder judge what a server of Node, not the gate's, would answer by itself: what it could not read or waited
 * for in vain, a request without Host, an expectation. A listener that somebody else has set stays, and what it answers
 * is theirs, but for Fastify's own.
 */
export function adoptServer(server: unknown, judge: LastJudge): void {
  if (!(server instanceof Server) || known.has(server)) return;
  known.add(server);
  // Read for each request; Node has no public name for it once the server is made.
  Reflect.set(server, 'requireHostHeader', false);
  if (server.listenerCount('checkContinue') === 0) {
    server.on('checkContinue', (request, response) => {
      continueLater(request);
      server.emit('request', request, response);
    });
  }
  if (server.listenerCount('checkExpectation') === 0) {
    server.on('checkExpectation', (request, response) => void server.emit('request', request, response));
  }
  for (const listener of server.listeners('clientError')) {
    if (listener.name === 'bound defaultClientErrorHandler' && isListener(listener)) {
      server.off('clientError', listener);
    }
  }
  if (server.listenerCount('clientError') > 0) return;
  server.on('clientError', (error: ClientError, socket) => {
    if (!(socket instanceof Socket) || !socket.writable || error.code === 'ECONNRESET') socket.destroy();
    else answerError(error, socket, judge);
  });
}

function answerError(error: ClientError, socket: Socket, judge: LastJudge): void {
  const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const exchange = requestOn(socket);
  if (exchange !== undefined) {
    const { response } = exchange;
    response.once('finish', () => socket.end());
    if (isLate)
      exchange.failReading('body-too-slow', 'The body did not arrive whole within the time that the server waits.');
    else exchange.failReading('malformed-request', 'The body is not framed as HTTP/1.1 frames one.');
    return;
  }
  // An answer is under way: another beside it could be taken for a part of it.
  if (typeof Reflect.get(socket, '_httpMessage') === 'object' && Reflect.get(socket, '_httpMessage') !== null) {
    socket.destroy();
    return;
  }
  const last = new LastAnswer(judge, socket, factsOf(error, socket));
  socket.once('close', () => last.socketClosed());
  last.begin();
}

function factsOf(error: ClientError, socket: Socket): RequestFacts {
  const packet: unknown = Reflect.get(error, 'rawPacket');
  const head = packet instanceof Uint8Array ? parseHead(packet)?.facts : undefined;
  const line = { address: socket.remoteAddress ?? '', secure: 'encrypted' in socket };
  // The ladder judges the path before the method, and both before the version.
  if (head !== undefined && soundCodes.has(error.code ?? '')) return { ...head, ...line };
  const facts = head ?? unread;
  return { ...facts, ...line, fault: facts.fault ?? faultOf(error.code) };
}

function isListener(listener: unknown): listener is () => void {
  return typeof listener === 'function';
}

function faultOf(code: string | undefined): MessageFault {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'headers-too-slow' : 'malformed-request';
}

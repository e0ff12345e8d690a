import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import type { Problem } from '@flick/decide';
import { createGate, createHandlers, createUpstream, type Outcome } from '@flick/gate';
import { expect } from 'vitest';
import { portOf } from '../packages/gate/test/port-of.ts';
import type { Answer, Arrived } from './answer.ts';
import { contractOf, deciderOf, defaultSizes } from './setting.ts';
import { inTurn, type Story, type StoryUpstream } from './story.ts';

const timeouts = {
  headersMs: 2000,
  requestMs: 2000,
  upstreamMs: 5000,
  idleMs: 5000,
  unreadMs: 5000,
  drainMs: 2000,
};

/** An API that checks nothing, answers as the story says, and remembers what arrived. */
async function startApi(upstream: StoryUpstream): Promise<{ server: Server; arrived: Arrived[] }> {
  const arrived: Arrived[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const fields = Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(', ')] as const);
      arrived.push({
        method: request.method ?? '',
        target: request.url ?? '',
        fields: Object.fromEntries(fields),
        body: Buffer.concat(chunks).toString('latin1'),
      });
      for (const [name, value] of Object.entries(upstream.fields ?? {})) response.setHeader(name, value);
      response.writeHead(upstream.status);
      response.end(upstream.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, arrived };
}

/** A response as its bytes say. */
export interface Wire {
  readonly status: number;
  readonly fields: Record<string, string>;
  readonly body: string;
}

/** Reads the one response that must have come, and fails where there was any other byte. */
function readResponse(bytes: Buffer, headRequest: boolean): Wire {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1];
  if (end < 0 || !status) throw new Error(`no response: ${JSON.stringify(text.slice(0, 200))}`);
  const fields: Record<string, string> = {};
  for (const field of lines) {
    const [, name = '', value = ''] = /^([^:]+):\s*(.*)$/.exec(field) ?? [];
    const lower = name.toLowerCase();
    fields[lower] = fields[lower] === undefined ? value : `${fields[lower]}, ${value}`;
  }
  const rest = bytes.subarray(end + 4);
  const bodiless = headRequest || status === '204' || status === '304';
  const body = bodiless ? Buffer.alloc(0) : fields['transfer-encoding'] ? dechunk(rest) : rest;
  const length = bodiless ? 0 : Number(fields['content-length'] ?? body.length);
  if (body.length !== length || (bodiless && rest.length > 0)) {
    throw new Error(`${line}: Content-Length ${length}, yet ${rest.length} bytes came`);
  }
  return { status: Number(status), fields, body: body.toString('latin1') };
}

function dechunk(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    const size = line < 0 ? Number.NaN : Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    if (Number.isNaN(size)) throw new Error('the chunked body breaks off');
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

/** Sends one request on a connection of its own, reads its answer, then hangs up and reads to the end. */
export async function exchange(port: number, request: Buffer): Promise<Wire> {
  const head = request.subarray(0, 5).toString('latin1') === 'HEAD ';
  const socket = connect(port, '127.0.0.1');
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (isWhole(bytes, head)) socket.end();
  });
  socket.write(request);
  await once(socket, 'close');
  return readResponse(bytes, head);
}

function isWhole(bytes: Buffer, headRequest: boolean): boolean {
  try {
    readResponse(bytes, headRequest);
    return true;
  } catch {
    return false;
  }
}

/** Refusals have one complete shape, whoever made them (RELIABILITY I5). */
export function checkProblem(wire: Wire, outcome: Outcome): readonly object[] {
  const { fields } = wire;
  const ownBody = outcome.upstreamStatus !== undefined && fields['content-type'] !== 'application/problem+json';
  if (outcome.reason === undefined || ownBody) return [];
  for (const name of ['date', 'x-request-id', 'content-length', 'cache-control']) {
    if (fields[name] === undefined) throw new Error(`the refusal has no ${name}`);
  }
  if (fields['content-type'] !== 'application/problem+json') throw new Error(`a refusal of ${fields['content-type']}`);
  if (wire.body === '') return [];
  const problem: Problem = JSON.parse(Buffer.from(wire.body, 'latin1').toString());
  const { status, reason, request_id } = problem;
  expect({ status, reason, request_id }).toEqual({
    status: wire.status,
    reason: outcome.reason,
    request_id: fields['x-request-id'],
  });
  return problem.errors;
}

/**
 * Runs a story through a gate with handlers in process, which answer as the story's API does, over real sockets. What
 * would have been forwarded is not seen there.
 *
 * @param as - how a request is written
 */
export async function runEmbedded(story: Story, as: (request: Buffer) => Buffer = asIs): Promise<Answer> {
  const contract = contractOf(story);
  const decider = deciderOf(story, true);
  const outcomes: Outcome[] = [];
  const { status, fields: headers, body } = story.upstream;
  const asked: string[] = [];
  const handlers = Object.fromEntries(
    contract.operations.map(({ id }) => [
      id,
      () => {
        asked.push(id);
        return { status, ...(headers && { headers }), ...(body !== undefined && { body }) };
      },
    ]),
  );
  const handler = createHandlers({ contract, decider, handlers, timeouts, onError: () => {} });
  const gate = createGate({
    decider,
    handler,
    timeouts,
    sizes: { bodyBytes: story.settings.bodyBytes ?? defaultSizes.bodyBytes, headerBytes: 16_384 },
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  try {
    const { port } = await gate.listen(0, '127.0.0.1');
    const wire = await inTurn(story.requests, (request) => {
      asked.length = 0;
      return exchange(port, as(request));
    });
    await gate.stop();
    const outcome = outcomes.at(-1);
    if (!wire || !outcome) throw new Error('nothing was recorded');
    const { precise, reason, operation, observed } = outcome;
    return {
      status: wire.status,
      precise,
      reason,
      operation,
      observed: observed?.reason,
      fields: wire.fields,
      errors: checkProblem(wire, outcome),
      body: wire.body,
      upstream: asked.length === 0 ? undefined : { method: '', target: '', body: '' },
    };
  } finally {
    await gate.destroy();
  }
}

function asIs(request: Buffer): Buffer {
  return request;
}

/** The same request, written so that the gate leaves it to Node's parser: with two blanks before the value of Host. */
export function forNode(request: Buffer): Buffer {
  return Buffer.from(request.toString('latin1').replace(/^(host): (?=\S)/im, '$1:  '), 'latin1');
}

/** Runs a story through a gate before a real server, over real sockets. */
export async function runOverSockets(story: Story): Promise<Answer> {
  const { server, arrived } = await startApi(story.upstream);
  const decider = deciderOf(story);
  const outcomes: Outcome[] = [];
  const handler = createUpstream({
    origin: `http://127.0.0.1:${portOf(server)}`,
    decider,
    timeouts,
  });
  const gate = createGate({
    decider,
    handler,
    timeouts,
    sizes: { bodyBytes: story.settings.bodyBytes ?? defaultSizes.bodyBytes, headerBytes: 16_384 },
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  try {
    const { port } = await gate.listen(0, '127.0.0.1');
    const wire = await inTurn(story.requests, (request) => {
      arrived.length = 0;
      return exchange(port, request);
    });
    await gate.stop();
    const outcome = outcomes.at(-1);
    if (!wire || !outcome) throw new Error('nothing was recorded');
    if (outcomes.length !== story.requests.length)
      throw new Error(`${outcomes.length} records of ${story.requests.length} requests`);
    const errors = checkProblem(wire, outcome);
    return {
      status: wire.status,
      precise: outcome.precise,
      reason: outcome.reason,
      operation: outcome.operation,
      observed: outcome.observed?.reason,
      fields: wire.fields,
      errors,
      body: wire.body,
      upstream: arrived.at(-1),
    };
  } finally {
    await gate.destroy();
    server.closeAllConnections();
    server.close();
  }
}

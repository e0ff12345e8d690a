import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { reasons } from '@flick/contract';
import type { BodyPlan, Decider, Passage, Refusal, ResponsePlan } from '@flick/decide';
import type { Exchange, Handler } from '../src/exchange.ts';
import { GateResponse } from '../src/gate-response.ts';
import { portOf } from './port-of.ts';

/** What became of one exchange. */
export interface FrontRecord {
  refusal: Refusal | undefined;
  cut: 'truncated' | 'unread' | undefined;
  answered: { status: number; precise: number; ms: number } | undefined;
}

/** The least server that can stand before a handler: no ladder, every request passes. */
export interface SmallFront {
  readonly origin: string;
  readonly port: number;
  readonly records: readonly FrontRecord[];
  readonly close: () => Promise<void>;
}

/** Particulars of a small front. */
export interface FrontOptions {
  /** What to do with bodies: `check` reads them whole first. Default: `stream` where there is one. */
  readonly body?: BodyPlan;
  /** Over what a head alone would give. */
  readonly passage?: Partial<Passage>;
}

/** A decider that passes everything, and refuses with the catalogue's own codes. */
export function openDecider(judge: Partial<Pick<Decider, 'judgeResponse'>> = {}): Decider {
  return {
    judgeHead: () => {
      throw new Error('not asked in these tests');
    },
    judgeLoad: (passage) => passage,
    judgeBody: (passage) => passage,
    refuse: (_passage, reason, detail, options) => ({
      reason,
      precise: options?.precise ?? reasons[reason].code,
      status: options?.precise ?? reasons[reason].code,
      detail,
      violations: options?.violations ?? [],
      fields: options?.fields ?? [],
      close: options?.close ?? false,
    }),
    corsFields: () => [],
    judgeResponse: (_passage, { status }): ResponsePlan => ({
      status,
      body: 'pass',
      fields: [],
      reason: undefined,
      refusal: undefined,
      declared: true,
      withheld: undefined,
      watch: undefined,
    }),
    judgeResponseBody: (_passage, { breach }) => ({ breach }),
    ...judge,
  };
}

/** Starts a front on 127.0.0.1, on a free port. */
export async function startSmallFront(handler: Handler, options: FrontOptions = {}): Promise<SmallFront> {
  const records: FrontRecord[] = [];
  const server = createServer(
    { connectionsCheckingInterval: 250, ServerResponse: GateResponse },
    (request, response) => {
      const record: FrontRecord = { refusal: undefined, cut: undefined, answered: undefined };
      records.push(record);
      void exchangeOf(request, response, record, options).then((exchange) => handler.handle(exchange));
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    records,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await handler.destroy();
    },
  };
}

async function exchangeOf(
  request: IncomingMessage,
  response: GateResponse,
  record: FrontRecord,
  options: FrontOptions,
): Promise<Exchange> {
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  const bodyPlan = hasBody ? (options.body ?? 'stream') : 'none';
  const body = bodyPlan === 'check' ? Buffer.from(await text(request)) : undefined;
  const passage: Passage = {
    facts: {
      method: request.method ?? '',
      target: request.url ?? '',
      version: request.httpVersion,
      headers: request.rawHeaders,
      address: request.socket.remoteAddress ?? '',
      secure: false,
    },
    verdict: { kind: 'pass' },
    operation: undefined,
    target: request.url ?? '',
    path: request.url ?? '',
    address: request.socket.remoteAddress ?? '',
    consumer: undefined,
    limitFields: [],
    observed: undefined,
    bodyPlan,
    media: undefined,
    values: undefined,
    allow: [],
    ...options.passage,
  };
  response.ownFields = ['X-Request-Id', 'front-1'];
  return {
    passage,
    requestId: 'front-1',
    request,
    body,
    response,
    headers: request.rawHeaders,
    isAnswering: false,
    send: () => {
      throw new Error('not asked in these tests');
    },
    refuse: (refusal) => {
      record.refusal = refusal;
      const problem = JSON.stringify({ reason: refusal.reason, detail: refusal.detail });
      response.setHeader('Content-Type', 'application/problem+json').setHeader('Content-Length', problem.length);
      response.writeHead(refusal.status, refusal.fields.flat());
      response.end(problem);
    },
    tunnel: () => {
      throw new Error('not asked in these tests');
    },
    lasts: () => {},
    cut: (ending) => {
      record.cut = ending;
      request.socket.destroy();
    },
    answered: (status, plan, ms) => {
      const precise = plan.refusal?.precise ?? status;
      record.answered = { status, precise, ms };
    },
    checked: () => {},
    onGone: (listener) => {
      response.once('close', () => {
        if (!response.writableFinished) listener();
      });
    },
  };
}

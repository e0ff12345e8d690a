import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** How a server answers for tokens. */
export type IntrospectionMode =
  | 'good'
  | 'hang'
  | 'drip'
  | '500'
  | '401'
  | 'html'
  | 'list'
  | 'endless'
  | 'redirect'
  | 'cut';

/** A request as it arrived. */
interface Asked {
  readonly method: string;
  readonly type: string;
  readonly authorization: string;
  readonly form: URLSearchParams;
}

/** A server of RFC 7662 on 127.0.0.1 that can be told to misbehave. */
export interface IntrospectionServer {
  readonly url: string;
  mode: IntrospectionMode;
  /** What it says of a token. */
  say: (token: string) => object;
  readonly asked: Asked[];
  /** Requests to where it redirects. */
  moved: number;
  /** Most requests under way at once. */
  most: number;
  /** Bytes written to the last endless answer. */
  written: number;
  readonly close: () => Promise<void>;
}

export async function startIntrospection(): Promise<IntrospectionServer> {
  let open = 0;
  const server = createServer((request, response) => {
    open += 1;
    issuer.most = Math.max(issuer.most, open);
    response.on('close', () => (open -= 1));
    if (request.url === '/moved') issuer.moved += 1;
    void answer(issuer, request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port }: Partial<AddressInfo> = Object(server.address());
  const issuer: IntrospectionServer = {
    url: `http://127.0.0.1:${port}/introspect`,
    mode: 'good',
    say: () => ({ active: true, sub: 'alice' }),
    asked: [],
    moved: 0,
    most: 0,
    written: 0,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return issuer;
}

async function answer(issuer: IntrospectionServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams(await text(request));
  const { method = '', headers } = request;
  issuer.asked.push({
    method,
    type: headers['content-type'] ?? '',
    authorization: headers.authorization ?? '',
    form,
  });
  const json = JSON.stringify(issuer.say(form.get('token') ?? ''));
  switch (issuer.mode) {
    case 'good':
      response.setHeader('content-type', 'application/json').end(json);
      break;
    case 'hang':
      break;
    case 'drip':
      drip(response, json);
      break;
    case '500':
      response.writeHead(500).end(json);
      break;
    case '401':
      response.writeHead(401).end('{"error":"invalid_client"}');
      break;
    case 'html':
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Sign in</title>');
      break;
    case 'list':
      response.end('[true]');
      break;
    case 'endless':
      flood(issuer, response);
      break;
    case 'redirect':
      response.writeHead(307, { location: '/moved' }).end();
      break;
    case 'cut':
      response.writeHead(200, { 'content-length': json.length + 1 }).write(json, () => response.destroy());
  }
}

/** One byte now and then: each keeps an idle timer from firing. */
function drip(response: ServerResponse, json: string): void {
  let at = 0;
  const timer = setInterval(() => {
    response.write(json[at] ?? ' ');
    at += 1;
  }, 100);
  response.on('close', () => {
    clearInterval(timer);
  });
}

/** 50 MB, as fast as they are read. */
function flood(issuer: IntrospectionServer, response: ServerResponse): void {
  const block = Buffer.alloc(65_536, 0x20);
  const fill = (): void => {
    while (issuer.written < 50_000_000 && !response.destroyed) {
      issuer.written += block.length;
      if (!response.write(block)) {
        response.once('drain', fill);
        return;
      }
    }
    response.end();
  };
  fill();
}

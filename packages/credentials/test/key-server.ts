import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How an issuer answers for its keys. */
export type KeyServerMode = 'good' | 'hang' | 'drip' | '500' | 'html' | 'list' | 'endless' | 'redirect' | 'cut';

/** An issuer of keys on 127.0.0.1 that can be told to misbehave. */
export interface KeyServer {
  readonly url: string;
  mode: KeyServerMode;
  keys: readonly object[];
  /** Requests for the keys so far. */
  fetches: number;
  /** Bytes written to the last answer. */
  written: number;
  readonly close: () => Promise<void>;
}

export async function startKeyServer(): Promise<KeyServer> {
  const server = createServer((request, response) => {
    if (request.url === '/keys') issuer.fetches += 1;
    answer(issuer, request.url ?? '', response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port }: Partial<AddressInfo> = Object(server.address());
  const issuer: KeyServer = {
    url: `http://127.0.0.1:${port}/keys`,
    mode: 'good',
    keys: [],
    fetches: 0,
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

function answer(issuer: KeyServer, path: string, response: ServerResponse): void {
  const json = JSON.stringify({ keys: issuer.keys });
  if (path === '/moved') {
    response.end(json);
    return;
  }
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
    case 'html':
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Sign in</title>');
      break;
    case 'list':
      response.end(JSON.stringify(issuer.keys));
      break;
    case 'endless':
      flood(issuer, response);
      break;
    case 'redirect':
      response.writeHead(302, { location: '/moved' }).end();
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
function flood(issuer: KeyServer, response: ServerResponse): void {
  const block = Buffer.alloc(65_536, 0x20);
  issuer.written = 0;
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

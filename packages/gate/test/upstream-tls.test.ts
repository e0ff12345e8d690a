import { once } from 'node:events';
import { createServer } from 'node:https';
import { expect, onTestFinished, test, vi } from 'vitest';
import { inTurn } from './in-turn.ts';
import { portOf } from './port-of.ts';
import { askOnce, askRaw, statusesOf } from './raw-client.ts';
import { startFrontBefore } from './stand.ts';
import { tlsPair } from './tls-pair.ts';

async function startSecure(): Promise<{
  port: number;
  names: (string | false | undefined)[];
  connections: () => number;
}> {
  const names: (string | false | undefined)[] = [];
  let connections = 0;
  const server = createServer(tlsPair, (_request, response) => response.end('safe'));
  server.on('secureConnection', (socket) => {
    connections += 1;
    names.push('servername' in socket && typeof socket.servername === 'string' ? socket.servername : undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: portOf(server), names, connections: () => connections };
}

test('an API whose certificate nobody vouches for is answered 502', async () => {
  const { port } = await startSecure();
  const front = await startFrontBefore(`https://127.0.0.1:${port}`);
  const answer = await askOnce(front.port);
  expect(statusesOf(answer.text)).toEqual([502]);
  expect(front.records[0]?.refusal?.reason).toBe('upstream-unreachable');
  expect(answer.text).not.toMatch(/self.signed|certificate/i);
});

test('over TLS the API is named by its own name, whatever Host the client sends, on one connection', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { port, names, connections } = await startSecure();
  const front = await startFrontBefore(`https://localhost:${port}`);
  await inTurn(3, async (turn) => {
    const request = `GET / HTTP/1.1\r\nHost: h${turn}.test\r\nConnection: close\r\n\r\n`;
    expect((await askRaw(front.port, request)).text).toContain('safe');
  });
  expect(names).toEqual(['localhost']);
  expect(connections()).toBe(1);
});

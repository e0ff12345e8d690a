import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { inTurn } from '../../packages/gate/test/in-turn.ts';
import { portOf } from '../../packages/gate/test/port-of.ts';
import { openDoor } from '../door.ts';

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A real WebSocket server that says back what it gets, with the gate before it. */
async function openChat() {
  const server = createServer((_request, response) => response.end('plain')).listen(0, '127.0.0.1');
  const sockets = new WebSocketServer({
    server,
    perMessageDeflate: { threshold: 0 },
    handleProtocols: (offered) => (offered.has('chat.v2') ? 'chat.v2' : false),
  });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const door = await openDoor({ origin: `http://127.0.0.1:${portOf(server)}` });
  return { ...door, sockets, url: `ws://127.0.0.1:${door.port}/v1` };
}

test('a library on either side talks through the gate: subprotocol, compression, pings, close codes', async () => {
  const { url, recorded, sockets } = await openChat();
  const client = new WebSocket(`${url}/health`, ['chat.v1', 'chat.v2'], { perMessageDeflate: { threshold: 0 } });
  await once(client, 'open');
  expect(client.protocol).toBe('chat.v2');
  expect(client.extensions).toContain('permessage-deflate');
  const sizes = [0, 1, 125, 126, 65_535, 65_536, 3_000_000];
  const sent = sizes.map((size) => randomBytes(size));
  const back: string[] = [];
  const all = new Promise<void>((resolve) => {
    client.on('message', (data) => {
      if (!Buffer.isBuffer(data)) throw new Error('not one buffer');
      back.push(digest(data));
      if (back.length === sent.length) resolve();
    });
  });
  for (const message of sent) client.send(message);
  await all;
  expect(back).toEqual(sent.map(digest));
  const pong = once(client, 'pong');
  client.ping('are you there');
  expect(String((await pong)[0])).toBe('are you there');
  const [far] = sockets.clients;
  if (far === undefined) throw new Error('no client');
  const farClosed = once(far, 'close');
  client.close(4001, 'enough');
  expect((await farClosed).map(String)).toEqual(['4001', 'enough']);
  expect(await recorded(1)).toMatchObject([{ status: 101, upstreamStatus: 101, ending: 'complete', method: 'GET' }]);
});

test('a client library sees the refusal as the HTTP answer that it is', async () => {
  const { url, recorded } = await openChat();
  const client = new WebSocket(`${url}/private`);
  const refused = once(client, 'unexpected-response');
  client.on('error', () => {});
  const [, response] = await refused;
  expect(response).toMatchObject({
    statusCode: 401,
    headers: { 'content-type': 'application/problem+json', 'www-authenticate': expect.stringContaining('ApiKey') },
  });
  response.destroy();
  expect(await recorded(1)).toMatchObject([{ status: 401, reason: 'missing-credentials' }]);
});

test('fifty clients at once each get their own words', async () => {
  const { url, recorded } = await openChat();
  const talk = async (number: number): Promise<void> => {
    const client = new WebSocket(`${url}/health`);
    await once(client, 'open');
    await inTurn(3, async (turn) => {
      const reply = once(client, 'message');
      client.send(`${number}/${turn}`);
      expect(String((await reply)[0])).toBe(`${number}/${turn}`);
    });
    client.close();
    await once(client, 'close');
  };
  await Promise.all(Array.from({ length: 50 }, (_, number) => talk(number)));
  const outcomes = await recorded(50);
  expect(outcomes.every(({ status, ending }) => status === 101 && ending === 'complete')).toBe(true);
});

import { once } from 'node:events';
import type { Decider } from '@flick/decide';
import { describe, expect, test, vi } from 'vitest';
import type { Exchange } from '../src/exchange.ts';
import type { Revision } from '../src/revision.ts';
import { handlerOf, openGate } from './open-gate.ts';
import { plainDecider } from './plain-decider.ts';
import { ask, dial, expectProblem } from './wire-client.ts';

const patience = { timeout: 10_000, interval: 5 };
const host = 'Host: api.test\r\n';
const get = (target: string) => `GET ${target} HTTP/1.1\r\n${host}\r\n`;

const timeouts = {
  headersMs: 10_000,
  requestMs: 10_000,
  upstreamMs: 10_000,
  idleMs: 10_000,
  unreadMs: 10_000,
  drainMs: 10_000,
};

/** A ladder that signs what it lets pass: the first half of a request by its head, the second by its body. */
function signing(name: string): Decider {
  return {
    ...plainDecider,
    judgeHead: async (facts) => {
      const passage = await plainDecider.judgeHead(facts);
      return { ...passage, limitFields: [['X-Head', name]] };
    },
    judgeBody: (passage, bytes) => {
      const judged = plainDecider.judgeBody(passage, bytes);
      return { ...judged, limitFields: [...judged.limitFields, ['X-Body', name]] };
    },
  };
}

/** A revision that signs all that it does, and tells when its handler is closed. */
function revisionOf(name: string, handle?: (exchange: Exchange) => void) {
  const closed: string[] = [];
  const revision: Revision = {
    decider: signing(name),
    handler: {
      ...handlerOf(handle ?? (({ response }) => response.end(name))),
      close: async () => {
        closed.push(name);
      },
    },
    timeouts,
    sizes: { bodyBytes: 1024, headerBytes: 16 * 1024 },
  };
  return { revision, closed };
}

describe('a gate whose revision is replaced', () => {
  test('judges and answers what came before by the old one, to the end, and what comes after by the new one', async () => {
    const [old, next] = [revisionOf('old'), revisionOf('new')];
    const { gate, port } = await openGate(undefined, old.revision);
    const [body, later, idle] = await Promise.all([dial(port), dial(port), dial(port)]);
    idle.send(get('/open'));
    expect((await idle.answer()).body).toBe('old');
    body.send(`POST /check HTTP/1.1\r\n${host}Content-Length: 4\r\nExpect: 100-continue\r\n\r\n`);
    // Its head is judged by now.
    await once(body.socket, 'progress');
    later.send(get('/later'));
    await vi.waitUntil(() => gate.load.inFlight === 2, patience);

    const replaced = gate.replace(next.revision);
    idle.send(get('/open'));
    expect(await idle.answer()).toMatchObject({ body: 'new', fields: { 'x-head': 'new' } });
    expect(await later.answer()).toMatchObject({ body: 'old', fields: { 'x-head': 'old' } });
    expect(old.closed).toEqual([]);
    body.send('abcd');
    expect(await body.answer()).toMatchObject({ body: 'old', fields: { 'x-head': 'old', 'x-body': 'old' } });
    await replaced;
    expect(old.closed).toEqual(['old']);
    body.send(get('/open'));
    expect((await body.answer()).body).toBe('new');
    expect(next.closed).toEqual([]);
  });

  test('closes the old handler at once where nothing is under way', async () => {
    const [old, next] = [revisionOf('old'), revisionOf('new')];
    const { gate } = await openGate(undefined, old.revision);
    await gate.replace(next.revision);
    expect(old.closed).toEqual(['old']);
  });

  test('holds new connections to the new bounds', async () => {
    const old = revisionOf('old');
    const { gate, port } = await openGate(undefined, old.revision);
    const long = `GET /open HTTP/1.1\r\n${host}Connection: close\r\nX-Long: ${'a'.repeat(2000)}\r\n\r\n`;
    expect((await ask(port, long)).answers[0]?.status).toBe(200);
    await gate.replace({ ...old.revision, sizes: { bodyBytes: 8, headerBytes: 1024 } });
    expectProblem((await ask(port, long)).answers[0], 431, 'headers-too-large');
    const tooLarge = `POST /check HTTP/1.1\r\n${host}Connection: close\r\nContent-Length: 9\r\n\r\n123456789`;
    expectProblem((await ask(port, tooLarge)).answers[0], 413, 'body-too-large');
    await gate.replace({ ...old.revision, timeouts: { ...timeouts, headersMs: 200 } });
    const slow = await dial(port);
    slow.send('GET /open HTTP/1.1\r\n');
    expectProblem(await slow.answer(), 408, 'headers-too-slow');
  });

  test('stops gracefully with requests of both under way', async () => {
    const waiting: Exchange[] = [];
    const [old, next] = [revisionOf('old', (exchange) => waiting.push(exchange)), revisionOf('new')];
    const { gate, port } = await openGate(undefined, old.revision);
    const slow = await dial(port);
    slow.send(get('/open'));
    await vi.waitUntil(() => waiting.length > 0, patience);
    const replaced = gate.replace(next.revision);
    const stopped = gate.stop();
    waiting[0]?.response.end('old');
    expect((await slow.end()).answers).toMatchObject([{ status: 200, body: 'old' }]);
    await Promise.all([replaced, stopped]);
    expect([...old.closed, ...next.closed]).toEqual(['old', 'new']);
  });

  test('tells what it has in hand, and what it did not take', async () => {
    const waiting: Exchange[] = [];
    const { gate, port, settled } = await openGate((exchange) => waiting.push(exchange), { maxConnections: 1 });
    expect(gate.load).toMatchObject({ connections: 0, maxConnections: 1, inFlight: 0, refusedConnections: 0 });
    const wire = await dial(port);
    wire.send(get('/open'));
    await vi.waitUntil(() => waiting.length > 0, patience);
    await ask(port, get('/open')).catch(() => undefined);
    await settled(1);
    expect(gate.load).toMatchObject({ connections: 1, maxConnections: 1, inFlight: 1, refusedConnections: 1 });
    waiting[0]?.response.end('done');
    await wire.answer();
    wire.socket.destroy();
    await vi.waitUntil(() => gate.load.connections === 0, patience);
    expect(gate.load).toMatchObject({ connections: 0, inFlight: 0 });
  });
});

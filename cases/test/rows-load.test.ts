import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createGate, type Outcome } from '@flick/gate';
import { createDecider } from '@flick/decide';
import { createMemoryLimits, readSqliteRecords } from '@flick/stores';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { serveFlick } from '../../packages/cli/test/flick.ts';
import { folderWith } from '../../packages/cli/test/temporary-folder.ts';
import { portOf } from '../../packages/gate/test/port-of.ts';
import { handlerOf } from '../../packages/gate/test/open-gate.ts';
import { ask, dial, expectProblem } from '../../packages/gate/test/wire-client.ts';
import { runClients, type Seen } from '../load-clients.ts';
import { contractOf, deciderOf, defaultSizes } from '../setting.ts';
import { token } from '../token.ts';

const slow = { headersMs: 60_000, requestMs: 60_000, upstreamMs: 60_000, idleMs: 60_000, unreadMs: 60_000, drainMs: 0 };

const get = (path: string, fields = ''): string => `GET /v1${path} HTTP/1.1\r\nHost: library.test\r\n${fields}\r\n`;

function busy(ms: number): void {
  const due = performance.now() + ms;
  while (performance.now() < due);
}

function quantile(times: readonly number[], part: number): number {
  return times.toSorted((a, b) => a - b)[Math.ceil(part * times.length) - 1] ?? Number.NaN;
}

describe('row 5: more work than one processor can do', () => {
  const loopLagMs = 1000;
  const workMs = 50;

  async function openBusyGate(): Promise<{ port: number; outcomes: readonly Outcome[]; worked: () => number }> {
    let worked = 0;
    const outcomes: Outcome[] = [];
    const handler = handlerOf(({ response, passage }) => {
      if (passage.operation?.id !== 'getHealth') {
        worked += 1;
        busy(workMs);
      }
      response.writeHead(200, { 'Content-Length': 2 }).end('ok');
    });
    const settings = {
      codes: 'standard',
      operations: { getHealth: { shed: 'never' } },
      limits: [{ name: 'books', requests: 1_000_000, windowMs: 600_000, by: 'consumer', paths: ['/books/*'] }],
    } as const;
    const gate = createGate({
      decider: deciderOf({ contract: 'library.yaml', settings }),
      handler,
      timeouts: slow,
      sizes: { ...defaultSizes, headerBytes: 16_384 },
      overload: { loopLagMs },
      onOutcome: (outcome) => outcomes.push(outcome),
    });
    onTestFinished(() => gate.destroy());
    const { port } = await gate.listen(0, '127.0.0.1');
    return { port, outcomes, worked: () => worked };
  }

  test('sheds the excess before it is charged; what is accepted is served in time', { timeout: 60_000 }, async () => {
    const { port, outcomes, worked } = await openBusyGate();
    const bearer = `Authorization: Bearer ${token({ sub: 'ann' })}\r\n`;
    const texts = [get('/books/7', bearer), get('/books/8', bearer), get('/books/9', bearer), get('/health')];
    const seen = [
      // Compiles what is needed, on both sides.
      ...(await runClients({ port, texts, clients: 4, ms: 1, restMs: 250 })),
      ...(await runClients({ port, texts, clients: 200, ms: 5000, restMs: 250 })),
    ];
    const of = (isMeant: (answer: Seen) => boolean): readonly Seen[] => seen.filter(isMeant);
    const health = of(({ text }) => text === 3);
    const accepted = of(({ text, status }) => text !== 3 && status === 200);
    const shed = of(({ status }) => status === 503);

    // Never a 408, and no other code.
    expect(accepted.length + shed.length + health.length).toBe(seen.length);
    expect(accepted.length).toBeGreaterThan(20);
    expect(shed.length).toBeGreaterThan(accepted.length);
    expect(new Set(shed.map(({ retryAfter }) => retryAfter))).toEqual(new Set(['1']));
    expect(new Set(health.map(({ status }) => status))).toEqual(new Set([200]));
    expect(
      quantile(
        accepted.map(({ ms }) => ms),
        0.99,
      ),
    ).toBeLessThan(2 * loopLagMs);

    // Every one of them is on record, and of those that were shed nobody was asked who they are.
    await vi.waitFor(() => expect(outcomes).toHaveLength(seen.length));
    const refused = outcomes.filter(({ reason }) => reason === 'overloaded');
    expect(refused).toHaveLength(shed.length);
    expect(refused.every(({ consumer, status, operation }) => !consumer && status === 503 && operation)).toBe(true);
    expect(worked()).toBe(accepted.length);
    const { answers } = await ask(port, get('/books/7', `${bearer}Connection: close\r\n`));
    expect(answers[0]?.fields.ratelimit).toMatch(new RegExp(`^"books";r=${1_000_000 - accepted.length - 1};`));
  });

  test('one long pause sheds nobody', async () => {
    const { port, outcomes } = await openBusyGate();
    const seen = runClients({ port, texts: [get('/health')], clients: 50, ms: 1500, restMs: 10 });
    // Each client is answered once at least, however slow the machine is.
    await vi.waitFor(() => expect(outcomes.length).toBeGreaterThanOrEqual(50), 30_000);
    // As a garbage collection, or one heavy request, would hold the loop.
    await ask(port, get('/books/7', `Authorization: Bearer ${token({})}\r\nConnection: close\r\n`));
    busy(2 * loopLagMs);
    expect(new Set((await seen).map(({ status }) => status))).toEqual(new Set([200]));
    expect(outcomes.filter(({ reason }) => reason === 'overloaded')).toEqual([]);
  });
});

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.0.0 }
paths:
  /tea:
    get: { operationId: getTea, responses: { '200': { description: Tea. } } }
    post:
      operationId: postTea
      requestBody: { content: { application/json: { schema: { type: array, items: { type: string } } } } }
      responses: { '200': { description: Tea. } }
`;

/** An API that does not answer until it is told to. */
async function startTeaHouse() {
  let open = false;
  const server = createServer((_, response) => {
    if (open) response.end('tea');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { upstream: `http://127.0.0.1:${portOf(server)}`, open: () => (open = true) };
}

async function serveTea(upstream: string, settings: string, env: Readonly<Record<string, string>> = {}) {
  const folder = folderWith({ 'openapi.yaml': openapi, 'flick.yaml': `codes: standard\nlog: off\n${settings}` });
  const serving = await serveFlick(['openapi.yaml', '-u', upstream, '--records', 'sqlite:flick.db'], folder, env);
  const { pid } = serving.child;
  const stop = async () => {
    serving.child.kill('SIGTERM');
    const { code, stderr } = await serving.ended;
    expect(code).toBe(0);
    const records = await readSqliteRecords(`${folder}/flick.db`);
    const { requests } = await records.count({});
    await records.close();
    // What is shed may be dropped where it comes faster than a busy machine writes.
    return requests + Number(/written, (\d+) dropped in all/.exec(stderr)?.[1] ?? 0);
  };
  return {
    port: serving.port,
    stop,
    fds: () => readdirSync(`/proc/${pid}/fd`).length,
    residentMiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
  };
}

const tea = 'GET /tea HTTP/1.1\r\nHost: tea.test\r\n\r\n';

test('row 6: a flood of connections is dropped and counted, and costs the others nothing', async () => {
  const house = await startTeaHouse();
  house.open();
  const { port, fds, stop } = await serveTea(house.upstream, 'overload: { connections: 100 }\n');
  const connectOne = (): Socket => connect(port, '127.0.0.1').on('error', () => {});
  const own = connectOne();
  await once(own, 'connect');
  const answered = async (): Promise<void> => {
    own.write(tea);
    const [bytes]: readonly unknown[] = await once(own, 'data');
    expect(String(bytes)).toMatch(/^HTTP\/1\.1 200 /);
  };
  await answered();
  const before = fds();
  const few = 5;

  const flood = Array.from({ length: 500 }, connectOne);
  let closed = 0;
  for (const socket of flood) socket.on('close', () => (closed += 1)).resume();
  await vi.waitFor(() => expect(closed).toBe(401), { timeout: 10_000 });
  // One a connection, and a few for what else goes on, such as records that are being written.
  expect(fds() - before).toBeGreaterThanOrEqual(99);
  expect(fds() - before).toBeLessThan(99 + few);
  await answered();

  for (const socket of flood) socket.destroy();
  await vi.waitFor(() => expect(fds()).toBeLessThan(before + few), { timeout: 10_000 });
  const again = connectOne();
  again.end(tea);
  const [bytes]: readonly unknown[] = await once(again, 'data');
  expect(String(bytes)).toMatch(/^HTTP\/1\.1 200 /);
  own.destroy();
  // Three requests and every connection that was dropped.
  expect(await stop()).toBe(3 + 401);
});

test('row 8: where the API never answers, what is beyond its bound is 503 at once and the rest 504 in time', async () => {
  const house = await startTeaHouse();
  const settings = 'overload: { upstream: 20 }\ntimeouts: { upstream: 2s }\n';
  const { port, residentMiB, stop } = await serveTea(house.upstream, settings);
  const warm = await runClients({ port, texts: [tea], clients: 20, ms: 1, restMs: 1 });
  expect(warm.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 504));
  const startMiB = residentMiB();

  const seen = await runClients({ port, texts: [tea], clients: 200, ms: 3500, restMs: 20 });
  const shed = seen.filter(({ status }) => status === 503);
  const late = seen.filter(({ status }) => status === 504);
  expect(shed.length + late.length).toBe(seen.length);
  // All but those that the API may be given, at once.
  expect(shed.length).toBeGreaterThanOrEqual(180);
  expect(late.length).toBeGreaterThanOrEqual(20);
  expect(Math.min(...late.map(({ ms }) => ms))).toBeGreaterThan(1900);
  expect(
    quantile(
      late.map(({ ms }) => ms),
      0.99,
    ),
  ).toBeLessThan(3500);
  expect(
    quantile(
      shed.map(({ ms }) => ms),
      0.9,
    ),
  ).toBeLessThan(1000);
  expect(residentMiB() - startMiB).toBeLessThan(100);

  house.open();
  const [first] = await runClients({ port, texts: [tea], clients: 1, ms: 1, restMs: 1 });
  expect(first).toMatchObject({ status: 200 });
  expect(first?.ms).toBeLessThan(1000);
  expect(await stop()).toBe(warm.length + seen.length + 1);
}, 60_000);

test('row 8: what is shed because the API is at its bound is not charged', async () => {
  const house = await startTeaHouse();
  const settings =
    'overload: { upstream: 1 }\ntimeouts: { upstream: 3s }\nlimits: { all: { requests: 3, window: 1h, by: address } }\n';
  const { port, stop } = await serveTea(house.upstream, settings);
  const held = connect(port, '127.0.0.1').on('error', () => {});
  held.write(tea);
  const close = tea.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
  await vi.waitFor(async () => {
    const { answers } = await ask(port, close);
    expect(answers[0]?.status).toBe(503);
    expectProblem(answers[0], 503, 'overloaded');
    expect(answers[0]?.fields.ratelimit).toBeUndefined();
  }, 20_000);
  held.resetAndDestroy();
  house.open();
  await vi.waitFor(async () => {
    const { answers } = await ask(port, close);
    expect(answers[0]?.fields.ratelimit).toMatch(/^"all";r=1;/);
  }, 20_000);
  await stop();
});

describe('what is shed after it has waited gives back what it was charged', () => {
  const close = tea.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');

  test('for its body', async () => {
    const { upstream, server } = await startHeldTea();
    const { port, stop } = await serveTea(
      upstream,
      'overload: { in_flight: 1 }\nlimits: { all: { requests: 3, window: 1h, by: address } }\n',
    );
    const late = await dial(port);
    const head = 'POST /tea HTTP/1.1\r\nHost: tea.test\r\nContent-Type: application/json\r\nContent-Length: 2\r\n';
    late.send(`${head}Expect: 100-continue\r\n\r\n`);
    expect(await late.interim()).toBe(100);
    const arrived = once(server, 'request');
    const held = await dial(port);
    held.send(tea);
    await arrived;
    late.send('[]');
    const shed = await late.answer();
    expectProblem(shed, 503, 'overloaded');
    expect(shed?.fields.ratelimit).toBeUndefined();
    held.socket.resetAndDestroy();
    server.on('request', (_, response) => response.end('tea'));
    await vi.waitFor(async () => {
      const { answers } = await ask(port, close);
      expect(answers[0]?.status).toBe(200);
      // That of the one that was held, and its own.
      expect(answers[0]?.fields.ratelimit).toMatch(/^"all";r=1;/);
    }, 20_000);
    await stop();
  });

  test('for a verifier, to every limit', async () => {
    const told = new EventEmitter();
    const good = { kind: 'good', consumer: { subject: 'ann', scopes: [], scheme: 'bearer' } } as const;
    let known = new Promise<typeof good>((resolve) => {
      told.once('known', () => resolve(good));
    });
    const verify = (): typeof known => {
      told.emit('asked');
      return known;
    };
    const limit = { requests: 3, windowMs: 3_600_000 };
    const settings = { codes: 'standard', operations: { getHealth: { shed: 'never' } } } as const;
    const decider = createDecider(contractOf({ contract: 'library.yaml', settings }), {
      clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
      limits: [
        { ...limit, name: 'all', by: 'all' },
        { ...limit, name: 'each', by: 'consumer' },
      ],
      limitStore: createMemoryLimits(),
      limitStoreDown: 'refuse',
      limitHeaders: 'draft',
      verifiers: new Map([['bearer', { verify }]]),
      realm: 'library.test',
      trustedProxies: [],
      sizes: defaultSizes,
    });
    const handler = handlerOf(({ passage, response }) => {
      if (passage.operation?.id === 'getHealth') told.once('known', () => response.end());
      else response.end();
      told.emit('handled');
    });
    const sizes = { ...defaultSizes, headerBytes: 16_384 };
    const gate = createGate({ decider, handler, timeouts: slow, sizes, overload: { inFlight: 1 } });
    onTestFinished(() => gate.destroy());
    const { port } = await gate.listen(0, '127.0.0.1');
    const text = get('/books/7', 'Authorization: Bearer x\r\nConnection: close\r\n').replace('GET', 'PUT');

    const asked = once(told, 'asked');
    const waiting = ask(port, text);
    await asked;
    const handled = once(told, 'handled');
    const health = ask(port, get('/health', 'Connection: close\r\n'));
    await handled;
    told.emit('known');
    const [shed] = (await waiting).answers;
    expectProblem(shed, 503, 'overloaded');
    expect(shed?.fields.ratelimit).toBeUndefined();
    expect((await health).answers[0]?.status).toBe(200);

    known = Promise.resolve(good);
    const { answers } = await ask(port, text);
    expect(answers[0]?.status).toBe(200);
    expect(answers[0]?.fields.ratelimit).toMatch(/^"all";r=1;t=\d+, "each";r=2;/);
  });
});

/** An API that answers what its test says. */
async function startHeldTea() {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { upstream: `http://127.0.0.1:${portOf(server)}`, server };
}

test('streams without an end take nothing of what other requests have', async () => {
  const server = createServer((request, response) => {
    if (request.headers.accept !== 'text/event-stream') response.end('tea');
    else response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: brewing\n\n');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const upstream = `http://127.0.0.1:${portOf(server)}`;
  const { port, stop } = await serveTea(upstream, 'overload: { in_flight: 2, upstream: 2 }\n');
  const listen = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write(tea.replace('\r\n\r\n', '\r\nAccept: text/event-stream\r\n\r\n'));
    const [bytes]: readonly unknown[] = await once(socket, 'data');
    expect(String(bytes)).toMatch(/^HTTP\/1\.1 200 /);
    return socket;
  };
  const streams = [await listen(), await listen(), await listen(), await listen(), await listen()];
  const { answers } = await ask(port, tea.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  expect(answers[0]?.status).toBe(200);
  for (const socket of streams) socket.destroy();
  expect(await stop()).toBe(6);
});

test('row 13: bodies that together are as large as the heap may be end no process', async () => {
  const house = await startTeaHouse();
  house.open();
  const { port, stop } = await serveTea(house.upstream, '', { NODE_OPTIONS: '--max-old-space-size=128' });
  const body = JSON.stringify(Array.from({ length: 90_000 }, (_, at) => `leaf${at % 1000}`.padEnd(8, '.')));
  const head = 'POST /tea HTTP/1.1\r\nHost: tea.test\r\nContent-Type: application/json\r\n';
  const texts = [`${head}Content-Length: ${body.length}\r\n\r\n${body}`];
  expect(body.length).toBeGreaterThan(900_000);
  const seen = await runClients({ port, texts, clients: 50, ms: 2000, restMs: 50 });
  expect(seen.length).toBeGreaterThanOrEqual(50);
  expect(seen.filter(({ status }) => status !== 200 && status !== 413 && status !== 503)).toEqual([]);
  expect(seen.some(({ status }) => status === 200)).toBe(true);
  const [after] = await runClients({ port, texts: [tea], clients: 1, ms: 1, restMs: 1 });
  expect(after?.status).toBe(200);
  // A client that still sends when it is refused may lose the answer with the connection.
  const recorded = await stop();
  expect(recorded).toBeGreaterThanOrEqual(seen.length + 1);
  expect(recorded).toBeLessThanOrEqual(seen.length + 1 + 50);
}, 60_000);

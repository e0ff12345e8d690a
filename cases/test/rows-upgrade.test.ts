import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { tlsPair } from '../../packages/gate/test/tls-pair.ts';
import { ask, dial, expectProblem, pause, type WireAnswer } from '../../packages/gate/test/wire-client.ts';
import { openDoor } from '../door.ts';
import { agreed, startSwitchingApi } from '../switching-api.ts';

const host = 'Host: library.test\r\n';
const close = 'Connection: close\r\n';
const webSocket =
  'Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const asking = `GET /v1/health HTTP/1.1\r\n${host}${webSocket}\r\n`;
const patience = { timeout: 15_000, interval: 10 };

/** A client's end of a tunnel: raw bytes behind the head of the 101. */
async function openTunnel(port: number, request = asking) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  let chunks: Buffer[] = [];
  let length = 0;
  let ended = false;
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
  });
  socket.on('error', () => {});
  socket.on('end', () => (ended = true));
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  socket.write(request, 'latin1');
  const text = (): string => Buffer.concat(chunks).toString('latin1');
  await vi.waitFor(() => expect(text()).toContain('\r\n\r\n'), patience);
  const head = text().slice(0, text().indexOf('\r\n\r\n') + 4);
  chunks = [Buffer.from(text().slice(head.length), 'latin1')];
  const received = async (due: number): Promise<string> => {
    await vi.waitFor(() => expect(length - head.length).toBeGreaterThanOrEqual(due), patience);
    return text();
  };
  return { socket, head, received, closed, hasEnded: () => ended };
}

/** Every byte that there is. */
const allBytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));

/** An answer without what differs from one request, or one connection, to the next. */
const told = ({ body, fields }: WireAnswer): unknown => ({
  problem: { ...JSON.parse(body), request_id: '' },
  fields: { ...fields, date: '', 'x-request-id': '', connection: '', 'content-length': '', ratelimit: '' },
});

describe('row 56: an upgrade is judged as the same request without it', () => {
  const limited = { limits: [{ name: 'all', requests: 0, windowMs: 60_000, by: 'address' as const }] };
  const refused = [
    ['GET /v1/none', 404, 'unknown-path', {}],
    ['GET /v1/files', 405, 'method-not-allowed', {}],
    ['POST /v1/health', 405, 'method-not-allowed', {}],
    ['GET /v1/private', 401, 'missing-credentials', {}],
    ['GET /v1/health', 429, 'address-limit', limited],
    ['GET /v1/private', 429, 'address-limit', limited],
    ['GET /v1/private?limit=x', 401, 'missing-credentials', {}],
    ['GET /v1/books/x', 400, 'wrong-value', {}],
    ['GET /v1/health?x=1', 400, 'unknown-parameter', {}],
    ['GET /v1/health/..%2fprivate', 400, 'malformed-target', {}],
  ] as const;

  test.for(refused)('%s is %i %s, and no byte behind the head goes on', async ([line, status, reason, settings]) => {
    const { port, api, recorded } = await openDoor({ settings });
    const plain = await ask(port, `${line} HTTP/1.1\r\n${host}${close}\r\n`);
    const wire = await dial(port);
    wire.send(`${line} HTTP/1.1\r\n${host}${webSocket}\r\n\x81\x05hello`);
    const answer = await wire.answer();
    expectProblem(answer, status, reason);
    const [first] = plain.answers;
    if (first === undefined) throw new Error('no answer without the upgrade');
    expect(told(answer)).toMatchObject({ problem: { status, reason } });
    const { fields, ...rest } = { ...answer, fields: { ...answer.fields } };
    delete fields['keep-alive'];
    expect(told({ ...rest, fields })).toEqual(told(first));
    wire.socket.destroy();
    await recorded(2);
    expect(api.received()).toBe(0);
  });

  test('what is no request to go on as WebSocket is the ordinary request that it is', async () => {
    const { port, api } = await openDoor();
    const key = 'X-Api-Key: k\r\n';
    const ordinary = [
      `GET /v1/private HTTP/1.1\r\n${host}${key}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
      `GET /v1/private HTTP/1.1\r\n${host}${key}Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n\r\n`,
      `GET /v1/private HTTP/1.1\r\n${host}${key}Upgrade: websocket\r\n\r\n`,
      `GET /v1/private HTTP/1.0\r\n${host}${key}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      `POST /v1/files HTTP/1.1\r\n${host}Content-Type: application/octet-stream\r\nContent-Length: 3\r\n${webSocket}\r\nabc`,
      `HEAD /v1/private HTTP/1.1\r\n${host}${key}${webSocket}\r\n`,
    ];
    const statuses = ordinary.map(async (request) => {
      const wire = await dial(port, { methods: [request.split(' ')[0] ?? ''] });
      wire.send(request);
      const { status } = await wire.answer();
      wire.socket.destroy();
      return status;
    });
    expect(await Promise.all(statuses)).toEqual(ordinary.map(() => 200));
    expect(api.requests).toHaveLength(ordinary.length);
    for (const { head } of api.requests) expect(head).not.toMatch(/^(?:upgrade|http2-settings):|upgrade$/im);
  });

  test('a body beside it is refused as without it', async () => {
    const { port, api } = await openDoor();
    const wire = await dial(port);
    wire.send(`GET /v1/health HTTP/1.1\r\n${host}${webSocket}Content-Length: 3\r\n\r\nabc`);
    expectProblem(await wire.answer(), 400, 'unexpected-body');
    expect(api.received()).toBe(0);
  });

  test('under observe it goes on', async () => {
    const api = await startSwitchingApi();
    const { port, recorded } = await openDoor({ origin: api.origin, settings: { mode: 'observe' } });
    const { socket } = await openTunnel(port, asking.replace('/v1/health', '/v1/private'));
    (await api.at(0)).socket.end();
    socket.end();
    expect(await recorded(1)).toMatchObject([{ status: 101, observed: { reason: 'missing-credentials' } }]);
  });
});

describe('a tunnel', () => {
  test('passes what agrees on the protocol, says who asks, and takes no word of the caller for that', async () => {
    const api = await startSwitchingApi(
      agreed.replace('\r\n\r\n', '\r\nSec-WebSocket-Protocol: v2\r\nX-Own: 1\r\n\r\n'),
    );
    const { port } = await openDoor({
      origin: api.origin,
      settings: { limits: [{ name: 'all', requests: 9, windowMs: 60_000, by: 'address' }] },
    });
    const spoof =
      'Flick-Subject: root\r\nX-Forwarded-For: 1.1.1.1\r\nX-Request-Id: one\r\nSec-WebSocket-Protocol: v1, v2\r\n';
    const { head } = await openTunnel(port, asking.replace(host, host + spoof));
    expect(head).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    const answered = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Accept: x=',
      'Sec-WebSocket-Protocol: v2',
      'X-Own: 1',
      'X-Request-Id: one',
    ];
    const lines = head.split('\r\n');
    expect(answered.map((line) => lines.filter((sent) => sent === line).length)).toEqual(answered.map(() => 1));
    expect(head).toMatch(/\r\nRateLimit: "all";r=8/);
    expect(head).not.toMatch(/content-length|transfer-encoding|keep-alive/i);
    const { head: got } = await api.at(0);
    const forwarded = [
      /^connection: upgrade\r$/gim,
      /^upgrade: websocket\r$/gim,
      /^Sec-WebSocket-Version: 13\r$/gm,
      /^Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r$/gm,
      /^Sec-WebSocket-Protocol: v1, v2\r$/gm,
      /^X-Forwarded-For: 127\.0\.0\.1\r$/gm,
      /^X-Request-Id: one\r$/gm,
    ];
    expect(forwarded.map((line) => got.match(line)?.length)).toEqual(forwarded.map(() => 1));
    expect(got).not.toMatch(/root|1\.1\.1\.1/);
  });

  test('passes every byte both ways, those behind either head too, and is one record of 101', async () => {
    const api = await startSwitchingApi(`${agreed}first`);
    const { port, recorded } = await openDoor({ origin: api.origin });
    const { socket, received } = await openTunnel(port, `${asking}early`);
    const far = await api.at(0);
    expect(await received(5)).toBe('first');
    expect(await far.received(5)).toBe('early');
    socket.write(allBytes);
    far.socket.write(allBytes);
    expect(await far.received(261)).toBe(`early${allBytes.toString('latin1')}`);
    expect(await received(261)).toBe(`first${allBytes.toString('latin1')}`);
    await pause(50);
    socket.end();
    far.socket.end();
    const [outcome] = await recorded(1);
    expect(outcome).toMatchObject({
      status: 101,
      precise: 101,
      upstreamStatus: 101,
      ending: 'complete',
      operation: 'getHealth',
    });
    expect(outcome?.durationMs).toBeGreaterThanOrEqual(50);
  });

  test('no byte behind the head goes on before the API has agreed', async () => {
    const api = await startSwitchingApi('');
    const { port } = await openDoor({ origin: api.origin });
    const client = connect(port, '127.0.0.1');
    onTestFinished(() => {
      client.destroy();
    });
    client.write(`${asking}early`);
    const far = await api.at(0);
    client.write('later');
    await pause(100);
    expect(far.length()).toBe(0);
    far.socket.write(agreed);
    expect(await far.received(10)).toBe('earlylater');
  });

  test('follows requests on a kept connection, and waits for its turn behind them', async () => {
    const { port, api } = await openDoor({
      script: (_request, number) =>
        number === 1
          ? [{ wait: 100 }, { send: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' }]
          : [{ send: `${agreed}hi` }],
    });
    const { received, head } = await openTunnel(port, `GET /v1/health HTTP/1.1\r\n${host}\r\n${asking}`);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK/);
    const rest = await received(100);
    expect(rest).toMatch(/^okHTTP\/1\.1 101 /);
    await vi.waitFor(() => expect(api.requests).toHaveLength(2), patience);
  });

  test('goes through TLS', async () => {
    const api = await startSwitchingApi();
    const { port } = await openDoor({ origin: api.origin, tls: tlsPair });
    const wire = await dial(port, { tls: true });
    wire.send(asking);
    const far = await api.at(0);
    expect(await wire.interim()).toBe(101);
    wire.send('up');
    expect(await far.received(2)).toBe('up');
  });
});

describe('an API that does not agree', () => {
  test('has its answer passed on as any other, folded to the table, and the connection goes on', async () => {
    const { port, recorded } = await openDoor({
      settings: { codes: 'default' },
      script: (_request, number) => [
        {
          send:
            number === 1
              ? 'HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno'
              : 'HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nsecret',
        },
      ],
    });
    const wire = await dial(port);
    wire.send(asking);
    expect(await wire.answer()).toMatchObject({ status: 401, body: 'no' });
    wire.send(asking);
    expectProblem(await wire.answer(), 500, 'unhandled-error');
    expect(await recorded(2)).toMatchObject([
      { status: 401, precise: 403, upstreamStatus: 403, ending: 'complete' },
      { status: 500, upstreamStatus: 500 },
    ]);
  });

  const broken = {
    'without the fields of a switch': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'to another protocol': agreed.replace('Upgrade: websocket', 'Upgrade: h2c'),
    'to two protocols': agreed.replace('Upgrade: websocket', 'Upgrade: websocket\r\nUpgrade: h2c'),
    'in HTTP/2': agreed.replace('HTTP/1.1', 'HTTP/2.0'),
  };
  test.for(Object.entries(broken))('switches %s: 502, and its connection is closed', async ([, answer]) => {
    const api = await startSwitchingApi(answer);
    const { port } = await openDoor({ origin: api.origin });
    const wire = await dial(port);
    wire.send(asking);
    expectProblem(await wire.answer(), 502, 'upstream-malformed');
    await vi.waitFor(() => expect(api.open()).toBe(0), patience);
  });

  test('switches though nobody asked it to: 502', async () => {
    const api = await startSwitchingApi();
    const { port } = await openDoor({ origin: api.origin });
    const { answers } = await ask(port, `GET /v1/health HTTP/1.1\r\n${host}${close}\r\n`);
    expectProblem(answers[0], 502, 'upstream-malformed');
    await vi.waitFor(() => expect(api.open()).toBe(0), patience);
  });

  test('says nothing: 504 at the deadline', async () => {
    const api = await startSwitchingApi('');
    const { port } = await openDoor({ origin: api.origin, timeouts: { upstreamMs: 200 } });
    const wire = await dial(port);
    wire.send(asking);
    expectProblem(await wire.answer(), 504, 'upstream-too-slow');
    await vi.waitFor(() => expect(api.open()).toBe(0), patience);
  });

  test('is away: 502', async () => {
    const { port, recorded } = await openDoor({ origin: 'http://127.0.0.1:1' });
    const wire = await dial(port);
    wire.send(asking);
    expectProblem(await wire.answer(), 502, 'upstream-unreachable');
    expect(await recorded(1)).toMatchObject([{ status: 502, upstreamStatus: undefined }]);
  });
});

describe('the end of a tunnel', () => {
  test('the end of one side goes on, and the other may still send', async () => {
    const api = await startSwitchingApi();
    const { port, recorded } = await openDoor({ origin: api.origin });
    const { socket, received, closed } = await openTunnel(port);
    const far = await api.at(0);
    far.socket.allowHalfOpen = true;
    let farEnded = false;
    far.socket.on('end', () => (farEnded = true));
    socket.end('bye');
    await vi.waitFor(() => expect(farEnded).toBe(true), patience);
    // Longer than a client that has ended its side is waited for elsewhere.
    await pause(1300);
    far.socket.end('still here');
    expect(await received(10)).toBe('still here');
    await closed;
    expect(await recorded(1)).toMatchObject([{ status: 101, ending: 'complete' }]);
  });

  test('the API may end first', async () => {
    const api = await startSwitchingApi();
    const { port, recorded } = await openDoor({ origin: api.origin });
    const { socket, hasEnded } = await openTunnel(port);
    socket.allowHalfOpen = true;
    const far = await api.at(0);
    far.socket.end();
    await vi.waitFor(() => expect(hasEnded()).toBe(true), patience);
    socket.end('last');
    expect(await far.received(4)).toBe('last');
    expect(await recorded(1)).toMatchObject([{ status: 101, ending: 'complete' }]);
  });

  test('an API that breaks off cuts the client', async () => {
    const api = await startSwitchingApi();
    const { port, recorded } = await openDoor({ origin: api.origin });
    const { closed } = await openTunnel(port);
    (await api.at(0)).socket.resetAndDestroy();
    await closed;
    expect(await recorded(1)).toMatchObject([{ status: 101, ending: 'truncated' }]);
  });

  test('a client that breaks off, before or after the 101, frees the connection to the API', async () => {
    const api = await startSwitchingApi('');
    const { port, recorded } = await openDoor({ origin: api.origin });
    const breakOff = async (index: number, answer: string): Promise<void> => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(asking);
      const far = await api.at(index);
      if (answer !== '') {
        far.socket.write(answer);
        await once(socket, 'data');
      }
      socket.resetAndDestroy();
      await vi.waitFor(() => expect(api.open()).toBe(0), patience);
    };
    await breakOff(0, '');
    await breakOff(1, agreed);
    expect(await recorded(2)).toMatchObject([
      { status: 0, ending: 'aborted' },
      { status: 101, ending: 'aborted' },
    ]);
  });

  test('silence both ways ends it when its time is over, and not before', async () => {
    const api = await startSwitchingApi();
    const { port, recorded } = await openDoor({
      origin: api.origin,
      timeouts: { tunnelMs: 600, idleMs: 100, requestMs: 100, upstreamMs: 500, headersMs: 100 },
    });
    const { closed, socket } = await openTunnel(port);
    const far = await api.at(0);
    await pause(300);
    far.socket.write('a');
    await pause(300);
    socket.write('b');
    await closed;
    const [outcome] = await recorded(1);
    expect(outcome).toMatchObject({ status: 101, ending: 'truncated' });
    expect(outcome?.durationMs).toBeGreaterThanOrEqual(1200);
    await vi.waitFor(() => expect(api.open()).toBe(0), patience);
  });

  test('a graceful stop leaves it until the drain deadline, then cuts and records it', async () => {
    const api = await startSwitchingApi();
    const { port, stop, recorded } = await openDoor({ origin: api.origin, timeouts: { drainMs: 400 } });
    const { closed, received } = await openTunnel(port);
    const startMs = performance.now();
    const stopped = stop();
    await pause(100);
    (await api.at(0)).socket.write('still');
    expect(await received(5)).toBe('still');
    await stopped;
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(399);
    await closed;
    expect(await recorded(1)).toMatchObject([{ status: 101, ending: 'truncated' }]);
  });

  test('a stop ends at once where the tunnels do', async () => {
    const api = await startSwitchingApi();
    const { port, stop, recorded } = await openDoor({ origin: api.origin, timeouts: { drainMs: 60_000 } });
    const { socket } = await openTunnel(port);
    const stopped = stop();
    (await api.at(0)).socket.end();
    socket.end();
    await stopped;
    expect(await recorded(1)).toMatchObject([{ status: 101, ending: 'complete' }]);
  });
});

describe('bounds', () => {
  test('tunnels beyond the bound are 503, take nothing of what other requests have, and give back their place', async () => {
    const api = await startSwitchingApi();
    const { port, recorded } = await openDoor({ origin: api.origin, maxTunnels: 1, maxInFlight: 1 });
    const first = await openTunnel(port);
    const wire = await dial(port);
    wire.send(asking);
    const refused = await wire.answer();
    expectProblem(refused, 503, 'overloaded');
    expect(refused.fields['retry-after']).toBe('1');
    // The API switches whatever it is asked, so an ordinary request is told from one that found no place.
    wire.send(`GET /v1/health HTTP/1.1\r\n${host}\r\n`);
    expectProblem(await wire.answer(), 502, 'upstream-malformed');
    (await api.at(0)).socket.end();
    first.socket.end();
    await recorded(3);
    await openTunnel(port);
  });

  const mebibyte = Buffer.alloc(1024 * 1024, 7);
  const fill = (socket: Socket): void => {
    for (let count = 0; count < 96; count += 1) socket.write(mebibyte);
  };
  // What the operating system holds for two connections, with room to spare.
  const most = 64 * mebibyte.length;

  const stalls = async (from: Socket, to: Socket): Promise<void> => {
    to.pause();
    fill(from);
    let before = -1;
    await vi.waitFor(
      () => {
        const { bytesWritten, writableLength } = from;
        const now = bytesWritten - writableLength;
        const stood = now === before;
        before = now;
        if (!stood) throw new Error('still moving');
      },
      { timeout: 15_000, interval: 300 },
    );
    expect(before).toBeLessThan(most);
    to.resume();
  };

  test('a side that does not read makes the other wait, either way; nothing is lost', async () => {
    const api = await startSwitchingApi();
    const { port } = await openDoor({ origin: api.origin, timeouts: { unreadMs: 60_000, tunnelMs: 60_000 } });
    const { socket, received } = await openTunnel(port);
    const far = await api.at(0);
    await stalls(socket, far.socket);
    expect((await far.received(96 * mebibyte.length)).length).toBe(96 * mebibyte.length);
    await stalls(far.socket, socket);
    expect((await received(96 * mebibyte.length)).length).toBe(96 * mebibyte.length);
  }, 60_000);

  test('a client that reads nothing of what the API sends is cut', async () => {
    const api = await startSwitchingApi();
    const { port, recorded } = await openDoor({ origin: api.origin, timeouts: { unreadMs: 500 } });
    const { socket } = await openTunnel(port);
    socket.pause();
    fill((await api.at(0)).socket);
    expect(await recorded(1)).toMatchObject([{ status: 101, ending: 'unread' }]);
    await vi.waitFor(() => expect(api.open()).toBe(0), patience);
  });
});

import { EventEmitter, once } from 'node:events';
import type { Decider } from '@flick/decide';
import { expect, test } from 'vitest';
import { openGate } from './open-gate.ts';
import { plainDecider } from './plain-decider.ts';
import { ask, dial, expectProblem, pause } from './wire-client.ts';

const host = 'Host: api.test\r\n';
const close = 'Connection: close\r\n';

test('a request that passes is answered by the handler, with a request id', async () => {
  const { port, settled } = await openGate();
  const { answers } = await ask(port, `GET /open?a=1 HTTP/1.1\r\n${host}${close}\r\n`);
  expect(answers).toHaveLength(1);
  expect(answers[0]).toMatchObject({ status: 200, body: 'GET /open?a=1 -' });
  expect(answers[0]?.fields['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  const [outcome] = await settled(1);
  expect(outcome).toMatchObject({
    method: 'GET',
    path: '/open',
    status: 200,
    precise: 200,
    ending: 'complete',
    address: '127.0.0.1',
    requestId: answers[0]?.fields['x-request-id'],
  });
});

test('a refusal is a whole problem answer, with every field that is due, twice where it is due twice', async () => {
  const { port, settled } = await openGate();
  const { answers } = await ask(port, `GET /secret HTTP/1.1\r\n${host}${close}\r\n`);
  expectProblem(answers[0], 401, 'missing-credentials');
  expect(answers[0]?.fields['www-authenticate']).toBe('Bearer realm="api"\nBasic realm="api"');
  expect(await settled(1)).toMatchObject([{ status: 401, reason: 'missing-credentials', ending: 'complete' }]);
});

test('a connection serves request after request, refused ones too', async () => {
  const { port, settled } = await openGate();
  const wire = await dial(port);
  const statusOf = async (path: string): Promise<number> => {
    wire.send(`GET ${path} HTTP/1.1\r\n${host}\r\n`);
    return (await wire.answer()).status;
  };
  expect(await statusOf('/open')).toBe(200);
  expect(await statusOf('/none')).toBe(404);
  expect(await statusOf('/later')).toBe(200);
  expect(await statusOf('/secret')).toBe(401);
  wire.send(`POST /secret HTTP/1.1\r\n${host}Content-Length: 2\r\n\r\n{}`);
  expect((await wire.answer()).status).toBe(401);
  wire.send(`GET /open HTTP/1.1\r\n${host}${close}\r\n`);
  expect((await wire.end()).answers.map(({ status }) => status)).toEqual([200, 404, 200, 401, 401, 200]);
  expect(await settled(6)).toHaveLength(6);
});

test('HEAD is refused with the head of a problem and no body', async () => {
  const { port } = await openGate();
  const wire = await dial(port, { methods: ['HEAD', 'HEAD', 'GET'] });
  wire.send(`HEAD /secret HTTP/1.1\r\n${host}\r\nHEAD /open HTTP/1.1\r\n${host}\r\n`);
  wire.send(`GET /open HTTP/1.1\r\n${host}${close}\r\n`);
  const { answers, rest } = await wire.end();
  expect(rest).toBe('');
  expect(answers.map(({ status }) => status)).toEqual([401, 200, 200]);
  expect(Number(answers[0]?.fields['content-length'])).toBeGreaterThan(50);
});

test('OPTIONS is answered by the ladder, without a body', async () => {
  const { port } = await openGate();
  const { answers } = await ask(port, `OPTIONS /open HTTP/1.1\r\n${host}${close}\r\n`);
  expect(answers[0]).toMatchObject({ status: 204, body: '', fields: { allow: 'GET, HEAD, OPTIONS, POST' } });
  expect(answers[0]?.fields).not.toHaveProperty('content-length');
});

test('an id of the caller is kept where it is safe, and only there (row 53)', async () => {
  const { port } = await openGate();
  const idOf = async (field: string): Promise<string | undefined> => {
    const { answers } = await ask(port, `GET /open HTTP/1.1\r\n${host}${close}${field}\r\n`);
    return answers[0]?.fields['x-request-id'];
  };
  expect(await idOf('X-Request-Id: a.B_c~9-\r\n')).toBe('a.B_c~9-');
  expect(await idOf(`X-Request-Id: ${'a'.repeat(128)}\r\n`)).toBe('a'.repeat(128));
  const fresh = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
  expect(await idOf(`X-Request-Id: ${'a'.repeat(129)}\r\n`)).toMatch(fresh);
  expect(await idOf('X-Request-Id: a b\r\n')).toMatch(fresh);
  expect(await idOf('X-Request-Id: a\x1b[31m\r\n')).not.toContain('\x1b');
  expect(await idOf('X-Request-Id: "><script>\r\n')).toMatch(fresh);
  expect(await idOf('X-Request-Id: one\r\nX-Request-Id: two\r\n')).toMatch(fresh);
  expect(await idOf('X-Request-Id:\r\n')).toMatch(fresh);
});

test('a ladder or a handler that throws is a 500 that tells nothing, and the gate lives on', async () => {
  const { port, settled } = await openGate(({ passage, response }) => {
    response.setHeader('X-Half-Done', 'yes');
    if (passage.target === '/open?fine') response.end('fine');
    else throw new Error('a secret of the handler');
  });
  const both = ['/crash', '/open'].map((path) => ask(port, `GET ${path} HTTP/1.1\r\n${host}${close}\r\n`));
  for (const { answers } of await Promise.all(both)) {
    expectProblem(answers[0], 500, 'unhandled-error');
    expect(answers[0]?.body).not.toContain('secret');
    expect(answers[0]?.fields).not.toHaveProperty('x-half-done');
  }
  const { answers } = await ask(port, `GET /open?fine HTTP/1.1\r\n${host}${close}\r\n`);
  expect(answers[0]).toMatchObject({ status: 200, body: 'fine' });
  expect((await settled(3)).map(({ reason }) => reason)).toEqual(['unhandled-error', 'unhandled-error', undefined]);
});

test('an answer that breaks off cuts the connection, whether the handler cuts it or throws', async () => {
  let gone = 0;
  const { port, settled } = await openGate((exchange) => {
    exchange.onGone(() => {
      gone += 1;
    });
    exchange.response.writeHead(200, exchange.passage.target === '/open?chunked' ? {} : { 'Content-Length': 10 });
    exchange.response.write('half');
    if (exchange.passage.target === '/open?throws') throw new Error('broke');
    setTimeout(() => exchange.cut('truncated'), 20);
  });
  await expect(ask(port, `GET /open HTTP/1.1\r\n${host}\r\n`)).rejects.toThrow(/ended 6 bytes before/);
  await expect(ask(port, `GET /open?chunked HTTP/1.1\r\n${host}\r\n`)).rejects.toThrow(/before the last chunk/);
  // The end of an answer without a length is the end of the connection: only a reset tells it from a cut.
  const old = await ask(port, `GET /open?chunked HTTP/1.0\r\n${host}\r\n`);
  expect(old).toMatchObject({ answers: [], ending: 'reset' });
  const thrown = await ask(port, `GET /open?throws HTTP/1.1\r\n${host}\r\n`);
  expect(thrown.answers).toEqual([]);
  expect(await settled(4)).toMatchObject(Array.from({ length: 4 }, () => ({ status: 200, ending: 'truncated' })));
  expect(gone).toBe(4);
});

test('a handler that says another length than it sends is a bug, not a desynchronised connection', async () => {
  const { port, settled } = await openGate(({ response }) => {
    response.writeHead(200, { 'Content-Length': 2 });
    response.end('more than two');
  });
  const wire = await dial(port);
  wire.send(`GET /open HTTP/1.1\r\n${host}\r\n`);
  await wire.end().catch(() => undefined);
  expect(await settled(1)).toMatchObject([{ ending: 'truncated' }]);
});

test('HTTP/1.0 is served and closed, or kept where it asks', async () => {
  const { port } = await openGate();
  const closed = await ask(port, `GET /open HTTP/1.0\r\n${host}\r\n`);
  expect(closed).toMatchObject({ ending: 'fin', answers: [{ status: 200, body: 'GET /open -' }] });
  const wire = await dial(port);
  wire.send(`GET /secret HTTP/1.0\r\n${host}Connection: keep-alive\r\n\r\n`);
  expectProblem(await wire.answer(), 401, 'missing-credentials');
  wire.send(`GET /secret HTTP/1.0\r\n${host}\r\n`);
  expect((await wire.end()).answers).toHaveLength(2);
});

test('CONNECT and an upgrade are judged like any request (rows 48, 56)', async () => {
  const { port, settled } = await openGate();
  const tunnel = await ask(port, `CONNECT api.test:443 HTTP/1.1\r\n${host}\r\nmore bytes`);
  expectProblem(tunnel.answers[0], 404, 'unknown-path');
  const upgrade = 'Connection: upgrade\r\nUpgrade: websocket\r\n';
  const judge = async (request: string): Promise<void> => {
    const wire = await dial(port);
    wire.send(request);
    expectProblem(await wire.answer(), 401, 'missing-credentials');
    wire.socket.destroy();
  };
  await judge(`GET /secret HTTP/1.1\r\n${host}${upgrade}\r\n`);
  await judge(`POST /secret HTTP/1.1\r\n${host}${upgrade}Content-Length: 4\r\n\r\nbody`);
  expect((await settled(3)).map(({ method, status }) => `${method} ${status}`)).toEqual([
    'CONNECT 404',
    'GET 401',
    'POST 401',
  ]);
});

test('a client that goes away is heard of once, and recorded', async () => {
  let gone = 0;
  const { port, settled } = await openGate((exchange) => {
    exchange.onGone(() => {
      gone += 1;
    });
  });
  const wire = await dial(port);
  wire.send(`GET /open HTTP/1.1\r\n${host}\r\n`);
  setTimeout(() => wire.socket.destroy(), 50);
  expect(await settled(1)).toMatchObject([{ ending: 'aborted', status: 0 }]);
  expect(gone).toBe(1);
});

test('a client that goes away while it is judged is recorded, and no handler is asked', async () => {
  let asked = 0;
  const judging = new EventEmitter();
  const decider: Decider = {
    ...plainDecider,
    async judgeHead(facts) {
      judging.emit('began');
      await once(judging, 'end');
      return plainDecider.judgeHead(facts);
    },
  };
  const { port, settled } = await openGate(() => (asked += 1), { decider });
  const wire = await dial(port);
  wire.send(`GET /open HTTP/1.1\r\n${host}\r\n`);
  await once(judging, 'began');
  wire.socket.resetAndDestroy();
  expect(await settled(1)).toMatchObject([{ ending: 'aborted', status: 0 }]);
  judging.emit('end');
  await pause(20);
  expect(asked).toBe(0);
});

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Step } from '../../packages/gate/test/evil-upstream.ts';
import { inTurn } from '../../packages/gate/test/in-turn.ts';
import { ask, dial, expectProblem } from '../../packages/gate/test/wire-client.ts';
import { type Door, type DoorOptions, openDoor } from '../door.ts';

type Responses = NonNullable<NonNullable<DoorOptions['settings']>['responses']>;

const target = '/teas/1';
const request = (path = target): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const last = (path = target): string => `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
const good = '{"id":1,"name":"Sencha"}';
const bad = '{"id":"canary","name":"Sencha"}';

function headOf(fields: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: "a"\r\n${fields}\r\n`;
}

function whole(body: string | Uint8Array, fields = ''): readonly Step[] {
  return [{ send: headOf(`${fields}Content-Length: ${body.length}\r\n`) }, { send: body }];
}

function chunked(...parts: readonly string[]): readonly Step[] {
  const chunks = parts.map((part) => ({ send: `${part.length.toString(16)}\r\n${part}\r\n` }));
  return [{ send: headOf('Transfer-Encoding: chunked\r\n') }, ...chunks, { send: '0\r\n\r\n' }];
}

function doorWith(responses: Responses, steps: readonly Step[], options: DoorOptions = {}): Promise<Door> {
  const settings = { codes: 'default', responses, ...options.settings } as const;
  return openDoor({ ...options, contract: 'watched.yaml', script: () => steps, settings });
}

/** Waits until a text has come. */
function heard(socket: Socket, text: string): Promise<void> {
  let came = '';
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      came += chunk.toString('latin1');
      if (came.includes(text)) resolve();
    });
  });
}

const breach = { observed: { reason: 'response-breach', status: 500 } };

describe('row 23: an answer that breaks the contract, watched', () => {
  test('is not held up: its first bytes are with the client before the API has sent the last', async () => {
    const half = bad.slice(0, 9);
    const { port, api, recorded } = await doorWith('watch', [
      { send: headOf(`Content-Length: ${bad.length}\r\n`) },
      { send: half },
    ]);
    const wire = await dial(port);
    const came = heard(wire.socket, half);
    wire.send(request());
    await came;
    api.sendToAll(bad.slice(9));
    expect(await wire.answer()).toMatchObject({ status: 200, body: bad });
    expect(await recorded(1)).toMatchObject([{ status: 200, reason: undefined, ...breach }]);
    wire.socket.destroy();
  });

  test('is told by places and kinds, and by no value', async () => {
    const { port, recorded } = await doorWith('watch', chunked(bad.slice(0, 5), bad.slice(5)));
    expect((await ask(port, last())).answers).toMatchObject([{ status: 200, body: bad }]);
    const [outcome] = await recorded(1);
    expect(outcome?.observed?.violations).toEqual([
      { in: 'body', pointer: '/id', reason: 'response-breach', due: 'an integer', arrived: 'a string of 6 characters' },
    ]);
    expect(JSON.stringify(outcome)).not.toContain('canary');
  });

  test.for([
    ['its length says so', whole(bad)],
    ['it turns out so', chunked(bad.slice(0, 9), bad.slice(9))],
  ] as const)('and beyond the bound passes unchecked, counted, where %s', async ([, steps]) => {
    const { port, recorded } = await doorWith('watch', steps, { settings: { bodyBytes: 20 } });
    expect((await ask(port, last())).answers).toMatchObject([{ status: 200, body: bad }]);
    expect(await recorded(1)).toMatchObject([{ status: 200, observed: undefined, unchecked: 'size' }]);
  });

  test('is looked for in a share of the answers, the first among them', async () => {
    const { port, recorded } = await doorWith({ mode: 'watch', sample: 0.25 }, whole(bad));
    await inTurn(8, () => ask(port, last()));
    const outcomes = await recorded(8);
    expect(outcomes.map(({ observed }) => observed !== undefined)).toEqual([
      true,
      false,
      false,
      false,
      true,
      false,
      false,
      false,
    ]);
  });

  test('is found behind gzip, and what cannot be decoded is counted', async () => {
    const gzip = 'Content-Encoding: gzip\r\n';
    const answers: readonly (readonly [readonly Step[], object])[] = [
      [whole(gzipSync(good), gzip), { observed: undefined, unchecked: undefined }],
      [whole(gzipSync(bad), gzip), breach],
      [whole(gzipSync(`"${'a'.repeat(1_000_000)}"`), gzip), { observed: undefined, unchecked: 'size' }],
      [whole('no gzip', gzip), { observed: undefined, unchecked: 'coding' }],
      [whole('zstd', 'Content-Encoding: zstd\r\n'), { observed: undefined, unchecked: 'coding' }],
    ];
    const found = await Promise.all(
      answers.map(async ([steps]) => {
        const { port, recorded } = await doorWith('watch', steps);
        expect((await ask(port, last())).answers).toMatchObject([{ status: 200 }]);
        return (await recorded(1))[0];
      }),
    );
    expect(found).toMatchObject(answers.map(([, due]) => due));
  });

  test('an event stream flows, unchecked and counted', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
    const { port, api, recorded } = await doorWith('enforce', [{ send: `${head}9\r\ndata: 1\n\n\r\n` }]);
    const wire = await dial(port);
    const came = heard(wire.socket, 'data: 1');
    wire.send(request('/news'));
    await came;
    api.sendToAll('0\r\n\r\n');
    expect(await wire.answer()).toMatchObject({ status: 200, body: 'data: 1\n\n' });
    expect(await recorded(1)).toMatchObject([{ observed: undefined, unchecked: 'endless' }]);
    wire.socket.destroy();
  });

  test('is nothing to tell of a client that went before its end', async () => {
    const { port, api, recorded } = await doorWith('watch', [
      { send: headOf('Content-Length: 99\r\n') },
      { send: '{' },
    ]);
    const wire = await dial(port);
    wire.send(request());
    await once(wire.socket, 'data');
    wire.socket.destroy();
    expect(await recorded(1)).toMatchObject([{ ending: 'aborted', observed: undefined }]);
    await expect.poll(() => api.open(), { timeout: 10_000 }).toBe(0);
  });
});

describe('row 23: an answer that breaks the contract, enforced', () => {
  test.for([
    ['by its value', whole(bad)],
    ['by its value, in chunks', chunked(bad.slice(0, 9), bad.slice(9))],
    ['by a member', whole('{"id":1,"name":"a","origin":{"canary":"canary"}}')],
    ['by its syntax', whole('{"id":1,canary')],
    ['behind gzip', whole(gzipSync(bad), 'Content-Encoding: gzip\r\n')],
    ['by a header', whole(good, 'X-Age: canary\r\n')],
    [
      'by its type',
      [{ send: `HTTP/1.1 200 OK\r\nContent-Type: text/canary\r\nETag: "a"\r\nContent-Length: 6\r\n\r\ncanary` }],
    ],
    ['by its code', [{ send: 'HTTP/1.1 202 canary\r\nContent-Length: 6\r\n\r\ncanary' }]],
  ] as const)('%s is 500, and nothing of it is in the answer; the connection serves on', async ([, steps]) => {
    const { port, recorded } = await doorWith('enforce', steps);
    const wire = await dial(port);
    wire.send(request());
    const answer = await wire.answer();
    expectProblem(answer, 500, 'response-breach');
    expect(answer.body).toContain('"errors":[]');
    wire.send(last());
    const { answers } = await wire.end();
    expect(answers).toHaveLength(2);
    expect(JSON.stringify(answers)).not.toContain('canary');
    const outcomes = await recorded(2);
    expect(outcomes).toMatchObject([{ status: 500, reason: 'response-breach', observed: undefined }, { status: 500 }]);
    for (const { violations } of outcomes) expect(violations.length).toBeGreaterThan(0);
  });

  test('is held until it is whole, and passes where it holds', async () => {
    const { port, recorded } = await doorWith('enforce', chunked(good.slice(0, 3), good.slice(3)));
    expect((await ask(port, last())).answers).toMatchObject([{ status: 200, body: good, fields: { etag: '"a"' } }]);
    const packed = gzipSync(good);
    const zipped = await doorWith('enforce', whole(packed, 'Content-Encoding: gzip\r\n'));
    expect((await ask(zipped.port, last())).answers).toMatchObject([
      { status: 200, body: packed.toString('latin1'), fields: { 'content-encoding': 'gzip' } },
    ]);
    expect(await recorded(1)).toMatchObject([{ status: 200, reason: undefined, observed: undefined }]);
  });

  test('beyond the bound passes whole, unchecked and counted', async () => {
    const large = `{"id":"${'a'.repeat(300_000)}"}`;
    const { port, recorded } = await doorWith('enforce', chunked(large.slice(0, 9), large.slice(9)));
    expect((await ask(port, last())).answers).toMatchObject([{ status: 200, body: large }]);
    expect(await recorded(1)).toMatchObject([{ status: 200, observed: undefined, unchecked: 'size' }]);
  });

  test('of an API that breaks off or hangs while it is held is 502 or 504', async () => {
    const begun: readonly Step[] = [{ send: headOf('Content-Length: 99\r\n') }, { send: '{"id":1' }];
    const broken = await doorWith('enforce', [...begun, 'reset'], { settings: { codes: 'standard' } });
    expect((await ask(broken.port, last())).answers).toMatchObject([{ status: 502 }]);
    const hanging = await doorWith('enforce', begun, {
      settings: { codes: 'standard' },
      timeouts: { upstreamMs: 200 },
    });
    expectProblem((await ask(hanging.port, last())).answers[0], 504, 'upstream-too-slow');
  });

  test('is not asked of a client that went while it was held', async () => {
    const { port, api, recorded } = await doorWith('enforce', [{ send: headOf('Content-Length: 99\r\n') }]);
    const wire = await dial(port);
    wire.send(request());
    await expect.poll(() => api.requests.length, { timeout: 10_000 }).toBe(1);
    wire.socket.destroy();
    expect(await recorded(1)).toMatchObject([{ status: 0, ending: 'aborted' }]);
  });
});

import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setInterval, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inTurn } from './in-turn.ts';
import { openService } from './open-service.ts';
import { ask, dial, expectProblem, pause } from './wire-client.ts';

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
const last = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
const quick = { timeouts: { upstream: '200ms' } };

describe('the deadline of a handler', () => {
  it('answers for one that hangs: 504, told as the table folds it, and fires its signal', async () => {
    const signals: AbortSignal[] = [];
    const { port, outcomes } = await openService(
      {
        getTea: ({ signal }) => {
          signals.push(signal);
          return new Promise(() => {});
        },
      },
      quick,
    );
    const { answers } = await ask(port, last('/teas/1'), 10_000);
    expectProblem(answers[0], 500, 'upstream-too-slow');
    expect(outcomes[0]).toMatchObject({ status: 500, precise: 504, reason: 'upstream-too-slow' });
    expect(signals[0]?.reason).toMatchObject({ name: 'TimeoutError' });
    expect(outcomes[0]?.durationMs).toBeGreaterThanOrEqual(190);
  });

  it('hears nothing of what the handler says afterwards', async () => {
    const closed: string[] = [];
    const late = new Readable({ read: () => {}, destroy: (_, done) => done(void closed.push('closed')) });
    const { port, outcomes, errors } = await openService(
      {
        getTea: async ({ params }) => {
          await sleep(400);
          if (params['id'] === 1) throw new Error('late');
          return late;
        },
      },
      quick,
    );
    const { answers } = await ask(port, get('/teas/1') + last('/teas/2'), 10_000);
    expect(answers.map(({ status }) => status)).toEqual([500, 500]);
    await expect.poll(() => closed).toEqual(['closed']);
    expect([outcomes.length, errors]).toEqual([2, []]);
  });

  it('does not run while the client is still sending what the handler reads', async () => {
    const { port } = await openService(
      { putTeas: async ({ body }) => (body instanceof Readable ? { length: (await text(body)).length } : {}) },
      quick,
    );
    const wire = await dial(port);
    wire.send('PUT /teas HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: 4\r\n\r\n');
    await inTurn(4, async () => {
      await pause(150);
      wire.send('a');
    });
    expect(await wire.answer()).toMatchObject({ status: 200, body: '{"length":4}' });
    wire.socket.destroy();
  });

  it('cuts a stream that has begun, and never ends it cleanly', async () => {
    const { port, settled } = await openService(
      {
        getPage: begunAndHung,
      },
      quick,
    );
    await expect(ask(port, last('/page'), 10_000)).rejects.toThrow('the connection ended before the last chunk');
    expect((await settled(1))[0]?.ending).toBe('truncated');
  });

  it('refuses for a stream of which nothing has come', async () => {
    const { port } = await openService({ getPage: () => new Readable({ read: () => {} }) }, quick);
    const { answers } = await ask(port, last('/page'), 10_000);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 500, 'upstream-too-slow');
  });

  it('is not set to an event stream, whose head goes out before the first event', async () => {
    const { port } = await openService(
      {
        getNews: lateNews,
      },
      quick,
    );
    const wire = await dial(port);
    wire.send(get('/news'));
    const [head] = await once(wire.socket, 'data');
    expect(String(head)).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(String(head)).not.toContain('at last');
    expect(await wire.answer()).toMatchObject({ status: 200, body: 'data: at last\n\n' });
    wire.socket.destroy();
  });

  it('does not count the time in which the client reads nothing', async () => {
    const { port, settled } = await openService(
      { getPage: () => Readable.from(Array.from({ length: 64 }, () => 'x'.repeat(65_536))) },
      quick,
    );
    const wire = await dial(port);
    wire.socket.pause();
    wire.send(get('/page'));
    await pause(600);
    wire.socket.resume();
    expect((await wire.answer()).body).toHaveLength(64 * 65_536);
    expect((await settled(1))[0]?.ending).toBe('complete');
    wire.socket.destroy();
  });
});

async function* begunAndHung(): AsyncGenerator<string> {
  yield 'begun';
  await new Promise(() => {});
}

async function* begunAndBroken(): AsyncGenerator<string> {
  yield 'begun';
  await sleep(50);
  throw new Error('the disk');
}

async function* lateNews(): AsyncGenerator<string> {
  await sleep(500);
  yield 'data: at last\n\n';
}

/** Ticks until it is ended. */
async function* ticking(ended: string[]): AsyncGenerator {
  try {
    for await (const _ of setInterval(20)) yield 'data: tick\n\n';
  } finally {
    ended.push('generator');
  }
}

function sized(length: number): object {
  return { status: 200, headers: { 'Content-Length': length }, body: Readable.from(['abc']) };
}

describe('a client that goes away', () => {
  it('fires the signal of the handler that works for it', async () => {
    const reasons: unknown[] = [];
    const { port, settled } = await openService({
      getTea: async ({ signal }) => {
        await once(signal, 'abort');
        reasons.push(signal.reason.name);
      },
    });
    const wire = await dial(port);
    wire.send(get('/teas/1'));
    await pause(100);
    wire.socket.destroy();
    expect((await settled(1))[0]?.ending).toBe('aborted');
    await expect.poll(() => reasons).toEqual(['AbortError']);
  });

  it('ends the stream that it was reading, so that what it stands on is closed', async () => {
    const ended: string[] = [];
    const source = new Readable({ read: () => {}, destroy: (_, done) => done(void ended.push('readable')) });
    const { port } = await openService({
      getPage: () => source,
      getNews: () => ticking(ended),
    });
    source.push('x');
    await inTurn(2, async (turn) => {
      const wire = await dial(port);
      wire.send(get(turn === 0 ? '/page' : '/news'));
      await once(wire.socket, 'data');
      wire.socket.destroy();
    });
    await expect.poll(() => ended.toSorted(), { timeout: 5000 }).toEqual(['generator', 'readable']);
  });

  it('leaves no signal fired where the answer was sent whole', async () => {
    const signals: AbortSignal[] = [];
    const { origin, settled } = await openService({
      getTea: ({ signal }) => {
        signals.push(signal);
        return {};
      },
    });
    await fetch(`${origin}/teas/1`);
    await settled(1);
    expect(signals[0]?.aborted).toBe(false);
  });
});

describe('a stream that fails', () => {
  it('after its first chunk is cut, told to the server alone', async () => {
    const { port, errors, settled } = await openService({
      getPage: begunAndBroken,
    });
    await expect(ask(port, last('/page'), 10_000)).rejects.toThrow('the connection ended before the last chunk');
    expect((await settled(1))[0]?.ending).toBe('truncated');
    expect(errors).toMatchObject([{ error: { message: 'the disk' }, operationId: 'getPage' }]);
  });

  it('as it is longer or shorter than was said is cut, too', async () => {
    await inTurn(2, async (turn) => {
      const { port, settled } = await openService({ getPage: () => sized(turn === 0 ? 2 : 4) });
      await ask(port, last('/page'), 10_000).catch(() => {});
      expect((await settled(1))[0]?.ending).toBe('truncated');
    });
  });
});

it('a stop lets handlers finish what they are at, then frees the port', async () => {
  const service = await openService({
    getTea: async () => {
      await sleep(200);
      return { done: true };
    },
  });
  const answer = fetch(`${service.origin}/teas/1`);
  await sleep(50);
  await service.stop();
  expect(await (await answer).json()).toEqual({ done: true });
  await expect(fetch(`${service.origin}/teas/1`)).rejects.toThrow('fetch failed');
});

import { describe, expect, test } from 'vitest';
import { echo, openGate } from './open-gate.ts';
import { tlsPair } from './tls-pair.ts';
import { dial, expectProblem, type WireEnd } from './wire-client.ts';

const host = 'Host: api.test\r\n';
const get = `GET /open HTTP/1.1\r\n${host}\r\n`;

async function askAndEnd(port: number, text: string, tls = false): Promise<WireEnd> {
  const wire = await dial(port, { tls });
  wire.send(text);
  wire.socket.end();
  return wire.end();
}

describe('a client that ends its side and still listens', () => {
  test.for([false, true])('is answered once its request is whole (TLS: %s)', async (tls) => {
    const { port, settled } = await openGate(
      (exchange) => {
        setTimeout(() => echo(exchange), 200);
      },
      tls ? { tls: tlsPair } : {},
    );
    const { answers, ending } = await askAndEnd(port, get, tls);
    expect(answers).toMatchObject([{ status: 200, body: 'GET /open -', fields: { connection: 'close' } }]);
    expect(ending).toBe('fin');
    expect(await settled(1)).toMatchObject([{ status: 200, ending: 'complete' }]);
  });

  test('has all its pipelined requests answered, and hears of one that is not whole', async () => {
    const { port, settled } = await openGate();
    const later = `GET /later HTTP/1.1\r\n${host}\r\n`;
    const { answers, ending } = await askAndEnd(port, `${later}${get}${later}GET /open HT`);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 400]);
    expectProblem(answers[3], 400, 'malformed-request');
    expect(answers.map(({ fields }) => fields.connection)).toEqual(['keep-alive', 'keep-alive', 'keep-alive', 'close']);
    expect(ending).toBe('fin');
    expect(await settled(4)).toHaveLength(4);
  });

  test('within an unknown method’s head hears that it is not whole, and is recorded (I6)', async () => {
    const { port, settled } = await openGate();
    const { answers } = await askAndEnd(port, 'FOO /open HTTP/1.1\r\nHo');
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 400, 'malformed-request');
    expect(await settled(1)).toMatchObject([{ status: 400, reason: 'malformed-request' }]);
  });

  test('is written to for as long as there is something to write', async () => {
    const { port, settled } = await openGate(({ response }) => {
      let parts = 0;
      const timer = setInterval(() => {
        parts += 1;
        if (parts < 5) response.write(`part ${parts}, `);
        else {
          clearInterval(timer);
          response.end('end');
        }
      }, 500);
    });
    const { answers } = await askAndEnd(port, get);
    expect(answers[0]?.body).toBe('part 1, part 2, part 3, part 4, end');
    expect(await settled(1)).toMatchObject([{ ending: 'complete' }]);
  });

  test.for([false, true])('counts as gone when nothing is written for a second (answer begun: %s)', async (begun) => {
    let gone = 0;
    const { port, settled } = await openGate((exchange) => {
      exchange.onGone(() => {
        gone += 1;
      });
      if (begun) exchange.response.write('never the end');
    });
    const wire = await dial(port);
    wire.send(get);
    wire.socket.end();
    expect(await settled(1)).toMatchObject([{ status: begun ? 200 : 0, ending: 'aborted' }]);
    expect(gone).toBe(1);
  });
});

test('a client that ends its side within the TLS handshake is not waited for', async () => {
  const { port, settled } = await openGate(echo, { tls: tlsPair });
  const wire = await dial(port);
  wire.socket.end();
  expect((await wire.end(5000)).ending).toBe('fin');
  expect(await settled(1)).toMatchObject([{ status: 0, ending: 'dropped' }]);
});

test('a client that resets its connection is gone at once, before one that is only silent', async () => {
  const begun: string[] = [];
  const gone: string[] = [];
  const { port, settled } = await openGate((exchange) => {
    const { target } = exchange.passage;
    exchange.onGone(() => {
      gone.push(target);
    });
    exchange.response.write('begun');
    begun.push(target);
  });
  const targets = ['/open?silent', '/open?reset'];
  const wires = await Promise.all(
    targets.map(async (target) => {
      const wire = await dial(port);
      wire.send(`GET ${target} HTTP/1.1\r\n${host}\r\n`);
      return wire;
    }),
  );
  await expect.poll(() => begun.toSorted()).toEqual(targets.toSorted());
  wires[0]?.socket.end();
  wires[1]?.socket.resetAndDestroy();
  const aborted = { status: 200, ending: 'aborted' };
  expect(await settled(2)).toMatchObject([aborted, aborted]);
  expect(gone).toEqual(['/open?reset', '/open?silent']);
});

import { expect, test } from 'vitest';
import { openGate } from './open-gate.ts';
import { ask, dial, expectProblem } from './wire-client.ts';

const host = 'Host: api.test\r\n';
const close = 'Connection: close\r\n';
const mebibyte = 1024 * 1024;

test('empty lines before a request, first or later on its connection, are no part of it', async () => {
  const { port, settled } = await openGate();
  const { answers } = await ask(
    port,
    `\r\n\r\nGET /open?1 HTTP/1.1\r\n${host}\r\n\r\n\r\n\r\nGET /open?2 HTTP/1.1\r\n${host}${close}\r\n`,
  );
  expect(answers.map(({ body }) => body)).toEqual(['GET /open?1 -', 'GET /open?2 -']);
  expect(await settled(2)).toHaveLength(2);
});

test('a flood of empty lines is not kept', async () => {
  const { port } = await openGate();
  const wire = await dial(port);
  const heldBefore = process.memoryUsage().heapUsed;
  wire.send(Buffer.alloc(16 * mebibyte, '\r\n'));
  wire.send(`GET /open HTTP/1.1\r\n${host}${close}\r\n`);
  const { answers } = await wire.end();
  expect(answers.map(({ status }) => status)).toEqual([200]);
  // Kept, each of the four million would take about 100 bytes.
  expect(process.memoryUsage().heapUsed - heldBefore).toBeLessThan(128 * mebibyte);
});

test.for([
  ['behind the method', 'GET ', 414, 'target-too-long'],
  ['before a value', `GET /open HTTP/1.1\r\n${host}A:`, 431, 'headers-too-large'],
] as const)('a head of endless blanks %s is refused before its end', async ([, start, status, reason]) => {
  const { port, settled } = await openGate();
  const wire = await dial(port);
  wire.send(start + ' '.repeat(256 * 1024));
  const { answers, ending } = await wire.end(5000);
  expectProblem(answers[0], status, reason);
  expect({ count: answers.length, ending }).toEqual({ count: 1, ending: 'fin' });
  expect(await settled(1)).toMatchObject([{ status, reason }]);
});

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { BodyReach } from '../src/body-reach.ts';

const lines = '\r\n\r\n'.repeat(1000);

function reachOf(headers: Record<string, string>): BodyReach {
  const request = new IncomingMessage(new Socket());
  request.headers = headers;
  return BodyReach.of(request);
}

/** How many bytes of a text are the body's when it comes in pieces. */
function taken(reach: BodyReach, text: string, pieceLength: number): number {
  let sum = 0;
  for (let at = 0; at < text.length; at += pieceLength) {
    sum += reach.take(Buffer.from(text.slice(at, at + pieceLength)));
  }
  return sum;
}

test('a body of empty lines with a length is taken at once, up to its end', () => {
  const reach = reachOf({ 'content-length': `${lines.length}` });
  expect(reach.take(Buffer.from(`${lines}GET / HTTP/1.1\r\n\r\n`))).toBe(lines.length);
  expect(reach.take(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toBe(0);
});

test('chunks of empty lines are taken at once, up to the last chunk', () => {
  const chunks = `${lines.length.toString(16)};note="a"\r\n${lines}\r\n4\r\n\r\n\r\n\r\n`;
  const reach = reachOf({ 'transfer-encoding': 'chunked' });
  expect(reach.take(Buffer.from(`${chunks}0\r\nX-Trailer: a\r\n\r\nGET / HTTP/1.1\r\n\r\n`))).toBe(chunks.length + 1);
  expect(reach.take(Buffer.from('\r\nX-Trailer: a\r\n\r\n'))).toBe(0);
});

test('chunks reach as far whatever the pieces that they come in', () => {
  const chunks = '00b\r\n\r\n\r\n\r\n\r\n0\r\n\r\n1A;a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n';
  for (let length = 1; length <= chunks.length; length += 1) {
    expect(taken(reachOf({ 'transfer-encoding': 'chunked' }), chunks, length)).toBe(chunks.length - 4);
  }
});

import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { HandlerRequest } from '../src/index.ts';
import { openService } from './open-service.ts';
import { dial } from './wire-client.ts';

/** What a handler got of one request to `/teas/{id}`. */
async function gotOf(target: string, headers: Record<string, string> = {}) {
  const requests: HandlerRequest[] = [];
  const { origin } = await openService({
    getTea: (request) => {
      requests.push(request);
      return {};
    },
  });
  const { status } = await fetch(`${origin}${target}`, { headers });
  const [request] = requests;
  if (request === undefined) throw new Error(`the handler was not asked; the answer was ${status}`);
  return request;
}

describe('a handler gets', () => {
  it('parameters by their types, named as the contract names them and headers in lower case', async () => {
    const got = await gotOf('/teas/7?limit=5&tag=a&tag=1', { 'X-Fresh': 'true', Cookie: 'theme=dark' });
    expect({ ...got.params }).toEqual({ id: 7 });
    expect({ ...got.query }).toEqual({ limit: 5, tag: ['a', '1'] });
    expect({ ...got.headers }).toEqual({ 'x-fresh': true });
    expect({ ...got.cookies }).toEqual({ theme: 'dark' });
  });

  it('defaults for what did not come', async () => {
    const got = await gotOf('/teas/7');
    expect({ ...got.query }).toEqual({ limit: 20 });
    expect(got.body).toBeUndefined();
  });

  it('who and what the request is, and any other field', async () => {
    const got = await gotOf('/teas/7?limit=1', { 'X-Request-Id': 'mine-1', 'User-Agent': 'kettle/1' });
    expect(got).toMatchObject({
      operationId: 'getTea',
      method: 'GET',
      path: '/teas/7',
      address: '127.0.0.1',
      requestId: 'mine-1',
      consumer: undefined,
    });
    expect(got.field('User-Agent')).toBe('kettle/1');
    expect(got.field('X-None')).toBeUndefined();
    // As a handler that takes its request apart.
    const { field } = got;
    expect(field('user-agent')).toBe('kettle/1');
  });

  it('the consumer that the credentials prove', async () => {
    const { origin } = await openService({ getMine: ({ consumer }) => consumer });
    const answer = await fetch(`${origin}/mine`, { headers: { Authorization: 'Bearer good-ada' } });
    expect(await answer.json()).toEqual({ subject: 'ada', scopes: ['read'], scheme: 'bearer' });
    expect((await fetch(`${origin}/mine`, { headers: { Authorization: 'Bearer bad' } })).status).toBe(401);
  });

  it('the checked body, its defaults filled in', async () => {
    const { origin } = await openService({ addTea: ({ body }) => body });
    const post = (body: string): Promise<Response> =>
      fetch(`${origin}/teas`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
    const answer = await post('{"name":"Sencha"}');
    expect([answer.status, await answer.json()]).toEqual([201, { name: 'Sencha', grams: 100 }]);
    expect((await post('{"name":1}')).status).toBe(400);
    expect((await post('{"name":"Sencha","more":1}')).status).toBe(400);
  });

  it('a body that is not checked as a stream', async () => {
    const { origin } = await openService({
      putTeas: async ({ body }) => {
        if (!(body instanceof Readable)) throw new Error('no stream');
        return { length: (await text(body)).length };
      },
    });
    const body = 'x'.repeat(3_000_000);
    const headers = { 'Content-Type': 'application/octet-stream' };
    const answer = await fetch(`${origin}/teas`, { method: 'PUT', body, headers });
    expect(await answer.json()).toEqual({ length: 3_000_000 });
  });

  it('a stream that it may leave early, and the answer goes out all the same', async () => {
    const { origin, port } = await openService({
      putTeas: async ({ body }) => {
        if (!(body instanceof Readable)) throw new Error('no stream');
        for await (const chunk of body) return { first: String(chunk).slice(0, 5) };
        return {};
      },
    });
    const wire = await dial(port);
    const head = 'Host: a\r\nContent-Type: application/octet-stream\r\nContent-Length: 100000\r\n\r\n';
    wire.send(`PUT /teas HTTP/1.1\r\n${head}first`);
    expect(await wire.answer()).toMatchObject({ status: 200, body: '{"first":"first"}' });
    wire.socket.destroy();
    expect((await fetch(`${origin}/teas/x`)).status).toBe(400);
  });

  it('a stream that fails when the client goes away in the middle of it', async () => {
    const failures: string[] = [];
    const { port, settled } = await openService({
      putTeas: async ({ body }) => {
        if (!(body instanceof Readable)) throw new Error('no stream');
        await text(body).catch((error: Error) => failures.push(error.name));
      },
    });
    const wire = await dial(port);
    wire.send(
      'PUT /teas HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: 10\r\n\r\nhalf',
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    wire.socket.destroy();
    expect((await settled(1))[0]?.ending).toBe('aborted');
    await expect.poll(() => failures).toEqual(['AbortError']);
  });

  it('under observe, a request that would have been refused, as far as it could be read', async () => {
    const { origin, outcomes } = await openService({ getTea: ({ params }) => params }, { mode: 'observe' });
    expect(await (await fetch(`${origin}/teas/seven`)).json()).toEqual({ id: 'seven' });
    expect(outcomes[0]?.observed).toMatchObject({ reason: 'wrong-value', status: 400 });
    expect((await fetch(`${origin}/nowhere`)).status).toBe(404);
  });
});

import { describe, expect, test } from 'vitest';
import { ask, dial, expectProblem, type WireAnswer } from '../../packages/gate/test/wire-client.ts';
import { openDoor } from '../door.ts';

const host = 'Host: library.test\r\n';
const close = 'Connection: close\r\n';
const origin = 'Origin: https://app.example\r\n';
const cors = { origins: ['https://app.example'], credentials: false, maxAgeMs: 60_000, expose: [] };

/** The one answer to a request that is its connection's only one. */
async function answerTo(port: number, line: string, fields = origin): Promise<WireAnswer> {
  const { answers } = await ask(port, `${line} HTTP/1.1\r\n${host}${fields}${close}\r\n`);
  const [answer] = answers;
  if (answer === undefined || answers.length > 1) throw new Error(`${answers.length} answers`);
  return answer;
}

/** Code and reason of a refusal, held to be complete, with what lets a page of `app.example` read it. */
function readable(answer: WireAnswer): string {
  const { reason }: { reason: string } = JSON.parse(answer.body);
  expectProblem(answer, answer.status, reason);
  const { fields } = answer;
  const exposed = (fields['access-control-expose-headers'] ?? '').includes('Retry-After') ? 'exposed' : 'bare';
  return `${answer.status} ${reason} ${fields['access-control-allow-origin']} ${exposed} ${fields['vary']}`;
}

/** What {@link readable} says of one that can be read. */
function due(status: number, reason: string): string {
  return `${status} ${reason} https://app.example exposed Origin`;
}

/** Says of origins what `said` holds for them. */
function openSaying(said: Readonly<Record<string, string>>) {
  return openDoor({
    script: ({ headers }) => {
      const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'origin');
      const fields = said[headers[at + 1] ?? ''] ?? '';
      return [{ send: `HTTP/1.1 204 No Content\r\n${fields}\r\n` }];
    },
  });
}

describe('row 62b: refusals from every place can be read by the page that asked', () => {
  test('a body that comes too slowly', async () => {
    const { port } = await openDoor({ settings: { cors }, timeouts: { requestMs: 300 } });
    const body = await dial(port);
    body.send(
      `POST /v1/trees HTTP/1.1\r\n${host}${origin}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
    );
    expect(readable(await body.answer())).toBe(due(408, 'body-too-slow'));
  });

  test('a method that the parser does not know, and CONNECT', async () => {
    const { port } = await openDoor({ settings: { cors } });
    expect(readable(await answerTo(port, 'FOO /v1/health'))).toBe(due(501, 'unknown-method'));
    expect(readable(await answerTo(port, 'CONNECT /v1/health'))).toBe(due(405, 'method-not-allowed'));
  });

  test('a body that is too large, or not JSON', async () => {
    const { port } = await openDoor({ settings: { cors, bodyBytes: 10 } });
    const json = `${origin}Content-Type: application/json\r\n`;
    expect(readable(await answerTo(port, 'POST /v1/trees', `${json}Content-Length: 11\r\n`))).toBe(
      due(413, 'body-too-large'),
    );
    const wire = await dial(port);
    wire.send(`POST /v1/trees HTTP/1.1\r\n${host}${json}Content-Length: 1\r\n\r\n{`);
    expect(readable(await wire.answer())).toBe(due(400, 'malformed-body'));
  });

  test('an API that is away, garbled, slow or over its bound', async () => {
    const away = await openDoor({ settings: { cors }, origin: 'http://127.0.0.1:1' });
    expect(readable(await answerTo(away.port, 'GET /v1/health'))).toBe(due(502, 'upstream-unreachable'));
    const garbled = await openDoor({ settings: { cors }, script: () => [{ send: 'garbage\r\n\r\n' }] });
    expect(readable(await answerTo(garbled.port, 'GET /v1/health'))).toBe(due(502, 'upstream-malformed'));
    const slow = await openDoor({ settings: { cors }, script: () => [], timeouts: { upstreamMs: 200 } });
    expect(readable(await answerTo(slow.port, 'GET /v1/health'))).toBe(due(504, 'upstream-too-slow'));
    const full = await openDoor({ settings: { cors }, maxInFlight: 0 });
    expect(readable(await answerTo(full.port, 'GET /v1/health'))).toBe(due(503, 'overloaded'));
  });

  test('a stop that cannot wait', async () => {
    const { port, stop, api } = await openDoor({ settings: { cors }, script: () => [], timeouts: { drainMs: 200 } });
    const wire = await dial(port);
    wire.send(`GET /v1/health HTTP/1.1\r\n${host}${origin}\r\n`);
    await expect.poll(() => api.requests.length, { timeout: 10_000 }).toBe(1);
    await stop();
    expect(readable(await wire.answer())).toBe(due(503, 'draining'));
  });

  test('an upgrade to WebSocket', async () => {
    const { port } = await openDoor({ settings: { cors } });
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    const wire = await dial(port);
    wire.send(`GET /v1/private HTTP/1.1\r\n${host}${origin}${upgrade}\r\n`);
    expect(readable(await wire.answer())).toBe(due(401, 'missing-credentials'));
  });
});

describe('where the API gives leave', () => {
  const other = 'Origin: https://other.example\r\n';
  const preflight = 'Access-Control-Request-Method: GET\r\n';

  test('refusals carry its last word to an origin, which the preflight has brought', async () => {
    const said: Record<string, string> = {
      'https://app.example':
        'Access-Control-Allow-Origin: https://app.example\r\nAccess-Control-Allow-Credentials: true\r\n',
    };
    const { port, api } = await openSaying(said);
    expect((await answerTo(port, 'GET /v1/private')).fields['access-control-allow-origin']).toBeUndefined();
    expect((await answerTo(port, 'OPTIONS /v1/private', origin + preflight)).status).toBe(204);
    const refused = await answerTo(port, 'GET /v1/private');
    expectProblem(refused, 401, 'missing-credentials');
    expect(refused.fields).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers':
        'Allow, Retry-After, WWW-Authenticate, X-Request-Id, RateLimit, RateLimit-Policy',
      vary: 'Origin',
    });
    expect(api.requests).toHaveLength(1);
    await answerTo(port, 'OPTIONS /v1/private', other + preflight);
    expect((await answerTo(port, 'GET /v1/private', other)).fields['access-control-allow-origin']).toBeUndefined();
    expect((await answerTo(port, 'GET /v1/private', '')).fields['access-control-allow-origin']).toBeUndefined();
    // The API thinks better of it.
    said['https://app.example'] = '';
    await answerTo(port, 'OPTIONS /v1/private', origin + preflight);
    expect((await answerTo(port, 'GET /v1/private')).fields['access-control-allow-origin']).toBeUndefined();
  });

  test('a star is passed on as a star, and never with credentials', async () => {
    const { port } = await openSaying({
      'https://app.example': 'Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\n',
    });
    await answerTo(port, 'OPTIONS /v1/private', origin + preflight);
    const { fields } = await answerTo(port, 'DELETE /v1/health');
    expect(fields['access-control-allow-origin']).toBe('*');
    expect(fields['access-control-allow-credentials']).toBeUndefined();
  });

  test('leave for another origin than the one that asked is none', async () => {
    const { port } = await openSaying({
      'https://app.example': 'Access-Control-Allow-Origin: https://other.example\r\n',
    });
    await answerTo(port, 'OPTIONS /v1/private', origin + preflight);
    expect((await answerTo(port, 'GET /v1/private')).fields['access-control-allow-origin']).toBeUndefined();
    expect((await answerTo(port, 'GET /v1/private', other)).fields['access-control-allow-origin']).toBeUndefined();
  });
});

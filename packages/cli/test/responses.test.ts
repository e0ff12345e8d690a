import { describe, expect, it } from 'vitest';
import { listenAs, runFlick, serveFlick } from './flick.ts';
import { parseMetrics, valueOf } from './metrics-text.ts';
import { folderWith } from './temporary-folder.ts';

const openapi = `openapi: 3.1.0
info: { title: Tea, version: '1' }
paths:
  /tea:
    get:
      operationId: getTea
      responses:
        '200':
          description: Tea.
          content: { application/json: { schema: { type: object, properties: { cups: { type: integer } } } } }
`;

/** A gateway before an API whose tea has a canary for its cups; its records, log and metrics. */
async function serveTea(responses: string) {
  const { origin: upstream } = await listenAs((_request, response) => {
    response.setHeader('content-type', 'application/json').end('{"cups":"canary"}');
  });
  const folder = folderWith({ 'openapi.yaml': openapi, 'flick.yaml': `responses: ${responses}\n` });
  const args = ['openapi.yaml', '-u', upstream, '--records', 'sqlite:./flick.db', '--admin', '127.0.0.1:0'];
  const serving = await serveFlick(args, folder);
  const [, admin = ''] = /admin on (http:\/\/127\.0\.0\.1:\d+)/.exec(serving.stderr()) ?? [];
  const response = await fetch(`${serving.origin}/tea`, { headers: { 'x-request-id': 'mine' } });
  const body = await response.text();
  await serving.said('response-breach');
  const samples = parseMetrics(await (await fetch(`${admin}/metrics`)).text());
  serving.child.kill('SIGTERM');
  await serving.ended;
  const ask = async (...command: readonly string[]) => {
    const { stdout } = await runFlick([...command, '--records', 'sqlite:./flick.db'], folder);
    return stdout;
  };
  return { status: response.status, body, log: serving.stderr(), samples, ask };
}

const labels = { operation: 'getTea', kind: 'body' };

describe('flick serve', () => {
  it('tells of an answer that breaks the contract, watched, in log, metrics, explain and rehearse', async () => {
    const { status, body, log, samples, ask } = await serveTea('watch');
    expect([status, body]).toEqual([200, '{"cups":"canary"}']);
    const line = log.split('\n').find((each) => each.includes('response-breach'));
    const errors = [{ in: 'body', pointer: '/cups', due: 'an integer', arrived: 'a string of 6 characters' }];
    expect(JSON.parse(line ?? '')).toMatchObject({ status: 200, observed: { reason: 'response-breach', errors } });
    expect(valueOf(samples, 'flick_response_breaches_total', labels)).toBe(1);
    expect(valueOf(samples, 'flick_requests_total', { operation: 'getTea', code: '200', reason: 'none' })).toBe(1);
    const why = await ask('explain', 'mine');
    expect(why).toContain('200  enforced, it would be 500 response-breach');
    expect(why).toMatch(/! response +would refuse +The API answered with something that its contract rules out\./);
    expect(why).toContain('body /cups: response-breach; due an integer, arrived a string of 6 characters');
    const rehearsed = await ask('rehearse');
    expect(rehearsed).toContain('response-breach');
    expect(rehearsed).toContain('body /cups: due an integer');
    expect(log + why + rehearsed).not.toContain('canary');
  });

  it('tells of one that it enforced', async () => {
    const { status, body, log, samples, ask } = await serveTea('enforce');
    expect(status).toBe(500);
    expect(JSON.parse(body)).toMatchObject({ reason: 'response-breach', errors: [] });
    expect(valueOf(samples, 'flick_response_breaches_total', labels)).toBe(1);
    expect(
      valueOf(samples, 'flick_requests_total', { operation: 'getTea', code: '500', reason: 'response-breach' }),
    ).toBe(1);
    const why = await ask('explain', 'mine');
    expect(why).toContain('500  response-breach: Response breaks the contract');
    expect(why).toMatch(/✓ handler +passed +the API answered 200/);
    expect(why).toMatch(/✗ response +refused here/);
    expect(why).toContain('body /cups: response-breach; due an integer, arrived a string of 6 characters');
    expect(body + log + why).not.toContain('canary');
  });
});

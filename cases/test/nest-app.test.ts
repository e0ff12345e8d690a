import { type Flick, openFlick, type Outcome, refusal } from '@flick/gate/nest';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { nestRoutes } from '../frameworks/apps.js';
import { installIn } from '../install.ts';

const contract = {
  openapi: '3.1.0',
  info: { title: 'Tea', version: '1' },
  paths: Object.fromEntries(
    ['/refused', '/later', '/busy', '/thrown', '/tea'].map((path) => [
      path,
      { get: { operationId: `get${path}`, responses: { 200: { description: 'It.' }, 404: { description: 'None.' } } } },
    ]),
  ),
};

/** What routes throw, and the code that is due. */
const routes = {
  refused() {
    throw refusal('unknown-resource', { detail: 'There is no tea 7.', headers: { 'X-Tea': 'none' } });
  },
  async later() {
    await Promise.resolve();
    throw refusal('insufficient-credentials');
  },
  busy() {
    throw refusal('overloaded', { headers: { 'Retry-After': 30 } });
  },
  thrown() {
    throw new Error('secret of the database');
  },
  elsewhere: () => 'nobody asks',
  tea: () => ({ tea: true }),
};

const say = (): void => {};
const silent = { log: say, warn: say, debug: say, verbose: say };

/** Serves the routes behind Flick; they end with their test. */
async function open(platform: 'express' | 'fastify', choose: (flick: Flick) => { filter?: object }) {
  const outcomes: Outcome[] = [];
  const warnings: string[] = [];
  const logged: string[] = [];
  const flick = await openFlick({
    contract,
    records: 'off',
    onOutcome: (outcome) => void outcomes.push(outcome),
    onError: () => {},
    onWarning: (line) => void warnings.push(line),
  });
  const logger = { ...silent, error: (text: unknown) => void logged.push(String(text)) };
  const app = await nestRoutes(platform, flick, routes, { ...choose(flick), logger });
  onTestFinished(() => app.close());
  return { origin: `http://127.0.0.1:${app.port}`, outcomes, logged, warnings };
}

beforeAll(() => installIn('frameworks', '@nestjs/platform-fastify'), 240_000);

describe.each(['express', 'fastify'] as const)('Nest on %s', (platform) => {
  it('has a refusal answered as every refusal is, by the filter', async () => {
    const { origin, outcomes, logged } = await open(platform, ({ filter }) => ({ filter }));
    const refused = await fetch(`${origin}/refused`);
    expect([refused.status, refused.headers.get('x-tea'), await refused.json()]).toMatchObject([
      404,
      'none',
      { reason: 'unknown-resource', detail: 'There is no tea 7.', status: 404 },
    ]);
    const later = await fetch(`${origin}/later`);
    expect([later.status, await later.json()]).toMatchObject([401, { reason: 'insufficient-credentials' }]);
    const busy = await fetch(`${origin}/busy`);
    expect([busy.status, busy.headers.get('retry-after'), await busy.json()]).toMatchObject([
      500,
      '30',
      { reason: 'overloaded' },
    ]);
    expect(await (await fetch(`${origin}/tea`)).json()).toEqual({ tea: true });
    await vi.waitFor(() =>
      expect(outcomes.map(({ reason, precise }) => [reason, precise])).toEqual([
        ['unknown-resource', 404],
        ['insufficient-credentials', 403],
        ['overloaded', 503],
        [undefined, 200],
      ]),
    );
    expect(logged).toEqual([]);
  });

  it('says which routes the contract does not know', async () => {
    const { warnings } = await open(platform, () => ({}));
    expect(warnings.map((line) => line.replace(/: .*/, ''))).toEqual(['GET /elsewhere']);
  });

  it('answers whatever else is thrown as before', async () => {
    const { origin } = await open(platform, ({ filter }) => ({ filter }));
    const thrown = await fetch(`${origin}/thrown`);
    const text = await thrown.text();
    expect([thrown.status, JSON.parse(text)]).toMatchObject([500, { reason: 'unhandled-error' }]);
    expect(text).not.toContain('secret');
  });

  it('has the code of a refusal without the filter, too', async () => {
    const { origin, outcomes, logged } = await open(platform, () => ({}));
    const refused = await fetch(`${origin}/refused`);
    expect([refused.status, await refused.json()]).toMatchObject([404, { message: 'There is no tea 7.' }]);
    expect((await fetch(`${origin}/later`)).status).toBe(401);
    expect((await fetch(`${origin}/busy`)).status).toBe(500);
    await vi.waitFor(() => expect(outcomes.map(({ precise }) => precise)).toEqual([404, 403, 503]));
    expect(logged).toHaveLength(3);
  });
});

import { describe, expect, it } from 'vitest';
import * as express from '../src/express.ts';
import * as fastify from '../src/fastify.ts';
import * as fetch from '../src/fetch.ts';
import * as hono from '../src/hono.ts';
import * as nest from '../src/nest.ts';
import { verifier } from './open-service.ts';
import { teas } from './teas.ts';

type Timeouts = Pick<fastify.FlickSettings, 'timeouts'>;

const adapters = { express, fastify, fetch, hono, nest };

/** What each framework takes of an opened Flick. */
const parts = {
  express: ['adopt', 'createServer', 'errors', 'middleware'],
  fastify: ['plugin', 'serverFactory'],
  fetch: ['fetch'],
  hono: ['middleware'],
  nest: ['adapt', 'filter', 'middleware', 'serverFactory'],
} as const;

const settings = { contract: teas, credentials: { bearer: verifier }, records: 'off', onWarning: () => {} } as const;

/** Opens the Flick of each, `more` beside what it needs. */
const opening = {
  express: (more: Timeouts) => express.openFlick({ ...settings, ...more }),
  fastify: (more: Timeouts) => fastify.openFlick({ ...settings, ...more }),
  fetch: (more: Timeouts) => fetch.openFlick({ ...settings, ...more, handler: () => new Response('') }),
  hono: (more: Timeouts) => hono.openFlick({ ...settings, ...more }),
  nest: (more: Timeouts) => nest.openFlick({ ...settings, ...more }),
};

describe.each(['express', 'fastify', 'fetch', 'hono', 'nest'] as const)('@flick/gate/%s', (name) => {
  it('exports what an app needs to run, and no more', () => {
    const { openFlick, refusal, StartFault, ...more } = adapters[name];
    expect([openFlick, StartFault]).toEqual([expect.any(Function), expect.any(Function)]);
    expect(refusal('unknown-resource')).toMatchObject({ reason: 'unknown-resource' });
    expect(more).toEqual({});
  });

  it('opens with what its framework takes, and what every adapter has', async () => {
    const flick = await opening[name]({});
    await flick.close();
    expect(Object.keys(flick).toSorted()).toEqual(['close', 'contract', 'records', ...parts[name]].toSorted());
  });

  it('tells a setting at fault, and where it stands', async () => {
    const open = opening[name]({ timeouts: { request: 'soon' } });
    await expect(open).rejects.toThrow(adapters[name].StartFault);
    await expect(open).rejects.toThrow('openFlick(): timeouts.request');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectDue } from '../answer.ts';
import { cannot } from '../host-limits.ts';
import {
  expressPlugged,
  expressServed,
  fastifyPlugged,
  fastifyServed,
  hostOf,
  nestServed,
  type OpenHost,
} from '../hosts.ts';
import { installIn } from '../install.ts';
import { readStories } from '../story.ts';

const hosts: Readonly<Record<string, OpenHost>> = {
  'Fastify, with the gate as its server': fastifyServed,
  'Fastify, with a server of its own': fastifyPlugged,
  'Express 5, with the gate as its server': expressServed('express'),
  'Express 5, with a server of its own': expressPlugged('express'),
  'Express 4, with the gate as its server': expressServed('express4'),
  'Express 4, with a server of its own': expressPlugged('express4'),
  'Nest on Express': nestServed('express'),
  'Nest on Fastify': nestServed('fastify'),
};

beforeAll(() => installIn('frameworks', '@nestjs/platform-fastify'), 240_000);

// Neither the bound on the number of fields nor the store of limits is a setting.
const stories = readStories()
  .flatMap((file) => file.stories)
  .filter(({ over }) => over.includes('sockets'))
  .filter(({ settings }) => settings.headerCount === undefined && settings.limitStore === undefined);

describe.each(Object.entries(hosts))('%s', (name, open) => {
  const host = hostOf(open);
  const limits = cannot[name] ?? {};
  afterAll(() => host.close());

  it.each(stories.filter((story) => limits[story.name] === undefined))('$name', async (story) => {
    const answer = await host.run(story);
    expect(answer.status).toBe(story.due.status);
    expectDue(answer, story.due);
  });
});

it('what a host cannot do is a story', () => {
  const names = new Set(stories.map(({ name }) => name));
  const named = Object.values(cannot).flatMap((limits) => Object.keys(limits));
  expect(named.filter((name) => !names.has(name))).toEqual([]);
  expect(Object.keys(cannot)).toEqual(Object.keys(hosts));
});

import { describe, expect, it } from 'vitest';
import { readDocument } from '../../tools/test/markdown.ts';
import { expectDue } from '../answer.ts';
import { fetchGaps, type Gap, honoGaps, ofTheWire } from '../fetch-gaps.ts';
import {
  fetchOverSockets,
  honoOverSockets,
  type Hosting,
  inMemoryFetch,
  inMemoryHono,
  inMemoryModule,
  runInHost,
} from '../fetch-hosts.ts';
import { readStories, type Story } from '../story.ts';

// Neither the bound on the number of fields nor the store of limits is a setting.
const stories = readStories()
  .flatMap((file) => file.stories)
  .filter(({ settings }) => settings.headerCount === undefined && settings.limitStore === undefined);

const hosts: readonly {
  readonly host: string;
  readonly hosting: Hosting;
  readonly over: Story['over'][number];
  readonly gaps: readonly Gap[];
}[] = [
  { host: 'fetch in memory', hosting: inMemoryFetch, over: 'memory', gaps: fetchGaps },
  { host: 'fetch in memory, on a module', hosting: inMemoryModule, over: 'memory', gaps: fetchGaps },
  { host: 'fetch over sockets', hosting: fetchOverSockets, over: 'sockets', gaps: fetchGaps },
  { host: 'Hono in memory', hosting: inMemoryHono, over: 'memory', gaps: fetchGaps },
  { host: 'Hono on @hono/node-server', hosting: honoOverSockets, over: 'sockets', gaps: honoGaps },
];

const amissIn = (gaps: readonly Gap[]): ReadonlySet<string> => new Set(gaps.flatMap((gap) => gap.stories));

describe.each(hosts)('$host', ({ hosting, over, gaps }) => {
  const told = stories.filter((story) => story.over.includes(over) && !amissIn(gaps).has(story.name));
  it.each(told.filter(({ name }) => over === 'sockets' || !ofTheWire.includes(name)))('$name', async (story) => {
    const answer = await runInHost(story, hosting);
    expect(answer.status).toBe(story.due.status);
    expectDue(answer, story.due);
  });
});

// One that comes true is to leave the document.
describe.each(hosts.filter(({ over }) => over === 'sockets'))('$host does not show', ({ hosting, gaps }) => {
  it.each(stories.filter(({ name }) => amissIn(gaps).has(name)))('$name', async (story) => {
    const told = await runInHost(story, hosting, 100)
      .then(
        (answer) => expectDue(answer, story.due),
        () => 'no answer of Flick',
      )
      .then(
        (fault) => fault,
        () => 'another answer',
      );
    expect(['no answer of Flick', 'another answer']).toContain(told);
  });
});

it.each([
  { page: 'docs/fetch.md', gaps: fetchGaps },
  { page: 'docs/hono.md', gaps: honoGaps },
])('$page lists what cannot be done there', ({ page, gaps }) => {
  const rows = Array.from(readDocument(page).matchAll(/^\| ([^|]+?) +\| [^|]+ \|$/gm), ([, what]) => what);
  expect(rows.slice(1).filter((what) => !/^-+$/.test(what ?? ''))).toEqual(gaps.map(({ what }) => what));
  const names = new Set(stories.map(({ name }) => name));
  expect(gaps.flatMap((gap) => gap.stories).filter((name) => !names.has(name))).toEqual([]);
});

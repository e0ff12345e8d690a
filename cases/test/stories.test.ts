import { describe, expect, it } from 'vitest';
import { expectDue } from '../answer.ts';
import { runInMemory } from '../in-memory.ts';
import { forNode, runEmbedded, runOverSockets } from '../over-sockets.ts';
import { readStories } from '../story.ts';

const files = readStories();

/** What only an API behind can do: answer where no operation is, and speak of the connection. */
const ofUpstreams: ReadonlySet<string> = new Set([
  'an unknown path goes on to the API',
  'an undeclared method goes on to the API',
  'a CORS preflight passes to the API without credentials',
  'the preflight goes to the API and its answer comes back as it is',
  'hop-by-hop fields of the API stay behind',
]);

describe.each(files)('$about', ({ stories }) => {
  describe('in memory', () => {
    it.each(stories.filter(({ over }) => over.includes('memory')))('$name', async (story) => {
      const answer = await runInMemory(story);
      expect(answer.status).toBe(story.due.status);
      expectDue(answer, story.due);
    });
  });
  describe.each([
    ['embedded', undefined],
    ['embedded, read by Node', forNode],
  ])('%s', (_, as) => {
    it.each(stories.filter(({ over, name }) => over.includes('sockets') && !ofUpstreams.has(name)))(
      '$name',
      async (story) => {
        const answer = await runEmbedded(story, as);
        const { upstream, ...due } = story.due;
        expect(answer.status).toBe(due.status);
        expectDue(answer, upstream === 'none' ? story.due : due);
      },
    );
  });
  describe.each(['compiled', 'module'] as const)('in memory, from a compiled contract: %s', (form) => {
    it.each(stories.filter(({ over }) => over.includes('memory')))('$name', async (story) => {
      const answer = await runInMemory(story, form);
      expect(answer.status).toBe(story.due.status);
      expectDue(answer, story.due);
    });
  });
  describe('over sockets', () => {
    it.each(stories.filter(({ over }) => over.includes('sockets')))('$name', async (story) => {
      const answer = await runOverSockets(story);
      expect(answer.status).toBe(story.due.status);
      expectDue(answer, story.due);
    });
  });
});

describe('the stories', () => {
  const all = files.flatMap(({ stories }) => stories);

  it('are 200 at least, each of its own name', () => {
    expect(all.length).toBeGreaterThanOrEqual(200);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it('all say whence they come', () => {
    expect(all.filter(({ whence }) => whence.length < 3)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { expectDue } from '../answer.ts';
import { runInMemory } from '../in-memory.ts';
import { runOverSockets } from '../over-sockets.ts';
import { readStories } from '../story.ts';

const files = readStories();

describe.each(files)('$about', ({ stories }) => {
  describe('in memory', () => {
    it.each(stories.filter(({ over }) => over.includes('memory')))('$name', async (story) => {
      const answer = await runInMemory(story);
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

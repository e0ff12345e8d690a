import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileContract } from '@flick/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectDue } from '../answer.ts';
import { fetchGaps, ofTheWire } from '../fetch-gaps.ts';
import { type Hosting, runInHost } from '../fetch-hosts.ts';
import { settingsOf } from '../story-settings.ts';
import { readStories, type Story } from '../story.ts';
import { byEsbuild } from '../worker-bundle.js';
import { installWorkerd, inWorkerd, type WorkerHost } from '../worker-hosts.ts';
import type { StoryBegun, StoryTold } from '../worker-stories.ts';

const amiss = new Set([...fetchGaps.flatMap((gap) => gap.stories), ...ofTheWire]);
// Neither the bound on the number of fields nor the store of limits is a setting.
const stories = readStories()
  .flatMap((file) => file.stories)
  .filter(({ settings }) => settings.headerCount === undefined && settings.limitStore === undefined)
  .filter(({ name, over }) => over.includes('memory') && !amiss.has(name));

/** Writes the entry of a Worker that has the contracts of all stories. */
function writeEntry(folder: string): string {
  const contracts = fileURLToPath(new URL('../contracts/', import.meta.url));
  const names = readdirSync(contracts).filter((name) => name.endsWith('.yaml'));
  for (const name of names) {
    const module = join(folder, `${basename(name, '.yaml')}.mjs`);
    writeFileSync(module, compileContract(join(contracts, name), module).bytes);
  }
  const entry = join(folder, 'entry.js');
  writeFileSync(
    entry,
    [
      `import { tellStory } from '../worker-stories.ts';`,
      ...names.map((name, at) => `import contract${at} from './${basename(name, '.yaml')}.mjs';`),
      `const contracts = { ${names.map((name, at) => `'${name}': contract${at}`).join(', ')} };`,
      'export default { fetch: (request) => tellStory(request, contracts) };',
    ].join('\n'),
  );
  return entry;
}

describe('the stories in a Worker', () => {
  const folder = mkdtempSync(fileURLToPath(new URL('../.worker-', import.meta.url)));
  let host: WorkerHost | undefined;

  beforeAll(async () => {
    await installWorkerd();
    await byEsbuild(writeEntry(folder), join(folder, 'worker.mjs'));
    host = await inWorkerd(folder, 'worker.mjs', {});
  }, 300_000);

  afterAll(async () => {
    await host?.stop();
    rmSync(folder, { recursive: true });
  });

  /** Tells the Worker of a story, and hands on what it tells. */
  const hosting: Hosting = async (story, { answer, outcomes }) => {
    const origin = host?.origin ?? '';
    const begun = await fetch(origin, { method: 'PUT', body: JSON.stringify(begunOf(story)) });
    expect(await begun.text()).toBe('begun');
    return {
      async send(bytes) {
        const response = await fetch(origin, { method: 'POST', body: new Uint8Array(bytes) });
        expect(response.status).toBe(200);
        const told: StoryTold = JSON.parse(await response.text());
        outcomes.push(...told.outcomes);
        if (told.reached !== undefined) {
          const { method, target, body } = told.reached;
          await answer(
            new Request(`http://api${target}`, { method, body: body === '' ? null : Buffer.from(body, 'latin1') }),
          );
        }
        return told.wire;
      },
      stop: async () => {},
    };
  };

  it.each(stories)('$name', async (story) => {
    const answer = await runInHost(story, hosting);
    expect(answer.status).toBe(story.due.status);
    expectDue(answer, story.due);
  });
});

function begunOf(story: Story): StoryBegun {
  const { contract: _, credentials = {}, ...settings } = settingsOf(story);
  return { contract: story.contract, settings, schemes: Object.keys(credentials), upstream: story.upstream };
}

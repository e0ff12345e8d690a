import { writeTypes } from '@flick/types';
import { beforeAll, describe, expect, it } from 'vitest';
import { inTurn } from '../../packages/gate/test/in-turn.ts';
import { compile } from '../../packages/types/test/types-of.ts';
import { drawDocuments, github, installCorpus, namedDocuments, titleOf } from '../corpus/documents.js';

// `CORPUS_TYPES=300` draws more.
const count = Number(process.env['CORPUS_TYPES'] ?? 40);
const seed = 20_261_123;

describe('the types of real documents', () => {
  beforeAll(installCorpus, 600_000);

  it('compile, and tell of every operation', { timeout: 600_000 }, async () => {
    const named = namedDocuments().documents.filter((path, at) => path === github || at % 8 === 0);
    const files: Record<string, string> = {};
    let operations = 0;
    const paths = [...named, ...drawDocuments(count, seed)];
    await inTurn(paths.length, async (turn) => {
      const path = paths[turn] ?? '';
      const written = await writeTypes(path);
      operations += written.operations;
      files[`${titleOf(path).replaceAll(/[^\w.-]/g, '_')}.ts`] = written.text;
    });
    expect(Object.keys(files).length).toBeGreaterThan(count + 15);
    expect(operations).toBeGreaterThan(2_000);
    expect(await compile(files)).toEqual([]);
  });
});

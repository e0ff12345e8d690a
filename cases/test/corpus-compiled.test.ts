import { beforeAll, describe, expect, it } from 'vitest';
import { drawDocuments, github, installCorpus, namedDocuments } from '../corpus/documents.js';
import { report } from '../corpus/report.ts';

/** Every sixth of the named documents, and a few drawn ones. */
function part(): string[] {
  const { documents } = namedDocuments();
  const small = documents.filter((path) => path !== github);
  return [...small.filter((_path, at) => at % 6 === 0), ...drawDocuments(25, 20_261_123)];
}

describe('compiled contracts of a part of the corpus', () => {
  beforeAll(installCorpus, 600_000);

  it.each(['compiled', 'module'] as const)(
    'say of every request and every mutant what is due, as their documents do: %s',
    { timeout: 600_000 },
    (form) => {
      const documents = part();
      const found = report(documents, form);
      expect(found.broken).toEqual([]);
      expect(found.findings).toEqual([]);
      expect(found.documents).toBeGreaterThan(50);
      const { operations, requests, mutants, kinds, brokenByDocument, unsampled } = report(documents);
      expect(found).toMatchObject({ operations, requests, mutants, kinds, brokenByDocument, unsampled });
    },
  );
});

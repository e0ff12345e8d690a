import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installCorpus, namedDocuments } from '../corpus/documents.js';
import { type Report, report, tableOf, unspoilt } from '../corpus/report.ts';

describe('documents of ReadMe, Figma, rclone, Twilio and GitHub', () => {
  let found: Report;
  let swagger = 0;

  beforeAll(async () => {
    await installCorpus();
    const { documents, swagger: older } = namedDocuments();
    swagger = older.length;
    found = report(documents);
  }, 600_000);

  afterAll(() => {
    const { documents, operations, requests, mutants, unsampled } = found;
    const told = {
      documents,
      swagger,
      operations,
      brokenByDocument: found.brokenByDocument,
      requests,
      mutants,
      unsampled,
    };
    process.stdout.write(`corpus, named documents: ${JSON.stringify(told)}\n${tableOf(found.kinds)}`);
  });

  it('load whole: no operation is lost, every check compiles, good requests pass, each mutant is refused for its reason', () => {
    expect(found.broken).toEqual([]);
    expect(found.findings).toEqual([]);
  });

  it('are spoilt in every way that they give cause for; the made documents give cause for the others', () => {
    expect(unspoilt(found.kinds)).toEqual(['another constant', 'a name forbidden']);
  });

  it('are many, and few requests could not be made for them', () => {
    expect(found.documents).toBeGreaterThan(150);
    expect(found.operations).toBeGreaterThan(3_000);
    expect(found.requests).toBeGreaterThan(4_000);
    expect(found.mutants).toBeGreaterThan(25_000);
    expect(found.unsampled).toBeLessThan(found.requests / 50);
  });
});

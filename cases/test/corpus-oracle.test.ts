import { readFileSync, statSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { drawDocuments, installCorpus, namedDocuments, titleOf } from '../corpus/documents.js';
import { matrixOf } from '../corpus/matrix.ts';
import { mutationsOf } from '../corpus/mutations.ts';
import { type Dialect, isMembers, operationsOf, readOperation, Unsampled } from '../corpus/raw.ts';
import { draft, mediaTypesOf } from '../corpus/request.ts';

/** What came of a document: bodies that were judged, and those of whose mutants the library finds nothing wrong. */
interface Comparison {
  bodies: number;
  mutants: number;
  readonly taken: string[];
}

/** A check of the library as it comes: without formats, and without what OpenAPI adds. */
function checkOf(schema: unknown, root: unknown): ValidateFunction | undefined {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, logger: false });
  try {
    return ajv.compile({ ...(isMembers(schema) && schema), components: isMembers(root) ? root['components'] : {} });
  } catch {
    // A pattern of another dialect, or keywords of 3.0.
    return undefined;
  }
}

/** Spoils the JSON bodies of a document, and has the library judge what came of it. */
function compare(root: unknown, count: number): Comparison {
  const dialect: Dialect = { root, isOld: isMembers(root) && String(root['openapi']).startsWith('3.0') };
  const found: Comparison = { bodies: 0, mutants: 0, taken: [] };
  for (const each of operationsOf(dialect)) {
    if (found.bodies >= count) break;
    const operation = readOperation(each, dialect);
    const type = mediaTypesOf(operation, 'full').find((one) => one === 'application/json');
    if (type !== undefined) compareOne(operation, type, dialect, found);
  }
  return found;
}

function compareOne(
  operation: ReturnType<typeof readOperation>,
  type: string,
  dialect: Dialect,
  found: Comparison,
): void {
  const body = bodyOf(operation, type, dialect);
  const check = body && checkOf(body.schema, dialect.root);
  if (body === undefined || check === undefined) return;
  found.bodies += 1;
  const spoiling = { dialect, medium: 'json', limit: 5, seed: 1, carries: () => true } as const;
  for (const { kind, value, steps } of mutationsOf(body.schema, body.value, spoiling)) {
    if (kind === 'against the format') continue;
    found.mutants += 1;
    if (check(value)) found.taken.push(`${operation.method} ${operation.path} ${kind} /${steps.join('/')}`);
  }
}

function bodyOf(operation: ReturnType<typeof readOperation>, type: string, dialect: Dialect) {
  try {
    return draft(operation, type, dialect, 'full').body;
  } catch (error) {
    if (error instanceof Unsampled) return undefined;
    throw error;
  }
}

describe('what the corpus test holds to be wrong', () => {
  beforeAll(installCorpus, 600_000);

  it('is wrong by a plain JSON Schema library, too, in made documents', () => {
    for (const release of ['3.1.1', '3.2.0'] as const) {
      const { bodies, mutants, taken } = compare(matrixOf(release), 10);
      expect(taken).toEqual([]);
      expect(bodies).toBeGreaterThan(0);
      expect(mutants).toBeGreaterThan(30);
    }
  });

  it('is wrong by it in real documents', () => {
    const named = namedDocuments().documents.filter((_path, at) => at % 8 === 0);
    // The library reads all of a document for each schema.
    const some = [...named, ...drawDocuments(40, 20_261_123)].filter((path) => statSync(path).size < 300_000);
    let judged = 0;
    for (const path of some) {
      const text = readFileSync(path, 'utf8');
      const { taken, mutants } = compare(/^\s*\{/.test(text) ? JSON.parse(text) : parse(text), 10);
      judged += mutants;
      expect({ document: titleOf(path), taken }).toEqual({ document: titleOf(path), taken: [] });
    }
    expect(judged).toBeGreaterThan(1_000);
  });
});

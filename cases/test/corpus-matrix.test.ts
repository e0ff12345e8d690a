import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from '../corpus/examine.ts';
import { matrixOf, releases } from '../corpus/matrix.ts';

/**
 * What is asked. In 3.0 there are, for each of nine types, 7 operations in the path, 2 for a form in the query and one
 * for its content, 2 in a header and 2 in a cookie; 5 more for the other styles of a query, and 6 bodies.
 */
const due = {
  '3.0.4': { operations: 9 * 14 + 5 + 6, requests: 274, mutants: 1_202 },
  '3.1.1': { operations: 9 * 14 + 5 + 6, requests: 274, mutants: 1_202 },
  '3.2.0': { operations: 9 * 16 + 5 + 6, requests: 310, mutants: 1_382 },
};

describe.each(releases)('every style, explode and type, and every kind of body, in OpenAPI %s', (release) => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'flick-matrix-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('pass where they are right, and are refused for each single thing that is wrong', () => {
    const path = join(folder, 'openapi.json');
    writeFileSync(path, JSON.stringify(matrixOf(release)));
    const { findings, broken, unsampled, ...counts } = examine(path);
    expect({ findings, broken, unsampled }).toEqual({ findings: [], broken: [], unsampled: [] });
    expect(counts).toEqual(due[release]);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examine } from '../corpus/examine.ts';
import { matrixOf, releases } from '../corpus/matrix.ts';
import { requestKinds, type Target, targets } from '../corpus/mutants.ts';
import { type ValueKind, valueKinds } from '../corpus/mutations.ts';

/**
 * What is asked. In 3.0 there are, for each of 18 schemas, 7 operations in the path, 2 for a form in the query and one
 * for its content, 2 in a header and 2 in a cookie, but for one whose cookies nobody declares; 13 more for the other
 * styles of a query, and 8 bodies. In 3.2 cookies have a style more, and 19 queries are one value as a whole.
 */
const due = {
  '3.0.4': { operations: 18 * 14 - 1 + 13 + 8, requests: 544, mutants: 3_543 },
  '3.1.1': { operations: 18 * 14 - 1 + 13 + 8, requests: 544, mutants: 3_595 },
  '3.2.0': { operations: 18 * 16 - 2 + 13 + 8 + 19, requests: 652, mutants: 4_343 },
};

/** What is wrong in text alone can be said of a text. */
const ofTexts: ReadonlySet<ValueKind> = new Set([
  'too short',
  'too long',
  'against the pattern',
  'against the format',
  'out of the enum',
]);
const ofLaterReleases: ReadonlySet<ValueKind> = new Set(['another constant', 'a name forbidden']);

/** Whether something can be spoiled in a way: null has no text of its own, so that JSON alone has it. */
function canBe(kind: ValueKind, target: Target, release: (typeof releases)[number]): boolean {
  if (target === 'request' || (target === 'text' && !ofTexts.has(kind))) return false;
  if (kind === 'null' && !['json', 'path', 'query'].includes(target)) return false;
  return release !== '3.0.4' || !ofLaterReleases.has(kind);
}

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
    const { findings, broken, unsampled, kinds, ...counts } = examine(path, Infinity);
    expect({ findings, broken, unsampled }).toEqual({ findings: [], broken: [], unsampled: [] });
    expect(counts).toEqual(due[release]);
    const spoilt = targets.flatMap((target) =>
      valueKinds.filter((kind) => canBe(kind, target, release)).map((kind) => `${target}: ${kind}`),
    );
    const dropped = ['query', 'header', 'cookie'].map((target) => `${target}: a parameter dropped`);
    const others = requestKinds.filter((kind) => kind !== 'a parameter dropped').map((kind) => `request: ${kind}`);
    expect([...kinds.keys()].toSorted()).toEqual([...spoilt, ...dropped, ...others].toSorted());
  });
});

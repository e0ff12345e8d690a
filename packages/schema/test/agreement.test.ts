import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Judges } from '../src/judge.ts';
import { walk } from '../src/walk.ts';
import { only, schemas, values as value } from './any-schema.ts';
import { loweringOf } from './document.ts';

describe('the compiled check and the walk that tells the faults', () => {
  it.each(['as_schema', 'refuse', 'pass'] as const)(
    'agree on every schema and value, with unknown members taken as %s',
    (unknownMembers) => {
      let judged = 0;
      fc.assert(
        fc.property(
          schemas.rule,
          schemas.schema,
          schemas.schema,
          fc.array(value, { minLength: 1, maxLength: 6 }),
          (top, x, y, values) => {
            const root = { ...top, $defs: { x, y } };
            const lowering = loweringOf(root, unknownMembers);
            const entry = lowering.lower({ schema: root, location: 'contract:/api#' });
            const judge = new Judges(lowering).compile(entry);
            const clashes = values.filter((each) => {
              const faults = walk(entry.schema ?? true, each, lowering.entries, lowering.patterns);
              const verdict = judge(each);
              // Some schemas are for the walk alone.
              if (verdict !== undefined) judged += 1;
              return verdict !== undefined && verdict !== (faults.length === 0);
            });
            expect(clashes).toEqual([]);
          },
        ),
        { numRuns: 1_500, seed: 20_260_131 },
      );
      expect(judged).toBeGreaterThan(1_000);
    },
  );

  it('agree on scalars where a schema holds no others, and is judged without being compiled', () => {
    const rules = fc.oneof(
      fc
        .constantFrom<unknown>('string', 'integer', 'number', ['null', 'boolean'], ['string', 'integer'])
        .map((type) => ({
          type,
        })),
      only('enum', fc.array(value, { minLength: 1, maxLength: 3 })),
      only('const', value),
      only('multipleOf', fc.constantFrom(1, 0.5, 2)),
      fc
        .constantFrom('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minLength', 'maxLength')
        .chain((word) => only(word, fc.integer({ min: 0, max: 3 }))),
      only('pattern', fc.constantFrom('^a', 'b$', '^.{1,2}$', 'a+$')),
      only('format', fc.constantFrom('date', 'email', 'int32', 'unheard-of')),
    );
    fc.assert(
      fc.property(
        fc.array(rules, { maxLength: 4 }),
        fc.array(value, { minLength: 1, maxLength: 6 }),
        (some, values) => {
          const root = Object.assign({}, ...some);
          const lowering = loweringOf(root, 'as_schema');
          const entry = lowering.lower({ schema: root, location: 'contract:/api#' });
          const judge = new Judges(lowering).compile(entry);
          const scalars = values.filter((each) => typeof each !== 'object' || each === null);
          const walked = scalars.map(
            (each) => walk(entry.schema ?? true, each, lowering.entries, lowering.patterns).length === 0,
          );
          expect(scalars.map((each) => judge(each) === true)).toEqual(walked);
        },
      ),
      { numRuns: 2_000, seed: 20_260_131 },
    );
  });
});

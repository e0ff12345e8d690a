import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Judges } from '../src/judge.ts';
import { Lowering } from '../src/lower.ts';
import { walk } from '../src/walk.ts';
import { resolverOf } from './document.ts';

const names = ['a', 'b', 'toString', '__proto__', 'constructor'];
const name = fc.constantFrom(...names);

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, false, 0, -0, 1, 2.5, 3, '', 'a', 'ab', '😀', '2026-01-31', 'x@y'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(name, tie('value')), { maxLength: 3 })
      .map((members) =>
        JSON.parse(`{${members.map(([key, each]) => `${JSON.stringify(key)}:${JSON.stringify(each)}`).join()}}`),
      ),
  ),
})).value;

function only(keyword: string, each: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  return each.map((content) => ({ [keyword]: content }));
}

const schema = fc.letrec<{ schema: unknown; rule: Record<string, unknown> }>((tie) => {
  const one = tie('schema');
  const list = fc.array(one, { minLength: 1, maxLength: 3 });
  const map = fc.dictionary(name, one, { maxKeys: 3 });
  const count = fc.integer({ min: 0, max: 3 });
  return {
    rule: fc.oneof(
      only('type', fc.constantFrom<unknown>('string', 'integer', 'object', 'array', ['null', 'number'], 'any')),
      only('enum', fc.array(value, { minLength: 1, maxLength: 3 })),
      only('const', value),
      only('multipleOf', fc.constantFrom(1, 0.5, 2)),
      fc
        .constantFrom('minimum', 'exclusiveMaximum', 'maxLength', 'minItems', 'minProperties')
        .chain((word) => only(word, count)),
      only('pattern', fc.constantFrom('^a', 'b$', '^.{1,2}$', 'a+$')),
      only('format', fc.constantFrom('date', 'email', 'int32', 'unheard-of')),
      only('items', one),
      only('prefixItems', list),
      only('contains', one),
      only('uniqueItems', fc.boolean()),
      only('properties', map),
      only('patternProperties', fc.dictionary(fc.constantFrom('^a', 'tor'), one, { maxKeys: 2 })),
      only('additionalProperties', one),
      only('unevaluatedProperties', one),
      only('unevaluatedItems', one),
      only('propertyNames', one),
      only('required', fc.array(name, { maxLength: 2 })),
      only('dependentRequired', fc.dictionary(name, fc.array(name, { maxLength: 1 }), { maxKeys: 1 })),
      only('dependentSchemas', map),
      only('allOf', list),
      only('anyOf', list),
      only('oneOf', list),
      only('not', one),
      only('$ref', fc.constantFrom('#/$defs/x', '#/$defs/y')),
      fc.tuple(only('if', one), only('then', one), only('else', one)).map((rules) => Object.assign({}, ...rules)),
      only('nullable', fc.boolean()),
    ),
    schema: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.boolean(),
      fc.array(tie('rule'), { minLength: 1, maxLength: 4 }).map((rules) => Object.assign({}, ...rules)),
    ),
  };
});

describe('the compiled check and the walk that tells the faults', () => {
  it.each(['as_schema', 'refuse', 'pass'] as const)(
    'agree on every schema and value, with unknown members taken as %s',
    (unknownMembers) => {
      let judged = 0;
      fc.assert(
        fc.property(
          schema.rule,
          schema.schema,
          schema.schema,
          fc.array(value, { minLength: 1, maxLength: 6 }),
          (top, x, y, values) => {
            const root = { ...top, $defs: { x, y } };
            const lowering = new Lowering({
              dialect: '3.1',
              direction: 'request',
              unknownMembers,
              resolve: resolverOf(root),
              hasAnchors: () => false,
            });
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
          const lowering = new Lowering({
            dialect: '3.1',
            direction: 'request',
            unknownMembers: 'as_schema',
            resolve: resolverOf(root),
            hasAnchors: () => false,
          });
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

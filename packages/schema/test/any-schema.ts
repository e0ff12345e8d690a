import * as fc from 'fast-check';

const names = ['a', 'b', 'toString', '__proto__', 'constructor'];
const name = fc.constantFrom(...names);

/** Any value of JSON, with names that trip a careless check. */
export const values = fc.letrec<{ value: unknown }>((tie) => ({
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

/** Schemas of one keyword. */
export function only(keyword: string, each: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  return each.map((content) => ({ [keyword]: content }));
}

/** Any schema, and any that is an object. */
export const schemas = fc.letrec<{ schema: unknown; rule: Record<string, unknown> }>((tie) => {
  const one = tie('schema');
  const list = fc.array(one, { minLength: 1, maxLength: 3 });
  const map = fc.dictionary(name, one, { maxKeys: 3 });
  const count = fc.integer({ min: 0, max: 3 });
  return {
    rule: fc.oneof(
      only('type', fc.constantFrom<unknown>('string', 'integer', 'object', 'array', ['null', 'number'], 'any')),
      only('enum', fc.array(values, { minLength: 1, maxLength: 3 })),
      only('const', values),
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

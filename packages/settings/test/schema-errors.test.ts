import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { faultsOf } from '../src/config-faults.ts';
import { configSchema } from '../src/config-schema.ts';
import { type ConfigSchema, type SchemaError, schemaErrors } from '../src/schema-errors.ts';

const schema: ConfigSchema = configSchema;

const texts = ['', 'x', '10s', '1MiB', 'enforce', 'refuse', 'sqlite:x', '/a', '127.0.0.1:80'];
const blocks = [{}, { env: 'A' }, { file: 'a' }, { env: 'A', file: 'b' }, { mode: 'watch' }, { x: 1 }];
const junk = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, 1, 2.5, -1, 1e9, [], ['x'], ['/a', 3]),
  fc.constantFrom(...texts),
  fc.constantFrom(...blocks),
);

/** Values that a schema is likely to let through, with something wrong here and there. */
function nearly(node: ConfigSchema, depth = 0): fc.Arbitrary<unknown> {
  const ways: fc.Arbitrary<unknown>[] = [junk];
  if (node.enum !== undefined) ways.push(fc.constantFrom(...node.enum));
  for (const branch of node.anyOf ?? []) ways.push(nearly(branch, depth + 1));
  if (node.items !== undefined) ways.push(fc.array(nearly(node.items, depth + 1), { maxLength: 3 }));
  const others = typeof node.additionalProperties === 'object' ? nearly(node.additionalProperties, depth + 1) : junk;
  const named = Object.entries(node.properties ?? {}).map(([name, each]) => [name, nearly(each, depth + 1)] as const);
  if (node.type === 'object') {
    const known = fc.record(Object.fromEntries(named), { requiredKeys: [] });
    const more = fc.dictionary(fc.constantFrom('a', 'B/c', '~', 'mod', 'toString'), others, {
      maxKeys: depth === 0 ? 1 : 2,
    });
    ways.push(fc.tuple(known, more).map(([one, other]) => Object.assign({}, one, other)));
  }
  // The further down, the rarer: else all would be wrong in many places.
  return fc.oneof(...ways.map((arbitrary, at) => ({ arbitrary, weight: at === 0 ? 1 : 6 })));
}

function tell(errors: readonly SchemaError[]): string[] {
  return faultsOf(errors, String).map(({ path, on, message }) => `${path.join('.')} ${on} ${message}`);
}

it('tells of settings what Ajv tells', () => {
  const validate = new Ajv({ allErrors: true, verbose: true, validateSchema: false }).compile(schema);
  let wrong = 0;
  fc.assert(
    fc.property(nearly(schema), (value) => {
      const own = schemaErrors(schema, value);
      expect(own.length === 0).toBe(validate(value));
      const due = (validate.errors ?? []).map((error) => {
        const parentSchema: ConfigSchema = Object.fromEntries(Object.entries(error.parentSchema ?? {}));
        return Object.assign({ schema: {}, data: {} }, error, { parentSchema });
      });
      if (own.length > 0) wrong += 1;
      expect(tell(own)).toEqual(tell(due));
    }),
    { numRuns: 3_000, seed: 20_261_126 },
  );
  expect(wrong).toBeGreaterThan(1_000);
});

it('knows every keyword of the settings’ schema', () => {
  const numbers = ['minimum', 'maximum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties', 'maxProperties'];
  const others = ['type', 'enum', 'pattern', 'items', 'required', 'properties', 'additionalProperties', 'not', 'anyOf'];
  const told = new Set([...numbers, ...others, 'oneOf', 'title', 'description', 'default', '$schema']);
  const found = new Set<string>();
  const visit = (node: object): void => {
    for (const [keyword, value] of Object.entries(node)) {
      found.add(keyword);
      if (keyword === 'properties') Object.values(value).forEach((each) => visit(Object(each)));
      else if (['items', 'not'].includes(keyword) || (keyword === 'additionalProperties' && typeof value === 'object'))
        visit(value);
      else if (keyword === 'anyOf' || keyword === 'oneOf') value.forEach(visit);
    }
  };
  visit(configSchema);
  expect([...found].filter((keyword) => !told.has(keyword))).toEqual([]);
});

import { formats } from './formats.ts';
import type { Lowered, LoweredSchema } from './lowered.ts';
import type { Pattern } from './pattern.ts';
import { codePoints, isMultipleOf, memberTest } from './values.ts';
import { isOfType } from './walk.ts';

/**
 * Judges scalars by a schema that holds no others, as most parameters have: it is made at once, where compiling takes a
 * millisecond, and says as much. `undefined` where the walk is to say: of faults, arrays and objects.
 */
export function judgeSingle(
  schema: LoweredSchema,
  patterns: ReadonlyMap<string, Pattern>,
): (value: unknown) => true | undefined {
  if (typeof schema === 'boolean') return () => schema || undefined;
  const { type } = schema;
  const isIn = schema.enum === undefined ? undefined : memberTest(schema.enum);
  const isConst = Object.hasOwn(schema, 'const') ? memberTest([schema.const]) : undefined;
  const numberHolds = numberTest(schema);
  const stringHolds = stringTest(schema, patterns);
  return (value) => {
    if (typeof value === 'object' && value !== null) return undefined;
    if (type !== undefined && !type.some((each) => isOfType(value, each))) return undefined;
    if (isIn !== undefined && !isIn(value)) return undefined;
    if (isConst !== undefined && !isConst(value)) return undefined;
    if (typeof value === 'number') return numberHolds(value) || undefined;
    if (typeof value === 'string') return stringHolds(value) || undefined;
    return true;
  };
}

function numberTest({
  minimum = -Infinity,
  maximum = Infinity,
  exclusiveMinimum,
  exclusiveMaximum,
  multipleOf,
  format,
}: Lowered): (value: number) => boolean {
  const form = format === undefined ? undefined : formats.get(format);
  return (value) =>
    !(value < minimum) &&
    !(value > maximum) &&
    (exclusiveMinimum === undefined || !(value <= exclusiveMinimum)) &&
    (exclusiveMaximum === undefined || !(value >= exclusiveMaximum)) &&
    (multipleOf === undefined || isMultipleOf(value, multipleOf)) &&
    (form?.type !== 'number' || form.holds(value));
}

function stringTest(
  { minLength = 0, maxLength = Infinity, pattern, format }: Lowered,
  patterns: ReadonlyMap<string, Pattern>,
): (value: string) => boolean {
  const isCounted = minLength > 0 || maxLength < Infinity;
  const engine = pattern === undefined ? undefined : patterns.get(pattern);
  const form = format === undefined ? undefined : formats.get(format);
  return (value) => {
    if (isCounted) {
      const length = codePoints(value);
      if (length < minLength || length > maxLength) return false;
    }
    return engine?.test(value) !== false && (form?.type !== 'string' || form.holds(value));
  };
}

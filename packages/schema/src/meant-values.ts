import type { JsonType } from './check.ts';
import type { Lowered } from './lowered.ts';

/**
 * Takes an `enum` as it was meant where its `type` rules its values out, as in hundreds of published contracts: YAML has
 * read `on` as true and `16:9` as 969, or numbers stand in quotes. Each value is then let through as it stands and as the
 * type would have it. A list of scalars in a schema of arrays is that of their items.
 */
export function takeEnumAsMeant(lowered: Lowered): void {
  const { type: types, enum: values } = lowered;
  if (types === undefined || values === undefined) return;
  const ruledOut = values.filter((value) => !types.some((type) => isOf(type, value)));
  if (ruledOut.length === 0) return;
  if (types.includes('array') && ruledOut.length === values.length && ruledOut.every(isScalar)) {
    delete lowered.enum;
    lowered.items = lowered.items === undefined ? { enum: values } : { allOf: [lowered.items, { enum: values }] };
    return;
  }
  lowered.enum = [...new Set([...values, ...ruledOut.flatMap((value) => asOneOf(types, value))])];
  lowered.type = [...new Set([...types, ...ruledOut.map(typeOf)])];
}

function asOneOf(types: readonly JsonType[], value: unknown): unknown[] {
  if (types.includes('string') && isScalar(value)) return [String(value)];
  if (typeof value !== 'string') return [];
  if (types.includes('boolean') && (value === 'true' || value === 'false')) return [value === 'true'];
  const isNumeric = types.includes('integer') || types.includes('number');
  return isNumeric && value.trim() !== '' && Number.isFinite(Number(value)) ? [Number(value)] : [];
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function isOf(type: JsonType, value: unknown): boolean {
  return type === 'integer' ? Number.isInteger(value) : type === typeOf(value);
}

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return typeof value === 'string' ? 'string' : typeof value === 'number' ? 'number' : 'boolean';
  }
  return 'object';
}

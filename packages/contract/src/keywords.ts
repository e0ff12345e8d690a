import { didYouMean } from './nearest.ts';
import { isMembers } from './pointer.ts';

/** What a keyword of a schema may hold, and where the schemas are in it. */
export interface Keyword {
  /** The value is a schema, or holds schemas as its items or members. */
  readonly holds?: 'schema' | 'items' | 'members';
  /** What is wrong with a value and what becomes of it; `undefined` where it is sound. */
  readonly fault: (value: unknown) => string | undefined;
}

const types = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'];

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'one too large to read';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** For a keyword that is passed over where its value does not fit. */
function due(what: string, fits: (value: unknown) => boolean): Keyword['fault'] {
  return (value) => (fits(value) ? undefined : `must be ${what}, not ${kindOf(value)}; the keyword is not applied`);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';

const text: Keyword = { fault: due('text', isText) };
const flag: Keyword = { fault: due('true or false', isBoolean) };
const number: Keyword = { fault: due('a number', isNumber) };
const count: Keyword = {
  fault: due('a whole number of at least 0', (value) => Number.isInteger(value) && Number(value) >= 0),
};
// OpenAPI 3.0 has a boolean here, 3.1 a number; both are served as they are meant in either.
const exclusive: Keyword = { fault: due('a number, or true or false', (value) => isBoolean(value) || isNumber(value)) };
const members: Keyword = { holds: 'members', fault: due('an object with schemas', isMembers) };
const list: Keyword = {
  holds: 'items',
  fault: due('a list of schemas', (value) => Array.isArray(value) && value.length > 0),
};
// A value that is no schema is told of where schemas are walked.
const schema: Keyword = { holds: 'schema', fault: () => undefined };

function typeFault(value: unknown): string | undefined {
  const names: readonly unknown[] = Array.isArray(value) && value.length > 0 ? value : [value];
  const at = names.findIndex((name) => typeof name !== 'string' || !types.includes(name));
  if (at === -1) return undefined;
  const name = names[at];
  const isName = typeof name === 'string' && name.length <= 40;
  // YAML reads a null without quotes as no text.
  const mend = name === null ? '; write "null"' : isName ? didYouMean(name, types) : '';
  const what = isName ? `"${name}"` : kindOf(name);
  return `must be one of ${types.join(', ')}, not ${what}; the keyword is not applied${mend}`;
}

function namesFault(value: unknown): string | undefined {
  if (!Array.isArray(value)) {
    const mend = typeof value === 'boolean' ? '; list the name in the schema of the object that has it' : '';
    return `must be a list of names, not ${kindOf(value)}; the keyword is not applied${mend}`;
  }
  const items: readonly unknown[] = value;
  const other = items.findIndex((name) => typeof name !== 'string');
  if (other === -1) return undefined;
  return `must be a list of names, and item ${String(other)} is ${kindOf(items[other])}; what is no text is left out`;
}

function dependentFault(value: unknown): string | undefined {
  if (!isMembers(value))
    return `must be an object with lists of names, not ${kindOf(value)}; the keyword is not applied`;
  for (const name in value) {
    const fault = Object.hasOwn(value, name) ? namesFault(value[name]) : undefined;
    if (fault !== undefined) return `has a member that ${fault}`;
  }
  return undefined;
}

function discriminatorFault(value: unknown): string | undefined {
  if (!isMembers(value))
    return `must be an object with "propertyName", not ${kindOf(value)}; the keyword is not applied`;
  if (Object.hasOwn(value, 'propertyName') && isText(value['propertyName'])) return undefined;
  return 'has no "propertyName" that is text and chooses no schema; name the member that chooses';
}

function itemsFault(value: unknown): string | undefined {
  if (!Array.isArray(value)) return undefined;
  const reading = value.length === 0 ? 'the keyword is not applied' : 'it is read as `prefixItems`';
  return `must be one schema, not ${kindOf(value)}; ${reading}`;
}

// No value at all would refuse everything, which nobody means.
const isEnum = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
const isFactor = (value: unknown): boolean => isNumber(value) && value > 0;

/** The keywords of schemas in OpenAPI 3.0 to 3.2 whose values can be wrong. */
export const keywords: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ['$ref', text],
  ['$dynamicRef', text],
  ['$id', text],
  ['$anchor', text],
  ['$dynamicAnchor', text],
  ['type', { fault: typeFault }],
  ['enum', { fault: due('a list of values', isEnum) }],
  ['multipleOf', { fault: due('a number above 0', isFactor) }],
  ['minimum', number],
  ['maximum', number],
  ['exclusiveMinimum', exclusive],
  ['exclusiveMaximum', exclusive],
  ['minLength', count],
  ['maxLength', count],
  ['minItems', count],
  ['maxItems', count],
  ['minContains', count],
  ['maxContains', count],
  ['minProperties', count],
  ['maxProperties', count],
  ['pattern', text],
  ['format', text],
  ['contentEncoding', text],
  ['contentMediaType', text],
  ['uniqueItems', flag],
  ['nullable', flag],
  ['readOnly', flag],
  ['writeOnly', flag],
  ['deprecated', flag],
  ['title', text],
  ['description', text],
  ['required', { fault: namesFault }],
  ['dependentRequired', { fault: dependentFault }],
  ['discriminator', { fault: discriminatorFault }],
  ['properties', members],
  ['patternProperties', members],
  ['dependentSchemas', members],
  ['allOf', list],
  ['anyOf', list],
  ['oneOf', list],
  ['prefixItems', list],
  ['items', { holds: 'schema', fault: itemsFault }],
  ['additionalItems', schema],
  ['additionalProperties', schema],
  ['unevaluatedItems', schema],
  ['unevaluatedProperties', schema],
  ['contains', schema],
  ['contentSchema', schema],
  ['propertyNames', schema],
  ['not', schema],
  ['if', schema],
  ['then', schema],
  ['else', schema],
]);

import type { JsonType } from './check.ts';
import { formats } from './formats.ts';
import type { Lowered } from './lowered.ts';
import { codePoints } from './values.ts';

const typeWords: Readonly<Record<JsonType, string>> = {
  null: 'null',
  boolean: 'a boolean',
  integer: 'an integer',
  number: 'a number',
  string: 'a string',
  array: 'an array',
  object: 'an object',
};

// Long lists tell nobody anything.
const maxListLength = 120;
const maxPatternLength = 120;

/** What arrived, by kind and size: never the value itself. */
export function arrivedWords(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `an array of ${counted(value.length, 'item')}`;
  if (typeof value === 'string') return `a string of ${counted(codePoints(value), 'character')}`;
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : 'a number too large to read';
  return typeof value === 'boolean' ? 'a boolean' : 'an object';
}

/** What a schema's keyword asks for. */
export function dueWords(keyword: string, schema: Lowered): string {
  switch (keyword) {
    case 'type':
      return typesWords(schema.type ?? []);
    case 'enum':
      return valuesWords(schema.enum ?? []);
    case 'const':
      return JSON.stringify(schema.const) ?? 'another value';
    case 'multipleOf':
      return `a multiple of ${String(schema.multipleOf)}`;
    case 'minimum':
      return `at least ${String(schema.minimum)}`;
    case 'maximum':
      return `at most ${String(schema.maximum)}`;
    case 'exclusiveMinimum':
      return `more than ${String(schema.exclusiveMinimum)}`;
    case 'exclusiveMaximum':
      return `less than ${String(schema.exclusiveMaximum)}`;
    case 'minLength':
      return `at least ${counted(schema.minLength ?? 0, 'character')}`;
    case 'maxLength':
      return `at most ${counted(schema.maxLength ?? 0, 'character')}`;
    case 'pattern':
      return `a string that matches ${shortened(schema.pattern ?? '', maxPatternLength)}`;
    case 'format':
      return formats.get(schema.format ?? '')?.words ?? `a value of the format ${schema.format ?? ''}`;
    case 'minItems':
      return `at least ${counted(schema.minItems ?? 0, 'item')}`;
    case 'maxItems':
      return `at most ${counted(schema.maxItems ?? 0, 'item')}`;
    case 'uniqueItems':
      return 'items that are all different';
    case 'contains':
      return containsWords(schema);
    case 'minProperties':
      return `at least ${counted(schema.minProperties ?? 0, 'member')}`;
    case 'maxProperties':
      return `at most ${counted(schema.maxProperties ?? 0, 'member')}`;
    case 'additionalProperties':
      return schema.properties === undefined
        ? 'no member of this name'
        : `no member other than ${valuesWords(Object.keys(schema.properties), '')}`;
    case 'unevaluatedProperties':
      return 'no member that the schema does not name';
    case 'unevaluatedItems':
      return 'no item beyond those that the schema names';
    case 'propertyNames':
      return 'a member name that the schema allows';
    case 'oneOf':
      return `a value that fits exactly one of ${counted(schema.oneOf?.length ?? 0, 'alternative')}`;
    case 'anyOf':
      return `a value that fits one of ${counted(schema.anyOf?.length ?? 0, 'alternative')}`;
    case 'false':
      return 'nothing';
    case 'not':
      return notWords(schema.not);
    default:
      return 'a value that the schema allows';
  }
}

/** What a schema lets through, as far as a few words can tell. */
export function schemaWords(schema: Lowered | boolean | undefined): string {
  if (typeof schema !== 'object') return 'a value';
  if (Object.hasOwn(schema, 'const')) return dueWords('const', schema);
  if (schema.enum !== undefined) return dueWords('enum', schema);
  if (schema.format !== undefined) return dueWords('format', schema);
  return schema.type === undefined ? 'a value' : dueWords('type', schema);
}

export function typesWords(types: Iterable<JsonType>): string {
  const words = [...types].map((type) => typeWords[type]);
  const last = words.pop() ?? 'a value';
  return words.length === 0 ? last : `${words.join(', ')} or ${last}`;
}

function containsWords({ minContains = 1, maxContains }: Lowered): string {
  const least = `at least ${counted(minContains, 'item')}`;
  const most =
    maxContains === undefined ? '' : `${minContains > 0 ? ' and ' : ''}at most ${counted(maxContains, 'item')}`;
  return `${minContains > 0 ? least : ''}${most} of the kind that the schema names in "contains"`;
}

function notWords(not: Lowered | boolean | undefined): string {
  if (typeof not === 'object' && not.enum !== undefined) return `a value other than ${valuesWords(not.enum, '')}`;
  if (typeof not === 'object' && Object.hasOwn(not, 'const')) return `a value other than ${dueWords('const', not)}`;
  return 'a value other than those that the schema rules out';
}

function valuesWords(values: readonly unknown[], before = 'one of '): string {
  const texts: string[] = [];
  let length = 0;
  for (const value of values) {
    const text = JSON.stringify(value) ?? 'null';
    length += text.length + 2;
    if (texts.length > 0 && length > maxListLength)
      return `${before}${texts.join(', ')} and ${String(values.length - texts.length)} more`;
    texts.push(shortened(text, maxListLength));
  }
  return texts.length === 1 ? texts.join('') : before + texts.join(', ');
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

import { expressionOf } from './pattern-text.ts';
import { deref, type Dialect, isMembers, listOf, type Members, Unsampled } from './raw.ts';

/**
 * Whether a value of a request fits a schema: a small reading of JSON Schema that shares nothing with the one under
 * test. Keywords that it does not know make it throw, so that nothing is claimed of what was not judged.
 */
export function holds(schema: unknown, value: unknown, dialect: Dialect, depth = 0): boolean {
  if (typeof schema === 'boolean') return schema;
  if (!isMembers(schema)) return true;
  if (depth > 60) throw new Unsampled('a schema that leads back to itself');
  const inner = (each: unknown, of = value): boolean => holds(each, of, dialect, depth + 1);
  const { isOld, isLenient } = dialect;
  if (typeof schema['$ref'] === 'string') {
    if (!inner(deref({ $ref: schema['$ref'] }, dialect))) return schema['nullable'] === true && value === null;
    if (isOld) return true;
  }
  for (const keyword of ['unevaluatedProperties', 'unevaluatedItems', '$dynamicRef', 'dependentSchemas', 'contains']) {
    if (schema[keyword] !== undefined) throw new Unsampled(`the keyword ${keyword}`);
  }
  if (value === null && schema['nullable'] === true) return true;
  const types = typesOf(schema);
  if (types !== undefined && !types.some((type) => isOf(type, value))) return false;
  const values = schema['enum'];
  if (Array.isArray(values) && values.length > 0 && !values.some((each) => same(each, value))) return false;
  if ('const' in schema && !same(schema['const'], value)) return false;
  if (typeof value === 'number' && !numberHolds(schema, value)) return false;
  if (typeof value === 'string' && !stringHolds(schema, value, isLenient === true)) return false;
  if (Array.isArray(value) && !itemsHold(schema, value, inner)) return false;
  if (isMembers(value) && !membersHold(schema, value, inner, dialect)) return false;
  if (!listOf(schema['allOf']).every((each) => inner(each))) return false;
  const any = listOf(schema['anyOf']);
  if (any.length > 0 && !any.some((each) => inner(each))) return false;
  const one = listOf(schema['oneOf']);
  const fitting = one.filter((each) => inner(each)).length;
  if (one.length > 0 && (isLenient === true ? fitting === 0 : fitting !== 1)) return false;
  // To say no leniently is to say yes strictly.
  const strict = isLenient === undefined ? dialect : { ...dialect, isLenient: !isLenient };
  if (schema['not'] !== undefined && holds(schema['not'], value, strict, depth + 1)) return false;
  if (schema['if'] === undefined) return true;
  return inner(inner(schema['if']) ? schema['then'] : schema['else']);
}

/** The types that a schema names; `undefined` where it names none, or one that there is not. */
export function typesOf(schema: Members): string[] | undefined {
  const { type } = schema;
  const names: readonly unknown[] = Array.isArray(type) ? type : type === undefined ? [] : [type];
  const known = names.filter(
    (name) =>
      typeof name === 'string' && ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'].includes(name),
  );
  return known.length === 0 || known.length < names.length ? undefined : known.map(String);
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isMembers(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

/** Equality as JSON has it. */
export function same(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, index) => same(each, other[index]));
  }
  if (isMembers(one) && isMembers(other)) {
    const names = Object.keys(one);
    return names.length === Object.keys(other).length && names.every((name) => same(one[name], other[name]));
  }
  return one === other;
}

function limit(schema: Members, keyword: string): number | undefined {
  const value = schema[keyword];
  return typeof value === 'number' ? value : undefined;
}

function numberHolds(schema: Members, value: number): boolean {
  const { exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  const least = limit(schema, 'minimum') ?? -Infinity;
  const most = limit(schema, 'maximum') ?? Infinity;
  if (value < least || value > most) return false;
  if ((above === true && value === least) || (below === true && value === most)) return false;
  if ((typeof above === 'number' && value <= above) || (typeof below === 'number' && value >= below)) return false;
  const { format } = schema;
  if (format === 'int32' && !(Number.isInteger(value) && Math.abs(value) < 2 ** 31)) return false;
  if (format === 'int64' && !Number.isInteger(value)) return false;
  const factor = limit(schema, 'multipleOf');
  if (factor === undefined || factor <= 0) return true;
  const quotient = value / factor;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9 * Math.max(1, Math.abs(quotient));
}

const dateText = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const timeText = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** What formats demand, put more narrowly than they do: who is refused here may still be right. */
const formatTexts: Readonly<Record<string, (text: string) => boolean>> = {
  date: (text) => dateText.test(text) && !Number.isNaN(Date.parse(text)),
  time: (text) => timeText.test(text),
  'date-time': (text) => dateText.test(text.slice(0, 10)) && text[10] === 'T' && timeText.test(text.slice(11)),
  uuid: (text) => /^[\da-fA-F]{8}(?:-[\da-fA-F]{4}){3}-[\da-fA-F]{12}$/.test(text),
  email: (text) => /^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/.test(text),
  hostname: (text) =>
    /^(?=.{1,253}$)[a-zA-Z\d](?:[a-zA-Z\d-]{0,61}[a-zA-Z\d])?(?:\.[a-zA-Z\d](?:[a-zA-Z\d-]{0,61}[a-zA-Z\d])?)*$/.test(
      text,
    ),
  ipv4: (text) => /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/.test(text) && !text.endsWith('.'),
  ipv6: (text) => /^[\da-f:]+$/i.test(text) && URL.canParse(`http://[${text}]/`),
  uri: (text) => /^[a-z][a-z\d+.-]*:[\w/.:?#@!$&'()*+,;=%~-]+$/i.test(text) && URL.canParse(text),
  'uri-reference': (text) => /^[\w/.:?#@!$&'()*+,;=~-]*$/.test(text),
  duration: (text) => /^P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+S)?)?$/.test(text) && /\d[A-Z]$/.test(text),
  byte: (text) => /^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(text),
};

/** What breaks a format beyond doubt. */
const formatBreaks: Readonly<Record<string, RegExp>> = {
  date: /[^\d-]/,
  time: /[~_]/,
  'date-time': /[~_]/,
  duration: /[~_]/,
  uuid: /[~_]/,
  email: /^[^@]*$/,
  hostname: /[~% ]/,
  ipv4: /[^\d.]/,
  ipv6: /[~_]/,
  uri: /^[^:]*$/,
  'uri-reference': /%(?![\da-f]{2})/i,
  byte: /[~%]/,
};

function stringHolds(schema: Members, text: string, isLenient: boolean): boolean {
  const { format, pattern } = schema;
  const { length } = Array.from(text);
  if (length < (limit(schema, 'minLength') ?? 0) || length > (limit(schema, 'maxLength') ?? Infinity)) return false;
  if (typeof pattern === 'string' && !expressionOf(pattern).test(text)) return false;
  if (typeof format !== 'string') return true;
  if (isLenient) return !(formatBreaks[format]?.test(text) ?? false);
  return formatTexts[format]?.(text) ?? true;
}

type Inner = (schema: unknown, value: unknown) => boolean;

function itemsHold(schema: Members, items: readonly unknown[], inner: Inner): boolean {
  if (items.length < (limit(schema, 'minItems') ?? 0) || items.length > (limit(schema, 'maxItems') ?? Infinity))
    return false;
  if (schema['uniqueItems'] === true && items.some((item, at) => items.slice(0, at).some((other) => same(item, other))))
    return false;
  const listed = Array.isArray(schema['items']);
  const first = listOf(listed ? schema['items'] : schema['prefixItems']);
  const rest = listed ? schema['additionalItems'] : schema['items'];
  return items.every((item, at) => inner(at < first.length ? first[at] : rest, item));
}

/** Whether only answers have a member. */
export function isReadOnly(schema: unknown, dialect: Dialect, depth = 0): boolean {
  if (!isMembers(schema) || depth > 10) return false;
  if (schema['readOnly'] === true) return true;
  if (typeof schema['$ref'] === 'string') return isReadOnly(deref(schema, dialect), dialect, depth + 1);
  return listOf(schema['allOf']).some((each) => isReadOnly(each, dialect, depth + 1));
}

function membersHold(schema: Members, value: Members, inner: Inner, dialect: Dialect): boolean {
  const names = Object.keys(value);
  if (
    names.length < (limit(schema, 'minProperties') ?? 0) ||
    names.length > (limit(schema, 'maxProperties') ?? Infinity)
  )
    return false;
  const properties = isMembers(schema['properties']) ? schema['properties'] : {};
  for (const name of listOf(schema['required'])) {
    if (typeof name !== 'string' || Object.hasOwn(value, name)) continue;
    if (!Object.hasOwn(properties, name) || !isReadOnly(properties[name], dialect)) return false;
  }
  const patterned = isMembers(schema['patternProperties']) ? Object.entries(schema['patternProperties']) : [];
  const dependent = isMembers(schema['dependentRequired']) ? schema['dependentRequired'] : {};
  for (const [name, list] of Object.entries(dependent)) {
    if (Object.hasOwn(value, name) && listOf(list).some((each) => !Object.hasOwn(value, String(each)))) return false;
  }
  return names.every((name) => {
    const own = Object.hasOwn(properties, name);
    const fitting = patterned.filter(([pattern]) => expressionOf(pattern).test(name));
    if (schema['propertyNames'] !== undefined && !inner(schema['propertyNames'], name)) return false;
    if (own && !inner(properties[name], value[name])) return false;
    if (!fitting.every(([, each]) => inner(each, value[name]))) return false;
    return own || fitting.length > 0 || inner(schema['additionalProperties'], value[name]);
  });
}

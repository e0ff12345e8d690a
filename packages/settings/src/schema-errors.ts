/** What a value breaks of a schema, in Ajv's terms. */
export interface SchemaError {
  readonly keyword: string;
  /** JSON pointer (RFC 6901) into the value. */
  readonly instancePath: string;
  /** Pointer to the keyword. */
  readonly schemaPath: string;
  /** The keyword's value. */
  readonly schema: unknown;
  readonly parentSchema: ConfigSchema;
  readonly data: unknown;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A schema in the keywords that the settings' own needs. */
export interface ConfigSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly items?: ConfigSchema;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, ConfigSchema>>;
  readonly additionalProperties?: ConfigSchema | boolean;
  readonly not?: ConfigSchema;
  readonly anyOf?: readonly ConfigSchema[];
  readonly oneOf?: readonly ConfigSchema[];
  readonly title?: string;
}

/**
 * Finds all that a value breaks of the settings' schema. It says what Ajv says, which a test holds it to; Ajv itself takes
 * longer to load than all settings to be read, and makes functions of text, which some runtimes forbid.
 */
export function schemaErrors(schema: ConfigSchema, data: unknown, at: Place = start): SchemaError[] {
  const errors: SchemaError[] = [];
  const add = (keyword: keyof ConfigSchema, params: SchemaError['params'] = {}): void => {
    errors.push({
      keyword,
      instancePath: at.value,
      schemaPath: `${at.schema}/${keyword}`,
      schema: schema[keyword],
      parentSchema: schema,
      data,
      params,
    });
  };
  const within = (inner: ConfigSchema, value: unknown, way: string, step = ''): SchemaError[] =>
    schemaErrors(inner, value, { schema: `${at.schema}/${way}`, value: at.value + step });

  if (schema.type !== undefined && !isOfType(data, schema.type)) add('type');
  if (typeof data === 'number') {
    if (data > (schema.maximum ?? Infinity)) add('maximum');
    if (data < (schema.minimum ?? -Infinity)) add('minimum');
    if (data <= (schema.exclusiveMinimum ?? -Infinity)) add('exclusiveMinimum');
  }
  if (typeof data === 'string') {
    if (Array.from(data).length < (schema.minLength ?? 0)) add('minLength');
    if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(data)) add('pattern');
  }
  if (schema.enum?.includes(data) === false) add('enum', { allowedValues: schema.enum });
  if (schema.not !== undefined && within(schema.not, data, 'not').length === 0) add('not');
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const branches = schema[keyword]?.map((branch, index) => within(branch, data, `${keyword}/${index}`)) ?? [];
    const fitting = branches.filter((broken) => broken.length === 0).length;
    if (branches.length === 0 || fitting === 1 || (keyword === 'anyOf' && fitting > 0)) continue;
    errors.push(...branches.flat());
    add(keyword);
  }
  if (Array.isArray(data)) {
    const { items, minItems = 0 } = schema;
    if (data.length < minItems) add('minItems');
    // Holes are items, too.
    const all: readonly unknown[] = items === undefined ? [] : Array.from(data);
    for (const [index, item] of all.entries()) errors.push(...within(items ?? {}, item, 'items', `/${index}`));
  }
  if (!isMembers(data)) return errors;
  const { properties = {}, additionalProperties: others = true, required = [] } = schema;
  const names = Object.keys(data);
  if (names.length > (schema.maxProperties ?? Infinity)) add('maxProperties');
  if (names.length < (schema.minProperties ?? 0)) add('minProperties');
  for (const name of required) if (data[name] === undefined) add('required', { missingProperty: name });
  for (const name of names) {
    if (Object.hasOwn(properties, name) || others === true) continue;
    if (others === false) add('additionalProperties', { additionalProperty: name });
    else errors.push(...within(others, data[name], 'additionalProperties', `/${escaped(name)}`));
  }
  for (const [name, property] of Object.entries(properties)) {
    if (data[name] === undefined) continue;
    errors.push(...within(property, data[name], `properties/${escaped(name)}`, `/${escaped(name)}`));
  }
  return errors;
}

/** Pointers into the schema and the value. */
interface Place {
  readonly schema: string;
  readonly value: string;
}

const start: Place = { schema: '#', value: '' };

function isOfType(data: unknown, type: string): boolean {
  if (type === 'array') return Array.isArray(data);
  if (type === 'object') return isMembers(data);
  if (type === 'integer') return Number.isInteger(data);
  return type === 'number' ? Number.isFinite(data) : typeof data === type;
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

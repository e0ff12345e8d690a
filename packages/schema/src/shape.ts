import type { JsonType, Shape } from './check.ts';
import type { Entries } from './entry.ts';
import type { Lowered, LoweredSchema } from './lowered.ts';

/** What schemas that judge the same value say of it together. The schemas of members and items are not looked into. */
interface Sayings {
  /** `undefined` where any may come. */
  readonly types: ReadonlySet<JsonType> | undefined;
  readonly items: LoweredSchema | undefined;
  readonly properties: ReadonlyMap<string, LoweredSchema>;
  readonly additional: LoweredSchema | undefined;
  readonly open: boolean;
  readonly binary: boolean;
  readonly default: { readonly value: unknown } | undefined;
  /** Members that are told of whichever branch holds. */
  readonly sure: ReadonlySet<string>;
}

type Defaults = Pick<WeakMap<Lowered, unknown>, 'get' | 'has'>;

const silence: Sayings = {
  types: undefined,
  items: undefined,
  properties: new Map(),
  additional: undefined,
  open: true,
  binary: false,
  default: undefined,
  sure: new Set(),
};

/** Reads shapes of lowered schemas, one level at a time, as they are looked at: a schema may lead back to itself. */
export class Shapes {
  readonly #entries: Entries;
  readonly #defaults: Defaults;
  readonly #known = new Map<string, Sayings>();

  constructor(entries: Entries, defaults: Defaults) {
    this.#entries = entries;
    this.#defaults = defaults;
  }

  of(schema: LoweredSchema): Shape {
    const { types, items, properties, additional, open, binary, sure, default: value } = this.#read(schema);
    const shape: Shape = { types: types ?? new Set(), open, binary, ...(value !== undefined && { default: value }) };
    if (items !== undefined) define(shape, 'items', () => this.of(items));
    if (additional !== undefined) define(shape, 'additional', () => this.of(additional));
    if (properties.size > 0) {
      define(shape, 'properties', () => new Map([...properties].map(([name, each]) => [name, this.of(each)])));
    }
    if (sure.size > 0) define(shape, 'defaults', () => this.#defaultsOf(properties, sure));
    return shape;
  }

  #defaultsOf(properties: ReadonlyMap<string, LoweredSchema>, sure: ReadonlySet<string>): ReadonlyMap<string, unknown> {
    const defaults = new Map<string, unknown>();
    for (const name of sure) {
      const found = this.#read(properties.get(name) ?? true).default;
      if (found !== undefined) defaults.set(name, found.value);
    }
    return defaults;
  }

  #read(schema: LoweredSchema): Sayings {
    if (typeof schema === 'boolean') return silence;
    const sayings = [own(schema, this.#defaults), ...(schema.allOf ?? []).map((each) => this.#read(each))];
    if (schema.$ref !== undefined) sayings.push(this.#readEntry(schema.$ref));
    for (const branches of [schema.anyOf, schema.oneOf]) {
      if (branches !== undefined) sayings.push(either(branches.map((each) => this.#read(each))));
    }
    if (schema.if !== undefined) {
      const met = both(this.#read(schema.if), this.#read(schema.then ?? true));
      sayings.push(either([met, this.#read(schema.else ?? true)]));
    }
    return sayings.reduce(both, silence);
  }

  #readEntry(id: string): Sayings {
    let sayings = this.#known.get(id);
    if (sayings === undefined) {
      sayings = this.#read(this.#entries.get(id)?.schema ?? true);
      this.#known.set(id, sayings);
    }
    return sayings;
  }
}

/** Reads a part of a shape at its first use. */
function define(shape: Shape, name: 'items' | 'additional' | 'properties' | 'defaults', read: () => unknown): void {
  let value: unknown;
  Object.defineProperty(shape, name, {
    enumerable: true,
    get: () => {
      value ??= read();
      return value;
    },
  });
}

function own(schema: Lowered, defaults: Defaults): Sayings {
  const { additionalProperties, unevaluatedProperties } = schema;
  const further = [additionalProperties, unevaluatedProperties, ...Object.values(schema.patternProperties ?? {})];
  const items = [schema.items, ...(schema.prefixItems ?? [])];
  return {
    types: schema.type === undefined ? typesOfValues(schema) : new Set(schema.type),
    items: joined('anyOf', items),
    properties: new Map(Object.entries(schema.properties ?? {})),
    additional: joined('anyOf', further),
    open: additionalProperties !== false && unevaluatedProperties !== false,
    binary: schema.binary === true,
    default: defaults.has(schema) ? { value: defaults.get(schema) } : undefined,
    sure: new Set(Object.keys(schema.properties ?? {})),
  };
}

function typesOfValues(schema: Lowered): ReadonlySet<JsonType> | undefined {
  const values = Object.hasOwn(schema, 'const') ? [schema.const] : schema.enum;
  return values === undefined ? undefined : new Set(values.map(typeOf));
}

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value === 'string' ? 'string' : 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return 'object';
}

/** What holds where all of some schemas do, or one of them; those that say nothing of it are left out. */
function joined(
  keyword: 'allOf' | 'anyOf',
  schemas: readonly (LoweredSchema | undefined)[],
): LoweredSchema | undefined {
  const telling = schemas.filter((each) => each !== undefined && typeof each !== 'boolean');
  return telling.length > 1 ? { [keyword]: telling } : telling[0];
}

function both(a: Sayings, b: Sayings): Sayings {
  return {
    types: a.types === undefined || b.types === undefined ? (a.types ?? b.types) : common(a.types, b.types),
    items: joined('allOf', [a.items, b.items]),
    properties: merged('allOf', [a, b]),
    additional: joined('allOf', [a.additional, b.additional]),
    open: a.open && b.open,
    binary: a.binary || b.binary,
    default: a.default ?? b.default,
    sure: new Set([...a.sure, ...b.sure]),
  };
}

function either(ways: readonly Sayings[]): Sayings {
  const types = new Set(ways.flatMap((way) => [...(way.types ?? [])]));
  return {
    types: ways.some((way) => way.types === undefined) ? undefined : types,
    items: joined(
      'anyOf',
      ways.map((way) => way.items),
    ),
    properties: merged('anyOf', ways),
    additional: joined(
      'anyOf',
      ways.map((way) => way.additional),
    ),
    open: ways.some((way) => way.open),
    binary: ways.some((way) => way.binary),
    default: undefined,
    sure: silence.sure,
  };
}

function merged(keyword: 'allOf' | 'anyOf', ways: readonly Sayings[]): Map<string, LoweredSchema> {
  const byName = new Map<string, LoweredSchema[]>();
  for (const way of ways) {
    for (const [name, schema] of way.properties) byName.set(name, [...(byName.get(name) ?? []), schema]);
  }
  return new Map([...byName].map(([name, schemas]) => [name, joined(keyword, schemas) ?? true]));
}

function common(a: ReadonlySet<JsonType>, b: ReadonlySet<JsonType>): Set<JsonType> {
  return new Set([...a, ...b].filter((type) => takes(a, type) && takes(b, type)));
}

/** An integer is a number too. */
function takes(types: ReadonlySet<JsonType>, type: JsonType): boolean {
  return types.has(type) || (type === 'integer' && types.has('number'));
}

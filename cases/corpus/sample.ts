import { holds, isReadOnly, same, typesOf } from './holds.ts';
import { textFor } from './pattern-text.ts';
import { deref, type Dialect, isMembers, listOf, type Members, Unsampled } from './raw.ts';

/** How much of a value is made: what must be there, or all that may be. */
export type Extent = 'least' | 'full';

/** How values are made. */
export interface Making {
  readonly dialect: Dialect;
  readonly extent: Extent;
  /** Which values may be taken, where more than the schema has a say, such as text that a path cannot carry. */
  readonly suits?: (value: unknown) => boolean;
}

const maxFullDepth = 4;
const maxDepth = 14;

/**
 * Makes a value that a schema lets a request have, and checks it by `holds` before it hands it out.
 *
 * @throws Unsampled where none is found
 */
export function sample(schema: unknown, making: Making): unknown {
  return new Sampler(making).sample(schema, 0, 0);
}

/** A schema with the branches it has taken, written flat. */
type Parts = readonly Members[];

class Sampler {
  readonly #making: Making;
  readonly #dialect: Dialect;
  #steps = 0;

  constructor(making: Making) {
    this.#making = making;
    this.#dialect = making.dialect;
  }

  sample(schema: unknown, depth: number, turn: number): unknown {
    this.#steps += 1;
    if (depth > maxDepth || this.#steps > 3000) throw new Unsampled('a schema that leads on and on');
    const parts = this.#flatten(schema, 0);
    const fits = (value: unknown): boolean =>
      (depth > 0 || this.#making.suits?.(value) !== false) && holds(schema, value, this.#dialect);
    for (const value of this.#candidates(parts, depth, turn)) if (fits(value)) return value;
    throw new Unsampled(reasonFor(parts));
  }

  *#candidates(parts: Parts, depth: number, turn: number): Generator {
    for (const part of parts) {
      if ('const' in part) yield part['const'];
      const values = listOf(part['enum']);
      for (let at = 0; at < values.length; at += 1) yield values[(at + turn) % values.length];
    }
    if (this.#making.extent === 'full' && turn === 0) {
      for (const part of parts) {
        if (part['example'] !== undefined) yield part['example'];
        yield* listOf(part['examples']);
        if (part['default'] !== undefined) yield part['default'];
      }
    }
    yield* this.#made(parts, depth, turn);
  }

  /** Values made from scratch: one for each way through the branches, and for each type. */
  *#made(parts: Parts, depth: number, turn: number): Generator {
    const chooser = parts.find((part) => listOf(part['oneOf']).length + listOf(part['anyOf']).length > 0);
    if (chooser !== undefined) {
      const rest = parts.filter((part) => part !== chooser);
      const { oneOf, anyOf, discriminator: _, ...own } = chooser;
      const ways = listOf(oneOf).length > 0 ? oneOf : anyOf;
      const further = listOf(oneOf).length > 0 && anyOf !== undefined ? { ...own, anyOf } : own;
      for (const branch of listOf(ways)) {
        let chosen: Parts;
        try {
          chosen = this.#flatten(branch, 0);
        } catch (error) {
          if (error instanceof Unsampled) continue;
          throw error;
        }
        for (const value of this.#tried(() => this.#made([...rest, further, ...chosen], depth, turn))) {
          yield* tagged(value, chooser, branch);
        }
      }
      return;
    }
    for (const type of this.#typesOf(parts)) {
      yield* this.#tried(() => this.#ofType(type, parts, depth, turn));
    }
  }

  *#tried(make: () => Generator): Generator {
    try {
      yield* make();
    } catch (error) {
      if (!(error instanceof Unsampled)) throw error;
    }
  }

  #typesOf(parts: Parts): string[] {
    const named = parts.map(typesOf).filter((types) => types !== undefined);
    const [first] = named;
    if (first !== undefined) {
      const common = first.filter((type) =>
        named.every((types) => types.includes(type) || (type === 'integer' && types.includes('number'))),
      );
      const narrowed = common.length > 0 ? common : named.flat();
      return narrowed.toSorted((one, other) => Number(one === 'null') - Number(other === 'null'));
    }
    const has = (...keywords: string[]): boolean =>
      parts.some((part) => keywords.some((keyword) => part[keyword] !== undefined));
    if (has('properties', 'additionalProperties', 'required', 'patternProperties', 'minProperties')) return ['object'];
    if (has('items', 'prefixItems', 'minItems')) return ['array'];
    if (has('minimum', 'maximum', 'multipleOf')) return ['number'];
    return ['string', 'object', 'number'];
  }

  #ofType(type: string, parts: Parts, depth: number, turn: number): Generator {
    if (type === 'object') return this.#objects(parts, depth, turn);
    if (type === 'array') return this.#arrays(parts, depth, turn);
    if (type === 'string') return strings(parts, turn);
    if (type === 'null') return each([null]);
    if (type === 'boolean') return each([turn % 2 === 0, turn % 2 !== 0]);
    return numbers(parts, turn, type === 'integer');
  }

  *#objects(parts: Parts, depth: number, turn: number): Generator {
    const properties = new Map<string, unknown[]>();
    for (const part of parts) {
      for (const [name, schema] of Object.entries(isMembers(part['properties']) ? part['properties'] : {})) {
        properties.set(name, [...(properties.get(name) ?? []), schema]);
      }
    }
    const required = new Set(parts.flatMap((part) => listOf(part['required'])).map(String));
    const value: Record<string, unknown> = {};
    const full = this.#making.extent === 'full' && depth < maxFullDepth;
    for (const name of new Set([...required, ...(full ? properties.keys() : [])])) {
      const schemas = properties.get(name) ?? [];
      if (schemas.some((schema) => isReadOnly(schema, this.#dialect))) continue;
      const schema = schemas.length === 1 ? schemas[0] : { allOf: schemas };
      try {
        value[name] = this.sample(schemas.length === 0 ? this.#additional(parts) : schema, depth + 1, turn);
      } catch (error) {
        if (!(error instanceof Unsampled) || required.has(name)) throw error;
      }
    }
    const least = Math.max(0, ...parts.map((part) => Number(part['minProperties'] ?? 0)));
    for (const [name, schemas] of properties) {
      if (Object.keys(value).length >= least) break;
      if (!Object.hasOwn(value, name) && !schemas.some((schema) => isReadOnly(schema, this.#dialect))) {
        value[name] = this.sample({ allOf: schemas }, depth + 1, turn);
      }
    }
    const additional = this.#additional(parts);
    if (isMembers(additional) && full && Object.keys(additional).length > 0) {
      try {
        value['more'] = this.sample(additional, depth + 1, turn);
      } catch (error) {
        if (!(error instanceof Unsampled)) throw error;
      }
    }
    for (let more = 0; Object.keys(value).length < least && more < 20; more += 1) {
      value[`more${String(more)}`] = this.sample(additional, depth + 1, turn + more);
    }
    for (const part of parts) yield* taggedBase(value, part);
    yield value;
    if ('more' in value) {
      const { more: _, ...without } = value;
      yield without;
    }
  }

  #additional(parts: Parts): unknown {
    return parts.map((part) => part['additionalProperties']).find(isMembers) ?? {};
  }

  *#arrays(parts: Parts, depth: number, turn: number): Generator {
    const least = Math.max(0, ...parts.map((part) => Number(part['minItems'] ?? 0)));
    const most = Math.min(...parts.map((part) => Number(part['maxItems'] ?? Infinity)));
    const first = listOf(parts.map((part) => part['prefixItems']).find(Array.isArray));
    const rest = parts.map((part) => part['items']).filter((schema) => isMembers(schema));
    const count = Math.min(Math.max(least, first.length, depth < maxFullDepth ? 1 : 0), most, 200);
    const items: unknown[] = [];
    for (let at = 0, tries = 0; items.length < count && tries < count + 20; at += 1, tries += 1) {
      const schema = items.length < first.length ? first[items.length] : rest.length === 1 ? rest[0] : { allOf: rest };
      const unique = parts.some((part) => part['uniqueItems'] === true);
      try {
        const item = this.sample(schema, depth + 1, turn + (unique ? at : 0));
        if (!unique || !items.some((other) => same(item, other))) items.push(item);
      } catch (error) {
        if (!(error instanceof Unsampled) || least > 0) throw error;
        yield [];
        return;
      }
    }
    yield items;
  }

  /** A schema with what it refers to and all of its `allOf`, as a list; branches stay. */
  #flatten(schema: unknown, depth: number): Parts {
    if (depth > 30) throw new Unsampled('a schema that leads back to itself');
    if (schema === false) throw new Unsampled('a schema that nothing fits');
    if (!isMembers(schema)) return [];
    const ref = schema['$ref'];
    if (typeof ref !== 'string') {
      return [schema, ...listOf(schema['allOf']).flatMap((inner) => this.#flatten(inner, depth + 1))];
    }
    const target = this.#flatten(deref({ $ref: ref }, this.#dialect), depth + 1);
    const [head, ...more] = target;
    const named = head === undefined ? [] : [{ ...head, 'x-ref': ref }, ...more];
    if (this.#dialect.isOld) return named;
    const { $ref: _, ...beside } = schema;
    return [...named, ...this.#flatten(beside, depth + 1)];
  }
}

/** A value that names its branch, where a discriminator asks for that; the value as it is comes second. */
function* tagged(value: unknown, { discriminator }: Members, branch: unknown): Generator {
  const name = isMembers(discriminator) ? discriminator['propertyName'] : undefined;
  if (typeof name === 'string' && isMembers(value) && isMembers(branch) && isMembers(discriminator)) {
    yield { ...value, [name]: value[name] ?? nameOf(branch['$ref'], discriminator) };
    yield { ...value, [name]: nameOf(branch['$ref'], discriminator) };
  }
  yield value;
}

/** As `tagged`, of a schema that others extend: it names itself. */
function* taggedBase(value: Members, { discriminator, oneOf, anyOf, 'x-ref': ref }: Members): Generator {
  if (!isMembers(discriminator) || oneOf !== undefined || anyOf !== undefined) return;
  const name = discriminator['propertyName'];
  if (typeof name !== 'string' || !(name in value)) return;
  const mapped = isMembers(discriminator['mapping']) ? Object.keys(discriminator['mapping']) : [];
  for (const tag of [nameOf(ref, discriminator), ...mapped]) yield { ...value, [name]: tag };
}

function nameOf(ref: unknown, { mapping }: Members): string {
  const text = String(ref);
  const mapped = Object.entries(isMembers(mapping) ? mapping : {}).find(
    ([, target]) => target === text || text.endsWith(`/${String(target)}`),
  );
  return mapped?.[0] ?? text.slice(text.lastIndexOf('/') + 1);
}

/** Why nothing fits, as far as the keywords tell. */
function reasonFor(parts: Parts): string {
  for (const keyword of ['pattern', 'not', 'format', 'oneOf', 'anyOf', 'enum', 'multipleOf']) {
    if (parts.some((part) => part[keyword] !== undefined)) return `a schema with ${keyword}`;
  }
  return 'a schema that nothing was found for';
}

function* each(values: readonly unknown[]): Generator {
  yield* values;
}

const formatSamples: Readonly<Record<string, (turn: number) => string>> = {
  date: (turn) => `2024-02-${String(10 + (turn % 18))}`,
  time: (turn) => `12:00:${String(10 + (turn % 49))}Z`,
  'date-time': (turn) => `2024-02-10T12:00:${String(10 + (turn % 49))}Z`,
  uuid: (turn) => `123e4567-e89b-12d3-a456-4266141740${String(10 + (turn % 89))}`,
  email: (turn) => `ada${String(turn)}@example.com`,
  hostname: (turn) => `a${String(turn)}.example.com`,
  ipv4: (turn) => `192.0.2.${String(1 + (turn % 200))}`,
  ipv6: (turn) => `2001:db8::${String(1 + (turn % 200))}`,
  uri: (turn) => `https://example.com/a${String(turn)}`,
  url: (turn) => `https://example.com/a${String(turn)}`,
  'uri-reference': (turn) => `/a/${String(turn)}`,
  duration: (turn) => `P${String(1 + turn)}D`,
  byte: () => 'aGVsbG8=',
  binary: () => 'bytes',
};

function* strings(parts: Parts, turn: number): Generator {
  const least = Math.max(0, ...parts.map((part) => Number(part['minLength'] ?? 0)));
  const most = Math.min(...parts.map((part) => Number(part['maxLength'] ?? Infinity)));
  for (const { format } of parts) {
    const made = typeof format === 'string' ? formatSamples[format] : undefined;
    if (made !== undefined) yield made(turn);
  }
  for (const { pattern } of parts) {
    if (typeof pattern !== 'string') continue;
    for (let more = 0; more < 60; more += 1) {
      const text = textFor(pattern, turn + more);
      if (text === undefined) break;
      yield text;
      if (text.length < least) yield text + 'a'.repeat(least - text.length);
    }
    yield* ['a', '1', 'a-b', 'abc', 'abcd1234', 'A1', '1.0', 'en', 'Ab1!xyzw'];
  }
  const word = `qx${String(turn)}${'kzvw'.repeat(Math.min(3, Math.ceil(Math.max(0, Math.min(most, 14) - 4) / 4)))}`;
  const cut = word.slice(turn === 0 ? 0 : -0, Math.min(most, Math.max(word.length, least)));
  yield cut.padEnd(Math.min(least, 100_000), 'x');
}

function* numbers(parts: Parts, turn: number, whole: boolean): Generator {
  const bounds = (keyword: string): number[] =>
    parts.map((part) => part[keyword]).filter((value) => typeof value === 'number');
  const lows = [...bounds('minimum'), ...bounds('exclusiveMinimum')];
  const highs = [...bounds('maximum'), ...bounds('exclusiveMaximum')];
  const factors = bounds('multipleOf');
  const low = lows.length > 0 ? Math.max(...lows) : highs.length > 0 ? Math.min(...highs) - 20 : 1;
  const round = whole ? Math.ceil : (value: number): number => value;
  for (const factor of factors) {
    const start = Math.ceil(low / factor);
    for (const more of [0, 1]) yield Number(((start + turn + more) * factor).toPrecision(12));
  }
  yield round(low) + turn;
  yield Math.floor(low) + 1 + turn;
  for (const high of highs) {
    yield round((low + high) / 2);
    yield high;
  }
  yield* [0, 1, 10, 100];
}

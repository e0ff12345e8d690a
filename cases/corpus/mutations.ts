import { holds, isReadOnly, typesOf } from './holds.ts';
import { deref, type Dialect, isMembers, listOf, type Members, Unsampled } from './raw.ts';

/** The ways in which a value is spoiled, one keyword of JSON Schema or a few each. */
export const valueKinds = [
  'another type',
  'null',
  'below the minimum',
  'above the maximum',
  'no multiple',
  'too short',
  'too long',
  'against the pattern',
  'against the format',
  'out of the enum',
  'another constant',
  'too few items',
  'too many items',
  'an item twice',
  'a member dropped',
  'a member forbidden',
  'too few members',
  'too many members',
  'a name forbidden',
  'no branch',
] as const;

export type ValueKind = (typeof valueKinds)[number];

/** How a value is written: each value has one text, in JSON; or a text may stand for several values, as in a query. */
export type Medium = 'json' | 'text' | 'form' | 'parts';

/** A value that breaks its schema in one way. */
export interface Mutation {
  readonly kind: ValueKind;
  /** The whole value. */
  readonly value: unknown;
  /** Where it is wrong: names and indices, from the outside in. */
  readonly steps: readonly string[];
  readonly reason: 'wrong-value' | 'missing-parameter' | 'unknown-parameter';
  /** Where the branches are that the place is in one of, if any: what is told may be of another one. */
  readonly branches: readonly string[] | undefined;
}

/** A place of a value that may be spoiled, and what may be put there; `undefined` stands for nothing. */
interface Site {
  readonly kind: ValueKind;
  /** Where the other values stand. */
  readonly place: readonly string[];
  readonly others: readonly unknown[];
  /** The keyword that they break; absent where it is not one of the place. */
  readonly only?: Members | undefined;
  /** Where it is wrong, if that is not the place itself. */
  readonly steps: readonly string[];
  readonly reason: Mutation['reason'];
  readonly branches: readonly string[] | undefined;
}

/** What is spoiled, and how much of it. */
export interface Spoiling {
  readonly dialect: Dialect;
  readonly medium: Medium;
  /** How many mutations of one kind are made of one value. */
  readonly limit: number;
  /** Which of the places are taken where there are more. */
  readonly seed: number;
  /** Whether a value can be sent at all. */
  readonly carries: (value: unknown) => boolean;
}

const maxDepth = 8;
const maxNodes = 3000;

/**
 * Spoils a good value. Whatever is made is wrong for sure: by the oracle, read leniently, in every way in which its text
 * can be read.
 */
export function* mutationsOf(schema: unknown, value: unknown, spoiling: Spoiling): Generator<Mutation> {
  const { limit, seed } = spoiling;
  const sites = new Map<ValueKind, Site[]>();
  for (const site of new Sites(spoiling.dialect).of(schema, value)) {
    const told = spoiling.medium === 'json' ? site : asText(site, value);
    const known = sites.get(site.kind);
    if (known === undefined) sites.set(site.kind, [told]);
    else known.push(told);
  }
  for (const all of sites.values()) {
    let made = 0;
    for (let turn = 0; turn < all.length && turn < limit * 4 && made < limit; turn += 1) {
      const site = all[(seed + turn) % all.length];
      const mutation = site && spoil(schema, value, site, spoiling);
      if (mutation === undefined) continue;
      made += 1;
      yield mutation;
    }
  }
}

/**
 * A site of a text: there an array cannot be told from its lone item, and what stands for an object would be taken apart
 * where it is not a plain word.
 */
function asText(site: Site, value: unknown): Site {
  if (site.kind !== 'another type' && site.kind !== 'no branch') return site;
  const inner = valueAt(value, site.place);
  if (typeof inner !== 'object') return site;
  return { ...site, others: Array.isArray(inner) ? [] : ['n0t-of-it'] };
}

function spoil(schema: unknown, value: unknown, site: Site, spoiling: Spoiling): Mutation | undefined {
  const { kind, steps, reason, branches } = site;
  for (const other of site.others) {
    const changed = putAt(value, site.place, other);
    if (!spoiling.carries(changed)) continue;
    if (site.only !== undefined && !isWrong(site.only, other, [], spoiling)) continue;
    if (!isWrong(schema, changed, site.place, spoiling)) continue;
    return { kind, value: changed, steps, reason, branches };
  }
  return undefined;
}

/** Whether a value breaks its schema whichever way its text is read. */
function isWrong(schema: unknown, value: unknown, place: readonly string[], { dialect, medium }: Spoiling): boolean {
  const lenient = { ...dialect, isLenient: true };
  try {
    return !readingsOf(value, place, medium).some((reading) => holds(schema, reading, lenient));
  } catch (error) {
    if (error instanceof Unsampled) return false;
    throw error;
  }
}

/** What a value may be taken for once it is a text: at the place that changed, at those around it, and all as strings. */
function readingsOf(value: unknown, place: readonly string[], medium: Medium): unknown[] {
  if (medium === 'json') return [value];
  const found = [value, asStrings(value)];
  for (let depth = 0; depth <= place.length; depth += 1) {
    const around = place.slice(0, depth);
    const inner = valueAt(value, around);
    if (inner === undefined) continue;
    // Items that stand apart are not taken for one text.
    const isApart = depth <= (medium === 'text' ? 0 : 1);
    if (isApart && Array.isArray(inner) && inner.length > 1) continue;
    for (const other of textReadings(inner)) found.push(putAt(value, around, other));
  }
  return found;
}

function textReadings(value: unknown): unknown[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const found: unknown[] = [text];
  if (text === '') found.push(null, []);
  try {
    found.push(JSON.parse(text));
  } catch {
    // It is a string, and nothing else.
  }
  if (Array.isArray(value) && value.length === 1) found.push(...textReadings(value[0]));
  return [...found, ...found.map((each) => [each])];
}

function asStrings(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asStrings);
  if (isMembers(value)) return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, asStrings(each)]));
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function valueAt(value: unknown, steps: readonly string[]): unknown {
  let found = value;
  for (const step of steps) found = Array.isArray(found) ? found[Number(step)] : isMembers(found) ? found[step] : found;
  return found;
}

/** A copy of a value with another one at a place; without the place where the other is `undefined`. */
function putAt(value: unknown, [step, ...rest]: readonly string[], other: unknown): unknown {
  if (step === undefined) return other;
  if (Array.isArray(value)) {
    return value.map((item: unknown, at) => (String(at) === step ? putAt(item, rest, other) : item));
  }
  const members = isMembers(value) ? value : {};
  const changed = putAt(members[step], rest, other);
  const entries = Object.entries(members).filter(([name]) => name !== step || changed !== undefined);
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  if (changed !== undefined) copy[step] = changed;
  return copy;
}

type MakeSite = (kind: ValueKind, others: readonly unknown[], only: Members) => Site;

const strangeName = 'qx-strange';

/** Finds the places of a value that may be spoiled. */
class Sites {
  readonly #dialect: Dialect;
  #nodes = 0;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  *of(schema: unknown, value: unknown, place: readonly string[] = [], branches?: readonly string[]): Generator<Site> {
    this.#nodes += 1;
    if (place.length > maxDepth || this.#nodes > maxNodes) return;
    const parts = this.#partsOf(schema, 0);
    if (parts === undefined) return;
    const site: MakeSite = (kind, others, only) => {
      return { kind, place, others, only, steps: place, reason: 'wrong-value', branches };
    };
    for (const part of parts) {
      if (isBinary(part)) return;
      if (typesOf(part) !== undefined) {
        const only = { type: part['type'] };
        yield site('another type', ['n0t-of-it', { un: 'wanted' }, 7.5, true], only);
        if (part['nullable'] !== true) yield site('null', [null], only);
      }
      yield* this.#ofValues(part, site);
      if (typeof value === 'number') yield* ofNumber(part, value, site);
      if (typeof value === 'string') yield* ofString(part, value, site);
      if (Array.isArray(value)) yield* ofItems(part, value, site);
      if (isMembers(value)) yield* this.#ofMembers(part, value, place, branches, site);
      for (const keyword of ['oneOf', 'anyOf']) {
        const ways = listOf(part[keyword]);
        const around = branches ?? place;
        if (ways.length > 0) {
          const others = [{ un: 'wanted' }, 'n0t-of-it', 7.5, true, []];
          yield { ...site('no branch', others, { [keyword]: ways }), branches: around };
        }
        for (const way of ways) if (this.#fits(way, value)) yield* this.of(way, value, place, around);
      }
    }
    if (Array.isArray(value)) yield* this.#withinItems(parts, value, place, branches);
    if (isMembers(value)) yield* this.#withinMembers(parts, value, place, branches);
  }

  *#ofValues(part: Members, site: MakeSite): Generator<Site> {
    const types = typesOf(part);
    const values = listOf(part['enum']);
    const isMeant = types === undefined || values.every((each) => holds({ type: types }, each, this.#dialect));
    if (values.length > 0 && isMeant)
      yield site('out of the enum', ['q-none-of-these', 987_654, 987_654.5, false], { enum: values });
    if ('const' in part) yield site('another constant', ['q-none-of-these', 987_654, false], { const: part['const'] });
  }

  *#ofMembers(
    part: Members,
    value: Members,
    place: readonly string[],
    branches: readonly string[] | undefined,
    site: MakeSite,
  ): Generator<Site> {
    const names = Object.keys(value);
    const properties = isMembers(part['properties']) ? part['properties'] : {};
    for (const name of listOf(part['required']).map(String)) {
      if (!Object.hasOwn(value, name) || isReadOnly(properties[name], this.#dialect)) continue;
      const steps = [...place, name];
      yield {
        kind: 'a member dropped',
        place: steps,
        others: [undefined],
        steps,
        reason: 'missing-parameter',
        branches,
      };
    }
    if (part['additionalProperties'] === false) {
      const steps = [...place, strangeName];
      yield { kind: 'a member forbidden', place: steps, others: ['q'], steps, reason: 'unknown-parameter', branches };
    }
    const least = Number(part['minProperties'] ?? 0);
    if (least > 0) {
      const kept = names.slice(0, least - 1);
      const others = [Object.fromEntries(kept.map((name) => [name, value[name]]))];
      yield site('too few members', others, { type: 'object', minProperties: least });
    }
    const most = Number(part['maxProperties'] ?? Infinity);
    if (most < 100) {
      const like = Object.values(value)[0] ?? 'q';
      const more = Array.from({ length: most + 1 }, (_, at): [string, unknown] => [`qx${String(at)}`, like]);
      yield site('too many members', [{ ...value, ...Object.fromEntries(more) }], {
        type: 'object',
        maxProperties: most,
      });
    }
    if (part['propertyNames'] !== undefined) {
      const like = Object.values(value)[0] ?? 'q';
      for (const name of ['~', 'qx-strange-name-of-a-member', 'q']) {
        const steps = [...place, name];
        yield { kind: 'a name forbidden', place: steps, others: [like], steps, reason: 'wrong-value', branches };
      }
    }
  }

  *#withinMembers(
    parts: readonly Members[],
    value: Members,
    place: readonly string[],
    branches: readonly string[] | undefined,
  ): Generator<Site> {
    for (const [name, member] of Object.entries(value)) {
      const schemas = parts.flatMap((part) => {
        const { properties, additionalProperties } = part;
        if (isMembers(properties) && Object.hasOwn(properties, name)) return [properties[name]];
        return isMembers(additionalProperties) ? [additionalProperties] : [];
      });
      for (const schema of schemas) yield* this.of(schema, member, [...place, name], branches);
    }
  }

  *#withinItems(
    parts: readonly Members[],
    value: readonly unknown[],
    place: readonly string[],
    branches: readonly string[] | undefined,
  ): Generator<Site> {
    for (const part of parts) {
      const listed = Array.isArray(part['items']);
      const first = listOf(listed ? part['items'] : part['prefixItems']);
      const rest = listed ? part['additionalItems'] : part['items'];
      // The first and the last: the others are like them.
      for (const at of new Set([0, value.length - 1])) {
        if (at < 0) continue;
        yield* this.of(at < first.length ? first[at] : rest, value[at], [...place, String(at)], branches);
      }
    }
  }

  #fits(schema: unknown, value: unknown): boolean {
    try {
      return holds(schema, value, this.#dialect);
    } catch (error) {
      if (error instanceof Unsampled) return false;
      throw error;
    }
  }

  /** A schema with what it refers to and all of its `allOf`; `undefined` where that cannot be followed. */
  #partsOf(schema: unknown, depth: number): readonly Members[] | undefined {
    if (depth > 30) return undefined;
    if (!isMembers(schema)) return [];
    const { $ref: ref } = schema;
    const inner: unknown[] = listOf(schema['allOf']).slice();
    if (typeof ref === 'string') inner.push(deref({ $ref: ref }, this.#dialect));
    const own = typeof ref === 'string' && this.#dialect.isOld ? [] : [schema];
    const found: Members[] = [...own];
    for (const each of inner) {
      const parts = this.#partsOf(each, depth + 1);
      if (parts === undefined) return undefined;
      found.push(...parts);
    }
    return found;
  }
}

/** Whether any bytes will do. */
function isBinary({ format, contentMediaType, contentEncoding }: Members): boolean {
  return format === 'binary' || contentMediaType !== undefined || contentEncoding !== undefined;
}

/** Whether a bound is one that numbers a half away are told from. */
function isNear(bound: unknown): bound is number {
  return typeof bound === 'number' && Math.abs(bound) < 2 ** 50;
}

function* ofNumber(part: Members, value: number, site: MakeSite): Generator<Site> {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below, multipleOf: factor } = part;
  const low = typeof minimum === 'number' ? minimum : above;
  const high = typeof maximum === 'number' ? maximum : below;
  if (isNear(low)) {
    const others = [...(above === undefined ? [] : [low]), low - 1, low - 0.5];
    yield site('below the minimum', others, { type: 'number', minimum, exclusiveMinimum: above });
  }
  if (isNear(high)) {
    const others = [...(below === undefined ? [] : [high]), high + 1, high + 0.5];
    yield site('above the maximum', others, { type: 'number', maximum, exclusiveMaximum: below });
  }
  if (typeof factor === 'number' && factor > 1e-6) {
    yield site('no multiple', [value + 1, value + factor / 2], { type: 'number', multipleOf: factor });
  }
}

function* ofString(part: Members, value: string, site: MakeSite): Generator<Site> {
  const { minLength, maxLength, pattern, format } = part;
  if (typeof minLength === 'number' && minLength > 0) {
    yield site('too short', [value.slice(0, minLength - 1), 'x'.repeat(minLength - 1)], { type: 'string', minLength });
  }
  if (typeof maxLength === 'number' && maxLength < 5000) {
    const others = [value + 'x'.repeat(maxLength), 'x'.repeat(maxLength + 1), '1'.repeat(maxLength + 1)];
    yield site('too long', others, { type: 'string', maxLength });
  }
  if (typeof pattern === 'string') {
    yield site('against the pattern', [`${value}~`, `~${value}`, '~', '~~~~', 'q_!', 'a', '0', 'Ab-1'], {
      type: 'string',
      pattern,
    });
  }
  if (typeof format === 'string') {
    yield site('against the format', ['n0t~of_it', '~', 'n0t%of it', '-', '%zz'], { type: 'string', format });
  }
}

function* ofItems(part: Members, value: readonly unknown[], site: MakeSite): Generator<Site> {
  const { minItems, maxItems, uniqueItems } = part;
  if (typeof minItems === 'number' && minItems > 0) {
    yield site('too few items', [value.slice(0, minItems - 1)], { type: 'array', minItems });
  }
  if (typeof maxItems === 'number' && maxItems < 300 && value.length > 0) {
    const more = Array.from({ length: maxItems + 1 }, (_, at) => value[at % value.length]);
    yield site('too many items', [more], { type: 'array', maxItems });
  }
  if (uniqueItems === true && value.length > 0)
    yield site('an item twice', [[...value, value[0]]], { type: 'array', uniqueItems });
}

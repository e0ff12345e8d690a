import type { Dialect, Direction, JsonType, Resolve, SchemaNode, UnknownMembers } from './check.ts';
import { chooseBranch } from './discriminator.ts';
import type { Entries, Entry, Reading } from './entry.ts';
import { formats } from './formats.ts';
import { hasFlag, memberSchemas, type RawSchema } from './hidden-members.ts';
import type { Lowered, LoweredSchema } from './lowered.ts';
import { isMembers, locationAt, type Members, memberOf } from './members.ts';
import { takeEnumAsMeant } from './meant-values.ts';
import { areNested } from './nested-branches.ts';
import { compilePattern, type Pattern, PatternFault } from './pattern.ts';
import { SchemaError } from './schema-error.ts';
import { areLoosened, closeMembers, openBranches } from './unknown-members.ts';

/** How schemas are to be read. */
export interface LoweringOptions {
  readonly dialect: Dialect;
  readonly direction: Direction;
  readonly unknownMembers: UnknownMembers;
  readonly resolve: Resolve;
  /**
   * Whether some schema may have a `$dynamicAnchor`. Where none has, what a `$ref` leads to is read when a value first
   * reaches it, else all at once: which schema a `$dynamicRef` means depends on the whole way to it.
   */
  readonly hasAnchors?: () => boolean;
  /** How the locations of all schemas begin, where their keys are to be the same wherever they lie. */
  readonly base?: string | undefined;
  /** Runs patterns on the platform's engine even where they could take more than linear time. */
  readonly allowUnsafePatterns?: boolean;
}

/** Where the reader stands: in which entry, at which place of the document, and what the value met further out. */
interface Spot extends Reading {
  readonly entry: Entry;
  readonly location: string;
  /** Schemas around this one that judge the same object. */
  readonly around: readonly RawSchema[];
}

/** A `$dynamicRef` was met whose name had not been looked for on the way: all must be read again. */
class NewAnchor extends Error {}

const jsonTypes: ReadonlySet<string> = new Set<JsonType>([
  'null',
  'boolean',
  'integer',
  'number',
  'string',
  'array',
  'object',
]);

const counts = [
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
] as const;

/** What may refuse null in a schema that has `nullable`, besides `type`, `enum` and `const`. */
const applicators = ['$ref', 'allOf', 'anyOf', 'oneOf', 'not', 'if'] as const;

const noAnchors: ReadonlyMap<string, SchemaNode> = new Map();

/** Lowers schemas as they are asked for, each target of a `$ref` once. */
export class Lowering {
  /** All entries, each made sound when it is first looked at. */
  readonly entries: Entries = { get: (id) => this.#at(id, (entry) => this.read(entry)) };
  readonly patterns = new Map<string, Pattern>();
  /** The `default` of schemas that have one. It asserts nothing, and so is kept beside them. */
  readonly defaults = new WeakMap<Lowered, unknown>();
  readonly #options: LoweringOptions;
  readonly #all = new Map<string, Entry>();
  /** All entries, as far as one that is being finished needs the others. */
  readonly #lowered: Entries = { get: (id) => this.#at(id, (entry) => this.#lower(entry)) };
  readonly #byKey = new Map<string, Entry>();
  /** The names of all `$dynamicRef`s that were met. */
  readonly #dynamicNames = new Set<string>();
  readonly #closedTwins = new Map<Entry, Entry>();
  readonly #circular = new Map<string, boolean>();
  readonly #hidden: 'readOnly' | 'writeOnly';

  constructor(options: LoweringOptions) {
    this.#options = options;
    this.#hidden = options.direction === 'request' ? 'readOnly' : 'writeOnly';
  }

  /**
   * Lowers a schema. What it refers to follows when it is first looked at, or now where schemas may have anchors.
   *
   * @throws SchemaError
   */
  lower(node: SchemaNode): Entry {
    for (;;) {
      try {
        const anchors = this.#anchorsAt(node, noAnchors);
        const key = JSON.stringify(['root', this.#placeless(node.location), node.name]);
        const root = this.#newEntry(key, node, { plain: false, anchors, active: [] });
        root.schema = this.#child(node.schema, { ...root.reading, entry: root, location: node.location, around: [] });
        if (this.#options.hasAnchors?.() !== false) this.#lowerAll(root);
        this.read(root);
        return root;
      } catch (error) {
        if (!(error instanceof NewAnchor)) throw error;
        this.#byKey.clear();
      }
    }
  }

  /**
   * Lowers an entry, then does what needs others that judge the same value.
   *
   * @throws SchemaError
   */
  read(entry: Entry): void {
    if (entry.sound) return;
    this.#lower(entry);
    for (const finish of entry.finish) finish();
    entry.finish.length = 0;
    entry.sound = true;
  }

  #lower(entry: Entry): void {
    if (entry.failure !== undefined) throw entry.failure;
    if (entry.schema !== undefined) return;
    const { node, reading } = entry;
    try {
      entry.schema = this.#schema(node.schema, { ...reading, entry, location: node.location, around: [] });
    } catch (error) {
      entry.finish.length = 0;
      if (error instanceof SchemaError) entry.failure = error;
      throw error;
    }
  }

  #lowerAll(root: Entry): void {
    const reached = new Set([root]);
    for (const entry of reached) {
      this.#lower(entry);
      for (const used of entry.uses) reached.add(used);
    }
    for (const entry of reached) this.read(entry);
  }

  #at(id: string, make: (entry: Entry) => void): Entry | undefined {
    const entry = this.#all.get(id);
    if (entry !== undefined) make(entry);
    return entry;
  }

  /** A location as keys have it. No more than its beginning is cut: the rest is of the document's own making. */
  #placeless(location: string): string {
    const { base = '' } = this.#options;
    return location.startsWith(base) ? location.slice(base.length) : location;
  }

  #newEntry(key: string, node: SchemaNode, reading: Reading): Entry {
    const id = `s${String(this.#all.size)}`;
    const entry: Entry = { id, key, node, reading, uses: new Set(), finish: [], isWalked: false, sound: false };
    this.#all.set(id, entry);
    return entry;
  }

  /** An entry whose object takes no further members, shared by all that close it. */
  #closedTwin(entry: Entry): Entry {
    let twin = this.#closedTwins.get(entry);
    if (twin === undefined) {
      twin = this.#newEntry(`closed ${entry.key}`, entry.node, entry.reading);
      const schema = typeof entry.schema === 'object' ? entry.schema : {};
      twin.schema = { ...schema, additionalProperties: false };
      twin.uses.add(entry);
      // They share the schemas of their members.
      twin.finish.push(() => this.read(entry));
      this.#closedTwins.set(entry, twin);
    }
    return twin;
  }

  /** A schema that judges a member or an item: an object location of its own. */
  #child(raw: unknown, spot: Spot): LoweredSchema {
    const lowered = this.#schema(raw, spot);
    if (this.#options.unknownMembers === 'refuse' && !spot.plain && typeof lowered === 'object') {
      spot.entry.finish.push(() =>
        closeMembers(lowered, spot.entry, this.#lowered, (entry) => this.#closedTwin(entry)),
      );
    }
    return lowered;
  }

  #childAt(spot: Spot, keys: readonly (string | number)[], raw: unknown): LoweredSchema {
    return this.#child(raw, { ...spot, location: locationAt(spot.location, ...keys), around: [], active: [] });
  }

  /** A schema that judges the same value, besides `raw`. */
  #beside(raw: Members, spot: Spot, keys: readonly (string | number)[], value: unknown): LoweredSchema {
    const around = [...spot.around, { schema: raw, location: spot.location }];
    return this.#schema(value, { ...spot, location: locationAt(spot.location, ...keys), around });
  }

  #schema(raw: unknown, outer: Spot): LoweredSchema {
    if (typeof raw === 'boolean') return raw;
    if (!isMembers(raw)) return {};
    const lowered: Lowered = {};
    const isOld = this.#options.dialect === '3.0';
    const isResource = !isOld && this.#dynamicNames.size > 0 && typeof memberOf(raw, '$id') === 'string';
    const anchors = isResource
      ? this.#anchorsAt({ schema: raw, location: outer.location }, outer.anchors)
      : outer.anchors;
    const spot = { ...outer, anchors };
    this.#references(raw, lowered, spot);
    // What stands beside a `$ref` is ignored in OpenAPI 3.0. Its `nullable` is kept: it was written to let null pass.
    if (!isOld || typeof memberOf(raw, '$ref') !== 'string') {
      this.#values(raw, lowered, spot);
      this.#items(raw, lowered, spot);
      if (!spot.plain) takeEnumAsMeant(lowered);
      this.#members(raw, lowered, spot);
      this.#inPlace(raw, lowered, spot);
    }
    const whole = memberOf(raw, 'nullable') === true ? withNull(lowered) : lowered;
    const standsBesideRef = isOld && typeof memberOf(raw, '$ref') === 'string';
    if (Object.hasOwn(raw, 'default') && !standsBesideRef) this.defaults.set(whole, raw['default']);
    return whole;
  }

  #references(raw: Members, lowered: Lowered, spot: Spot): void {
    const ref = memberOf(raw, '$ref');
    if (typeof ref === 'string') {
      const id = this.#follow(this.#resolve(ref, '$ref', spot), spot);
      if (id !== undefined) lowered.$ref = id;
    }
    const dynamicRef = memberOf(raw, '$dynamicRef');
    if (typeof dynamicRef !== 'string') return;
    const id = this.#follow(this.#dynamicTarget(dynamicRef, spot), spot);
    if (id === undefined) return;
    if (lowered.$ref === undefined) lowered.$ref = id;
    else lowered.allOf = [{ $ref: id }];
  }

  #resolve(ref: string, keyword: string, spot: Spot): SchemaNode {
    let target: SchemaNode;
    try {
      target = this.#options.resolve(ref, spot.location);
    } catch (error) {
      const message = error instanceof Error ? error.message : `${keyword} "${ref}" cannot be followed`;
      throw new SchemaError(locationAt(spot.location, keyword), message, { cause: error });
    }
    if (target.schema !== undefined) return target;
    throw new SchemaError(
      locationAt(spot.location, keyword),
      `${keyword} "${ref}" points at nothing; define it there, or mend the pointer`,
    );
  }

  /** JSON Schema, section 8.2.3.2: the outermost resource on the way here that has the anchor decides. */
  #dynamicTarget(ref: string, spot: Spot): SchemaNode {
    const initial = this.#resolve(ref, '$dynamicRef', spot);
    const name = ref.slice(ref.indexOf('#') + 1);
    if (!hasDynamicAnchor(initial, name)) return initial;
    if (!this.#dynamicNames.has(name)) {
      this.#dynamicNames.add(name);
      throw new NewAnchor();
    }
    return spot.anchors.get(name) ?? initial;
  }

  /** The anchors in force below a place, if they were not in force before. */
  #anchorsAt(node: SchemaNode, before: ReadonlyMap<string, SchemaNode>): ReadonlyMap<string, SchemaNode> {
    let anchors = before;
    for (const name of this.#dynamicNames) {
      if (anchors.has(name)) continue;
      try {
        const found = this.#options.resolve(`#${name}`, node.location);
        if (hasDynamicAnchor(found, name)) anchors = new Map([...anchors, [name, found]]);
      } catch {
        // This resource has no such anchor.
      }
    }
    return anchors;
  }

  /** The id of a target's entry; `undefined` where that schema judges this very value already. */
  #follow(target: SchemaNode, spot: Spot): string | undefined {
    const isCircular = this.#isCircular(target);
    if (isCircular && spot.active.includes(target.location)) return undefined;
    const reading: Reading = {
      plain: spot.plain,
      anchors: this.#dynamicNames.size === 0 ? noAnchors : this.#anchorsAt(target, spot.anchors),
      active: isCircular ? [...spot.active, target.location] : [],
    };
    const anchorTexts = [...reading.anchors].map(([name, node]) => `${name}=${this.#placeless(node.location)}`);
    const active = reading.active.map((location) => this.#placeless(location));
    const key = JSON.stringify([this.#placeless(target.location), reading.plain, anchorTexts, active]);
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      entry = this.#newEntry(key, target, reading);
      this.#byKey.set(key, entry);
    }
    spot.entry.uses.add(entry);
    return entry.id;
  }

  /** Whether a schema leads back to itself without going into a member or an item first. */
  #isCircular(start: SchemaNode): boolean {
    const known = this.#circular.get(start.location);
    if (known !== undefined) return known;
    const reached = new Map<string, SchemaNode>();
    for (const next of this.#besides(start)) reached.set(next.location, next);
    for (const node of reached.values()) {
      if (node.location === start.location) break;
      for (const next of this.#besides(node)) if (!reached.has(next.location)) reached.set(next.location, next);
    }
    const isCircular = reached.has(start.location);
    this.#circular.set(start.location, isCircular);
    return isCircular;
  }

  /** What the refs of a schema lead to, as far as they judge the same value. */
  #besides(node: SchemaNode): SchemaNode[] {
    const found: SchemaNode[] = [];
    const pending = [node];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { schema, location } = next;
      if (!isMembers(schema)) continue;
      for (const keyword of ['$ref', '$dynamicRef']) {
        const ref = memberOf(schema, keyword);
        if (typeof ref !== 'string') continue;
        try {
          found.push(this.#options.resolve(ref, location));
        } catch {
          // Told of when the schema is lowered.
        }
      }
      for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
        const list = memberOf(schema, keyword);
        if (!Array.isArray(list)) continue;
        for (const [index, each] of list.entries()) {
          pending.push({ schema: each, location: locationAt(location, keyword, index) });
        }
      }
      for (const keyword of ['not', 'if', 'then', 'else']) {
        pending.push({ schema: memberOf(schema, keyword), location: locationAt(location, keyword) });
      }
      const dependent = memberOf(schema, 'dependentSchemas');
      for (const [name, each] of isMembers(dependent) ? Object.entries(dependent) : []) {
        pending.push({ schema: each, location: locationAt(location, 'dependentSchemas', name) });
      }
    }
    return found;
  }

  #values(raw: Members, lowered: Lowered, spot: Spot): void {
    const types = typesOf(memberOf(raw, 'type'));
    if (types !== undefined) lowered.type = types;
    const values = memberOf(raw, 'enum');
    if (Array.isArray(values) && values.length > 0) lowered.enum = values;
    if (Object.hasOwn(raw, 'const')) lowered.const = raw['const'];
    const factor = memberOf(raw, 'multipleOf');
    if (isNumber(factor) && factor > 0) lowered.multipleOf = factor;
    bound(raw, lowered, 'minimum', 'exclusiveMinimum');
    bound(raw, lowered, 'maximum', 'exclusiveMaximum');
    for (const keyword of counts) {
      const count = memberOf(raw, keyword);
      if (isNumber(count) && Number.isInteger(count) && count >= 0) lowered[keyword] = count;
    }
    const pattern = memberOf(raw, 'pattern');
    if (typeof pattern === 'string') {
      this.#ready(pattern, locationAt(spot.location, 'pattern'));
      lowered.pattern = pattern;
    }
    const format = memberOf(raw, 'format');
    if (typeof format === 'string' && formats.has(format)) lowered.format = format;
    const encoded = typeof memberOf(raw, 'contentEncoding') === 'string';
    if (format === 'binary' || (typeof memberOf(raw, 'contentMediaType') === 'string' && !encoded))
      lowered.binary = true;
  }

  #ready(pattern: string, location: string): void {
    if (this.patterns.has(pattern)) return;
    try {
      this.patterns.set(pattern, compilePattern(pattern, this.#options.allowUnsafePatterns === true));
    } catch (error) {
      if (!(error instanceof PatternFault)) throw error;
      throw new SchemaError(location, `the pattern ${pattern} ${error.message}`, { cause: error });
    }
  }

  #items(raw: Members, lowered: Lowered, spot: Spot): void {
    const child = (keyword: string, value: unknown, from = spot): LoweredSchema =>
      this.#childAt(from, [keyword], value);
    const items = memberOf(raw, 'items');
    // Before 2020-12, `items` itself could be the list, and `additionalItems` what came after it.
    const [listKeyword, restKeyword] = Array.isArray(items) ? ['items', 'additionalItems'] : ['prefixItems', 'items'];
    const tuple = memberOf(raw, listKeyword);
    const rest = memberOf(raw, restKeyword);
    const sequence: Lowered = isSchema(rest) ? { items: child(restKeyword, rest) } : {};
    if (Array.isArray(tuple) && tuple.length > 0) {
      // On its own, for Ajv passes over what stands beside it where the array is empty.
      sequence.prefixItems = tuple.map((value, index) => this.#childAt(spot, [listKeyword, index], value));
      lowered.allOf = [...(lowered.allOf ?? []), sequence];
    } else if (listKeyword === 'prefixItems') Object.assign(lowered, sequence);
    const contains = memberOf(raw, 'contains');
    if (isSchema(contains)) lowered.contains = child('contains', contains, plainly(spot));
    const unevaluated = memberOf(raw, 'unevaluatedItems');
    if (isSchema(unevaluated)) {
      lowered.unevaluatedItems = child('unevaluatedItems', unevaluated);
      spot.entry.isWalked = true;
    }
    if (memberOf(raw, 'uniqueItems') === true) lowered.uniqueItems = true;
  }

  #members(raw: Members, lowered: Lowered, spot: Spot): void {
    const patterned = this.#map(raw, 'patternProperties', spot);
    for (const pattern of Object.keys(patterned)) {
      this.#ready(pattern, locationAt(spot.location, 'patternProperties', pattern));
    }
    const named = this.#map(raw, 'properties', spot);
    if ([...Object.keys(named), ...Object.keys(patterned)].some(isBeyondAjv)) spot.entry.isWalked = true;
    if (Object.keys(named).length > 0) lowered.properties = named;
    if (Object.keys(patterned).length > 0) lowered.patternProperties = patterned;
    for (const keyword of ['additionalProperties', 'unevaluatedProperties'] as const) {
      const value = memberOf(raw, keyword);
      if (value === false && this.#options.unknownMembers === 'pass' && !spot.plain) lowered.loosened = true;
      else if (isSchema(value)) lowered[keyword] = this.#childAt(spot, [keyword], value);
    }
    if (lowered.unevaluatedProperties !== undefined) spot.entry.isWalked = true;
    const names = memberOf(raw, 'propertyNames');
    if (isSchema(names)) lowered.propertyNames = this.#childAt(plainly(spot), ['propertyNames'], names);
    const required = this.#due(memberOf(raw, 'required'), raw, lowered, spot);
    if (required.length > 0) lowered.required = required;
    const dependent = memberOf(raw, 'dependentRequired');
    if (!isMembers(dependent)) return;
    const needs = Object.entries(dependent).map(([name, list]) => [name, this.#due(list, raw, lowered, spot)] as const);
    lowered.dependentRequired = Object.fromEntries(needs);
  }

  #map(raw: Members, keyword: string, spot: Spot): Record<string, LoweredSchema> {
    const value = memberOf(raw, keyword);
    if (!isMembers(value)) return {};
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, this.#childAt(spot, [keyword, name], each)]),
    );
  }

  /** The members that must be there, without those that only the other side sends. */
  #due(list: unknown, raw: Members, lowered: Lowered, spot: Spot): string[] {
    if (!Array.isArray(list)) return [];
    const names = new Set(list.filter((name) => typeof name === 'string'));
    if (spot.plain) return [...names];
    const owners = [...spot.around, { schema: raw, location: spot.location }];
    const { resolve } = this.#options;
    const due = [...names].filter(
      (name) =>
        !owners.some((owner) =>
          memberSchemas(owner, name, resolve).some((member) => hasFlag(member, this.#hidden, resolve)),
        ),
    );
    if (due.length < names.size) lowered.loosened = true;
    return due;
  }

  #inPlace(raw: Members, lowered: Lowered, spot: Spot): void {
    const list = (keyword: 'allOf' | 'anyOf' | 'oneOf'): LoweredSchema[] => {
      const values = memberOf(raw, keyword);
      return Array.isArray(values)
        ? values.map((value, index) => this.#beside(raw, spot, [keyword, index], value))
        : [];
    };
    const all = [...(lowered.allOf ?? []), ...list('allOf')];
    const hasDiscriminator = isMembers(memberOf(raw, 'discriminator'));
    let hasBranches = false;
    for (const keyword of ['anyOf', 'oneOf'] as const) {
      const branches = list(keyword);
      if (branches.length === 0) continue;
      hasBranches = true;
      const choice = hasDiscriminator
        ? chooseBranch(raw, spot.location, keyword, branches, this.#options.resolve)
        : undefined;
      if (choice !== undefined) all.push(...choice.schemas);
      const holder = choice?.others ?? lowered;
      holder[keyword] = branches;
      if (!spot.plain) spot.entry.finish.push(() => this.#settle(holder, keyword, branches));
    }
    if (hasDiscriminator && !hasBranches) lowered.base = true;
    if (all.length > 0) lowered.allOf = all;
    const plain = plainly(spot);
    const not = memberOf(raw, 'not');
    if (isSchema(not)) lowered.not = this.#beside(raw, plain, ['not'], not);
    const condition = memberOf(raw, 'if');
    if (isSchema(condition)) {
      lowered.if = this.#beside(raw, plain, ['if'], condition);
      for (const keyword of ['then', 'else'] as const) {
        const value = memberOf(raw, keyword);
        if (isSchema(value)) lowered[keyword] = this.#beside(raw, spot, [keyword], value);
      }
    }
    const dependent = memberOf(raw, 'dependentSchemas');
    if (!isMembers(dependent)) return;
    lowered.dependentSchemas = Object.fromEntries(
      Object.entries(dependent).map(([name, each]) => [
        name,
        this.#beside(raw, spot, ['dependentSchemas', name], each),
      ]),
    );
  }

  /** Does what the branches need that can only be told once they are lowered. */
  #settle(holder: Lowered, keyword: 'anyOf' | 'oneOf', branches: readonly LoweredSchema[]): void {
    if (this.#options.unknownMembers === 'refuse') openBranches(branches, this.#lowered);
    if (keyword === 'anyOf' || !(areLoosened(branches, this.#lowered) || areNested(branches, this.#lowered))) return;
    delete holder.oneOf;
    holder.allOf = [...(holder.allOf ?? []), { anyOf: branches }];
  }
}

/** For a schema whose refusal is no refusal of the value: nothing is loosened or closed in it. */
function plainly(spot: Spot): Spot {
  return { ...spot, plain: true };
}

function isSchema(value: unknown): boolean {
  return typeof value === 'boolean' || isMembers(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** `undefined` where the document names a type that there is none of, such as `any` or `file`: nothing is asserted. */
function typesOf(value: unknown): JsonType[] | undefined {
  const names: unknown[] = Array.isArray(value) ? value : [value];
  const types = names.filter(isJsonType);
  return types.length === 0 || types.length < names.length ? undefined : [...new Set(types)];
}

function isJsonType(value: unknown): value is JsonType {
  return typeof value === 'string' && jsonTypes.has(value);
}

function bound(
  raw: Members,
  lowered: Lowered,
  inclusive: 'minimum' | 'maximum',
  exclusive: 'exclusiveMinimum' | 'exclusiveMaximum',
): void {
  const limit = memberOf(raw, inclusive);
  const strict = memberOf(raw, exclusive);
  if (isNumber(strict)) lowered[exclusive] = strict;
  if (!isNumber(limit)) return;
  // OpenAPI 3.0 has a boolean here, that makes the other bound exclusive.
  if (strict === true) lowered[exclusive] = limit;
  else lowered[inclusive] = limit;
}

/** Lets null pass too. */
function withNull(lowered: Lowered): Lowered {
  if (Object.hasOwn(lowered, 'const') || applicators.some((keyword) => lowered[keyword] !== undefined)) {
    return { anyOf: [{ type: ['null'] }, lowered] };
  }
  if (lowered.type !== undefined) lowered.type = [...new Set<JsonType>([...lowered.type, 'null'])];
  if (lowered.enum?.includes(null) === false) lowered.enum = [...lowered.enum, null];
  return lowered;
}

function hasDynamicAnchor(node: SchemaNode, name: string): boolean {
  return isMembers(node.schema) && memberOf(node.schema, '$dynamicAnchor') === name;
}

/** Ajv leaves out a property of the one name, and fails on half a character. */
function isBeyondAjv(name: string): boolean {
  return name === '__proto__' || /[\ud800-\udfff]/u.test(name);
}

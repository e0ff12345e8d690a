import type { SchemaNode, SchemaReading } from '@flick/contract';
import { isMembers, itemsOf, type Members, memberOf, namesOf, textsOf } from './members.ts';
import { type SchemaFacts, tagsOf } from './schema-facts.ts';

/** How a schema is looked at. */
export interface View {
  readonly direction: 'request' | 'response';
  /** Members of the value itself that have a default, so that they are always there. */
  readonly defaulted: ReadonlySet<string>;
  /** Members of the value itself that come as bytes: of a multipart body. */
  readonly bytes: ReadonlyMap<string, 'one' | 'many'>;
  /** Whether the value itself is an event of an event stream, as a handler yields it. */
  readonly isEvent: boolean;
}

const nothing: Omit<View, 'direction'> = { defaulted: new Set(), bytes: new Map(), isEvent: false };

/** How all is looked at that is no body of a request. */
export const views = {
  request: { direction: 'request', ...nothing },
  response: { direction: 'response', ...nothing },
  event: { direction: 'response', ...nothing, isEvent: true },
} satisfies Record<string, View>;

/** What a type is written from: JSON Schema in the few keywords that say something of a type, refs by type name. */
export type Plain = { -readonly [Key in keyof PlainKeys]?: PlainKeys[Key] };

interface PlainKeys {
  $ref: string;
  type: string | readonly string[];
  nullable: boolean;
  const: unknown;
  enum: readonly unknown[];
  properties: Readonly<Record<string, Plain | false>>;
  required: readonly string[];
  additionalProperties: Plain | boolean;
  patternProperties: Readonly<Record<string, Plain>>;
  items: Plain;
  prefixItems: readonly Plain[];
  allOf: readonly Plain[];
  anyOf: readonly Plain[];
  description: string;
  deprecated: boolean;
  format: string;
  default: unknown;
}

const types = new Set(['null', 'boolean', 'object', 'array', 'number', 'string', 'integer']);
const never: Plain = { enum: [] };

/** One of some values. Not by `enum`, which would be told in a comment beside the type that says it. */
export function oneOf(values: readonly unknown[]): Plain {
  if (values.length === 0) return never;
  return { anyOf: values.map((value) => (value === null ? { type: 'null' } : { const: value })) };
}

/** Says schemas in plain keywords, as they hold for one direction. */
export class PlainSchemas {
  readonly #reading: SchemaReading;
  readonly #facts: SchemaFacts;
  readonly #nameOf: (target: SchemaNode, view: View) => string;
  /** Members that a direction need not have, by the schema that has them. */
  readonly #hidden = new WeakMap<Plain, ReadonlySet<string>>();

  /** @param nameOf - the name of the type that is written for a schema */
  constructor(reading: SchemaReading, facts: SchemaFacts, nameOf: (target: SchemaNode, view: View) => string) {
    this.#reading = reading;
    this.#facts = facts;
    this.#nameOf = nameOf;
  }

  /** The members that may be required from outside the schema. */
  bindable(plain: Plain): Plain {
    const { properties } = plain;
    // A union has only those members that all of its parts have.
    if (plain.nullable === true || Array.isArray(plain.type)) return {};
    const hidden = this.#hidden.get(plain);
    if (properties === undefined || hidden === undefined) return plain;
    return { properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !hidden.has(name))) };
  }

  /** @param owner - the location of the schema with a name that it is a part of, where it makes up that one */
  of(node: SchemaNode, view: View, owner = node.location): Plain {
    const { schema } = node;
    if (schema === false) return never;
    if (!isMembers(schema)) return {};
    const typed = this.#typed(node, schema, view, owner);
    const plain = { ...typed, ...remarks(schema) };
    const hidden = this.#hidden.get(typed);
    if (hidden !== undefined) this.#hidden.set(plain, hidden);
    return plain;
  }

  #typed(node: SchemaNode, schema: Members, view: View, owner: string): Plain {
    const nullable = memberOf(schema, 'nullable') === true;
    const ref = memberOf(schema, '$ref');
    const refers = typeof ref === 'string' ? this.#referred(ref, node, view, owner, 'all') : undefined;
    // OpenAPI 3.0 disregards what stands beside a ref.
    if (refers !== undefined && this.#reading.release === '3.0') return refers;
    if (Object.hasOwn(schema, 'const')) return oneOf([schema['const']]);
    const values = memberOf(schema, 'enum');
    if (Array.isArray(values)) return oneOf(nullable && !values.includes(null) ? [...values, null] : values);
    const core = this.#core(node, schema, view, owner === node.location);
    const parts = refers === undefined ? [] : [refers];
    const required = [...(core.required ?? [])];
    for (const [at, item] of itemsOf(memberOf(schema, 'allOf')).entries()) {
      const part = this.#part(this.#reading.within(node, 'allOf', at), view, owner, 'all');
      if (says(part)) parts.push(part);
      else if (isMembers(item)) required.push(...textsOf(memberOf(item, 'required')));
    }
    for (const keyword of ['anyOf', 'oneOf'] as const) {
      const branches = this.#branches(node, schema, keyword, view, owner);
      if (branches.length > 0 && branches.every(says)) parts.push({ anyOf: branches });
    }
    const [first] = parts;
    if (first === undefined) {
      if (nullable) core.nullable = nullable;
      return core;
    }
    const own = says(core) ? [core] : [];
    if (own.length === 0 && parts.length === 1 && required.length === 0 && !nullable) return first;
    return { allOf: [...own, ...parts], ...(required.length > 0 && { required }), ...(nullable && { nullable }) };
  }

  #part(node: SchemaNode, view: View, owner: string, how: 'all' | 'any'): Plain {
    const ref = memberOf(node.schema, '$ref');
    const alone = typeof ref === 'string' && (this.#reading.release === '3.0' || namesOf(node.schema).length === 1);
    return alone ? this.#referred(ref, node, view, owner, how) : withoutRemarks(this.of(node, view, owner));
  }

  #referred(ref: string, node: SchemaNode, view: View, owner: string, how: 'all' | 'any'): Plain {
    const target = this.#facts.target(ref, node.location);
    // A type cannot be made of itself.
    if (target === undefined || this.#facts.isMadeOf(target, owner, how)) return {};
    return { $ref: `#/${this.#nameOf(target, view)}` };
  }

  #branches(node: SchemaNode, schema: Members, keyword: 'anyOf' | 'oneOf', view: View, owner: string): Plain[] {
    return itemsOf(memberOf(schema, keyword)).map((branch, at) => {
      const inner = this.#reading.within(node, keyword, at);
      const part = this.#part(inner, view, owner, 'any');
      const ref = memberOf(branch, '$ref');
      const target = typeof ref === 'string' ? this.#facts.target(ref, node.location) : undefined;
      if (typeof ref !== 'string' || target === undefined || part.$ref === undefined) return part;
      const isSame = (mapped: string): boolean =>
        this.#facts.target(mapped, node.location)?.location === target.location;
      const [property, tags] = tagsOf(memberOf(schema, 'discriminator'), ref, isSame) ?? [];
      if (property === undefined || tags === undefined || this.#facts.isBound(target, property)) return part;
      return { allOf: [part, { properties: named([[property, oneOf(tags)]]), required: [property] }] };
    });
  }

  #core(node: SchemaNode, schema: Members, view: View, whole: boolean): Plain {
    const core: Plain = {};
    const written = memberOf(schema, 'type');
    const known = (typeof written === 'string' ? [written] : textsOf(written)).filter((type) => types.has(type));
    const [only] = known;
    if (only !== undefined) core.type = known.length === 1 ? only : known;
    const inner = view.direction === 'request' ? views.request : views.response;
    this.#object(core, node, schema, view, inner);
    if (view.isEvent && whole) addEventFields(core, schema);
    const prefix = itemsOf(memberOf(schema, 'prefixItems'));
    const items = memberOf(schema, 'items');
    const { within } = this.#reading;
    if (prefix.length > 0) {
      // Without the rest: few contracts say that there is none.
      core.prefixItems = prefix.map((_, at) => this.of(within(node, 'prefixItems', at), inner, ''));
    } else if (isMembers(items)) core.items = this.of(within(node, 'items'), inner, '');
    if (only === undefined && (core.items ?? core.prefixItems) !== undefined) core.type = 'array';
    return core;
  }

  /** What a field of an event may be given as: data that is no text goes out as JSON, and an id may be a number. */
  #eventField(name: string, member: SchemaNode, plain: Plain, inner: View): Plain {
    if (name === 'id') return plain.type === 'string' ? eventFields.id : plain;
    if (name !== 'data') return plain;
    const node = this.#facts.followed(member);
    const { schema } = node;
    if (memberOf(schema, 'const') !== undefined || memberOf(schema, 'enum') !== undefined) return plain;
    if (
      /[/+]json$/.test(String(memberOf(schema, 'contentMediaType'))) &&
      memberOf(schema, 'contentSchema') !== undefined
    ) {
      return { anyOf: [text, this.of(this.#reading.within(node, 'contentSchema'), inner, '')] };
    }
    const type = memberOf(schema, 'type');
    const isAny = type === 'string' || itemsOf(type).includes('string') || !says(plain);
    return isAny ? {} : { anyOf: [text, plain] };
  }

  #object(core: Plain, node: SchemaNode, schema: Members, view: View, inner: View): void {
    const { within } = this.#reading;
    const hidden = new Set<string>();
    const members = namesOf(memberOf(schema, 'properties')).map((name): [string, Plain | false] => {
      const member = within(node, 'properties', name);
      const bytes = view.bytes.get(name);
      if (bytes !== undefined) return [name, bytes === 'one' ? buffer : { type: 'array', items: buffer }];
      if (this.#facts.hasFlag(member, view.direction === 'request' ? 'readOnly' : 'writeOnly')) {
        hidden.add(name);
        if (view.direction === 'response') return [name, false];
      }
      const plain = this.of(member, inner, '');
      return [name, view.isEvent ? this.#eventField(name, member, plain, inner) : plain];
    });
    const required = new Set(textsOf(memberOf(schema, 'required')).filter((name) => !hidden.has(name)));
    for (const [name] of members) if (view.defaulted.has(name)) required.add(name);
    if (members.length > 0) core.properties = named(members);
    if (required.size > 0) core.required = [...required];
    if (hidden.size > 0) this.#hidden.set(core, hidden);

    const additional = memberOf(schema, 'additionalProperties');
    const patterns = namesOf(memberOf(schema, 'patternProperties'));
    const isObject = core.type === undefined || core.type === 'object' || itemsOf(core.type).includes('object');
    if (!isObject) return;
    const typed = isMembers(additional) || patterns.length > 0;
    if (typed && members.length > 0 && view.direction === 'response') {
      // An index signature would bind the members that have types of their own, too.
      core.additionalProperties = true;
    } else if (typed) {
      if (isMembers(additional)) core.additionalProperties = this.of(within(node, 'additionalProperties'), inner, '');
      else if (additional !== false) core.additionalProperties = true;
      if (patterns.length > 0) {
        core.patternProperties = named(
          patterns.map((pattern) => [pattern, this.of(within(node, 'patternProperties', pattern), inner, '')]),
        );
      }
    } else if (additional === true) core.additionalProperties = true;
    else if (additional === false && members.length === 0 && core.type === 'object') core.additionalProperties = never;
  }
}

const text: Plain = { type: 'string' };

/** The fields of an event that a schema need not name, since it lets them pass. */
export const eventFields = {
  data: {},
  event: text,
  id: { type: ['string', 'number'] },
  retry: { type: 'number' },
} satisfies Record<string, Plain>;

function addEventFields(core: Plain, schema: Members): void {
  const isObject = core.type === undefined || core.type === 'object';
  const closed = memberOf(schema, 'additionalProperties') === false;
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => itemsOf(memberOf(schema, keyword)));
  // What a ref leads to has them itself.
  if (!isObject || closed || [schema, ...parts].some((part) => typeof memberOf(part, '$ref') === 'string')) return;
  core.properties = { ...eventFields, ...core.properties };
}

const buffer: Plain = { $ref: '#/Buffer' };

/** Whether a schema says anything that a type can tell. */
function says({ $ref, type, enum: values, properties, additionalProperties, allOf, anyOf, ...rest }: Plain): boolean {
  const told = [$ref, type, values, properties, additionalProperties, allOf, anyOf, rest.patternProperties];
  return told.some((part) => part !== undefined) || Object.hasOwn(rest, 'const');
}

function named<Value>(members: readonly (readonly [string, Value])[]): Readonly<Record<string, Value>> {
  return Object.fromEntries(members);
}

function remarks(schema: Members): Plain {
  const { description, deprecated, format } = schema;
  return {
    ...(typeof description === 'string' && { description }),
    ...(deprecated === true && { deprecated }),
    ...(typeof format === 'string' && { format }),
    ...(Object.hasOwn(schema, 'default') && { default: schema['default'] }),
  };
}

function withoutRemarks({ description: _1, deprecated: _2, format: _3, default: _4, ...plain }: Plain): Plain {
  return plain;
}

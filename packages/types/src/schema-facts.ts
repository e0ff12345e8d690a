import type { SchemaNode, SchemaReading } from '@flick/contract';
import { isMembers, itemsOf, memberOf, namesOf, textsOf } from './members.ts';

type Reading = Pick<SchemaReading, 'resolve' | 'within'>;

/** The keywords that hold one schema, a list of them, and a map of them. */
const single = ['items', 'additionalProperties'];
const listed = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const mapped = ['properties', 'patternProperties'];

// Deeper chains of `$ref` and `allOf` exist in circles only.
const maxHops = 16;

/** What must be known of the schemas that a `$ref` leads to before a type can be written. */
export class SchemaFacts {
  readonly #reading: Reading;
  readonly #directed = new Map<string, boolean>();
  readonly #own = new Map<string, OwnFacts>();

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** What a `$ref` points at; undefined where it leads nowhere: the contract's faults tell of it. */
  target(ref: string, from: string): SchemaNode | undefined {
    try {
      return this.#reading.resolve(ref, from);
    } catch {
      return undefined;
    }
  }

  /** The schema that a chain of `$ref` ends at. */
  followed(node: SchemaNode, hops = 0): SchemaNode {
    const ref = memberOf(node.schema, '$ref');
    const target = typeof ref === 'string' && hops < maxHops ? this.target(ref, node.location) : undefined;
    return target === undefined ? node : this.followed(target, hops + 1);
  }

  /** The members of an object that a schema names, or one that it is made of, or may be. */
  memberNames(node: SchemaNode): readonly string[] {
    const names: string[] = [];
    const seen = new Set<string>();
    const queue = [node];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (seen.has(next.location)) continue;
      seen.add(next.location);
      names.push(...namesOf(memberOf(next.schema, 'properties')));
      queue.push(...this.#bases(next), ...this.#branches(next));
    }
    return names;
  }

  /** Whether a schema, with all that it refers to, says different things of requests and of answers. */
  isDirected(node: SchemaNode): boolean {
    const known = this.#directed.get(node.location);
    if (known !== undefined) return known;
    const seen = new Set<string>([node.location]);
    const queue = [node];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { directed, refs } = this.#ownOf(next);
      if (directed || this.#directed.get(next.location) === true) {
        this.#directed.set(node.location, true);
        return true;
      }
      for (const ref of refs) {
        if (seen.has(ref.location) || this.#directed.get(ref.location) === false) continue;
        seen.add(ref.location);
        queue.push(ref);
      }
    }
    // All that was seen leads to nothing else.
    for (const location of seen) this.#directed.set(location, false);
    return false;
  }

  /**
   * Whether a schema is made of another one: that one, or all of it, or one of it.
   *
   * @param how - `all`: by `$ref` and `allOf`; `any`: by `anyOf` and `oneOf` too
   */
  isMadeOf(node: SchemaNode, other: string, how: 'all' | 'any'): boolean {
    const seen = new Set<string>();
    const queue = [node];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (next.location === other) return true;
      if (seen.has(next.location)) continue;
      seen.add(next.location);
      const { whole, branches } = this.#ownOf(next);
      queue.push(...whole, ...(how === 'any' ? branches : []));
    }
    return false;
  }

  /** Whether a schema, or what its `$ref` and `allOf` lead to, has a flag. */
  hasFlag(node: SchemaNode, flag: 'readOnly' | 'writeOnly', hops = 0): boolean {
    if (memberOf(node.schema, flag) === true) return true;
    return hops < maxHops && this.#bases(node).some((base) => this.hasFlag(base, flag, hops + 1));
  }

  /** Whether a member of an object is bound to some values, as far as `$ref` and `allOf` tell. */
  isBound(node: SchemaNode, name: string, hops = 0): boolean {
    const member = memberOf(memberOf(node.schema, 'properties'), name);
    if (memberOf(member, 'const') !== undefined || memberOf(member, 'enum') !== undefined) return true;
    if (typeof memberOf(member, '$ref') === 'string') return true;
    return hops < maxHops && this.#bases(node).some((base) => this.isBound(base, name, hops + 1));
  }

  #bases(node: SchemaNode): SchemaNode[] {
    const ref = memberOf(node.schema, '$ref');
    const target = typeof ref === 'string' ? this.target(ref, node.location) : undefined;
    const all = itemsOf(memberOf(node.schema, 'allOf')).map((_, at) => this.#reading.within(node, 'allOf', at));
    return target === undefined ? all : [target, ...all];
  }

  #branches(node: SchemaNode): SchemaNode[] {
    return ['anyOf', 'oneOf'].flatMap((keyword) =>
      itemsOf(memberOf(node.schema, keyword)).map((_, at) => this.#reading.within(node, keyword, at)),
    );
  }

  #ownOf(node: SchemaNode): OwnFacts {
    let own = this.#own.get(node.location);
    if (own === undefined) {
      own = { directed: false, refs: [], whole: [], branches: [] };
      this.#own.set(node.location, own);
      this.#look(node, own, 'whole');
    }
    return own;
  }

  #look(node: SchemaNode, own: OwnFacts, as: 'whole' | 'branches' | 'refs'): void {
    const { schema, location } = node;
    if (!isMembers(schema)) return;
    const ref = memberOf(schema, '$ref');
    if (typeof ref === 'string') {
      const target = this.target(ref, location);
      if (target !== undefined) {
        own.refs.push(target);
        if (as !== 'refs') own[as].push(target);
      }
    }
    const additional = isMembers(memberOf(schema, 'additionalProperties')) || isMembers(schema['patternProperties']);
    if (additional && namesOf(schema['properties']).length > 0) own.directed = true;
    for (const name of namesOf(schema['properties'])) {
      const member = this.#reading.within(node, 'properties', name);
      if (this.hasFlag(member, 'readOnly') || this.hasFlag(member, 'writeOnly')) own.directed = true;
    }
    const { within } = this.#reading;
    for (const key of single) this.#look(within(node, key), own, 'refs');
    for (const key of mapped) {
      for (const name of namesOf(memberOf(schema, key))) this.#look(within(node, key, name), own, 'refs');
    }
    for (const key of listed) {
      const part = key === 'prefixItems' || as === 'refs' ? 'refs' : key === 'allOf' ? as : 'branches';
      for (const at of itemsOf(memberOf(schema, key)).keys()) this.#look(within(node, key, at), own, part);
    }
  }
}

interface OwnFacts {
  directed: boolean;
  /** All that it refers to. */
  readonly refs: SchemaNode[];
  /** What it is itself made of. */
  readonly whole: SchemaNode[];
  /** What it may be made of. */
  readonly branches: SchemaNode[];
}

/** The values of a discriminator that choose a branch (OpenAPI, "Discriminator Object"). */
export function tagsOf(
  discriminator: unknown,
  ref: string,
  isSame: (mapped: string) => boolean,
): readonly [property: string, tags: readonly string[]] | undefined {
  const property = memberOf(discriminator, 'propertyName');
  if (typeof property !== 'string') return undefined;
  const mapping = memberOf(discriminator, 'mapping');
  const name = ref.slice(ref.lastIndexOf('/') + 1);
  const tags = namesOf(mapping).filter((tag) => {
    const [meant] = textsOf([memberOf(mapping, tag)]);
    return meant === name || (meant !== undefined && isSame(meant));
  });
  return [property, tags.length > 0 ? tags : [name]];
}

import { gateFields, type SchemaNode, type SchemaReading } from '@flick/contract';
import { isMembers, itemsOf, memberOf, textsOf } from './members.ts';
import { oneOf } from './plain-schemas.ts';
import type { TypeNode, TypeWriter } from './type-nodes.ts';

// Deeper chains of `$ref` exist in circles only.
const maxHops = 16;

/** Writes what a handler may give as a header field: what is sent of it reads as its schema has it. */
export class FieldTypes {
  readonly #reading: Pick<SchemaReading, 'resolve' | 'within'>;
  readonly #write: TypeWriter;

  constructor(reading: Pick<SchemaReading, 'resolve' | 'within'>, write: TypeWriter) {
    this.#reading = reading;
    this.#write = write;
  }

  /** The type of a field that must fit one of these schemas. */
  of(nodes: readonly SchemaNode[]): TypeNode {
    const found = nodes.flatMap((node) => this.#read(node, 0));
    return this.#write.union(found.length > 0 ? found : this.#any);
  }

  #read(node: SchemaNode, hops: number): readonly TypeNode[] {
    const { schema } = node;
    if (!isMembers(schema) || hops > maxHops) return this.#any;
    const ref = memberOf(schema, '$ref');
    if (typeof ref === 'string') {
      const target = this.#target(ref, node.location);
      return target === undefined ? this.#any : this.#read(target, hops + 1);
    }
    const values = Object.hasOwn(schema, 'const') ? [schema['const']] : memberOf(schema, 'enum');
    if (Array.isArray(values)) return this.#literals(values);
    const type = memberOf(schema, 'type');
    const named = (typeof type === 'string' ? [type] : textsOf(type)).filter((each) => each !== 'null');
    if (named.length > 0) return named.flatMap((each) => this.#typed(each));
    const branches = (['anyOf', 'oneOf'] as const).flatMap((keyword) =>
      itemsOf(memberOf(schema, keyword)).map((_, at) => this.#reading.within(node, keyword, at)),
    );
    const isUnion = branches.length > 0 && memberOf(schema, 'allOf') === undefined;
    return isUnion ? branches.flatMap((branch) => this.#read(branch, hops + 1)) : this.#any;
  }

  #target(ref: string, from: string): SchemaNode | undefined {
    try {
      return this.#reading.resolve(ref, from);
    } catch {
      // The contract's faults tell of it.
      return undefined;
    }
  }

  #typed(type: string): readonly TypeNode[] {
    const { words } = this.#write;
    if (type === 'integer' || type === 'number') return [words.number, words.numeric];
    if (type === 'boolean') return this.#literals([true, false]);
    // One line of several, or one for each item.
    if (type === 'string' || type === 'array') return [words.string, words.lines];
    return type === 'object' ? [words.string] : this.#any;
  }

  #literals(values: readonly unknown[]): readonly TypeNode[] {
    const literal = (value: unknown): TypeNode => this.#write.of(oneOf([value]));
    const found = values.flatMap((value): TypeNode[] => {
      if (typeof value === 'string') return [literal(value)];
      if (typeof value === 'number') return [literal(value), literal(String(value))];
      if (typeof value === 'boolean') return [literal(String(value))];
      return value === null ? [] : [this.#write.words.string];
    });
    return found.length > 0 ? found : this.#any;
  }

  /** What can be sent as a field at all. */
  get #any(): readonly TypeNode[] {
    const { words } = this.#write;
    return [words.string, words.number, words.lines];
  }
}

/** Whether handlers have to see to a field of a code. */
export function isOfHandlers(name: string, code: string): boolean {
  const lower = name.toLowerCase();
  // The gate adds these where a handler does not give them.
  if (lower === 'www-authenticate') return !['401', '4XX', 'default'].includes(code);
  if (lower === 'allow') return !['405', '4XX', 'default'].includes(code);
  if (lower === 'content-type' || gateFields.has(lower)) return false;
  // Whoever gives leave to pages sends those of CORS, and those of limits whoever limits.
  return !/^(?:proxy-|access-control-|(?:x-)?ratelimit(?:-|$))/.test(lower);
}

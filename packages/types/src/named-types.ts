import type { SchemaNode, SchemaReading, Shape } from '@flick/contract';
import { memberOf } from './members.ts';
import { eventFields, type Plain, PlainSchemas, type View, views } from './plain-schemas.ts';
import { SchemaFacts } from './schema-facts.ts';
import { type TypeNames, wordsOf } from './type-names.ts';

/** A schema that others refer to, under the name of its type. */
interface NamedSchema {
  readonly name: string;
  readonly node: SchemaNode;
  readonly view: View;
  plain: Plain | undefined;
}

/** The schemas that a contract's operations use; those that are referred to get a name, once for each way to see them. */
export class NamedTypes {
  readonly #facts: SchemaFacts;
  readonly #plain: PlainSchemas;
  readonly #names: TypeNames;
  readonly #byKey = new Map<string, NamedSchema>();
  readonly #byName = new Map<string, NamedSchema>();

  constructor(reading: SchemaReading, names: TypeNames) {
    this.#facts = new SchemaFacts(reading);
    this.#names = names;
    this.#plain = new PlainSchemas(reading, this.#facts, (target, view) => this.#nameOf(target, view));
  }

  /** What a value is that must fit one of these schemas. */
  of(nodes: readonly SchemaNode[], view: View): Plain {
    const found = nodes.map((node) => this.#plain.of(node, view));
    const [first] = found;
    if (first === undefined) return {};
    return found.length === 1 ? first : { anyOf: found };
  }

  /** How a parameter or a body is seen by the handler that gets it, by what it can hold. */
  viewOf(shape: Shape | undefined, isMultipart: boolean): View {
    const bytes = new Map<string, 'one' | 'many'>();
    if (isMultipart) {
      for (const [name, { binary, items }] of shape?.properties ?? []) {
        if (binary) bytes.set(name, 'one');
        else if (items?.binary === true) bytes.set(name, 'many');
      }
    }
    return { ...views.request, defaulted: new Set(shape?.defaults?.keys()), bytes };
  }

  /** What a handler may yield where an event of these schemas is due. */
  ofEvents(nodes: readonly SchemaNode[]): Plain {
    const names = nodes.flatMap((node) => this.#facts.memberNames(node));
    const isEvent =
      names.includes('data') || (names.length > 0 && names.every((name) => Object.hasOwn(eventFields, name)));
    if (isEvent) return this.of(nodes, views.event);
    // The schema is that of the data.
    const data = this.of(nodes, views.response);
    const properties = { ...eventFields, data: { anyOf: [data, eventFields.event] } };
    return { anyOf: [data, { type: 'object', properties, required: ['data'] }] };
  }

  /** What may be required of the schema with this name from outside. */
  bindable(name: string): Plain | undefined {
    const named = this.#byName.get(name);
    return named && this.#plain.bindable(this.#plainOf(named));
  }

  /** Each schema that has got a name, those included that get one meanwhile. */
  *all(): Generator<{ readonly name: string; readonly plain: Plain; readonly description: string | undefined }> {
    for (const named of this.#byKey.values()) {
      const description = memberOf(named.node.schema, 'description');
      yield {
        name: named.name,
        plain: this.#plainOf(named),
        description: typeof description === 'string' && description.trim() !== '' ? description : undefined,
      };
    }
  }

  #plainOf(named: NamedSchema): Plain {
    named.plain ??= this.#plain.of(named.node, named.view);
    return named.plain;
  }

  #nameOf(target: SchemaNode, wanted: View): string {
    const own = wanted.defaulted.size > 0 || wanted.bytes.size > 0 || wanted.isEvent;
    const view = own || this.#facts.isDirected(target) ? wanted : views.response;
    const keyed = own ? JSON.stringify([[...view.defaulted], [...view.bytes], view.isEvent]) : '';
    const key = `${view.direction} ${target.location} ${keyed}`;
    let named = this.#byKey.get(key);
    if (named === undefined) {
      const suffix = view.isEvent ? ' event' : own ? ' body' : view.direction === 'request' ? ' input' : '';
      const name = this.#names.give(wordsOf(target.location) + suffix, suffix === '' ? 'Schema' : '');
      named = { name, node: target, view, plain: undefined };
      this.#byKey.set(key, named);
      this.#byName.set(name, named);
    }
    return named.name;
  }
}

import type { MediaType, Operation, Parameter, ResponseModel, SchemaNode, SchemaReading } from '@flick/contract';
import { memberOf } from './members.ts';
import type { NamedTypes } from './named-types.ts';
import { views } from './plain-schemas.ts';
import type { TypeMember, TypeNode, TypeWriter } from './type-nodes.ts';

/** Writes what handlers get and may answer. */
export class OperationTypes {
  readonly #schemasOf: SchemaReading['schemasOf'];
  readonly #named: NamedTypes;
  readonly #write: TypeWriter;

  constructor({ schemasOf }: SchemaReading, named: NamedTypes, write: TypeWriter) {
    this.#schemasOf = schemasOf;
    this.#named = named;
    this.#write = write;
  }

  /** The type of an operation, as `OperationTypes` of `@flick/gate` has it. */
  of(operation: Operation): TypeNode {
    const { object } = this.#write;
    const members: TypeMember[] = [];
    for (const [name, places] of groups) {
      const own = operation.parameters.filter((parameter) => places.includes(parameter.in));
      if (own.length > 0) members.push({ name, type: object(own.map((parameter) => this.#parameter(parameter))) });
    }
    const { body } = operation;
    if (body !== undefined) {
      const types = body.content.flatMap((media) => this.#bodyTypes(media));
      if (types.length === 0) types.push(this.#readable);
      if (!body.required) types.push(this.#write.words.undefined);
      members.push({ name: 'body', type: this.#write.union(types) });
    }
    members.push({ name: 'responses', type: object(this.#responses(operation)) });
    return object(members);
  }

  #parameter({ name, in: place, required, shape, check, media }: Parameter): TypeMember {
    const nodes = this.#schemasOf(media === undefined ? check : media.check);
    const [first] = nodes;
    const description = memberOf(first?.schema, 'description');
    return {
      name: place === 'header' ? name.toLowerCase() : name,
      type: this.#write.of(this.#named.of(nodes, this.#named.viewOf(shape, false))),
      optional: !required && shape.default === undefined,
      ...(typeof description === 'string' && { description }),
    };
  }

  #bodyTypes(media: MediaType): TypeNode[] {
    const { kind, check, shape, range } = media;
    const { words } = this.#write;
    if (kind === 'json') return [check === undefined ? words.unknown : this.#body(media)];
    if (check === undefined || shape?.binary === true) return [this.#readable];
    // A range is read as the type that comes; what is neither JSON nor a form streams.
    if (kind === 'opaque') return range.includes('*') ? [this.#body(media), this.#readable] : [this.#readable];
    return [this.#body(media)];
  }

  /** A body that is not read for its check. */
  get #readable(): TypeNode {
    return this.#write.reference('Readable');
  }

  #body({ check, shape, kind }: MediaType): TypeNode {
    return this.#write.of(this.#named.of(this.#schemasOf(check), this.#named.viewOf(shape, kind === 'multipart')));
  }

  #responses(operation: Operation): TypeMember[] {
    const all = [...operation.responses.values()].filter(({ code }) => !code.startsWith('1'));
    if (all.length === 0) return [{ name: 'default', type: this.#write.words.unknown }];
    return all.map((response) => ({
      name: /^\d+$/.test(response.code) ? Number(response.code) : response.code,
      type: this.#answer(response),
    }));
  }

  #answer({ code, content }: ResponseModel): TypeNode {
    const { words } = this.#write;
    // RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5: these have no content.
    if (content.length === 0 || ['204', '205', '304'].includes(code)) return words.undefined;
    return this.#write.union(content.map((media) => this.#answerOf(media)));
  }

  #answerOf({ range, kind, check }: MediaType): TypeNode {
    const { words, reference, of } = this.#write;
    const nodes = this.#schemasOf(check);
    if (kind === 'json' || (range.includes('*') && !range.startsWith('text/'))) {
      if (check === undefined) return words.unknown;
      return nodes.some(isBytes) ? reference('Uint8Array') : of(this.#named.of(nodes, views.response));
    }
    return isText(range) || nodes.some(isPlainText) ? words.string : reference('Uint8Array');
  }
}

const groups: readonly (readonly [name: string, places: readonly Parameter['in'][]])[] = [
  ['params', ['path']],
  ['query', ['query', 'querystring']],
  ['headers', ['header']],
  ['cookies', ['cookie']],
];

/** Whether a media type is known to be written as text. */
function isText(range: string): boolean {
  return (
    range.startsWith('text/') ||
    /^application\/(?:[^/]+\+)?(?:xml|yaml|x-yaml|json-seq|jsonl|x-ndjson|x-www-form-urlencoded|javascript)$/.test(
      range,
    ) ||
    range.endsWith('+xml')
  );
}

function isBytes({ schema }: SchemaNode): boolean {
  return memberOf(schema, 'format') === 'binary';
}

function isPlainText(node: SchemaNode): boolean {
  return memberOf(node.schema, 'type') === 'string' && !isBytes(node);
}

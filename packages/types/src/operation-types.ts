import type { MediaType, Operation, Parameter, ResponseModel, SchemaNode, SchemaReading } from '@flick/contract';
import { FieldTypes, isOfHandlers } from './field-types.ts';
import { memberOf } from './members.ts';
import type { NamedTypes } from './named-types.ts';
import { views } from './plain-schemas.ts';
import type { TypeMember, TypeNode, TypeWriter } from './type-nodes.ts';

/** Writes what handlers get and may answer. */
export class OperationTypes {
  readonly #schemasOf: SchemaReading['schemasOf'];
  readonly #named: NamedTypes;
  readonly #write: TypeWriter;
  readonly #fields: FieldTypes;

  constructor(reading: SchemaReading, named: NamedTypes, write: TypeWriter) {
    this.#schemasOf = reading.schemasOf;
    this.#fields = new FieldTypes(reading, write);
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
    const responses = [...operation.responses.values()].filter(({ code }) => !code.startsWith('1'));
    members.push({ name: 'responses', type: object(this.#responses(responses)) });
    const headers = responses.flatMap((response) => this.#headers(response));
    if (headers.length > 0) members.push({ name: 'responseHeaders', type: object(headers) });
    const items = responses.flatMap((response) => this.#items(response));
    if (items.length > 0) members.push({ name: 'responseItems', type: object(items) });
    else if (responses.some(hasContent)) members.push({ name: 'responseItems', type: this.#write.words.none });
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

  #responses(all: readonly ResponseModel[]): TypeMember[] {
    if (all.length === 0) return [{ name: 'default', type: this.#write.words.unknown }];
    return all.map((response) => ({ name: keyOf(response), type: this.#answer(response) }));
  }

  #answer(response: ResponseModel): TypeNode {
    if (!hasContent(response)) return this.#write.words.undefined;
    return this.#write.union(response.content.map((media) => this.#answerOf(media)));
  }

  #headers(response: ResponseModel): TypeMember[] {
    const own = response.headers.filter(({ name }) => isOfHandlers(name, response.code));
    if (own.length === 0) return [];
    return [{ name: keyOf(response), type: this.#write.object(own.map((header) => this.#header(header))) }];
  }

  #header({ name, required, check, media }: Parameter): TypeMember {
    const nodes = media === undefined ? this.#schemasOf(check) : [];
    const description = memberOf(nodes[0]?.schema, 'description');
    return {
      name,
      type: this.#fields.of(nodes),
      optional: !required,
      ...(typeof description === 'string' && { description }),
    };
  }

  /** What streams of an answer yield beside texts and bytes; nothing where that is all. */
  #items(response: ResponseModel): TypeMember[] {
    if (!hasContent(response)) return [];
    const { words, union } = this.#write;
    const types = response.content.flatMap((media) => this.#itemOf(media));
    if (types.length === 0) return [];
    return [{ name: keyOf(response), type: types.includes(words.unknown) ? words.unknown : union(types) }];
  }

  #itemOf({ range, item }: MediaType): TypeNode[] {
    const { words, of } = this.#write;
    const isSequence = sequences.has(range);
    // The handler says which type of a range it is.
    if (!isSequence) return [...sequences].some((type) => isInRange(type, range)) ? [words.unknown] : [];
    if (item === undefined) return [words.unknown];
    const nodes = this.#schemasOf(item.check);
    return [of(range === eventStream ? this.#named.ofEvents(nodes) : this.#named.of(nodes, views.response))];
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

const eventStream = 'text/event-stream';

/** The media types that handlers may stream items of. */
const sequences: ReadonlySet<string> = new Set([
  'application/json-seq',
  'application/jsonl',
  'application/x-ndjson',
  eventStream,
]);

function isInRange(type: string, range: string): boolean {
  const [start = '', end] = range.split('*');
  return end !== undefined && (range === '*/*' || (type.startsWith(start) && type.endsWith(end)));
}

function keyOf({ code }: ResponseModel): string | number {
  return /^\d+$/.test(code) ? Number(code) : code;
}

// RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5: these have no content.
function hasContent({ code, content }: ResponseModel): boolean {
  return content.length > 0 && !['204', '205', '304'].includes(code);
}

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

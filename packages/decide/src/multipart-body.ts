import { isUtf8 } from 'node:buffer';
import type { Encoding, MediaType, Shape } from '@flick/contract';
import { decodeText } from './charset.ts';
import { formIndex } from './form-body.ts';
import { escapeStep } from './json-pointer.ts';
import { readJson } from './json-text.ts';
import { inMediaRange, isJsonType } from './media-type.ts';
import { type Part, splitParts } from './multipart-parts.ts';
import { bracketPath, readSlot, Sorting } from './named-text.ts';
import { bodyFault, jsonFault } from './schema-violations.ts';
import { anyShape, either, list, members, structuresOf, type TextTree } from './text-reading.ts';
import type { Violation } from './verdict.ts';

/** A multipart body, taken apart and not yet read by type; or what is wrong with it. */
export type MultipartReading = { readonly tree: TextTree } | { readonly violations: readonly Violation[] };

/**
 * Takes a multipart/form-data body apart: a JSON part is parsed, a text stands to be read by its schema, and binary
 * content is a string of as many characters as it has bytes, so that a schema of strings holds for it.
 */
export function readMultipart(
  media: MediaType,
  shape: Shape,
  boundary: string | undefined,
  bytes: Uint8Array,
  maxDepth: number,
): MultipartReading {
  if (boundary === undefined) {
    return { violations: [bodyFault('malformed-body', 'a boundary parameter in Content-Type', 'none')] };
  }
  const split = splitParts(bytes, boundary);
  if ('due' in split) {
    return { violations: [bodyFault('malformed-body', split.due, `something else at byte ${split.offset}`)] };
  }
  const violations: Violation[] = [];
  const named = new Map<string, TextTree[]>();
  const brackets = new Brackets(media, shape);
  for (const part of split.parts) {
    const name = memberOf(part.name, shape);
    const path = brackets.pathOf(name);
    if (path !== undefined) {
      const tree = readPart(part, path, shapeAt(shape, path), undefined, maxDepth);
      if ('reason' in tree) violations.push(tree);
      else brackets.add(name, tree.tree);
      continue;
    }
    const member = memberShape(shape, name);
    const listed = structuresOf(member).list;
    const own = listed ? (member.items ?? anyShape) : member;
    const tree = readPart(part, [name], own, media.encoding.get(name), maxDepth);
    if ('reason' in tree) {
      violations.push(tree);
      continue;
    }
    const trees = named.get(name);
    if (trees === undefined) named.set(name, [tree.tree]);
    else trees.push(tree.tree);
  }
  if (violations.length > 0) return { violations };
  const trees = brackets.trees();
  for (const [name, parts] of named) {
    const tree = trees.has(name) ? undefined : memberTree(parts, memberShape(shape, name));
    if (tree === undefined) {
      const arrived = trees.has(name) ? 'another in brackets' : `${parts.length} parts`;
      violations.push(bodyFault('wrong-value', 'one part of that name', arrived, pointerOf([name])));
    } else {
      trees.set(name, tree);
    }
  }
  return violations.length > 0 ? { violations } : { tree: members(trees) };
}

/** Some clients mark the name of an array: `files[]` is `files`, where only that is declared. */
function memberOf(name: string, shape: Shape): string {
  if (!name.endsWith('[]') || shape.properties === undefined || shape.properties.has(name)) return name;
  const base = name.slice(0, -2);
  const declared = shape.properties.get(base);
  return declared !== undefined && structuresOf(declared).list ? base : name;
}

/** What came in brackets, `link[create]` or `pages[0]`, where the member's encoding does not say otherwise. */
class Brackets {
  readonly #shape: Shape;
  readonly #sorting: Sorting;
  readonly #index: ReturnType<typeof formIndex>;
  readonly #parts: TextTree[] = [];

  constructor(media: MediaType, shape: Shape) {
    this.#shape = shape;
    this.#index = formIndex(media, shape);
    this.#sorting = new Sorting(this.#index);
  }

  /** The steps of a name in brackets; undefined where it is a name like any other. */
  pathOf(name: string): readonly string[] | undefined {
    if (!name.includes('[') || this.#shape.properties?.has(name) === true) return undefined;
    const path = bracketPath(name);
    return path !== undefined && this.#index.byBracket.has(path[0] ?? '') ? path : undefined;
  }

  /** @param tree - a part that is read already: it is sorted by its number, for which it stands again afterwards */
  add(name: string, tree: TextTree): void {
    this.#sorting.add(name, String(this.#parts.length));
    this.#parts.push(tree);
  }

  /** The members that came in brackets. */
  trees(): Map<string, TextTree> {
    const trees = new Map<string, TextTree>();
    const decode = (number: string): TextTree | undefined => this.#parts[Number(number)];
    for (const [at, slot] of this.#index.slots.entries()) {
      const arrived = this.#sorting.arrived[at];
      const tree = arrived === undefined ? undefined : readSlot({ ...slot, decode }, arrived);
      // What goes on in brackets after a value is no value of any type.
      if (arrived !== undefined) trees.set(slot.name, typeof tree === 'symbol' || tree === undefined ? '' : tree);
    }
    return trees;
  }
}

/** The shape of what stands at the end of a path of names and numbers. */
function shapeAt(shape: Shape, path: readonly string[]): Shape {
  let found = shape;
  for (const step of path) {
    const item = /^\d*$/.test(step) && structuresOf(found).list ? found.items : undefined;
    found = item ?? memberShape(found, step);
  }
  return found;
}

function memberShape(shape: Shape, name: string): Shape {
  return shape.properties?.get(name) ?? shape.additional ?? anyShape;
}

function pointerOf(path: readonly string[]): string {
  return path.map((step) => `/${escapeStep(step)}`).join('');
}

/** The parts of one name: a list where the schema has one; undefined where only one part was due. */
function memberTree(parts: readonly TextTree[], shape: Shape): TextTree | undefined {
  const [single] = parts;
  const { list: listed, scalar } = structuresOf(shape);
  if (single === undefined || parts.length > 1) return listed || shape.types.size === 0 ? list(parts) : undefined;
  if (!listed) return single;
  // A JSON part may hold the whole array.
  const first = typeof single === 'object' && single.kind === 'either' ? single.of[0] : single;
  const isWhole = typeof first === 'object' && first.kind === 'value' && Array.isArray(first.value);
  if (isWhole) return either(first, list(parts));
  return scalar ? either(list(parts), single) : list(parts);
}

/** @param shape - of the member; of its items where it is an array */
function readPart(
  part: Part,
  path: readonly string[],
  shape: Shape,
  encoding: Encoding | undefined,
  maxDepth: number,
): { readonly tree: TextTree } | Violation {
  const type = part.type?.type;
  const allowed = encoding?.contentTypes ?? [];
  if (allowed.length > 0 && !fits(allowed, type)) {
    const arrived = type === undefined ? 'a part without Content-Type' : 'a part of another type';
    return bodyFault('wrong-value', `a part of type ${allowed.join(' or ')}`, arrived, pointerOf(path));
  }
  // A file is one whatever is in it: of JSON, too.
  if (shape.binary) return { tree: { kind: 'value', value: part.bytes.toString('latin1') } };
  const mustBeJson = allowed.length > 0 && allowed.every(isJsonType);
  // A part that does not say what it is may still be the JSON that is due.
  if (type === undefined ? mustBeJson : isJsonType(type)) {
    const json = readJsonPart(part, path, maxDepth);
    const isText = !mustBeJson && (shape.types.has('string') || shape.types.size === 0);
    const text = isText ? decodeText(part.bytes, undefined) : undefined;
    if (text === undefined) return json;
    return { tree: 'reason' in json ? text : either(json.tree, text) };
  }
  const text = decodeText(part.bytes, part.type?.parameters.get('charset'));
  if (text !== undefined) return { tree: text };
  if (part.isFile || (type !== undefined && !type.startsWith('text/'))) {
    return { tree: { kind: 'value', value: part.bytes.toString('latin1') } };
  }
  return bodyFault('malformed-body', 'text in UTF-8', 'other bytes', pointerOf(path));
}

/** RFC 7578, section 4.4: a part without Content-Type is text/plain; JSON is text, too. */
function fits(allowed: readonly string[], type: string | undefined): boolean {
  if (type !== undefined) return allowed.some((range) => inMediaRange(range, type));
  return allowed.some((range) => inMediaRange(range, 'text/plain') || isJsonType(range));
}

function readJsonPart(part: Part, path: readonly string[], maxDepth: number): { readonly tree: TextTree } | Violation {
  if (!isUtf8(part.bytes)) return bodyFault('malformed-body', 'JSON in UTF-8', 'other bytes', pointerOf(path));
  const json = readJson(part.bytes.toString('utf8'), maxDepth);
  return 'value' in json ? { tree: { kind: 'value', value: json.value } } : jsonFault(json.fault, pointerOf(path));
}

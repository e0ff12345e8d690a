import { isUtf8 } from 'node:buffer';
import type { Encoding, MediaType, Shape } from '@flick/contract';
import { decodeText } from './charset.ts';
import { escapeStep } from './json-pointer.ts';
import { readJson } from './json-text.ts';
import { inMediaRange, isJsonType } from './media-type.ts';
import { type Part, splitParts } from './multipart-parts.ts';
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
  for (const part of split.parts) {
    const name = memberOf(part.name, shape);
    const member = memberShape(shape, name);
    const listed = structuresOf(member).list;
    const tree = readPart(part, name, listed ? (member.items ?? anyShape) : member, media.encoding.get(name), maxDepth);
    if ('reason' in tree) {
      violations.push(tree);
      continue;
    }
    const trees = named.get(name);
    if (trees === undefined) named.set(name, [tree.tree]);
    else trees.push(tree.tree);
  }
  if (violations.length > 0) return { violations };
  const trees = new Map<string, TextTree>();
  for (const [name, parts] of named) {
    const tree = memberTree(parts, memberShape(shape, name));
    if (tree === undefined) {
      violations.push(bodyFault('wrong-value', 'one part of that name', `${parts.length} parts`, pointerOf(name)));
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

function memberShape(shape: Shape, name: string): Shape {
  return shape.properties?.get(name) ?? shape.additional ?? anyShape;
}

function pointerOf(name: string): string {
  return `/${escapeStep(name)}`;
}

/** The parts of one name: a list where the schema has one; undefined where only one part was due. */
function memberTree(parts: readonly TextTree[], shape: Shape): TextTree | undefined {
  const [single] = parts;
  const { list: listed, scalar } = structuresOf(shape);
  if (single === undefined || parts.length > 1) return listed || shape.types.size === 0 ? list(parts) : undefined;
  if (!listed) return single;
  // A JSON part may hold the whole array.
  const whole = typeof single === 'object' && single.kind === 'value' && Array.isArray(single.value);
  if (whole) return either(single, list(parts));
  return scalar ? either(list(parts), single) : list(parts);
}

/** @param shape - of the member; of its items where it is an array */
function readPart(
  part: Part,
  name: string,
  shape: Shape,
  encoding: Encoding | undefined,
  maxDepth: number,
): { readonly tree: TextTree } | Violation {
  const type = part.type?.type;
  const allowed = encoding?.contentTypes ?? [];
  if (allowed.length > 0 && !fits(allowed, type)) {
    const arrived = type === undefined ? 'a part without Content-Type' : 'a part of another type';
    return bodyFault('wrong-value', `a part of type ${allowed.join(' or ')}`, arrived, pointerOf(name));
  }
  // A part that does not say what it is may still be the JSON that is due.
  if (type === undefined ? allowed.length > 0 && allowed.every(isJsonType) : isJsonType(type)) {
    return readJsonPart(part, name, maxDepth);
  }
  if (shape.binary) return { tree: { kind: 'value', value: part.bytes.toString('latin1') } };
  const text = decodeText(part.bytes, part.type?.parameters.get('charset'));
  if (text !== undefined) return { tree: text };
  if (part.isFile || (type !== undefined && !type.startsWith('text/'))) {
    return { tree: { kind: 'value', value: part.bytes.toString('latin1') } };
  }
  return bodyFault('malformed-body', 'text in UTF-8', 'other bytes', pointerOf(name));
}

/** RFC 7578, section 4.4: a part without Content-Type is text/plain; JSON is text, too. */
function fits(allowed: readonly string[], type: string | undefined): boolean {
  if (type !== undefined) return allowed.some((range) => inMediaRange(range, type));
  return allowed.some((range) => inMediaRange(range, 'text/plain') || isJsonType(range));
}

function readJsonPart(part: Part, name: string, maxDepth: number): { readonly tree: TextTree } | Violation {
  if (!isUtf8(part.bytes)) return bodyFault('malformed-body', 'JSON in UTF-8', 'other bytes', pointerOf(name));
  const json = readJson(part.bytes.toString('utf8'), maxDepth);
  return 'value' in json ? { tree: { kind: 'value', value: json.value } } : jsonFault(json.fault, pointerOf(name));
}

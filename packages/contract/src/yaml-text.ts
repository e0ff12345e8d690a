import { createRequire } from 'node:module';
import type * as Module from 'yaml';
import type { Document, Pair, YAMLMap } from 'yaml';
import type { Defect } from './document-text.ts';
import { duplicateMember } from './json-text.ts';
import { pointerAt, pointerTokens } from './pointer.ts';

let loaded: typeof Module | undefined;

/** Loaded for the first text in YAML: JSON and compiled contracts need none of it. */
function library(): typeof Module {
  if (loaded === undefined) {
    const load: (name: 'yaml') => typeof Module = createRequire(import.meta.url);
    loaded = load('yaml');
  }
  return loaded;
}

// Far above what people write by hand, far below what a chain of aliases of aliases comes to.
const maxAliases = 10_000;

/** A YAML text that cannot be read, and where. */
export class YamlError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = 'YamlError';
    this.offset = offset;
  }
}

/** YAML text with the places of all its nodes. */
export interface ParsedYaml {
  readonly value: unknown;
  readonly document: Document;
  readonly defects: Defect[];
}

/**
 * Parses YAML 1.2 (1.1 where the text says so) with merge keys. Keys are strings as written, so that `200:`, `null:`
 * and `1e3:` stay what they are.
 *
 * @throws YamlError
 */
export function parseYaml(text: string): ParsedYaml {
  const document = library().parseDocument(text, {
    merge: true,
    stringKeys: true,
    // The library compares each key with each other: too slow for 100,000 members of one object.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  const defects: Defect[] = [];
  for (const error of document.errors) {
    if (error.code !== 'MULTIPLE_DOCS') throw new YamlError(error.message, error.pos[0]);
    const message = 'the file holds several YAML documents and only the first is read; split the file';
    defects.push({ message, pointer: '', offset: error.pos[0] });
  }
  inspect(document, defects);
  try {
    return { value: document.toJS({ maxAliasCount: maxAliases }), document, defects };
  } catch (error) {
    // The library's word for too many aliases; what nests too deep for the stack is no YamlError.
    if (error instanceof ReferenceError) throw new YamlError(error.message, 0);
    throw error;
  }
}

/** Finds members that are there twice, and aliases that lead nowhere or into themselves. */
function inspect(document: Document, defects: Defect[]): void {
  const { isMap, isScalar, isSeq, visit } = library();
  const anchors = new Set<string>();
  visit(document, {
    Value(_key, node) {
      if (node.anchor !== undefined) anchors.add(node.anchor);
    },
    Alias(_key, node, path) {
      const offset = node.range?.[0] ?? 0;
      if (!anchors.has(node.source)) throw new YamlError(`the alias *${node.source} has no anchor before it`, offset);
      const within = path.some((parent) => (isMap(parent) || isSeq(parent)) && parent.anchor === node.source);
      if (within) throw new YamlError(`the alias *${node.source} stands inside what it names; use $ref`, offset);
    },
    Map(_key, node, path) {
      if (node.anchor !== undefined) anchors.add(node.anchor);
      const keys = new Set<string>();
      for (const { key } of node.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (keys.has(name) && name !== '<<') {
          const pointer = pointerAt(pointerOf(path, node), name);
          defects.push({ message: duplicateMember(name), pointer, offset: key.range?.[0] ?? 0 });
        }
        keys.add(name);
      }
    },
  });
}

/** The pointer of a node, from the chain of its parents. */
function pointerOf(path: readonly unknown[], node: unknown): string {
  const { isPair, isScalar, isSeq } = library();
  let pointer = '';
  for (const [index, parent] of path.entries()) {
    if (isPair(parent)) pointer = pointerAt(pointer, isScalar(parent.key) ? String(parent.key.value) : '');
    if (isSeq(parent)) pointer = pointerAt(pointer, parent.items.indexOf(path[index + 1] ?? node));
  }
  return pointer;
}

/**
 * Finds where pointers point to: the key of a member, the start of an item. A pointer that leads nowhere gets the place
 * of the nearest ancestor that is there.
 */
export function offsetsInYaml(document: Document, pointers: Iterable<string>): Map<string, number> {
  const { isAlias, isMap, isNode, isScalar, isSeq } = library();
  const members = new Map<YAMLMap, ReadonlyMap<string, Pair>>();
  const membersOf = (map: YAMLMap): ReadonlyMap<string, Pair> => {
    let known = members.get(map);
    if (known === undefined) {
      known = new Map(map.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', pair]));
      members.set(map, known);
    }
    return known;
  };
  const offsetOf = (pointer: string): number => {
    let node: unknown = document.contents;
    let offset = document.contents?.range?.[0] ?? 0;
    for (const token of pointerTokens(pointer)) {
      if (isAlias(node)) node = node.resolve(document);
      if (isSeq(node)) {
        const item: unknown = node.items[Number(token)];
        if (isNode(item)) offset = item.range?.[0] ?? offset;
        node = item;
      } else if (isMap(node)) {
        const pair = membersOf(node).get(token);
        // A member that came in by a merge key is reported where the merge stands.
        if (pair === undefined) return offset;
        if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
        node = pair.value;
      } else {
        return offset;
      }
    }
    return offset;
  };
  return new Map(Array.from(pointers, (pointer) => [pointer, offsetOf(pointer)]));
}

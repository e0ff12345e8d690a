import { pointerAt, pointerTokens } from './pointer.ts';
import type { Defect } from './document-text.ts';

/*
 * Positions in JSON text. Everything here reads text that JSON.parse has taken already, so it looks for no syntax
 * errors and can skip what is not asked for.
 */

// Deeper pointers get the place of their ancestor here: the search recurses.
const maxDepth = 500;

const quote = 0x22;
const backslash = 0x5c;

/** From the opening quote of a string to just behind the closing one. */
function stringEnd(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === backslash) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
}

function skipBlank(text: string, start: number): number {
  let index = start;
  for (;;) {
    const code = text.charCodeAt(index);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return index;
    index += 1;
  }
}

/** From the first character of a value to just behind its last. */
function valueEnd(text: string, start: number): number {
  let index = start;
  let depth = 0;
  for (;;) {
    switch (text[index]) {
      case '"':
        index = stringEnd(text, index);
        break;
      case '{':
      case '[':
        depth += 1;
        index += 1;
        break;
      case '}':
      case ']':
        depth -= 1;
        index += 1;
        break;
      case undefined:
        return index;
      default:
        index += 1;
        if (depth === 0) while (/[-+.\w]/.test(text[index] ?? '')) index += 1;
    }
    if (depth === 0) return index;
  }
}

function keyAt(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  return raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw;
}

/** Pointers that are looked for, as a tree by token. */
interface Wanted {
  readonly pointers: string[];
  readonly children: Map<string, Wanted>;
}

/**
 * Finds where pointers point to: the key of a member, the first character of an item. A pointer that leads nowhere gets
 * the place of the nearest ancestor that is there.
 */
export function offsetsInJson(text: string, pointers: Iterable<string>): Map<string, number> {
  const found = new Map<string, number>();
  const wanted: Wanted = { pointers: [], children: new Map() };
  for (const pointer of pointers) {
    let node = wanted;
    for (const token of pointerTokens(pointer).slice(0, maxDepth)) {
      let child = node.children.get(token);
      if (child === undefined) {
        child = { pointers: [], children: new Map() };
        node.children.set(token, child);
      }
      node = child;
    }
    node.pointers.push(pointer);
  }
  placeAll(wanted, skipBlank(text, 0), found);
  seek(text, skipBlank(text, 0), wanted, found);
  return found;
}

/** Gives an offset to a node and all below it; those below that are found overwrite it. */
function placeAll(node: Wanted, offset: number, found: Map<string, number>): void {
  for (const pointer of node.pointers) found.set(pointer, offset);
  for (const child of node.children.values()) placeAll(child, offset, found);
}

/** Walks one value; returns the index just behind it. */
function seek(text: string, start: number, wanted: Wanted, found: Map<string, number>): number {
  const opening = text[start];
  if (wanted.children.size === 0 || (opening !== '{' && opening !== '[')) return valueEnd(text, start);
  let index = skipBlank(text, start + 1);
  let position = 0;
  while (text[index] !== '}' && text[index] !== ']') {
    const offset = index;
    let token = String(position);
    if (opening === '{') {
      const end = stringEnd(text, index);
      token = keyAt(text, index, end);
      index = skipBlank(text, skipBlank(text, end) + 1);
    }
    const child = wanted.children.get(token);
    if (child === undefined) {
      index = valueEnd(text, index);
    } else {
      placeAll(child, offset, found);
      index = seek(text, index, child, found);
    }
    index = skipBlank(text, index);
    if (text[index] === ',') index = skipBlank(text, index + 1);
    position += 1;
  }
  return index + 1;
}

/** A container on the way down: the members seen (objects) or the index reached (arrays), and the last member's name. */
interface Level {
  readonly keys: Set<string> | undefined;
  token: string | number;
}

/** Members whose name comes twice in one object; JSON.parse has kept the last of them. */
export function duplicatesInJson(text: string): Defect[] {
  const defects: Defect[] = [];
  const levels: Level[] = [];
  let level: Level | undefined;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case quote: {
        const end = stringEnd(text, index);
        if (level?.keys !== undefined && text.charCodeAt(skipBlank(text, end)) === 0x3a) {
          const key = keyAt(text, index, end);
          level.token = key;
          if (level.keys.has(key)) {
            const pointer = levels.reduce((path, each) => pointerAt(path, each.token), '');
            defects.push({ message: duplicateMember(key), pointer, offset: index });
          }
          level.keys.add(key);
        }
        index = end - 1;
        break;
      }
      case 0x7b:
        level = { keys: new Set(), token: '' };
        levels.push(level);
        break;
      case 0x5b:
        level = { keys: undefined, token: 0 };
        levels.push(level);
        break;
      case 0x7d:
      case 0x5d:
        levels.pop();
        level = levels.at(-1);
        break;
      case 0x2c:
        if (typeof level?.token === 'number') level.token += 1;
        break;
    }
  }
  return defects;
}

/** The sentence for a member that is there twice. */
export function duplicateMember(key: string): string {
  return `"${key}" is there twice in one object and the last one counts; remove one of them`;
}

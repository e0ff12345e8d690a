/** How text is taken apart by style (OpenAPI, "Style Values"; RFC 6570), before anything is read by its type. */

import type { ParameterStyle, Shape } from '@flick/contract';
import { either, list, members, structuresOf, type TextTree } from './text-reading.ts';

/** Decodes one part of a text; undefined where it is not percent-encoded UTF-8. */
export type Decode = (raw: string) => TextTree | undefined;

/** What styles need to know of a parameter, or of a member of a form. */
export interface Written {
  readonly name: string;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  readonly shape: Shape;
  readonly decode: Decode;
}

/** Decodes percent-encoding; undefined where an escape is broken or the bytes are not UTF-8. */
export function percentDecode(raw: string): string | undefined {
  if (!raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

/** A name of a query or form, where a plus is a blank; as it came where it cannot be decoded, which no name is then. */
export function decodeWord(raw: string): string {
  return percentDecode(raw.includes('+') ? raw.replaceAll('+', ' ') : raw) ?? raw;
}

/** A path segment, or what of it a template names. */
export function decodePath(raw: string): TextTree | undefined {
  return percentDecode(raw);
}

/** In forms a plus is a blank, yet many send one unencoded and mean it, as in the offset of a date-time. */
export function decodeQuery(raw: string): TextTree | undefined {
  if (!raw.includes('+')) return percentDecode(raw);
  const blank = percentDecode(raw.replaceAll('+', ' '));
  const plus = percentDecode(raw);
  return blank === undefined || plus === undefined ? undefined : either(blank, plus);
}

/** As `decodeQuery`, for a parameter that may hold reserved characters as they are (`allowReserved`). */
export function decodeReserved(raw: string): TextTree | undefined {
  if (!raw.includes('+')) return percentDecode(raw);
  const plus = percentDecode(raw);
  const blank = percentDecode(raw.replaceAll('+', ' '));
  return blank === undefined || plus === undefined ? undefined : either(plus, blank);
}

/** Versions of OpenAPI differ on whether header values are percent-encoded: as it is, or decoded. */
export function decodeHeader(raw: string): TextTree | undefined {
  const text = raw.trim();
  const decoded = percentDecode(text);
  return decoded === undefined || decoded === text ? text : either(text, decoded);
}

/** A cookie's value of style `form`: decoded, as it is, and without the quotes that it may stand in. */
export function decodeCookie(raw: string): TextTree | undefined {
  const decoded = percentDecode(raw);
  return cookieReadings(decoded === undefined ? [raw] : [decoded, raw]);
}

/** As `decodeCookie`, of style `cookie`, which encodes nothing; many clients encode all the same. */
export function decodePlainCookie(raw: string): TextTree | undefined {
  const decoded = percentDecode(raw);
  return cookieReadings(decoded === undefined ? [raw] : [raw, decoded]);
}

// RFC 6265, section 4.1.1: the quotes are part of the value, yet few mean them.
function cookieReadings(texts: readonly string[]): TextTree {
  const readings = new Set(texts);
  for (const text of texts) {
    if (text.length >= 2 && text.startsWith('"') && text.endsWith('"')) readings.add(text.slice(1, -1));
  }
  return either(...readings);
}

/**
 * Takes the text of one path or header parameter apart.
 *
 * @returns undefined where its style cannot have made it, or a part of it cannot be decoded
 */
export function readWhole(written: Written, raw: string): TextTree | undefined {
  const { style } = written;
  if (style === 'matrix') return readMatrix(written, raw);
  if (style === 'label') return readLabel(written, raw);
  return readParts(written, raw, [',']);
}

/** `.5`, `.3,4,5` and `.3.4.5`, `.R,100` and `.R=100`; OpenAPI 3.0 separates by dots where later ones take commas. */
function readLabel(written: Written, raw: string): TextTree | undefined {
  if (!raw.startsWith('.')) return undefined;
  return readParts(written, raw.slice(1), written.explode ? ['.'] : [',', '.']);
}

/** `;n=5`, `;n=3,4,5` and `;n=3;n=4;n=5`, `;n=R,100` and `;R=100`. */
function readMatrix(written: Written, raw: string): TextTree | undefined {
  if (!raw.startsWith(';')) return undefined;
  const pairs = raw.slice(1).split(';').map(splitPair);
  const own = pairs.filter(([name]) => percentDecode(name) === written.name).map(([, value]) => value);
  const structures = structuresOf(written.shape);
  if (own.length === pairs.length && own[0] !== undefined) {
    if (own.length === 1 && !(written.explode && structures.list)) return readParts(written, own[0], [',']);
    const items = decodeAll(own, written.decode);
    const [single] = items ?? [];
    if (single === undefined || items === undefined) return undefined;
    return own.length === 1 && structures.scalar ? either(list(items), single) : list(items);
  }
  return written.explode && structures.members ? membersOf(pairs, written.decode) : undefined;
}

/** `name=value`, or a name alone. */
export function splitPair(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * Takes a text apart in which items stand between delimiters: as an object, a list and a scalar, as far as the shape
 * can hold them. Where a delimiter was percent-encoded with the rest, as many clients do, it delimits nonetheless if
 * the text does not pass otherwise.
 */
function readParts(written: Written, raw: string, delimiters: readonly string[]): TextTree | undefined {
  const structures = structuresOf(written.shape);
  if (!structures.list && !structures.members) return written.decode(raw);
  const found: TextTree[] = [];
  const loose = raw.replaceAll(/%2c/gi, ',');
  const splits = delimiters.map((delimiter) => raw.split(delimiter));
  if (loose !== raw && delimiters.includes(',')) splits.push(loose.split(','));
  const untyped = written.shape.types.size === 0;
  if (untyped) pushDefined(found, written.decode(raw));
  for (const parts of splits) {
    if (structures.members) pushDefined(found, readMembers(written, raw, parts));
    if (structures.list) {
      const items = decodeAll(parts, written.decode);
      if (items === undefined) return undefined;
      found.push(list(items));
      if (raw === '') found.push(list([]));
    }
  }
  if (!untyped && structures.scalar) pushDefined(found, written.decode(raw));
  return found.length === 0 ? asText(written.decode(raw)) : either(...found);
}

/** Text where a list or an object was due: as a string and nothing else, so that the check says what was due. */
function asText(tree: TextTree | undefined): TextTree | undefined {
  if (tree === undefined || typeof tree === 'string')
    return tree === undefined ? undefined : { kind: 'value', value: tree };
  return tree.kind === 'either' ? asText(tree.of[0]) : tree;
}

function pushDefined(found: TextTree[], tree: TextTree | undefined): void {
  if (tree !== undefined) found.push(tree);
}

/** `R,100,G,200`, exploded `R=100,G=200`; undefined where the parts do not pair up. */
function readMembers(written: Written, raw: string, parts: readonly string[]): TextTree | undefined {
  if (raw === '') return members(new Map());
  if (written.explode) {
    return parts.every((part) => part.includes('=')) ? membersOf(parts.map(splitPair), written.decode) : undefined;
  }
  if (parts.length % 2 !== 0) return undefined;
  const pairs: [string, string][] = [];
  for (let at = 0; at < parts.length; at += 2) pairs.push([parts[at] ?? '', parts[at + 1] ?? '']);
  return membersOf(pairs, written.decode);
}

function membersOf(pairs: readonly (readonly [string, string])[], decode: Decode): TextTree | undefined {
  const entries = new Map<string, TextTree>();
  for (const [rawName, rawValue] of pairs) {
    const name = percentDecode(rawName.trim());
    const value = decode(rawValue);
    if (name === undefined || value === undefined || entries.has(name)) return undefined;
    entries.set(name, value);
  }
  return members(entries);
}

/** Decodes each; undefined where one cannot be. */
export function decodeAll(raws: readonly string[], decode: Decode): TextTree[] | undefined {
  const trees: TextTree[] = [];
  for (const raw of raws) {
    const tree = decode(raw);
    if (tree === undefined) return undefined;
    trees.push(tree);
  }
  return trees;
}

const delimiterOf: Partial<Record<ParameterStyle, RegExp>> = {
  spaceDelimited: /%20|\+| /,
  pipeDelimited: /%7c|\|/i,
};

/** What came under a name more than once that may come only once. */
export const repeated = Symbol('repeated');

/**
 * Takes apart what came under one name of a query, form or cookie, as often as it came.
 *
 * @returns undefined where a part cannot be decoded, `repeated` where the name may come only once
 */
export function readNamed(written: Written, raws: readonly string[]): TextTree | undefined | typeof repeated {
  const [raw] = raws;
  if (raw === undefined) return undefined;
  const structures = structuresOf(written.shape);
  const untyped = written.shape.types.size === 0;
  const exploded = written.explode || written.style === 'deepObject';
  if (raws.length > 1) {
    if (!exploded || !(structures.list || untyped)) return repeated;
    const items = decodeAll(raws, written.decode);
    return items && list(items);
  }
  const delimiter = delimiterOf[written.style];
  if (delimiter !== undefined && (structures.list || structures.members)) return readDelimited(written, raw, delimiter);
  if (!exploded) return readParts(written, raw, [',']);
  const item = written.decode(raw);
  if (!structures.list && !structures.scalar) return asText(item);
  if (item === undefined || !structures.list) return item;
  const lists = raw === '' ? [list([item]), list([])] : [list([item])];
  return structures.scalar ? either(item, ...lists) : either(...lists);
}

/** Items between blanks or pipes. With `explode` these styles are not defined; a lone value is then tried both ways. */
function readDelimited(written: Written, raw: string, delimiter: RegExp): TextTree | undefined {
  const structures = structuresOf(written.shape);
  const found: TextTree[] = [];
  const parts = raw.split(delimiter);
  if (structures.members) pushDefined(found, readMembers({ ...written, explode: false }, raw, parts));
  if (structures.list) {
    const items = decodeAll(parts, written.decode);
    if (items === undefined) return undefined;
    found.push(list(items));
    if (raw === '') found.push(list([]));
  }
  const whole = written.decode(raw);
  if (whole === undefined) return undefined;
  if (structures.list && written.explode) found.push(list([whole]));
  if (structures.scalar) found.push(whole);
  return found.length === 0 ? asText(whole) : either(...found);
}

/**
 * From text to a JSON value. A style takes text apart (parameter-text.ts); here the parts are read by the types that
 * the schema lets through. Where a text can be read in several ways (`7` as a number or a string, `a+b` with a blank
 * or a plus), the readings are tried against the check, the most specific first, and the first that passes is taken:
 * a request is refused only where no reading of it holds.
 */

import type { Check, SchemaFault, Shape } from '@flick/contract';
import { escapeStep } from './json-pointer.ts';
import { readJson } from './json-text.ts';

/** Of any type: what stands where a schema is silent. */
export const anyShape: Shape = { types: new Set(), open: true, binary: false };

/** Text that arrived, taken apart by its style and not yet read by type. */
export type TextTree =
  | string
  | { readonly kind: 'either'; readonly of: readonly TextTree[] }
  | { readonly kind: 'list'; readonly items: readonly TextTree[] }
  | { readonly kind: 'members'; readonly members: ReadonlyMap<string, TextTree> }
  /** Read already, as from a JSON part. */
  | { readonly kind: 'value'; readonly value: unknown };

/** A value, and what is wrong with it; where no reading holds, both are of the first. */
export interface Settled {
  readonly value: unknown;
  readonly faults: readonly SchemaFault[] | undefined;
}

/** The readings of one tree, in order of preference; one that stands alone is the tree itself. */
export function either(...trees: readonly TextTree[]): TextTree {
  const [first] = trees;
  return trees.length === 1 && first !== undefined ? first : { kind: 'either', of: trees };
}

/** A list of texts. */
export function list(items: readonly TextTree[]): TextTree {
  return { kind: 'list', items };
}

/** An object of texts. */
export function members(entries: ReadonlyMap<string, TextTree>): TextTree {
  return { kind: 'members', members: entries };
}

/** Attempts in which only the places that a fault names are read anew. */
const MAX_ATTEMPTS = 16;
/** JSON inside a parameter or a form member; the body itself has a bound of its own. */
const INNER_JSON_DEPTH = 64;

const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Finds the first reading of a text that a check lets through. */
export function settle(tree: TextTree, shape: Shape, check: Check): Settled {
  if (typeof tree === 'string') return settleText(tree, shape, check);
  const root: Holder = [undefined];
  const places: Place[] = [];
  put(tree, shape, '', root, 0, places, undefined);
  const value = root[0];
  const faults = check(value);
  if (faults === undefined || places.length === 0) return { value, faults };
  let latest: readonly SchemaFault[] = faults;
  for (let attempt = 0; attempt < MAX_ATTEMPTS && reread(places, latest); attempt += 1) {
    const found = check(root[0]);
    if (found === undefined) return { value: root[0], faults: undefined };
    latest = found;
  }
  // A check may report one fault at a time, so that a long list runs out of attempts: last, all texts as strings.
  for (const place of places) if (isLive(place)) turn(place, place.options.length - 1, places);
  if (check(root[0]) === undefined) return { value: root[0], faults: undefined };
  return rebuilt(tree, shape, faults);
}

/** The first reading again: the attempts have changed parts of it. */
function rebuilt(tree: TextTree, shape: Shape, faults: readonly SchemaFault[]): Settled {
  const root: Holder = [undefined];
  put(tree, shape, '', root, 0, [], undefined);
  return { value: root[0], faults };
}

/** The types of which a text has one reading, whatever it says. */
export type SoleType = 'boolean' | 'integer' | 'number' | 'string';

/** The one type of a shape that has no other and is a scalar's. */
export function soleTypeOf({ types }: Shape): SoleType | undefined {
  const [type] = types;
  return types.size === 1 && (type === 'boolean' || type === 'integer' || type === 'number' || type === 'string')
    ? type
    : undefined;
}

/** The value of a text that is of one type; the text itself where it is none of that, so that the check says so. */
export function readSole(text: string, type: SoleType): unknown {
  if (type === 'string') return text;
  if (type === 'boolean') return text === 'true' || (text === 'false' ? false : text);
  const number = numberPattern.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : text;
}

/** Of one text, as most parameters are: its readings in turn, without places to keep. */
function settleText(text: string, shape: Shape, check: Check): Settled {
  const values = readings(text, shape);
  let first: readonly SchemaFault[] | undefined;
  for (const value of values) {
    const faults = check(value);
    if (faults === undefined) return { value, faults };
    first ??= faults;
  }
  return { value: values[0], faults: first };
}

type Holder = unknown[] | Record<string, unknown>;

/** A place in a value that has more than one reading. */
interface Place {
  readonly pointer: string;
  readonly holder: Holder;
  readonly key: string | number;
  readonly shape: Shape;
  readonly options: readonly Option[];
  chosen: number;
  /** The place that this one is in, and how often that one had been turned: turned since, this one is no more. */
  readonly around: Place | undefined;
  readonly since: number;
  turns: number;
}

/** One reading of a place: a value, or a list or object whose parts are read in turn. */
type Option = Exclude<TextTree, string | { kind: 'either' }>;

function put(
  tree: TextTree,
  shape: Shape,
  pointer: string,
  holder: Holder,
  key: string | number,
  places: Place[],
  around: Place | undefined,
): void {
  if (typeof tree === 'string') {
    const values = readings(tree, shape);
    if (values.length === 1) {
      set(holder, key, values[0]);
      return;
    }
  }
  const options: Option[] = [];
  collect(tree, shape, options);
  const since = around?.turns ?? 0;
  const place: Place = { pointer, holder, key, shape, options, chosen: 0, around, since, turns: 0 };
  if (options.length > 1) places.push(place);
  fill(place, places);
}

function collect(tree: TextTree, shape: Shape, options: Option[]): void {
  if (typeof tree === 'string') {
    for (const value of readings(tree, shape)) options.push({ kind: 'value', value });
  } else if (tree.kind === 'either') {
    for (const one of tree.of) collect(one, shape, options);
  } else {
    options.push(tree);
  }
}

function fill(place: Place, places: Place[]): void {
  const option = place.options[place.chosen];
  if (option === undefined) return;
  if (option.kind === 'value') {
    set(place.holder, place.key, option.value);
    return;
  }
  if (option.kind === 'list') {
    const items: unknown[] = [];
    set(place.holder, place.key, items);
    const shape = place.shape.items ?? anyShape;
    option.items.forEach((item, at) => put(item, shape, `${place.pointer}/${at}`, items, at, places, place));
    return;
  }
  // Without a prototype, a member named __proto__ is a member.
  const record: Record<string, unknown> = Object.create(null);
  set(place.holder, place.key, record);
  for (const [name, member] of option.members) {
    const shape = place.shape.properties?.get(name) ?? place.shape.additional ?? anyShape;
    put(member, shape, `${place.pointer}/${escapeStep(name)}`, record, name, places, place);
  }
}

function set(holder: Holder, key: string | number, value: unknown): void {
  if (Array.isArray(holder)) holder[Number(key)] = value;
  else holder[key] = value;
}

/** Faults that one attempt looks at; a check may report one for each of many items. */
const MAX_FAULTS = 50;

/** Turns the places that the faults are about to their next reading; false where none has one left. */
function reread(places: Place[], faults: readonly SchemaFault[]): boolean {
  const turnable = places.filter((place) => place.chosen + 1 < place.options.length && isLive(place));
  const due = new Set<Place>();
  for (const fault of faults.slice(0, MAX_FAULTS)) {
    // The innermost place first: before a list is taken for something else, its items are.
    let innermost: Place | undefined;
    for (const place of turnable) {
      const isAround = isWithin(fault.pointer, place.pointer);
      if (isAround && place.pointer.length >= (innermost?.pointer.length ?? 0)) innermost = place;
    }
    if (innermost !== undefined) due.add(innermost);
    else for (const place of turnable) if (isWithin(place.pointer, fault.pointer)) due.add(place);
  }
  for (const place of due) if (isLive(place)) turn(place, place.chosen + 1, places);
  return due.size > 0;
}

/** Whether no place around it has been turned since it was made. */
function isLive({ around, since }: Place): boolean {
  return around === undefined || (around.turns === since && isLive(around));
}

function isWithin(pointer: string, of: string): boolean {
  return pointer === of || (pointer.startsWith(of) && pointer[of.length] === '/');
}

function turn(place: Place, to: number, places: Place[]): void {
  if (place.chosen === to) return;
  place.chosen = to;
  place.turns += 1;
  fill(place, places);
}

/** Which structures a shape can hold; one that is silent of types holds what its keywords speak of. */
export function structuresOf(shape: Shape): {
  readonly scalar: boolean;
  readonly list: boolean;
  readonly members: boolean;
} {
  const { types } = shape;
  if (types.size === 0) {
    return { scalar: true, list: shape.items !== undefined, members: shape.properties !== undefined };
  }
  const array = types.has('array');
  const object = types.has('object');
  return { scalar: types.size > Number(array) + Number(object), list: array, members: object };
}

/** The readings of a text that are JSON, parsed; undefined where none is. */
export function readInnerJson(tree: TextTree | undefined): TextTree | undefined {
  const texts = typeof tree === 'object' && tree.kind === 'either' ? tree.of : [tree];
  const found: TextTree[] = [];
  for (const text of texts) {
    const json = typeof text === 'string' ? readJson(text, INNER_JSON_DEPTH) : undefined;
    if (json !== undefined && 'value' in json) found.push({ kind: 'value', value: json.value });
  }
  return found.length === 0 ? undefined : either(...found);
}

/** The values that one text can stand for, the most specific first; never empty. */
function readings(text: string, shape: Shape): readonly unknown[] {
  const { types } = shape;
  const any = types.size === 0;
  const found: unknown[] = [];
  if (text === 'null' && (any || types.has('null'))) found.push(null);
  if ((text === 'true' || text === 'false') && (any || types.has('boolean'))) found.push(text === 'true');
  if ((any || types.has('number') || types.has('integer')) && numberPattern.test(text)) {
    const number = Number(text);
    if (Number.isFinite(number)) found.push(number);
  }
  if (types.has('array') || types.has('object')) found.push(...innerStructures(text, shape));
  if (any || types.has('string')) found.push(text);
  if (text === '' && types.has('null')) found.push(null);
  // None fits: the text itself, so that the check says what was due.
  if (found.length === 0) found.push(text);
  return found;
}

/** OpenAPI leaves open how an array or object within another is written: JSON is taken, and for an array a lone item. */
function innerStructures(text: string, shape: Shape): unknown[] {
  const found: unknown[] = [];
  if (text.startsWith('[') || text.startsWith('{')) {
    const json = readJson(text, INNER_JSON_DEPTH);
    if ('value' in json) found.push(json.value);
  }
  if (shape.types.has('array')) {
    const items = shape.items ?? anyShape;
    // Not into arrays of arrays: a schema may be recursive.
    for (const item of items.types.has('array') ? [text] : readings(text, items)) found.push([item]);
    if (text === '') found.push([]);
  }
  return found;
}

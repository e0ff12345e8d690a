/**
 * Which `name=value` pair belongs to which parameter of a query, or member of a form: by its own name, as a member of
 * an exploded object, or by brackets.
 */

import type { Shape } from '@flick/contract';
import { type Decode, decodeAll, decodeWord, readNamed, repeated, type Written } from './parameter-text.ts';
import { anyShape, either, list, members, structuresOf, type TextTree } from './text-reading.ts';

/** A parameter of a query, or a member of a form, and how its names are found. */
export interface Slot extends Written {
  /** Names such as `filter[a]` belong to it. */
  readonly brackets: boolean;
  /** Its members travel under their own names. */
  readonly spread: boolean;
  /** With `spread`: names that nothing declares belong to it. */
  readonly rest: boolean;
}

/** Finds slots by name; made once for each operation. */
export interface SlotIndex {
  readonly slots: readonly Slot[];
  readonly byName: ReadonlyMap<string, number>;
  readonly byBracket: ReadonlyMap<string, number>;
  readonly byMember: ReadonlyMap<string, readonly number[]>;
  readonly rest: number | undefined;
}

/** What arrived for one slot. */
export interface Arrived {
  readonly named: string[];
  /** What came in brackets after the slot's name. */
  bracketed: Branch | undefined;
  /** What came under the names of its members. */
  spread: Map<string, string[]> | undefined;
}

/** What came in brackets: `a[b][c]=1` is the text `1` at the branch `b`, `c`. */
interface Branch {
  readonly texts: string[];
  readonly branches: Map<string, Branch>;
}

/** One `name=value` pair that belongs to no slot. */
export interface Stranger {
  /** Decoded; as it is where it cannot be, and is then the name of nothing. */
  readonly name: string;
  readonly raw: string;
}

/** Indexes slots by the names that they claim. */
export function indexSlots(slots: readonly Slot[]): SlotIndex {
  const byName = new Map<string, number>();
  const byBracket = new Map<string, number>();
  const byMember = new Map<string, number[]>();
  let rest: number | undefined;
  slots.forEach((slot, at) => {
    const { scalar, list: listed } = structuresOf(slot.shape);
    if (!slot.spread || scalar || listed) byName.set(slot.name, at);
    if (slot.brackets) byBracket.set(slot.name, at);
    if (!slot.spread) return;
    for (const name of slot.shape.properties?.keys() ?? []) {
      const claims = byMember.size === 0 ? undefined : byMember.get(name);
      if (claims === undefined) byMember.set(name, [at]);
      else claims.push(at);
    }
    if (slot.rest) rest ??= at;
  });
  return { slots, byName, byBracket, byMember, rest };
}

const noNames: ReadonlySet<string> = new Set();

/** Sorts the pairs of one query, form or cookie field into slots. */
export class Sorting {
  /** By slot: undefined where nothing came for it, a text where that came once and under the slot's own name. */
  readonly arrived: (string | Arrived | undefined)[] = [];
  readonly strangers: Stranger[] = [];
  readonly #index: SlotIndex;
  readonly #known: ReadonlySet<string>;

  /** @param known - names that belong to something else and are left out */
  constructor(index: SlotIndex, known = noNames) {
    this.#index = index;
    this.#known = known;
    // To set its length would be a call out of compiled code.
    for (let left = index.slots.length; left > 0; left -= 1) this.arrived.push(undefined);
  }

  /**
   * Adds the pairs between the `&` of a query or form; in names, too, a plus is a blank.
   *
   * @returns how many there were
   */
  addAll(text: string): number {
    let count = 0;
    const isPlain = !text.includes('%') && !text.includes('+');
    // Kept from pair to pair: to look for it anew where there is none would take the square of the text's length.
    let equals = text.indexOf('=');
    for (let at = 0; at < text.length; ) {
      const mark = text.indexOf('&', at);
      const end = mark < 0 ? text.length : mark;
      if (equals >= 0 && equals < at) equals = text.indexOf('=', at);
      const middle = equals < 0 || equals > end ? end : equals;
      if (end > at) {
        const name = text.slice(at, middle);
        this.add(isPlain ? name : decodeWord(name), text.slice(middle + 1, end));
        count += 1;
      }
      at = end + 1;
    }
    return count;
  }

  /** @param name - decoded */
  add(name: string, raw: string): void {
    const { byName, byBracket, byMember, rest } = this.#index;
    const named = byName.get(name);
    if (named !== undefined) {
      if (this.arrived[named] === undefined) this.arrived[named] = raw;
      else this.#at(named).named.push(raw);
    }
    const claims = byMember.get(name);
    if (claims !== undefined) for (const claim of claims) spread(this.#at(claim), name, raw);
    if (named !== undefined || claims !== undefined || this.#known.has(name)) return;
    const path = byBracket.size === 0 ? undefined : bracketPath(name);
    const bracketed = path && byBracket.get(path[0] ?? '');
    if (path !== undefined && bracketed !== undefined)
      grow((this.#at(bracketed).bracketed ??= { texts: [], branches: new Map() }), path, raw);
    else if (rest !== undefined) spread(this.#at(rest), name, raw);
    else this.strangers.push({ name, raw });
  }

  #at(slot: number): Arrived {
    const found = this.arrived[slot];
    if (typeof found === 'object') return found;
    const arrived: Arrived = { named: found === undefined ? [] : [found], bracketed: undefined, spread: undefined };
    this.arrived[slot] = arrived;
    return arrived;
  }
}

function spread(arrived: Arrived, name: string, raw: string): void {
  arrived.spread ??= new Map();
  const texts = arrived.spread.get(name);
  if (texts === undefined) arrived.spread.set(name, [raw]);
  else texts.push(raw);
}

/** Deeper brackets are read as a name like any other: what reads them recurses. */
const MAX_BRACKETS = 16;

/** `a[b][c]` as `a`, `b`, `c`; undefined where the name is not of that form. */
export function bracketPath(name: string): string[] | undefined {
  const open = name.indexOf('[');
  if (open < 1 || !name.endsWith(']')) return undefined;
  const steps = name.slice(open + 1, -1).split('][', MAX_BRACKETS + 1);
  if (steps.length > MAX_BRACKETS || steps.some((step) => /[[\]]/.test(step))) return undefined;
  return [name.slice(0, open), ...steps];
}

function grow(root: Branch, path: readonly string[], raw: string): void {
  let branch = root;
  for (const step of path.slice(1)) {
    let next = branch.branches.get(step);
    if (next === undefined) {
      next = { texts: [], branches: new Map() };
      branch.branches.set(step, next);
    }
    branch = next;
  }
  branch.texts.push(raw);
}

/**
 * The text of one slot, taken apart.
 *
 * @returns undefined where a part cannot be decoded, `repeated` where a name came twice that may come once
 */
export function readSlot(slot: Slot, arrived: string | Arrived): TextTree | undefined | typeof repeated {
  if (typeof arrived === 'string') return readNamed(slot, [arrived]);
  const { named, bracketed } = arrived;
  if (bracketed !== undefined) {
    if (named.length === 0) return readBranch(bracketed, slot.shape, slot.decode);
    // `a=1&a[]=2`: one list, written in two ways.
    const items = bracketed.branches.size === 1 ? bracketed.branches.get('') : undefined;
    if (items === undefined || items.branches.size > 0 || !structuresOf(slot.shape).list) return repeated;
    const all = decodeAll([...named, ...items.texts], slot.decode);
    return all && list(all);
  }
  if (named.length > 0) return readNamed(slot, named);
  return readSpread(arrived.spread ?? new Map(), slot.shape, slot.decode);
}

/** The members of an object that travel under their own names. */
function readSpread(
  entries: ReadonlyMap<string, readonly string[]>,
  shape: Shape,
  decode: Decode,
): TextTree | undefined {
  const trees = new Map<string, TextTree>();
  for (const [name, texts] of entries) {
    const tree = readTexts(texts, shape.properties?.get(name) ?? shape.additional ?? anyShape, decode);
    if (tree === undefined) return undefined;
    trees.set(name, tree);
  }
  return members(trees);
}

/** A text, or as a list what came more than once. */
export function readTexts(texts: readonly string[], shape: Shape, decode: Decode): TextTree | undefined {
  const items = decodeAll(texts, decode);
  if (items === undefined) return undefined;
  const [single] = items;
  return items.length === 1 && single !== undefined && !structuresOf(shape).list ? single : listOrItem(items);
}

function listOrItem(items: readonly TextTree[]): TextTree {
  const [single] = items;
  if (items.length !== 1 || single === undefined) return list(items);
  const lists = single === '' ? [list(items), list([])] : [list(items)];
  // As text it may yet be a list that is written as JSON.
  return either(...lists, single);
}

function readBranch(branch: Branch, shape: Shape, decode: Decode): TextTree | undefined {
  if (branch.branches.size === 0) return readTexts(branch.texts, shape, decode);
  if (branch.texts.length > 0) return undefined;
  const asItems = [...branch.branches.keys()].every((step) => /^\d*$/.test(step));
  const { list: listed, members: object, scalar } = structuresOf(shape);
  if (asItems && (listed || (!object && scalar && branch.branches.has('')))) {
    return readItems(branch, shape.items ?? anyShape, decode);
  }
  const trees = new Map<string, TextTree>();
  for (const [step, inner] of branch.branches) {
    const tree = readBranch(inner, shape.properties?.get(step) ?? shape.additional ?? anyShape, decode);
    if (tree === undefined) return undefined;
    trees.set(step, tree);
  }
  return members(trees);
}

/** `a[]=1&a[]=2` and `a[0]=1&a[1]=2`. */
function readItems(branch: Branch, shape: Shape, decode: Decode): TextTree | undefined {
  const steps = [...branch.branches].toSorted(([one], [other]) => Number(one) - Number(other));
  const items: TextTree[] = [];
  for (const [step, inner] of steps) {
    if (step === '' && inner.branches.size === 0) {
      const texts = decodeAll(inner.texts, decode);
      if (texts === undefined) return undefined;
      items.push(...texts);
    } else {
      const tree = readBranch(inner, shape, decode);
      if (tree === undefined) return undefined;
      items.push(tree);
    }
  }
  return list(items);
}

import type { Encoding, MediaType, Shape } from '@flick/contract';
import { isJsonType } from './media-type.ts';
import { type Arrived, indexSlots, readSlot, readTexts, type Slot, type SlotIndex, Sorting } from './named-text.ts';
import { decodeQuery, decodeReserved, repeated } from './parameter-text.ts';
import { anyShape, either, list, members, readInnerJson, structuresOf, type TextTree } from './text-reading.ts';

/** What is wrong with the text of a form. */
interface FormFault {
  readonly reason: 'malformed-body' | 'wrong-value';
  /** The member, where it is one that the document names. */
  readonly name?: string;
  readonly due: string;
  readonly arrived: string;
}

/** A form, taken apart and not yet read by type; or what is wrong with it. */
export type FormReading = { readonly tree: TextTree } | { readonly fault: FormFault };

/** More would make the search for a reading slow; who sends so many means harm. */
const MAX_PAIRS = 10_000;

/**
 * Takes an `application/x-www-form-urlencoded` text apart, each member as its encoding says. Where the document is
 * silent, an object or array may come as JSON, in brackets (`a[b]=c`, `a[]=1`) or, an array, under a repeated name.
 */
export function readForm(media: MediaType, shape: Shape, text: string): FormReading {
  const index = formIndex(media, shape);
  const sorting = new Sorting(index);
  const count = sorting.addAll(text);
  if (count > MAX_PAIRS) return malformed(`at most ${MAX_PAIRS} members`, `${count} members`);
  const { arrived, strangers } = sorting;
  const trees = new Map<string, TextTree>();
  for (const [at, slot] of index.slots.entries()) {
    const found = arrived[at];
    if (found === undefined) continue;
    const tree = readMember(slot, found, media.encoding.get(slot.name));
    if (tree === repeated) return wrong(slot.name, 'one value', 'several');
    if (tree === undefined) return wrong(slot.name, dueText(slot.name, media), 'a string of another form');
    trees.set(slot.name, tree);
  }
  const others = new Map<string, string[]>();
  for (const { name, raw } of strangers) {
    const texts = others.get(name);
    if (texts === undefined) others.set(name, [raw]);
    else texts.push(raw);
  }
  for (const [name, texts] of others) {
    const tree = readTexts(texts, shape.additional ?? anyShape, decodeQuery);
    if (tree === undefined) return malformed('percent-encoded UTF-8', 'a member that cannot be decoded');
    trees.set(name, tree);
  }
  return { tree: members(trees) };
}

const indexes = new WeakMap<MediaType, SlotIndex>();

/** The members of a form by the names that they may come under; made once for each media type. */
export function formIndex(media: MediaType, shape: Shape): SlotIndex {
  const known = indexes.get(media);
  if (known !== undefined) return known;
  const properties = [...(shape.properties ?? [])];
  const index = indexSlots(properties.map(([name, member]) => slotOf(name, member, media.encoding.get(name))));
  indexes.set(media, index);
  return index;
}

function slotOf(name: string, shape: Shape, encoding: Encoding | undefined): Slot {
  const structures = structuresOf(shape);
  const style = encoding?.style ?? 'form';
  const explode = encoding?.explode ?? true;
  const styled = isStyled(encoding);
  return {
    name,
    style,
    explode,
    shape,
    decode: encoding?.allowReserved === true ? decodeReserved : decodeQuery,
    brackets: (structures.list || structures.members) && (!styled || style === 'deepObject'),
    spread: styled && style === 'form' && explode && structures.members,
    rest: false,
  };
}

/** Whether style says how a member is written; a content type, where given, says it instead. */
function isStyled(encoding: Encoding | undefined): boolean {
  return encoding !== undefined && encoding.contentTypes.length === 0;
}

function takesJson(encoding: Encoding | undefined): boolean {
  return encoding !== undefined && encoding.contentTypes.some(isJsonType);
}

function readMember(
  slot: Slot,
  arrived: string | Arrived,
  encoding: Encoding | undefined,
): TextTree | undefined | typeof repeated {
  const bracketed = typeof arrived === 'object' && arrived.bracketed !== undefined;
  if (isStyled(encoding) || bracketed) return readSlot(slot, arrived);
  const named = typeof arrived === 'string' ? [arrived] : arrived.named;
  const { list: listed } = structuresOf(slot.shape);
  if (named.length > 1 && !listed && slot.shape.types.size > 0) return repeated;
  if (!takesJson(encoding)) return readTexts(named, slot.shape, slot.decode);
  const values: TextTree[] = [];
  for (const raw of named) {
    const value = readInnerJson(slot.decode(raw));
    if (value === undefined) return undefined;
    values.push(value);
  }
  const [single] = values;
  if (single === undefined || values.length > 1) return list(values);
  // Of an array each item is a member, or the whole is one.
  return listed ? either(single, list(values)) : single;
}

function dueText(name: string, media: MediaType): string {
  return takesJson(media.encoding.get(name)) ? 'well-formed JSON' : 'percent-encoded UTF-8';
}

function malformed(due: string, arrived: string): FormReading {
  return { fault: { reason: 'malformed-body', due, arrived } };
}

function wrong(name: string, due: string, arrived: string): FormReading {
  return { fault: { reason: 'wrong-value', name, due, arrived } };
}

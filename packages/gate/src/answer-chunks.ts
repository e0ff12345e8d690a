import type { ItemModel } from '@flick/contract';

/** One event of an event stream, as a handler may yield it in place of text. */
interface StreamEvent {
  /** A text as it is, each of its lines one of the event; anything else as JSON. */
  readonly data?: unknown;
  readonly event?: string | null;
  readonly id?: string | number | null;
  /** Milliseconds. */
  readonly retry?: number | null;
}

const fields: ReadonlySet<string> = new Set(['data', 'event', 'id', 'retry']);

/** How what a stream yields is read, worked out once. */
export interface Items {
  /** Whether texts are items of it, and not written as they are. */
  readonly texts: boolean;
  /** Of an event stream: whether objects without `data` are events, or the data of one; undefined: as they look. */
  readonly areEvents: boolean | undefined;
}

/** Reads how items are declared: an item schema that names no field of an event is taken for that of the data. */
export function readItems(item: ItemModel | undefined): Items {
  if (item === undefined) return undeclared;
  try {
    const { types, properties } = item.shape;
    const names = [...(properties?.keys() ?? [])];
    const areEvents = names.length === 0 ? undefined : isNamedLikeEvent(names);
    return { texts: types.has('string'), areEvents };
  } catch {
    // The schema cannot be read, of which the start has warned.
    return undeclared;
  }
}

const undeclared: Items = { texts: false, areEvents: undefined };

/** Writes a value as one part of a stream of such parts (OpenAPI 3.2, "Sequential Media Types"). */
const writers: ReadonlyMap<string, (value: unknown, items: Items) => string> = new Map([
  ['application/jsonl', (value) => `${jsonOf(value)}\n`],
  ['application/x-ndjson', (value) => `${jsonOf(value)}\n`],
  ['application/json-seq', (value) => `\u001e${jsonOf(value)}\n`],
  ['text/event-stream', (value, items) => writeEvent(isEvent(value, items) ? value : { data: value })],
]);

/**
 * A chunk of a stream, to be written: bytes as they are, and texts, where they are no items; all else as an event or a
 * line, where the media type is one of those.
 *
 * @param type - lower-case and without parameters
 * @throws TypeError where it cannot be written
 */
export function chunkOf(value: unknown, type: string, items: Items): string | Uint8Array {
  if (value instanceof Uint8Array || (typeof value === 'string' && !items.texts)) return value;
  const write = writers.get(type);
  if (write !== undefined) return write(value, items);
  if (typeof value === 'string') return value;
  throw new TypeError(
    `a stream of ${type} yielded ${value === null ? 'null' : `a value of type ${typeof value}`}; yield texts or bytes`,
  );
}

/** Whether a value is an event, and not the data of one. */
function isEvent(value: unknown, { areEvents }: Items): value is StreamEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return 'data' in value || (areEvents ?? isNamedLikeEvent(Object.keys(value)));
}

function isNamedLikeEvent(names: readonly string[]): boolean {
  return names.includes('data') || (names.length > 0 && names.every((name) => fields.has(name)));
}

/** An event as the HTML standard writes it (section 9.2, "Server-sent events"). A field that is null is none. */
function writeEvent({ data, event, id, retry }: StreamEvent): string {
  let text = '';
  if (isThere(event)) text += `event: ${oneLine(event)}\n`;
  if (isThere(id)) text += `id: ${oneLine(id)}\n`;
  if (isThere(retry)) text += `retry: ${milliseconds(retry)}\n`;
  if (data !== undefined) {
    const written = typeof data === 'string' ? data : jsonOf(data);
    for (const line of written.split(/\r\n|\r|\n/)) text += `data: ${line}\n`;
  }
  return `${text}\n`;
}

function isThere<Value>(value: Value | null | undefined): value is Value {
  return value !== undefined && value !== null;
}

/** A line break in a name or id would begin another field. */
function oneLine(given: string | number): string {
  const text = String(given);
  if (/[\r\n\0]/.test(text)) throw new TypeError('the name or id of an event has a line break or NUL in it');
  return text;
}

/** Digits alone: clients take nothing else. */
function milliseconds(retry: number): string {
  const text = String(Math.trunc(retry));
  if (!/^\d+$/.test(text)) throw new TypeError('the retry of an event is no number of milliseconds');
  return text;
}

function jsonOf(value: unknown): string {
  // Of undefined, a function or a symbol it makes nothing, whatever its type says.
  const text: unknown = JSON.stringify(value);
  if (typeof text === 'string') return text;
  throw new TypeError(`a stream yielded a value of type ${typeof value}, which cannot be sent as JSON`);
}

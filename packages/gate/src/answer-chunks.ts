/** One event of an event stream, as a handler may yield it in place of text. */
interface StreamEvent {
  /** A text as it is, each of its lines one of the event; anything else as JSON. */
  readonly data?: unknown;
  readonly event?: string;
  readonly id?: string | number;
  /** Milliseconds. */
  readonly retry?: number;
}

/** Writes a value as one part of a stream of such parts (OpenAPI 3.2, "Sequential Media Types"). */
const writers: ReadonlyMap<string, (value: object) => string> = new Map([
  ['application/jsonl', (value) => `${JSON.stringify(value)}\n`],
  ['application/x-ndjson', (value) => `${JSON.stringify(value)}\n`],
  ['application/json-seq', (value) => `\u001e${JSON.stringify(value)}\n`],
  ['text/event-stream', writeEvent],
]);

/**
 * A chunk of a stream, to be written: texts and bytes as they are; objects as events or lines, where the media type is
 * one of those.
 *
 * @param type - lower-case and without parameters
 * @throws TypeError where it cannot be written
 */
export function chunkOf(value: unknown, type: string): string | Uint8Array {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  const write = writers.get(type);
  if (write !== undefined && typeof value === 'object' && value !== null) return write(value);
  throw new TypeError(
    `a stream of ${type} yielded ${value === null ? 'null' : `a value of type ${typeof value}`}; yield texts or bytes`,
  );
}

/** An event as the HTML standard writes it (section 9.2, "Server-sent events"). */
function writeEvent({ data, event, id, retry }: StreamEvent): string {
  let text = '';
  if (event !== undefined) text += `event: ${oneLine(event)}\n`;
  if (id !== undefined) text += `id: ${oneLine(String(id))}\n`;
  if (retry !== undefined) text += `retry: ${Math.trunc(retry)}\n`;
  if (data !== undefined) {
    const written = typeof data === 'string' ? data : JSON.stringify(data);
    for (const line of written.split(/\r\n|\r|\n/)) text += `data: ${line}\n`;
  }
  return `${text}\n`;
}

/** A line break in a name or id would begin another field. */
function oneLine(text: string): string {
  if (/[\r\n\0]/.test(text)) throw new TypeError('the name or id of an event has a line break in it');
  return text;
}

import { tokenClass } from './field-text.ts';
import { remembering } from './remembering.ts';

/** A Content-Type, read: its type in lower case, its parameters by lower-case name. */
export interface ParsedMediaType {
  /** Such as `application/json`. */
  readonly type: string;
  /** Values as sent, quotes removed; of a name given twice, the first. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = `${tokenClass}+`;
const typePattern = new RegExp(`^[ \\t]*(${token}/${token})[ \\t]*(?=;|$)`);
// A parameter may be empty, as in `text/plain;` (RFC 9110, section 5.6.6). What a quoted-string holds: section 5.6.4.
const parameterPattern = new RegExp(
  `;[ \\t]*(?:(${token})(?:=(?:(${token})|"((?:[\\t !#-\\[\\]-~\\u0080-\\uffff]|\\\\[\\t -~\\u0080-\\uffff])*)"))?[ \\t]*)?(?=;|$)`,
  'y',
);

const none: ReadonlyMap<string, string> = new Map();

/** Types are few and come again and again; boundaries of multipart bodies do not. */
const rememberedTypes = 100;

/** Reads a Content-Type field (RFC 9110, section 8.3.1); undefined where it is not one. */
export function parseMediaType(text: string): ParsedMediaType | undefined {
  const parsed = parse(text);
  return parsed === malformed ? undefined : parsed;
}

const malformed = Symbol('malformed');

const parse = remembering(rememberedTypes, (text): ParsedMediaType | typeof malformed => {
  const head = typePattern.exec(text);
  if (head === null) return malformed;
  const type = (head[1] ?? '').toLowerCase();
  if (head[0].length === text.length) return { type, parameters: none };
  // Many clients say `application/json; utf-8`. A parameter without a value says nothing that could be read in two ways.
  const parameters = parseParameters(text, head[0].length, 'ignore');
  return parameters === undefined ? malformed : { type, parameters };
});

/**
 * Reads `;name=value` pairs from `from` to the end of `text`; undefined where something else stands there.
 *
 * @param valueless - what becomes of a name without a value
 */
export function parseParameters(
  text: string,
  from: number,
  valueless: 'refuse' | 'ignore' = 'refuse',
): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  parameterPattern.lastIndex = from;
  while (parameterPattern.lastIndex < text.length) {
    const match = parameterPattern.exec(text);
    if (match === null) return undefined;
    const name = match[1]?.toLowerCase();
    const value = match[2] ?? match[3]?.replaceAll(/\\(.)/g, '$1');
    if (name !== undefined && value === undefined && valueless === 'refuse') return undefined;
    if (name !== undefined && value !== undefined && !parameters.has(name)) parameters.set(name, value);
  }
  return parameters;
}

/** Whether `type` is in a media range such as `text/*`; a range may also end in a suffix, as in `application/*+json`. */
export function inMediaRange(range: string, type: string): boolean {
  if (range === type || range === '*/*') return true;
  const star = range.indexOf('/*');
  if (star < 0) return false;
  return type.startsWith(range.slice(0, star + 1)) && type.endsWith(range.slice(star + 2));
}

// Types whose answers go on as long as there is something to tell (OpenAPI 3.2, "Sequential Media Types").
const sequential: ReadonlySet<string> = new Set([
  'application/json-seq',
  'application/jsonl',
  'application/x-ndjson',
  'multipart/x-mixed-replace',
  'text/event-stream',
]);

/** Whether answers of a type may go on without an end: their schema is that of one item, or of none. */
export function isSequential(type: string): boolean {
  return sequential.has(type);
}

/** Whether a type is JSON, by name or by suffix (RFC 6839). */
export function isJsonType(type: string): boolean {
  return type === 'application/json' || type === 'text/json' || type.endsWith('+json');
}

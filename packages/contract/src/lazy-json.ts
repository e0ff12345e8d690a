import { isMembers } from './pointer.ts';

/**
 * How a JSON value was cut into texts that are parsed one by one: a number of bytes where it is one text, else the cuts
 * of its members. The texts stand one behind the other, in the order of the members.
 */
export type Cuts = number | { readonly [member: string]: Cuts };

/**
 * Cuts a value into texts.
 *
 * @param depth - 0: one text; 1: a text for each member; and so on
 * @param texts - receives them
 */
export function cut(value: unknown, depth: number, texts: Buffer[]): Cuts {
  if (depth === 0 || !isMembers(value)) {
    const text = Buffer.from(JSON.stringify(value));
    texts.push(text);
    return text.length;
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, cut(member, depth - 1, texts)]));
}

/** The value that was cut by cuts whose own text, of so many bytes, stands before the others. */
export function joinedBehind(bytes: number, texts: Buffer): unknown {
  const cuts: unknown = JSON.parse(texts.toString('utf8', 0, bytes));
  if (!areCuts(cuts)) throw new Error('the first text says no cuts');
  return joined(cuts, texts, bytes);
}

function areCuts(value: unknown): value is Cuts {
  return typeof value === 'number' || isMembers(value);
}

/**
 * The value that was cut. A text is parsed when its member is first looked at, and a value's members are found then.
 *
 * @param start - where the first of its texts begins
 */
function joined(cuts: Cuts, texts: Buffer, start: number): unknown {
  if (typeof cuts === 'number') return JSON.parse(texts.toString('utf8', start, start + cuts));
  const whole = {};
  let end = start;
  for (const [name, inner] of Object.entries(cuts)) {
    const begin = end;
    define(whole, name, () => joined(inner, texts, begin));
    end += lengthOf(inner);
  }
  return whole;
}

function lengthOf(cuts: Cuts): number {
  if (typeof cuts === 'number') return cuts;
  let bytes = 0;
  for (const name in cuts) bytes += lengthOf(cuts[name] ?? 0);
  return bytes;
}

/**
 * A member that is made at first use. The name may be any, `__proto__` too. It stays a getter: of an object with a
 * thousand of them, V8 takes milliseconds to make one a plain member.
 */
function define(holder: object, name: string, make: () => unknown): void {
  let made: { readonly value: unknown } | undefined;
  const get = (): unknown => (made ??= { value: make() }).value;
  Object.defineProperty(holder, name, { enumerable: true, configurable: true, get });
}

/** The pointer to something in a value that JSON cannot hold; `undefined` where it holds all. */
export function unlikeJson(value: unknown): readonly string[] | undefined {
  const seen = new Set<unknown>();
  const pending: { readonly value: unknown; readonly way: Way | undefined }[] = [{ value, way: undefined }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value: part, way } = next;
    if (part === null || typeof part === 'string' || typeof part === 'boolean') continue;
    if (typeof part === 'number' ? !Number.isFinite(part) : !isPlain(part)) return tokensOf(way);
    if (typeof part !== 'object' || seen.has(part)) continue;
    seen.add(part);
    for (const [key, inner] of Object.entries(part)) pending.push({ value: inner, way: { key, above: way } });
  }
  return undefined;
}

interface Way {
  readonly key: string;
  readonly above: Way | undefined;
}

function tokensOf(way: Way | undefined): string[] {
  const tokens: string[] = [];
  for (let at = way; at !== undefined; at = at.above) tokens.unshift(at.key);
  return tokens;
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

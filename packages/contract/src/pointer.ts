/** Appends a member's name or an item's index to a JSON pointer (RFC 6901). */
export function pointerAt(pointer: string, key: string | number): string {
  if (typeof key === 'number') return `${pointer}/${String(key)}`;
  const escaped = key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
  return `${pointer}/${escaped}`;
}

/** The members and indexes that a JSON pointer names, in turn. */
export function pointerTokens(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((token) => (token.includes('~') ? token.replaceAll('~1', '/').replaceAll('~0', '~') : token));
}

/**
 * Writes a JSON pointer as the fragment of a location, without the `#`. Encodes only what reading it back needs: a
 * large document has 100,000 of them.
 */
export function fragmentOf(pointer: string): string {
  return pointer.includes('%') || pointer.includes('#')
    ? pointer.replaceAll('%', '%25').replaceAll('#', '%23')
    : pointer;
}

/** Reads percent-encoding away; text that is not percent-encoded well is taken as it is. */
export function percentDecoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A JSON object, as opposed to an array or null. */
export type Members = Readonly<Record<string, unknown>>;

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member or item of that name, own ones only: a document may name its members `constructor` or `__proto__`. */
export function memberOf(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return typeof key === 'number' || /^(0|[1-9]\d*)$/.test(key) ? items[Number(key)] : undefined;
  }
  return isMembers(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

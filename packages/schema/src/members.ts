/** A JSON object, as opposed to an array or null. */
export type Members = Readonly<Record<string, unknown>>;

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Own members only: a document may leave out `constructor`, or name one `__proto__`. */
export function memberOf(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

/** Appends a member's name or an item's index to a JSON pointer (RFC 6901). */
export function pointerAt(pointer: string, key: string | number): string {
  if (typeof key === 'number') return `${pointer}/${String(key)}`;
  const escaped = key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
  return `${pointer}/${escaped}`;
}

/** Appends to the pointer in a location's fragment, percent-encoded as fragments are. */
export function locationAt(location: string, ...keys: readonly (string | number)[]): string {
  let pointer = '';
  for (const key of keys) pointer = pointerAt(pointer, key);
  try {
    return location + encodeURI(pointer).replaceAll('#', '%23');
  } catch {
    // A lone surrogate has no UTF-8 form.
    return location + pointer;
  }
}

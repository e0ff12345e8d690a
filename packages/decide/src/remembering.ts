/** A key that is longer is made anew each time, so that no caller fills the memory with few requests. */
const REMEMBERED_LENGTH = 128;

/**
 * Remembers what `make` made of a text. Callers choose the texts, so there is a bound; beyond it all is forgotten at
 * once, which costs less than to know what was used last and cannot be filled for good.
 *
 * @param bound - texts kept at most
 */
export function remembering<T>(bound: number, make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value !== undefined) return value;
    value = make(text);
    if (text.length > REMEMBERED_LENGTH) return value;
    if (known.size >= bound) known.clear();
    known.set(text, value);
    return value;
  };
}

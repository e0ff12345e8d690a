/**
 * The header fields of one message, looked up in place: nothing is copied or indexed, so a request that needs no field
 * costs nothing, and a field named `__proto__` is a name like any other. The message rung bounds their number.
 */
export class Fields {
  readonly #raw: readonly string[];

  /** @param raw - names and values in turn, as sent */
  constructor(raw: readonly string[]) {
    this.#raw = raw;
  }

  /**
   * The field's values combined as RFC 9110, section 5.2 says: by `, `, those of `cookie` by `; ` (RFC 9113, 8.2.3).
   *
   * @param lowerName - the name in lower case
   */
  get(lowerName: string): string | undefined {
    let combined: string | undefined;
    for (let at = this.#next(lowerName, 0); at >= 0; at = this.#next(lowerName, at + 2)) {
      const value = this.#raw[at + 1] ?? '';
      combined = combined === undefined ? value : combined + (lowerName === 'cookie' ? '; ' : ', ') + value;
    }
    return combined;
  }

  /** The values of every line of that name, in order. */
  all(lowerName: string): string[] {
    const values: string[] = [];
    for (let at = this.#next(lowerName, 0); at >= 0; at = this.#next(lowerName, at + 2)) {
      values.push(this.#raw[at + 1] ?? '');
    }
    return values;
  }

  /** How many lines have that name. */
  count(lowerName: string): number {
    let count = 0;
    for (let at = this.#next(lowerName, 0); at >= 0; at = this.#next(lowerName, at + 2)) count += 1;
    return count;
  }

  /** Whether a line has that name, be its value empty. */
  has(lowerName: string): boolean {
    return this.#next(lowerName, 0) >= 0;
  }

  #next(lowerName: string, from: number): number {
    for (let at = from; at < this.#raw.length; at += 2) {
      const name = this.#raw[at];
      // Most names differ in length already; only the rest are worth a lower-case copy.
      if (name !== undefined && name.length === lowerName.length && name.toLowerCase() === lowerName) return at;
    }
    return -1;
  }
}

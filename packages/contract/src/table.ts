/** Which codes an API publishes: `default`, `standard` (all of RFC 9110 and RFC 6585), or its own list. */
export type CodesSetting = 'default' | 'standard' | readonly number[];

/** The published table of response codes. */
export interface Table {
  /** How the table is called in a log line: `default`, `standard`, or `custom`. */
  readonly name: 'default' | 'standard' | 'custom';
  /** The codes that the table publishes, ascending. */
  readonly codes: readonly number[];
  /**
   * The code that is sent in place of a precise one. A code that the table or the operation's own `responses`
   * publishes is sent as it is; any other error goes to its named fallback, or to the x00 of its class, as which
   * clients read it anyway (RFC 9110, section 15). Codes below 400 are never folded: what they mean to caches and
   * conditional requests would be lost.
   */
  readonly fold: (precise: number, own?: ReadonlySet<number>) => number;
}

const defaultCodes = [200, 400, 401, 404, 405, 408, 429, 500];

// RFC 9110 sections 15.5 and 15.6, RFC 6585 sections 3 to 6.
const standardCodes = [
  200, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 426, 428,
  429, 431, 500, 501, 502, 503, 504, 505, 511,
];

// Only where the x00 of the class would say less than the table can, or blame the server for what the client did.
const fallbacks: Readonly<Record<number, number>> = { 403: 401, 407: 401, 410: 404, 501: 405, 505: 400 };

/**
 * Makes the table of a setting.
 *
 * @param setting - `default`, `standard`, or whole numbers from 100 to 599
 * @throws RangeError where the list is empty or holds anything else; the message names the entry
 */
export function createTable(setting: CodesSetting = 'default'): Table {
  const listed = setting === 'default' ? defaultCodes : setting === 'standard' ? standardCodes : setting;
  if (listed.length === 0) throw new RangeError('codes: the list is empty; name at least one code, such as 500');
  for (const code of listed) {
    if (!Number.isInteger(code) || code < 100 || code > 599) {
      throw new RangeError(`codes: ${String(code)} is not a response code; a code is a whole number from 100 to 599`);
    }
  }
  const published = new Set(listed);
  const everything = setting === 'standard';
  const sent = (code: number, own: ReadonlySet<number> | undefined): boolean =>
    published.has(code) || own?.has(code) === true;
  return Object.freeze({
    name: typeof setting === 'string' ? setting : 'custom',
    codes: Object.freeze([...published].toSorted((a, b) => a - b)),
    fold(precise: number, own?: ReadonlySet<number>): number {
      if (precise < 400 || everything || sent(precise, own)) return precise;
      const fallback = fallbacks[precise];
      if (fallback !== undefined && sent(fallback, own)) return fallback;
      return (fallback ?? precise) < 500 ? 400 : 500;
    },
  });
}

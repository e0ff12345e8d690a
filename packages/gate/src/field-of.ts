/**
 * The value of a field, several lines joined by `, ` (RFC 9110, section 5.2), those of Cookie by `; ` (RFC 9113, section
 * 8.2.3). Node makes an object of all
 * fields when it is asked for one, and most requests need no other.
 *
 * @param headers - names and values in turn, as sent
 * @param lowerName - the name in lower case
 */
export function fieldOf(headers: readonly string[], lowerName: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at];
    if (name?.length !== lowerName.length || name.toLowerCase() !== lowerName) continue;
    const value = headers[at + 1] ?? '';
    found = found === undefined ? value : `${found}${lowerName === 'cookie' ? ';' : ','} ${value}`;
  }
  return found;
}

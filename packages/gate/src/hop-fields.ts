// Fields that end at this hop: they speak of one connection, not of the message (RFC 9110, section 7.6.1).
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

// Fields meant for everyone on the way. A Connection field that lists one of them is wrong (RFC 9110, section 7.6.1),
// and obeying it would take away, after the judging, what was judged.
const endToEnd: ReadonlySet<string> = new Set([
  'accept',
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'date',
  'host',
  'location',
  'origin',
  'range',
  'set-cookie',
]);

/** Whether a field ends at this hop whatever Connection lists. `name` is in lower case. */
export function isHopByHop(name: string): boolean {
  return hopByHop.has(name) || name.startsWith('proxy-');
}

/**
 * Reads what a Connection field lists.
 *
 * @param value - a Connection field's value
 * @param known - what earlier Connection fields of the message listed
 * @returns the names of the fields that end at this hop, in lower case; `known` where there are no more
 */
export function listedByConnection(
  value: string,
  known: ReadonlySet<string> | undefined,
): ReadonlySet<string> | undefined {
  if (value === 'keep-alive' || value === 'close') return known;
  const listed = new Set(known);
  for (const option of value.split(',')) {
    const name = option.trim().toLowerCase();
    if (!endToEnd.has(name)) listed.add(name);
  }
  return listed;
}

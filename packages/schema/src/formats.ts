import { isIPv4, isIPv6 } from 'node:net';

/** A format that is asserted: what it applies to, whether a value has it, and the words for it. */
export type Format =
  | { readonly type: 'string'; readonly words: string; readonly holds: (text: string) => boolean }
  | { readonly type: 'number'; readonly words: string; readonly holds: (value: number) => boolean };

// Every expression here is anchored and leaves no choice at any character: none can backtrack.
const datePattern = /^(\d{4})-(\d\d)-(\d\d)$/;
const timePattern = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))$/;
const durationPattern =
  /^P(?=[\dT])(?:\d+(?:[.,]\d+)?W|(?:\d+(?:[.,]\d+)?Y)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?D)?(?:T(?=\d)(?:\d+(?:[.,]\d+)?H)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?S)?)?)$/;
const uuidPattern = /^(?:urn:uuid:)?[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const schemePattern = /^[a-z][a-z\d+.-]*:/i;
const hostLabelPattern = /^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_-]{0,62})$/u;
const base64Pattern = /^[\w+/\-\r\n]*={0,2}[\r\n]*$/;

function isDate(text: string): boolean {
  const parts = datePattern.exec(text);
  if (parts === null) return false;
  const year = Number(parts[1]);
  const month = Number(parts[2]);
  const day = Number(parts[3]);
  return month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month);
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** RFC 3339, `full-time`. A leap second is taken at any minute: which ones had one is not a matter of syntax. */
function isTime(text: string): boolean {
  const parts = timePattern.exec(text);
  if (parts === null) return false;
  const offsetHolds = parts[4] === undefined || (Number(parts[4]) <= 23 && Number(parts[5]) <= 59);
  return Number(parts[1]) <= 23 && Number(parts[2]) <= 59 && Number(parts[3]) <= 60 && offsetHolds;
}

/** RFC 3339, section 5.6; its note lets a space stand for the `T`. */
function isDateTime(text: string): boolean {
  const separator = text[10];
  if (separator !== 'T' && separator !== 't' && separator !== ' ') return false;
  return isDate(text.slice(0, 10)) && isTime(text.slice(11));
}

/** One `@` with something on both sides, no blanks or controls: what delivery alone can tell is not judged here. */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  if (at < 1 || at === text.length - 1 || text.length > 320) return false;
  if (text.startsWith('"')) return text[at - 1] === '"' && at > 2;
  return !hasBlankOrControl(text) && !text.slice(0, at).includes('@') && !/[<>()]/.test(text);
}

function isHostname(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  return name.length <= 253 && name.split('.').every((label) => hostLabelPattern.test(label) && !label.endsWith('-'));
}

function hasBlankOrControl(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code === 0x7f) return true;
  }
  return false;
}

/** RFC 3986, with the characters that IRIs add: callers write both. */
function isReference(text: string): boolean {
  if (hasBlankOrControl(text) || /[\\<>"^`{|}]/.test(text)) return false;
  return !text.includes('%') || !/%(?![\da-f]{2})/i.test(text);
}

function isUri(text: string): boolean {
  return schemePattern.test(text) && isReference(text);
}

function isInteger(value: number, bound: number): boolean {
  return Number.isInteger(value) && value >= -bound && value <= bound;
}

const uri: Format = { type: 'string', words: 'a URI such as https://example.com/a', holds: isUri };
const reference: Format = { type: 'string', words: 'a URI or relative reference', holds: isReference };
const email: Format = { type: 'string', words: 'an email address such as ada@example.com', holds: isEmail };
const hostname: Format = { type: 'string', words: 'a host name such as api.example.com', holds: isHostname };

/** The formats that are asserted, by name. All others are annotations. Each holds in time linear in the text. */
export const formats: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['date', { type: 'string', words: 'a date such as 2026-01-31', holds: isDate }],
  ['time', { type: 'string', words: 'a time such as 12:00:00Z', holds: isTime }],
  ['date-time', { type: 'string', words: 'a date-time such as 2026-01-31T12:00:00Z', holds: isDateTime }],
  ['duration', { type: 'string', words: 'a duration such as P1DT12H', holds: (text) => durationPattern.test(text) }],
  [
    'uuid',
    {
      type: 'string',
      words: 'a UUID such as 123e4567-e89b-12d3-a456-426614174000',
      holds: (text) => uuidPattern.test(text),
    },
  ],
  ['email', email],
  ['idn-email', email],
  ['hostname', hostname],
  ['idn-hostname', hostname],
  ['ipv4', { type: 'string', words: 'an IPv4 address such as 192.0.2.1', holds: isIPv4 }],
  [
    'ipv6',
    {
      type: 'string',
      words: 'an IPv6 address such as 2001:db8::1',
      holds: (text) => isIPv6(text) && !text.includes('%'),
    },
  ],
  ['uri', uri],
  ['iri', uri],
  ['uri-reference', reference],
  ['iri-reference', reference],
  ['byte', { type: 'string', words: 'base64 text', holds: (text) => base64Pattern.test(text) }],
  [
    'int32',
    {
      type: 'number',
      words: 'a 32-bit integer',
      holds: (value) => Number.isInteger(value) && value >= -(2 ** 31) && value <= 2 ** 31 - 1,
    },
  ],
  // 2^63 - 1 has no double of its own: JSON.parse reads it as 2^63.
  ['int64', { type: 'number', words: 'a 64-bit integer', holds: (value) => isInteger(value, 2 ** 63) }],
]);

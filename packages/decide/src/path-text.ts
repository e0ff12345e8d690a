/** Why a path cannot be read in one way only. */
export interface PathFault {
  readonly due: string;
  readonly arrived: string;
}

// What each ASCII character is in a path (RFC 3986, section 3.3).
const plain = 1;
const percent = 2;
const encoded = 3;
const classes = new Uint8Array(128);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/") {
  classes[char.charCodeAt(0)] = plain;
}
classes[0x25] = percent;
// Clients that follow the WHATWG URL standard send these as they are; the one canonical form encodes them.
for (const char of '[]|^') classes[char.charCodeAt(0)] = encoded;

const unreserved = /^[A-Za-z0-9\-._~]$/;
// `..;x` too: some servers cut path parameters off before they resolve dot segments.
const dotSegment = /\/\.\.?(?:[/;]|$)/;

/**
 * Brings the path of a request into its one canonical form (RFC 3986, section 6.2.2): encoded unreserved characters
 * are decoded, hex digits upper-case. What two servers could read differently is a fault: dot segments, encoded
 * slashes and controls, empty segments, bytes that are not UTF-8.
 *
 * @param raw - from the first `/` to before the `?`
 */
export function canonicalPath(raw: string): string | PathFault {
  const path = isPlain(raw) ? raw : rewrite(raw);
  if (typeof path !== 'string') return path;
  if (path.includes('//')) return { due: 'no empty segment', arrived: 'two slashes in a row' };
  if (path.includes('/.') && dotSegment.test(path)) return { due: 'no dot segment', arrived: 'one' };
  return path;
}

/** The literal text of a path template in the form in which requests are matched. */
export function canonicalLiteral(text: string): string {
  if (isPlain(text)) return text;
  let canonical = '';
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) ?? 0;
    const char = String.fromCodePoint(code);
    const hex = /^%[0-9A-Fa-f]{2}/.exec(text.slice(at, at + 3))?.[0];
    if (hex !== undefined) {
      const decoded = String.fromCharCode(Number.parseInt(hex.slice(1), 16));
      canonical += unreserved.test(decoded) ? decoded : hex.toUpperCase();
      at += 3;
    } else {
      const lone = code >= 0xd800 && code <= 0xdfff;
      canonical += classes[code] === plain ? char : encodeURIComponent(lone ? '\uFFFD' : char);
      at += char.length;
    }
  }
  return canonical;
}

const encodedReserved = /%(?:2[1467-9A-C]|3[ABD]|40)/g;

/**
 * The path as a server reads it that decodes before it routes: encoded characters that may also stand there as they
 * are (sub-delimiters, `:` and `@`) decoded. The canonical path keeps them apart, since `a%2Cb` is one item of a list.
 */
export function decodedReserved(path: string): string {
  return path.replace(encodedReserved, (hex) => String.fromCharCode(Number.parseInt(hex.slice(1), 16)));
}

function isPlain(raw: string): boolean {
  for (let at = 0; at < raw.length; at += 1) {
    if (classes[raw.charCodeAt(at)] !== plain) return false;
  }
  return true;
}

function rewrite(raw: string): string | PathFault {
  let path = '';
  let highs = false;
  for (let at = 0; at < raw.length; at += 1) {
    const code = raw.charCodeAt(at);
    const kind = classes[code];
    if (kind === plain) {
      path += raw[at];
    } else if (kind === encoded) {
      path += `%${code.toString(16).toUpperCase()}`;
    } else if (kind === percent) {
      const byte = hexByte(raw, at + 1);
      if (byte === undefined) return { due: 'two hex digits after each percent sign', arrived: 'something else' };
      if (byte < 0x20 || byte === 0x7f) return { due: 'no control character', arrived: 'an encoded one' };
      if (byte === 0x2f || byte === 0x5c) return { due: 'no encoded slash', arrived: 'one' };
      highs ||= byte > 0x7f;
      const char = String.fromCharCode(byte);
      path += unreserved.test(char) ? char : raw.slice(at, at + 3).toUpperCase();
      at += 2;
    } else {
      return { due: 'characters that a path may hold (RFC 3986)', arrived: strangerName(code) };
    }
  }
  if (highs && !isUtf8(path)) return { due: 'percent-encoded UTF-8', arrived: 'other bytes' };
  return path;
}

/** The byte that two hex digits at `at` stand for. */
export function hexByte(text: string, at: number): number | undefined {
  const digits = text.slice(at, at + 2);
  return /^[0-9A-Fa-f]{2}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function strangerName(code: number): string {
  if (code === 0x23) return 'a fragment';
  if (code === 0x5c) return 'a backslash';
  if (code > 0x7e) return 'a character outside ASCII';
  if (code <= 0x20) return 'a space or control character';
  return 'another character';
}

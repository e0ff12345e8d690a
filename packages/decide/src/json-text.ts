import { escapeStep } from './json-pointer.ts';

/** What is wrong with a JSON text: where, and what was due there. Never holds the text itself. */
export interface JsonFault {
  /** What was due, in words. */
  readonly due: string;
  /** JSON pointer of the value, or of the member, that the fault is in. */
  readonly pointer: string;
  /** In UTF-16 code units, from 0. */
  readonly offset: number;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
}

/** A JSON text, read. */
export type JsonReading = { readonly value: unknown } | { readonly fault: JsonFault };

/**
 * Reads a JSON text (RFC 8259) so that no two readers can differ over it: beyond the grammar it refuses what parsers
 * read differently or lose, namely repeated member names, lone surrogates, numbers beyond a double, and nesting deeper
 * than `maxDepth`. The depth is found before anything is parsed.
 */
export function readJson(text: string, maxDepth: number): JsonReading {
  const members = text.length <= QUICK_LENGTH ? countMembers(text, maxDepth) : UNCOUNTED;
  if (members >= 0) {
    try {
      const value: unknown = JSON.parse(text);
      // A name that came twice is in the text twice, and in the value once.
      if (countIn(value) === members) return { value };
    } catch {
      // The scanner says where.
    }
  }
  const fault = new Scanner(text, maxDepth).scan();
  return fault === undefined ? { value: JSON.parse(text) } : { fault };
}

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Up to so many characters, what is at fault may be read twice. */
const QUICK_LENGTH = 64 * 1024;
const UNCOUNTED = -1;

/** So many levels have their kinds in the bits of one number. */
const QUICK_DEPTH = 31;

/**
 * Counts the members of all objects in a JSON text, in one pass that an ordinary text takes half of the scanner's time
 * for. `UNCOUNTED` where the scanner is to look closer: where there are escapes, or what nests deep, and where a text is
 * no JSON as most that are none: to have `JSON.parse` throw costs more than all of the scanner. Of other texts that are no
 * JSON, the number says nothing.
 */
function countMembers(text: string, maxDepth: number): number {
  if (text.includes('\\')) return UNCOUNTED;
  let members = 0;
  let depth = 0;
  /** What is open, the innermost in the lowest bit: 1 for an object. */
  let kinds = 0;
  /** The character before, blanks left out. */
  let last = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = text.indexOf('"', at + 1);
      if (at < 0) return UNCOUNTED;
    } else if (code === COLON) {
      members += 1;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      depth += 1;
      if (depth > maxDepth || depth > QUICK_DEPTH) return UNCOUNTED;
      kinds = (kinds << 1) | (code === OPEN_OBJECT ? 1 : 0);
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      if (last === COMMA || (kinds & 1) !== (code === CLOSE_OBJECT ? 1 : 0)) return UNCOUNTED;
      depth -= 1;
      kinds >>>= 1;
    } else if (last === OPEN_OBJECT && code > SPACE) {
      return UNCOUNTED;
    }
    if (code > SPACE) last = code;
  }
  return depth === 0 ? members : UNCOUNTED;
}

/** Counts the members of all objects in a value; `UNCOUNTED` where a number is beyond a double. */
function countIn(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? 0 : UNCOUNTED;
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) {
      const inner = countIn(item);
      if (inner < 0) return UNCOUNTED;
      members += inner;
    }
    return members;
  }
  const inners: unknown[] = Object.values(value);
  for (const each of inners) {
    const inner = countIn(each);
    if (inner < 0) return UNCOUNTED;
    members += inner + 1;
  }
  return members;
}

/** Names are compared one by one up to so many; beyond, in a set, so that a huge object stays linear. */
const FEW_NAMES = 12;

/** An array or object that is open, while its members are scanned. */
interface Frame {
  readonly isArray: boolean;
  /** The item of an array that is scanned, counted from 0. */
  index: number;
  /** The member of an object that is scanned. */
  name: string | undefined;
  /** Where the names of an object begin among those of all open ones; once they are many, they are in the set. */
  readonly namesFrom: number;
  set: Set<string> | undefined;
}

/** One pass over the text, without recursion: a stack of frames stands for what is open. */
class Scanner {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #open: Frame[] = [];
  /** The names that the open objects have had so far, the innermost object's last. */
  readonly #names: string[] = [];
  #at = 0;
  /** Of the string scanned last: whether it has an escape, so that its characters are not its value. */
  #escaped = false;
  /** Whether an array or object was opened that is not empty: the value that is due next is its first. */
  #entered = false;
  #due = '';

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  scan(): JsonFault | undefined {
    do {
      // Down through what opens, to a scalar or an empty array or object; then on to where the next value is due.
      do {
        this.#entered = false;
        if (!this.#value()) return this.#fault();
      } while (this.#entered);
    } while (this.#next());
    if (this.#due !== '') return this.#fault();
    return undefined;
  }

  /** Scans a scalar whole; of an array or object, to where its first value is due, or to its end. */
  #value(): boolean {
    const code = this.#skipSpace();
    if (code === QUOTE) return this.#string();
    if (code === OPEN_OBJECT) return this.#object();
    if (code === OPEN_ARRAY) return this.#array();
    if (code === MINUS || (code >= ZERO && code <= NINE)) return this.#number();
    if (code === 0x74) return this.#word('true');
    if (code === 0x66) return this.#word('false');
    if (code === 0x6e) return this.#word('null');
    return this.#refuse('a JSON value');
  }

  /** After a value: closes what ends here. True where another value is due; false at the end, or at a fault. */
  #next(): boolean {
    for (;;) {
      const frame = this.#open.at(-1);
      const code = this.#skipSpace();
      if (frame === undefined) {
        // charCodeAt is NaN beyond the end.
        return Number.isNaN(code) ? false : this.#refuse('the end of the text');
      }
      if (code === COMMA) {
        this.#at += 1;
        frame.index += 1;
        return frame.isArray || this.#name(frame);
      }
      if (frame.isArray) {
        if (code !== CLOSE_ARRAY) return this.#refuse('a comma or the end of the array');
      } else if (code !== CLOSE_OBJECT) {
        return this.#refuse('a comma or the end of the object');
      }
      this.#at += 1;
      this.#open.pop();
      this.#names.length = frame.namesFrom;
    }
  }

  #array(): boolean {
    if (this.#open.length >= this.#maxDepth) return this.#tooDeep();
    this.#at += 1;
    if (this.#skipSpace() === CLOSE_ARRAY) {
      this.#at += 1;
      return true;
    }
    this.#enter(true);
    return true;
  }

  #object(): boolean {
    if (this.#open.length >= this.#maxDepth) return this.#tooDeep();
    this.#at += 1;
    if (this.#skipSpace() === CLOSE_OBJECT) {
      this.#at += 1;
      return true;
    }
    return this.#name(this.#enter(false));
  }

  #enter(isArray: boolean): Frame {
    const frame: Frame = { isArray, index: 0, name: undefined, namesFrom: this.#names.length, set: undefined };
    this.#open.push(frame);
    this.#entered = true;
    return frame;
  }

  /** Scans a member's name and its colon. */
  #name(frame: Frame): boolean {
    frame.name = undefined;
    if (this.#skipSpace() !== QUOTE) return this.#refuse('a member name in double quotes');
    const start = this.#at;
    if (!this.#string()) return false;
    const name = this.#escaped
      ? String(JSON.parse(this.#text.slice(start, this.#at)))
      : this.#text.slice(start + 1, this.#at - 1);
    frame.name = name;
    if (frame.set === undefined ? this.#names.includes(name, frame.namesFrom) : frame.set.has(name)) {
      this.#at = start;
      return this.#refuse('each member name once in its object');
    }
    if (frame.set !== undefined) frame.set.add(name);
    else if (this.#names.push(name) - frame.namesFrom > FEW_NAMES) {
      frame.set = new Set(this.#names.slice(frame.namesFrom));
    }
    if (this.#skipSpace() !== COLON) return this.#refuse('a colon after the member name');
    this.#at += 1;
    return true;
  }

  #string(): boolean {
    const text = this.#text;
    this.#escaped = false;
    let at = this.#at + 1;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        this.#at = at + 1;
        return true;
      }
      if (code === BACKSLASH) {
        this.#escaped = true;
        this.#at = at;
        if (!this.#escape()) return false;
        at = this.#at;
      } else if (code >= 0x20) {
        at += 1;
      } else {
        this.#at = at;
        return this.#refuse(
          Number.isNaN(code) ? 'the closing quote of the string' : 'control characters in strings as escapes',
        );
      }
    }
  }

  /** Scans `\n` and the like, or one character written as `\u` escapes: two where it is beyond the basic plane. */
  #escape(): boolean {
    const code = this.#text.charCodeAt(this.#at + 1);
    if (code !== 0x75) {
      if (!'"\\/bfnrt'.includes(this.#text.charAt(this.#at + 1)) || Number.isNaN(code)) {
        return this.#refuse('an escape of JSON');
      }
      this.#at += 2;
      return true;
    }
    const unit = this.#hex(this.#at + 2);
    if (unit < 0) return this.#refuse('four hexadecimal digits after \\u');
    if (unit < 0xd800 || unit > 0xdfff) {
      this.#at += 6;
      return true;
    }
    const low = this.#text.startsWith('\\u', this.#at + 6) ? this.#hex(this.#at + 8) : -1;
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff) return this.#refuse('surrogates in pairs');
    this.#at += 12;
    return true;
  }

  /** The number that four hexadecimal digits make, or -1. */
  #hex(from: number): number {
    let unit = 0;
    for (let at = from; at < from + 4; at += 1) {
      const code = this.#text.charCodeAt(at);
      const lower = code | 0x20;
      if (code >= ZERO && code <= NINE) unit = unit * 16 + code - ZERO;
      else if (lower >= 0x61 && lower <= 0x66) unit = unit * 16 + lower - 0x57;
      else return -1;
    }
    return unit;
  }

  #number(): boolean {
    const text = this.#text;
    const start = this.#at;
    if (text.charCodeAt(this.#at) === MINUS) this.#at += 1;
    if (text.charCodeAt(this.#at) === ZERO) this.#at += 1;
    else if (!this.#digits()) return this.#refuse('a digit');
    if (text.charCodeAt(this.#at) === DOT) {
      this.#at += 1;
      if (!this.#digits()) return this.#refuse('a digit after the decimal point');
    }
    let mayOverflow = this.#at - start > 308;
    if ((text.charCodeAt(this.#at) | 0x20) === 0x65) {
      mayOverflow = true;
      this.#at += 1;
      const sign = text.charCodeAt(this.#at);
      if (sign === PLUS || sign === MINUS) this.#at += 1;
      if (!this.#digits()) return this.#refuse('a digit in the exponent');
    }
    if (mayOverflow && !Number.isFinite(Number(text.slice(start, this.#at)))) {
      this.#at = start;
      return this.#refuse('a number that a double can hold');
    }
    return true;
  }

  #digits(): boolean {
    const start = this.#at;
    let code = this.#text.charCodeAt(this.#at);
    while (code >= ZERO && code <= NINE) {
      this.#at += 1;
      code = this.#text.charCodeAt(this.#at);
    }
    return this.#at > start;
  }

  #word(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return this.#refuse('a JSON value');
    this.#at += word.length;
    return true;
  }

  #skipSpace(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      this.#at += 1;
      code = this.#text.charCodeAt(this.#at);
    }
    return code;
  }

  #tooDeep(): boolean {
    return this.#refuse(`arrays and objects nested at most ${this.#maxDepth} deep`);
  }

  #refuse(due: string): false {
    this.#due = due;
    return false;
  }

  #fault(): JsonFault {
    let line = 1;
    let lineStart = 0;
    for (let end = this.#lineEnd(0); end < this.#at; end = this.#lineEnd(lineStart)) {
      line += 1;
      lineStart = end + 1;
    }
    const pointer = this.#open.map(pointerStep).join('');
    return { due: this.#due, pointer, offset: this.#at, line, column: this.#at - lineStart + 1 };
  }

  #lineEnd(from: number): number {
    const end = this.#text.indexOf('\n', from);
    return end < 0 ? this.#text.length : end;
  }
}

/** A member's name may be as long as the text; a pointer that is shown is not. */
const SHOWN_NAME = 64;

function pointerStep({ isArray, index, name }: Frame): string {
  if (isArray) return `/${index}`;
  if (name === undefined) return '';
  return `/${escapeStep(name.slice(0, SHOWN_NAME))}`;
}

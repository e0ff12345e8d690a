/** Makes texts for regular expressions, as far as they are plain; others give nothing. */

class Unread extends Error {}

/** A text that a pattern matches; `undefined` where it has something that is not read here. */
export function textFor(pattern: string, turn: number): string | undefined {
  try {
    const reader = new Reader(pattern, turn);
    return reader.choice();
  } catch (error) {
    if (error instanceof Unread) return undefined;
    throw error;
  }
}

const sets: Readonly<Record<string, string>> = {
  d: '3',
  w: 'b',
  s: ' ',
  D: 'x',
  S: 'q',
  W: '-',
  n: '\n',
  t: '\t',
  r: '\r',
};

/** Reads an expression and writes a text for it in one go: each loop as few times as it may run, and `turn` more. */
class Reader {
  readonly #source: string;
  readonly #turn: number;
  #at = 0;

  constructor(source: string, turn: number) {
    this.#source = source;
    this.#turn = turn;
  }

  choice(): string {
    const texts = [this.#sequence()];
    while (this.#take('|')) texts.push(this.#sequence());
    if (this.#at < this.#source.length && this.#peek() !== ')') throw new Unread();
    return texts[this.#turn % texts.length] ?? '';
  }

  #peek(): string {
    return this.#source[this.#at] ?? '';
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #sequence(): string {
    let text = '';
    while (this.#at < this.#source.length && this.#peek() !== '|' && this.#peek() !== ')') text += this.#term();
    return text;
  }

  #term(): string {
    const start = this.#at;
    const one = this.#atom();
    const end = this.#at;
    const times = this.#times();
    if (times === 1) return one;
    let text = '';
    const after = this.#at;
    for (let time = 0; time < times; time += 1) {
      this.#at = start;
      text += this.#atom();
      this.#at = end;
    }
    this.#at = after;
    return text;
  }

  #times(): number {
    let [least, most] = [1, 1];
    if (this.#take('*')) [least, most] = [0, 50];
    else if (this.#take('+')) [least, most] = [1, 50];
    else if (this.#take('?')) [least, most] = [0, 1];
    else {
      const counted = /^\{(\d+)(,?)(\d*)\}/.exec(this.#source.slice(this.#at));
      if (counted === null) return 1;
      this.#at += counted[0].length;
      least = Number(counted[1]);
      most = counted[2] === '' ? least : counted[3] === '' ? least + 50 : Number(counted[3]);
    }
    this.#take('?');
    return Math.min(most, least + (this.#turn >> 1));
  }

  #atom(): string {
    if (this.#take('^') || this.#take('$') || this.#take('\\b')) return '';
    if (this.#take('(')) {
      if (this.#take('?:') || !this.#take('?')) {
        const text = this.choice();
        if (!this.#take(')')) throw new Unread();
        return text;
      }
      if (!this.#take('<') || this.#peek() === '=' || this.#peek() === '!') throw new Unread();
      this.#at = this.#source.indexOf('>', this.#at) + 1;
      const text = this.choice();
      if (!this.#take(')')) throw new Unread();
      return text;
    }
    if (this.#take('[')) return this.#oneOf();
    if (this.#take('.')) return 'a';
    if (this.#take('\\')) return this.#escape();
    const char = this.#peek();
    this.#at += 1;
    return char;
  }

  #escape(): string {
    const code = /^(?:u([\da-fA-F]{4})|x([\da-fA-F]{2}))/.exec(this.#source.slice(this.#at));
    if (code !== null) {
      this.#at += code[0].length;
      return String.fromCharCode(Number.parseInt(code[1] ?? code[2] ?? '', 16));
    }
    const char = this.#peek();
    if (/[1-9pPkBcu]/.test(char)) {
      const property = /^[p]\{[^}]*\}/.exec(this.#source.slice(this.#at));
      if (property === null) throw new Unread();
      this.#at += property[0].length;
      return property[0].includes('N') ? '3' : property[0].includes('Lu') ? 'B' : 'b';
    }
    this.#at += 1;
    return sets[char] ?? char;
  }

  /** A character of a set: a plain letter or digit where the set has one. */
  #oneOf(): string {
    const start = this.#at;
    let end = start;
    while (end < this.#source.length && (this.#source[end] !== ']' || end === start)) {
      end += this.#source[end] === '\\' ? 2 : 1;
    }
    this.#at = end + 1;
    const text = `[${this.#source.slice(start, end)}]`;
    const set = expressionOf(text);
    const wish = [
      'abcdefgh'[this.#turn % 8] ?? 'a',
      'a',
      '1',
      'A',
      '0',
      'z',
      '-',
      '_',
      '/',
      '.',
      ' ',
      '!',
      '+',
      '*',
      '=',
    ];
    const found = wish.find((char) => set.test(char));
    if (found !== undefined) return found;
    for (let code = 33; code < 0x250; code += 1) {
      if (set.test(String.fromCharCode(code))) return String.fromCharCode(code);
    }
    throw new Unread();
  }
}

/** An expression as the platform reads it, strict where it can be. */
export function expressionOf(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch {
    return new RegExp(source);
  }
}

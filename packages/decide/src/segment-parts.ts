/** Which part of a segment each of its parameters has, where a template leaves that open: `{id}{extension}`, `{a}-{b}`. */

/**
 * What stands before each parameter of a template within its segment, by its place among the parameters: the text after
 * the one before, empty where the two touch. `undefined` before the first of a segment.
 */
export type Joints = readonly (string | undefined)[];

/** Whether a parameter, by its place, may have a text, which is percent-encoded as it came. */
export type Fits = (place: number, raw: string) => boolean;

/** So many texts of one request are held against the schemas of its parameters, and so many characters in all. */
const MAX_TEXTS = 1024;
const MAX_CHARACTERS = 65_536;

/**
 * Gives each parameter the part that it fits. Of all ways to share a segment out, the one with the fewest parameters
 * that do not fit is taken; of equals the first. Before a text a parameter is tried with as little as it can have, so
 * that `1-2-3` is `1` and `2-3` of `{a}-{b}`; before another parameter with as much, so that what stands last, an
 * extension as a rule, is what is left. Each character, percent-encoded or not, stays whole, and no parameter is empty.
 *
 * What is known of the rest of a segment is kept, so that the texts to try are at most as many as a segment of n
 * characters has parts, n²/2 for each parameter. Beyond 1,024 texts, or 65,536 characters, the best so far is taken.
 *
 * @param values - of all parameters of the template, as they were matched
 */
export function shareOut(values: readonly string[], joints: Joints, fits: Fits): readonly string[] {
  const shared = [...values];
  const budget = { texts: MAX_TEXTS, characters: MAX_CHARACTERS };
  for (let first = 0; first < values.length; ) {
    let end = first + 1;
    while (joints[end] !== undefined) end += 1;
    if (end > first + 1) {
      const own = values.slice(first, end);
      const literals = joints.slice(first + 1, end).map((joint) => joint ?? '');
      const place = first;
      const parts = new Sharing(own, literals, (at, raw) => fits(place + at, raw), budget).parts();
      if (parts !== undefined) shared.splice(first, parts.length, ...parts);
    }
    first = end;
  }
  return shared;
}

interface Budget {
  texts: number;
  characters: number;
}

/** How the rest of a segment is shared out, and how many parameters of it do not fit. */
interface Rest {
  readonly wrong: number;
  readonly part: string;
  readonly next: Rest | undefined;
}

/** The search for the parts of one segment. */
class Sharing {
  readonly #literals: readonly string[];
  readonly #fits: Fits;
  readonly #budget: Budget;
  readonly #text: string;
  readonly #known = new Map<number, Rest | undefined>();

  constructor(values: readonly string[], literals: readonly string[], fits: Fits, budget: Budget) {
    this.#literals = literals;
    this.#fits = fits;
    this.#budget = budget;
    this.#text = values.map((value, at) => (at === 0 ? value : `${literals[at - 1] ?? ''}${value}`)).join('');
  }

  /** The parts in order; undefined where the bound was reached before one way was tried to its end. */
  parts(): string[] | undefined {
    const parts: string[] = [];
    for (let rest = this.#rest(0, 0); rest !== undefined; rest = rest.next) parts.push(rest.part);
    return parts.length === 0 ? undefined : parts;
  }

  #rest(at: number, from: number): Rest | undefined {
    const key = at * (this.#text.length + 1) + from;
    if (this.#known.has(key)) return this.#known.get(key);
    let best: Rest | undefined;
    for (const to of this.#ends(at, from)) {
      if (this.#budget.texts <= 0 || this.#budget.characters <= 0) break;
      const part = this.#text.slice(from, to);
      this.#budget.texts -= 1;
      this.#budget.characters -= part.length;
      const own = this.#fits(at, part) ? 0 : 1;
      if (best !== undefined && own >= best.wrong) continue;
      const isLast = at === this.#literals.length;
      const next = isLast ? undefined : this.#rest(at + 1, to + (this.#literals[at] ?? '').length);
      if (!isLast && next === undefined) continue;
      const wrong = own + (next?.wrong ?? 0);
      if (best === undefined || wrong < best.wrong) best = { wrong, part, next };
      if (wrong === 0) break;
    }
    this.#known.set(key, best);
    return best;
  }

  /** Where the parameter that begins at `from` may end, in the order of trial. */
  *#ends(at: number, from: number): Generator<number> {
    const text = this.#text;
    if (from >= text.length) return;
    const literal = this.#literals[at];
    if (literal === undefined) {
      yield text.length;
    } else if (literal === '') {
      for (let to = text.length - 1; to > from; to -= 1) if (isCharacterStart(text, to)) yield to;
    } else {
      for (
        let to = literalAt(text, literal, characterEnd(text, from));
        to >= 0;
        to = literalAt(text, literal, characterEnd(text, to))
      ) {
        yield to;
      }
    }
  }
}

/** The place of a literal in a canonical path at `from` or later, not within an encoded character; -1 where it is not. */
export function literalAt(text: string, literal: string, from: number): number {
  let at = text.indexOf(literal, from);
  while (at >= 0 && !(isCharacterStart(text, at) && isCharacterStart(text, at + literal.length))) {
    at = text.indexOf(literal, at + 1);
  }
  return at;
}

/** The end of the character at `from` in a canonical path, where UTF-8 is whole: of `%C3%A9` it is 6. */
export function characterEnd(text: string, from: number): number {
  let to = text[from] === '%' ? from + 3 : from + 1;
  while (isContinuation(text, to)) to += 3;
  return to;
}

function isCharacterStart(text: string, at: number): boolean {
  return text[at - 1] !== '%' && text[at - 2] !== '%' && !isContinuation(text, at);
}

/** Whether a byte of UTF-8 stands here that is not a character's first: 80 to BF. */
function isContinuation(text: string, at: number): boolean {
  if (text[at] !== '%') return false;
  const digit = text[at + 1] ?? '';
  return digit === '8' || digit === '9' || digit === 'A' || digit === 'B';
}

import type { AST } from '@eslint-community/regexpp';
import { type CharSet, charSetOf, isCharElement, wordSet } from './char-set.ts';

// A machine of so many states takes two megabytes.
const maxStates = 100_000;
// A fifth of a second. Whoever sends a text that asks for more means harm: no pattern holds for it.
const maxSteps = 30_000_000;
// As far as 32 bits count, a text's length put by.
const maxTurn = 2 ** 31 - 2;

/** An expression that has no machine: it refers back to what it took, or would need too many states. */
export class NoMachine extends Error {}

const [onChar, onSplit, onStart, onEnd, onWord, onNoWord, onLook, onMatch] = [0, 1, 2, 3, 4, 5, 6, 7];

/** An expression as states, each of which leads to one or two others. */
interface Program {
  readonly start: number;
  readonly kinds: Uint8Array;
  readonly nexts: Int32Array;
  /** For a split, where else it leads; for a character, its set; for a lookaround, which one. */
  readonly others: Int32Array;
  /** What a search keeps for each state, kept from one to the next: at which turn it was last met, and which are due. */
  readonly met: Int32Array;
  readonly due: readonly [Int32Array, Int32Array];
  turn: number;
}

/** A program in the making: from its end to its start, so that each state knows what comes after it. */
class Draft {
  readonly #kinds: number[] = [];
  readonly #nexts: number[] = [];
  readonly #others: number[] = [];

  add(kind: number, next: number, other = 0): number {
    if (this.#kinds.length >= maxStates) throw new NoMachine('it repeats too often');
    this.#nexts.push(next);
    this.#others.push(other);
    return this.#kinds.push(kind) - 1;
  }

  /** Has a state lead to one that was not there yet when it was added. */
  lead(state: number, next: number): void {
    this.#nexts[state] = next;
  }

  finish(start: number): Program {
    const [kinds, nexts, others] = [this.#kinds, this.#nexts, this.#others];
    const room = (): Int32Array => new Int32Array(kinds.length);
    return {
      start,
      kinds: Uint8Array.from(kinds),
      nexts: Int32Array.from(nexts),
      others: Int32Array.from(others),
      met: room(),
      due: [room(), room()],
      turn: 0,
    };
  }
}

/** A lookaround: whether its program ends at a place, having gone the way that it looks. */
interface Look {
  readonly program: Program;
  readonly ahead: boolean;
  readonly negate: boolean;
}

/**
 * Finds expressions in time linear in the text, by following all ways at once (Thompson's simulation). What looks
 * around is found beforehand at every place of the text, in one pass each: a lookbehind forward, a lookahead backward.
 */
export class PatternMachine {
  readonly #isUnicode: boolean;
  readonly #sets: Members[] = [];
  readonly #setIds = new Map<string, number>();
  readonly #looks: Look[] = [];
  readonly #main: Program;

  /** @throws NoMachine */
  constructor(alternatives: readonly AST.Alternative[], isUnicode: boolean) {
    this.#isUnicode = isUnicode;
    this.#main = this.#program(alternatives, true, true, true);
  }

  test(text: string): boolean {
    const run = new Run(this.#isUnicode ? codePointsOf(text) : codeUnitsOf(text), this.#sets, this.#looks);
    // Those within others come first.
    for (const look of this.#looks) run.looked.push(run.placesOf(look.program, !look.ahead));
    return run.isFound(this.#main);
  }

  /** @param isForward whether the text is read from its start to its end */
  #program(
    alternatives: readonly AST.Alternative[],
    isForward: boolean,
    freeStart: boolean,
    freeEnd: boolean,
  ): Program {
    const draft = new Draft();
    const end = draft.add(onMatch, 0);
    const trimmed = alternatives.map(({ elements }) => trim(elements, freeStart, freeEnd));
    return draft.finish(this.#choice(draft, trimmed, isForward, end));
  }

  #choice(draft: Draft, ways: readonly (readonly AST.Element[])[], isForward: boolean, next: number): number {
    return ways
      .map((elements) => this.#sequence(draft, elements, isForward, next))
      .reduceRight((others, way) => draft.add(onSplit, way, others));
  }

  #sequence(draft: Draft, elements: readonly AST.Element[], isForward: boolean, next: number): number {
    const lastFirst = isForward ? elements.toReversed() : elements;
    return lastFirst.reduce((follower, element) => this.#element(draft, element, isForward, follower), next);
  }

  #element(draft: Draft, element: AST.Element, isForward: boolean, next: number): number {
    if (isCharElement(element)) return draft.add(onChar, next, this.#setId(charSetOf(element) ?? []));
    if (element.type === 'Group' || element.type === 'CapturingGroup') {
      const ways = element.alternatives.map(({ elements }) => elements);
      return this.#choice(draft, ways, isForward, next);
    }
    if (element.type === 'Quantifier') return this.#repeat(draft, element, isForward, next);
    if (element.type === 'Assertion') return this.#assertion(draft, element, next);
    throw new NoMachine('it refers back to a group');
  }

  #repeat(draft: Draft, { element, min, max }: AST.Quantifier, isForward: boolean, next: number): number {
    let follower = next;
    if (max === Infinity) {
      const split = draft.add(onSplit, next, next);
      draft.lead(split, this.#element(draft, element, isForward, split));
      follower = split;
    } else {
      for (let count = min; count < max; count += 1) {
        follower = draft.add(onSplit, this.#element(draft, element, isForward, follower), next);
      }
    }
    for (let count = 0; count < min; count += 1) follower = this.#element(draft, element, isForward, follower);
    return follower;
  }

  #assertion(draft: Draft, assertion: AST.Assertion, next: number): number {
    if (assertion.kind === 'word') return draft.add(assertion.negate ? onNoWord : onWord, next);
    if (!('alternatives' in assertion)) return draft.add(assertion.kind === 'start' ? onStart : onEnd, next);
    const { alternatives, negate } = assertion;
    const ahead = assertion.kind === 'lookahead';
    const look = { program: this.#program(alternatives, !ahead, !ahead, ahead), ahead, negate };
    return draft.add(onLook, next, this.#looks.push(look) - 1);
  }

  #setId(set: CharSet): number {
    const key = set.join();
    let id = this.#setIds.get(key);
    if (id === undefined) {
      id = this.#sets.push(membersOf(set)) - 1;
      this.#setIds.set(key, id);
    }
    return id;
  }
}

/** Cuts off what a search need not see: at its open ends, a loop that has had its least turns may as well stop. */
function trim(elements: readonly AST.Element[], freeStart: boolean, freeEnd: boolean): readonly AST.Element[] {
  const last = elements.at(-1);
  if (freeEnd && last?.type === 'Quantifier' && last.max > last.min) {
    const rest = elements.slice(0, -1);
    return last.min === 0 ? trim(rest, freeStart, true) : trim([...rest, { ...last, max: last.min }], freeStart, false);
  }
  const [first] = elements;
  if (freeStart && first?.type === 'Quantifier' && first.max > first.min) {
    const rest = elements.slice(1);
    return first.min === 0 ? trim(rest, true, false) : [{ ...first, max: first.min }, ...rest];
  }
  return elements;
}

/** One text under search. */
class Run {
  /** By lookaround: at which places it holds, its negation left aside. */
  readonly looked: Uint8Array[] = [];
  readonly #codes: ArrayLike<number>;
  readonly #sets: readonly Members[];
  readonly #looks: readonly Look[];
  #stepsLeft = maxSteps;

  constructor(codes: ArrayLike<number>, sets: readonly Members[], looks: readonly Look[]) {
    this.#codes = codes;
    this.#sets = sets;
    this.#looks = looks;
  }

  isFound(program: Program): boolean {
    return this.#search(program, true, undefined);
  }

  /** Where a program ends that may start anywhere. */
  placesOf(program: Program, isForward: boolean): Uint8Array {
    const places = new Uint8Array(this.#codes.length + 1);
    this.#search(program, isForward, places);
    return places;
  }

  #search(program: Program, isForward: boolean, places: Uint8Array | undefined): boolean {
    const { start, kinds, nexts, others, met } = program;
    const { length } = this.#codes;
    const pending: number[] = [];
    let [active, following] = program.due;
    let activeCount = 0;
    if (program.turn + length > maxTurn) {
      met.fill(0);
      program.turn = 0;
    }
    for (let count = 0; count <= length; count += 1) {
      const place = isForward ? count : length - count;
      const code = isForward ? this.#codes[place] : this.#codes[place - 1];
      let followingCount = 0;
      program.turn += 1;
      // The ways that are under way, and one more that starts here.
      for (let at = 0; at <= activeCount; at += 1) {
        let state = at < activeCount ? active[at] : start;
        for (; state !== undefined; state = pending.pop()) {
          if (met[state] === program.turn) continue;
          met[state] = program.turn;
          this.#stepsLeft -= 1;
          const next = nexts[state] ?? 0;
          const other = others[state] ?? 0;
          const kind = kinds[state] ?? onMatch;
          if (kind === onChar) {
            if (code !== undefined && has(this.#sets[other], code)) {
              following[followingCount] = next;
              followingCount += 1;
            }
          } else if (kind === onSplit) pending.push(other, next);
          else if (kind !== onMatch) {
            if (this.#asserts(kind, other, place)) pending.push(next);
          } else if (places === undefined) return true;
          else places[place] = 1;
        }
      }
      if (this.#stepsLeft < 0) return false;
      [active, following] = [following, active];
      activeCount = followingCount;
    }
    return false;
  }

  #asserts(kind: number, look: number, place: number): boolean {
    if (kind === onStart) return place === 0;
    if (kind === onEnd) return place === this.#codes.length;
    if (kind === onLook) return (this.looked[look]?.[place] === 1) !== this.#looks[look]?.negate;
    return (this.#isWord(place - 1) !== this.#isWord(place)) === (kind === onWord);
  }

  #isWord(place: number): boolean {
    const code = this.#codes[place];
    return code !== undefined && has(wordMembers, code);
  }
}

/** A set of characters, quick to ask: ASCII by a table, the rest by a search. */
interface Members {
  readonly ascii: Uint8Array;
  readonly set: CharSet;
}

function membersOf(set: CharSet): Members {
  return { ascii: Uint8Array.from({ length: 128 }, (_, code) => Number(isIn(set, code))), set };
}

function has(members: Members | undefined, code: number): boolean {
  if (members === undefined) return false;
  return code < 128 ? members.ascii[code] === 1 : isIn(members.set, code);
}

function isIn(set: CharSet, code: number): boolean {
  let low = 0;
  let high = set.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (code > (set[middle * 2 + 1] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return low * 2 < set.length && code >= (set[low * 2] ?? 0);
}

const wordMembers = membersOf(wordSet);

function codeUnitsOf(text: string): ArrayLike<number> {
  const codes = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at += 1) codes[at] = text.charCodeAt(at);
  return codes;
}

function codePointsOf(text: string): ArrayLike<number> {
  const codes = new Int32Array(text.length);
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.codePointAt(at) ?? 0;
    if (code > 0xffff) at += 1;
    codes[count] = code;
    count += 1;
  }
  return codes.subarray(0, count);
}

import type { AST } from '@eslint-community/regexpp';
import { areDisjoint, type CharSet, charSetOf, isCharElement } from './char-set.ts';

// Steps that a search may take from one start where nothing repeats without end: few where every character is a start
// or a loop multiplies them, many where there is one start.
const maxStepsEach = 256;
const maxStepsOnce = 1_000_000;
// Positions of an expression with its counted repetitions written out.
const maxPositions = 600;
// A repetition counted up to here is written out; beyond, it is judged as one without end, which asks for more.
const maxWrittenOut = 64;

/**
 * Whether a backtracking engine finds or refuses `alternatives` in time linear in the text. Proven, or false: an
 * expression that is fast for a reason not looked for here counts as slow.
 *
 * An unanchored search starts at every character, so there a loop whose failure must be noticed is quadratic already.
 */
export function isProvenLinear(alternatives: readonly AST.Alternative[]): boolean {
  return alternatives.every(({ elements }) => {
    const anchored = isAnchored(elements);
    if (stepsThrough(elements) <= (anchored ? maxStepsOnce : maxStepsEach)) return true;
    return anchored ? hasOneLoop(elements) || isDeterministic(elements) : endsInLoop(elements);
  });
}

/** Whether a match can start at the first character only. */
function isAnchored(elements: readonly AST.Element[]): boolean {
  const [first] = elements;
  if (first === undefined) return false;
  if (first.type === 'Assertion') return first.kind === 'start';
  return (
    (first.type === 'Group' || first.type === 'CapturingGroup') &&
    first.alternatives.every((alternative) => isAnchored(alternative.elements))
  );
}

/** A bound of the steps that a search takes from one start: `Infinity` where it grows with the text. */
function stepsThrough(elements: readonly AST.Element[]): number {
  const length = lengthThrough(elements);
  return length === Infinity ? Infinity : waysThrough(elements) * Math.max(length, 1);
}

function lengthThrough(elements: readonly AST.Element[]): number {
  return elements.reduce((length, element) => length + lengthOf(element), 0);
}

function lengthOf(element: AST.Element): number {
  if (element.type === 'Quantifier')
    return element.max === 0 ? 0 : element.max * Math.max(lengthOf(element.element), 1);
  if (element.type === 'Backreference') return Infinity;
  if (isCharElement(element)) return 1;
  return longest(alternativesOf(element));
}

/** What a group or a lookaround chooses from; nothing for what holds no expressions. */
function alternativesOf(element: AST.Element): readonly AST.Alternative[] {
  return 'alternatives' in element ? element.alternatives : [];
}

function longest(alternatives: readonly AST.Alternative[]): number {
  return Math.max(0, ...alternatives.map(({ elements }) => lengthThrough(elements)));
}

/** How many ways there are through a part whose length is bounded. */
function waysThrough(elements: readonly AST.Element[]): number {
  return elements.reduce((ways, element) => ways * waysOf(element), 1);
}

function waysOf(element: AST.Element): number {
  if (element.type === 'Quantifier') return waysOf(element.element) ** element.max * (element.max - element.min + 1);
  return Math.max(1, sumOfWays(alternativesOf(element)));
}

function sumOfWays(alternatives: readonly AST.Alternative[]): number {
  return alternatives.reduce((sum, { elements }) => sum + waysThrough(elements), 0);
}

/** A loop over one character with few ways around it: each of its lengths is tried at most once. */
function hasOneLoop(elements: readonly AST.Element[]): boolean {
  const loops = elements.filter((element) => lengthOf(element) === Infinity);
  const [loop] = loops;
  if (loops.length !== 1 || loop === undefined || !isCharLoop(loop)) return false;
  return stepsThrough(elements.filter((element) => element !== loop)) <= maxStepsEach;
}

/** The one loop comes last, so that it cannot fail once it has its least length. */
function endsInLoop(elements: readonly AST.Element[]): boolean {
  const last = elements.at(-1);
  if (last === undefined || !isCharLoop(last)) return false;
  return stepsThrough(elements.slice(0, -1)) + last.min <= maxStepsEach;
}

function isCharLoop(element: AST.Element): element is AST.Quantifier {
  return element.type === 'Quantifier' && isCharElement(element.element);
}

/**
 * Whether the next character always tells the next position of the expression (Glushkov's automaton is
 * deterministic, and no step comes about in two ways): then one way alone survives each character.
 */
function isDeterministic(elements: readonly AST.Element[]): boolean {
  try {
    const automaton = new Automaton();
    const whole = automaton.sequence(elements);
    return areDisjoint(automaton.setsOf(whole.first)) && automaton.followsAreDisjoint();
  } catch (error) {
    if (error instanceof Unproven) return false;
    throw error;
  }
}

class Unproven extends Error {}

/** A part of an expression: whether it matches nothing at all, and at which positions it starts and ends. */
interface Part {
  readonly nullable: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

const nothing: Part = { nullable: true, first: [], last: [] };

class Automaton {
  readonly #sets: CharSet[] = [];
  readonly #follows: Set<number>[] = [];

  setsOf(positions: readonly number[]): CharSet[] {
    return positions.map((position) => this.#sets[position] ?? []);
  }

  followsAreDisjoint(): boolean {
    return this.#follows.every((follow) => areDisjoint(this.setsOf([...follow])));
  }

  sequence(elements: readonly AST.Element[]): Part {
    return elements.reduce((part, element) => this.#join(part, this.#element(element)), nothing);
  }

  #element(element: AST.Element): Part {
    if (isCharElement(element)) return this.#position(charSetOf(element));
    if (element.type === 'Quantifier') return this.#repeat(element);
    if (element.type === 'Group' || element.type === 'CapturingGroup') return this.#choice(element.alternatives);
    // An assertion only takes matches away. One that looks around must do so in few steps.
    if (element.type === 'Assertion' && stepsThrough([element]) <= maxStepsEach) return nothing;
    throw new Unproven();
  }

  #position(set: CharSet | undefined): Part {
    if (set === undefined || this.#sets.length >= maxPositions) throw new Unproven();
    const position = this.#sets.push(set) - 1;
    this.#follows.push(new Set());
    return { nullable: false, first: [position], last: [position] };
  }

  #choice(alternatives: readonly AST.Alternative[]): Part {
    const parts = alternatives.map(({ elements }) => this.sequence(elements));
    return {
      nullable: parts.some((part) => part.nullable),
      first: parts.flatMap((part) => part.first),
      last: parts.flatMap((part) => part.last),
    };
  }

  #repeat({ element, min, max }: AST.Quantifier): Part {
    const writtenOut = max === Infinity ? min : max;
    if (writtenOut > maxWrittenOut) return this.#loop(this.#element(element), min === 0);
    let whole = nothing;
    for (let count = 0; count < min; count += 1) whole = this.#join(whole, this.#element(element));
    if (max === Infinity) return this.#join(whole, this.#loop(this.#element(element), true));
    let rest = nothing;
    for (let count = min; count < max; count += 1) {
      rest = { ...this.#join(this.#element(element), rest), nullable: true };
    }
    return this.#join(whole, rest);
  }

  #loop(body: Part, optional: boolean): Part {
    // An empty turn would be one more way to go round.
    if (body.nullable) throw new Unproven();
    this.#link(body.last, body.first);
    return { ...body, nullable: optional };
  }

  #join(left: Part, right: Part): Part {
    this.#link(left.last, right.first);
    return {
      nullable: left.nullable && right.nullable,
      first: left.nullable ? [...left.first, ...right.first] : left.first,
      last: right.nullable ? [...left.last, ...right.last] : right.last,
    };
  }

  #link(from: readonly number[], to: readonly number[]): void {
    for (const position of from) {
      const follow = this.#follows[position];
      for (const next of to) {
        if (follow?.has(next) === true) throw new Unproven();
        follow?.add(next);
      }
    }
  }
}

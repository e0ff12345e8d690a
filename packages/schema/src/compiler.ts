import type { Check, SchemaFault, SchemaNode, Shape } from './check.ts';
import type { Entry } from './entry.ts';
import { Judges } from './judge.ts';
import { Lowering, type LoweringOptions } from './lower.ts';
import { type MadeChecks, MadeJudges } from './made-judges.ts';
import { SchemaError } from './schema-error.ts';
import { Shapes } from './shape.ts';
import type { Judge } from './verdict.ts';
import { walk, WalkTooLong } from './walk.ts';
import { arrivedWords } from './words.ts';

/** How the schemas of one compiler are read, and who makes code of them. */
export interface CompilerOptions extends LoweringOptions {
  /** Code that was made ahead. Where it is given no other is made: what it lacks is judged by the walk alone, slowly. */
  readonly made?: MadeChecks | undefined;
  /** Whether `code` is wanted. */
  readonly keepsCode?: boolean;
}

/** Makes checks of schemas. What several of them refer to is compiled once. */
export interface Compiler {
  /** Makes the check of a schema. Does no work: the check's first call does, or its `compile`. */
  readonly check: (node: SchemaNode) => Check;
  /** What a schema can hold. A schema that cannot be compiled has the shape of one that is silent: its check tells. */
  readonly shape: (node: SchemaNode) => Shape;
  /** Source text of each part of `made`, of all that was compiled so far; empty where it is not kept. */
  readonly code: ReadonlyMap<string, string>;
}

// A larger value is told its first fault alone: finding them all would hold up other requests.
const maxWalkedNodes = 5_000;

// The largest schemas take a second to compile. Until that is done, a slice of it each time, the walk alone judges.
const sliceMs = 8;

/** Makes a compiler. Its checks throw `SchemaError` where their schema cannot be compiled. */
export function createCompiler(options: CompilerOptions): Compiler {
  const lowering = new Lowering(options);
  const own = options.made === undefined ? new Judges(lowering, options.keepsCode) : undefined;
  const judges = own ?? new MadeJudges(lowering, options.made ?? {});
  const shapes = new Shapes(lowering.entries, lowering.defaults);

  const judgeOf = (made: Made, budgetMs: number): Judge | undefined => {
    if (made.failure !== undefined) throw made.failure.error;
    try {
      made.judge ??= judges.compile(made.root(), budgetMs);
      return made.judge;
    } catch (error) {
      made.failure = { error };
      throw error;
    }
  };

  const faultsOf = (made: Made, value: unknown): readonly SchemaFault[] | undefined => {
    const judge = made.judge ?? judgeOf(made, isModest(value) ? sliceMs : Infinity);
    const verdict = judge?.(value);
    if (verdict === true) return undefined;
    if (judge !== undefined && verdict === false && !isModest(value)) return [judge.firstFault(value)];
    try {
      const faults = walk(made.root().schema ?? true, value, lowering.entries, lowering.patterns);
      return faults.length > 0 ? faults : undefined;
    } catch (error) {
      if (!(error instanceof WalkTooLong)) throw error;
      if (judge !== undefined) return [verdict === false ? judge.firstFault(value) : tooLong(value)];
      judgeOf(made, Infinity);
      return faultsOf(made, value);
    }
  };

  return {
    code: own?.code ?? new Map(),
    check(node) {
      const made: Made = { root: once(() => lowering.lower(node)), judge: undefined, failure: undefined };
      const check = (value: unknown): readonly SchemaFault[] | undefined => faultsOf(made, value);
      return Object.assign(check, {
        prepare: () => {
          made.root();
        },
        compile: (budgetMs = Infinity) => judgeOf(made, budgetMs) !== undefined,
      });
    },
    shape(node) {
      try {
        return shapes.of(lowering.lower(node).schema ?? true);
      } catch (error) {
        if (error instanceof SchemaError) return shapes.of(true);
        throw error;
      }
    },
  };
}

/** A check in the making: its schema is lowered at first use, and compiled bit by bit from then on. */
interface Made {
  readonly root: () => Entry;
  judge: Judge | undefined;
  /** Why it cannot be compiled. */
  failure: { readonly error: unknown } | undefined;
}

/** Does a thing at the first call; later calls have its result, or throw its error again. */
function once<Result>(make: () => Result): () => Result {
  let state: { readonly result: Result } | { readonly error: unknown } | undefined;
  return () => {
    if (state === undefined) {
      try {
        state = { result: make() };
      } catch (error) {
        state = { error };
      }
    }
    if ('error' in state) throw state.error;
    return state.result;
  };
}

function isModest(value: unknown): boolean {
  const pending = [value];
  let count = 0;
  while (pending.length > 0) {
    count += 1;
    if (count + pending.length > maxWalkedNodes) return false;
    const next = pending.pop();
    if (typeof next === 'object' && next !== null) for (const inner of Object.values(next)) pending.push(inner);
  }
  return true;
}

/** The schema and the value multiply each other's work without bound. */
function tooLong(value: unknown): SchemaFault {
  return { pointer: '', keyword: '$ref', due: 'a value of simpler structure', arrived: arrivedWords(value) };
}

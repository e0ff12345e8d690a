import type { RegExpParser } from '@eslint-community/regexpp';
import { NoMachine, PatternMachine } from './pattern-machine.ts';
import { isProvenLinear } from './pattern-proof.ts';
import { regexpp } from './regexpp.ts';

/** A pattern of a contract, ready to test text in time linear in it. */
export interface Pattern {
  readonly test: (text: string) => boolean;
  /** `native`: the platform's engine. `linear`: one that never backtracks. */
  readonly engine: 'native' | 'linear';
}

/** Why a pattern is not used and what to do, in words that end a sentence about it. */
export class PatternFault extends Error {}

let parser: RegExpParser | undefined;

/**
 * Makes a pattern ready. It runs on the platform's engine where a proof says that this takes linear time, else on a
 * machine that never backtracks. That one is our own, for those at hand know no lookahead and stop counting at 1,000,
 * and real contracts have both.
 *
 * @throws PatternFault where the pattern is no expression, or could take more than linear time on both engines
 */
export function compilePattern(source: string, allowUnsafe: boolean): Pattern {
  const native = nativeOf(source);
  if (allowUnsafe) return { test: (text) => native.test(text), engine: 'native' };
  parser ??= new (regexpp().RegExpParser)({ ecmaVersion: 2024 });
  const { alternatives } = parser.parsePattern(source, 0, source.length, { unicode: native.unicode });
  if (isProvenLinear(alternatives)) return { test: (text) => native.test(text), engine: 'native' };
  try {
    const machine = new PatternMachine(alternatives, native.unicode);
    return { test: (text) => machine.test(text), engine: 'linear' };
  } catch (error) {
    if (!(error instanceof NoMachine)) throw error;
    const why = `could take more than linear time, for ${error.message}`;
    throw new PatternFault(`${why}; rewrite it without, or allow unsafe patterns`, { cause: error });
  }
}

function nativeOf(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch {
    // Many documents escape what the `u` flag forbids to escape, such as `\-`.
  }
  try {
    return new RegExp(source);
  } catch (error) {
    throw new PatternFault('is no ECMA-262 regular expression; mend it', { cause: error });
  }
}

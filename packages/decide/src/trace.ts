import { reasons, type Stage, stages } from '@flick/contract';
import type { RequestFacts } from './facts.ts';
import type { Limit } from './ports.ts';
import type { Decider, Passage, Refusal, Verdict } from './verdict.ts';

/** What one rung said of a request. */
export interface TraceStep {
  readonly stage: Stage;
  /** `observed`: it would have refused, were the operation not observed only. */
  readonly result: 'passed' | 'refused' | 'observed' | 'answered' | 'not reached';
  /** Set where it refused or would have. */
  readonly refusal: Refusal | undefined;
}

/** A request's way up the ladder, rung by rung. */
export interface Trace {
  /** One a stage, in the order of the ladder, up to the body: what comes after is the API's. */
  readonly steps: readonly TraceStep[];
  readonly passage: Passage;
  /** The limits that the request was charged against. */
  readonly limits: readonly Limit[];
}

/** A ladder that also tells how it came to its verdict. */
export interface TracingDecider extends Decider {
  /**
   * Judges a whole request as `judgeHead` and `judgeBody` do, by the same rungs in the same order, and tells what each
   * said. Costs more than they do: for explaining, not for serving.
   *
   * @param bytes - the body, its codings removed; empty where there is none
   */
  readonly trace: (facts: RequestFacts, bytes: Uint8Array) => Promise<Trace>;
}

/** What a rung was heard to say; undefined where it let pass. */
export interface Heard {
  /** The stages that it stands for, in their order. */
  readonly stages: readonly Stage[];
  verdict: Verdict | undefined | 'threw';
}

const judgedStages = stages.slice(0, stages.indexOf('body') + 1);

/**
 * Tells stage by stage what was heard of the rungs.
 *
 * @param ladder - all rungs; a stage of several passed only where all of them were asked
 * @param heard - those that were asked, in their order
 */
export function stepsOf(
  ladder: readonly Pick<Heard, 'stages'>[],
  heard: readonly Heard[],
  { verdict, observed }: Passage,
): readonly TraceStep[] {
  const last = verdict.kind === 'refuse' ? verdict.refusal : undefined;
  return judgedStages.map((stage): TraceStep => {
    const asked = heard.filter(({ stages: those }) => those.includes(stage));
    for (const rung of asked) {
      const refusal = refusalOf(rung, last ?? observed);
      if (refusal !== undefined) {
        const at = rung.stages.indexOf(reasons[refusal.reason].stage);
        const stop = rung.stages[at < 0 ? rung.stages.length - 1 : at];
        if (stop === stage) return { stage, result: refusal === last ? 'refused' : 'observed', refusal };
        if (at < rung.stages.indexOf(stage)) return { stage, result: 'not reached', refusal: undefined };
      } else if (isAnswer(rung) && rung.stages.at(-1) === stage)
        return { stage, result: 'answered', refusal: undefined };
    }
    const due = ladder.filter(({ stages: those }) => those.includes(stage));
    return { stage, result: asked.length < due.length ? 'not reached' : 'passed', refusal: undefined };
  });
}

function refusalOf({ verdict }: Heard, thrown: Refusal | undefined): Refusal | undefined {
  if (verdict === 'threw') return thrown;
  return verdict?.kind === 'refuse' ? verdict.refusal : undefined;
}

function isAnswer({ verdict }: Heard): boolean {
  return verdict !== 'threw' && verdict?.kind === 'answer';
}

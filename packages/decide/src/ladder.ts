import type { Contract, Operation, Stage } from '@flick/contract';
import { compileClientAddress } from './address.ts';
import type { KeepBody } from './body.ts';
import { compileMediaRung, compileWholeRung, judgeBytes } from './body-rung.ts';
import { compileChallenge } from './challenge.ts';
import { compileCredentialsRung } from './credentials-rung.ts';
import { compileCors } from './cors.ts';
import type { RequestFacts } from './facts.ts';
import { compileLimitRungs } from './limit-rungs.ts';
import { compileLoadRung } from './load-rung.ts';
import { compileMessageRung } from './message-rung.ts';
import { compileOperationRung } from './operation-rung.ts';
import { compileParameterRung } from './parameter-rung.ts';
import { compileOneReadingRung, compilePathRung, methodsOf } from './path-rung.ts';
import { PathTree } from './path-tree.ts';
import type { DeciderOptions } from './ports.ts';
import { compileRefuse, refused } from './refusal.ts';
import { compileResponseRung, withDueFields } from './response-rung.ts';
import { compileResponseWatch } from './response-watch.ts';
import { compileTargetRung } from './target-rung.ts';
import { type Heard, stepsOf, type TracingDecider } from './trace.ts';
import type { Passage, Refusal, Verdict } from './verdict.ts';
import { passed, type Rung, type Sight, Walk } from './walk.ts';

/** A rung in its place. */
interface Step {
  readonly judge: Rung;
  /** The stages that it stands for. */
  readonly stages: readonly Stage[];
  /**
   * What it refuses cannot go on to the API in any mode: what is ambiguous or broken off cannot be forwarded, and what is
   * too much is too much.
   */
  readonly always?: true;
  /** Still climbed after a refusal was observed: it finds out who calls, or what the request says. */
  readonly tells?: boolean;
}

/**
 * Makes the ladder of a contract. All that can be worked out before a request comes is worked out here.
 *
 * @throws RangeError where an entry of `trustedProxies` is no address or range
 */
export function createDecider(contract: Contract, options: DeciderOptions): TracingDecider {
  const { sizes, keepsValues = false } = options;
  const refuse = compileRefuse(contract);
  const challenge = compileChallenge(options.realm, contract.schemes);
  const cors = compileCors(options);
  const watcher = compileResponseWatch(contract, sizes.bodyBytes, refuse);
  const judgeResponse = compileResponseRung(contract, challenge, watcher, refuse);
  const tree = new PathTree(contract.operations);
  const limits = compileLimitRungs(contract, options, refuse);
  const load = compileLoadRung(refuse);
  const allMethods = methodsOf(contract.operations);
  const sight: Sight = {
    allow: (path) => (path === '*' ? allMethods : (tree.methods(path)?.allow ?? [])),
    address: compileClientAddress(options.trustedProxies),
  };

  // The one order. The first rung that refuses decides.
  const ladder: readonly Step[] = [
    { stages: ['message'], judge: compileMessageRung(contract, sizes, refuse), always: true },
    { stages: ['target'], judge: compileTargetRung(sizes, refuse), always: true },
    { stages: ['target'], judge: compileOneReadingRung(tree, refuse), always: true },
    { stages: ['path', 'method'], judge: compilePathRung(contract, tree, cors, load, refuse) },
    { stages: ['load'], judge: load, always: true },
    { stages: ['address-limit'], judge: limits.address },
    {
      stages: ['credentials'],
      judge: compileCredentialsRung(contract, options, challenge, refuse),
      tells: true,
    },
    { stages: ['consumer-limit'], judge: limits.consumer },
    { stages: ['parameters'], judge: compileOperationRung(contract, refuse), tells: keepsValues },
    { stages: ['parameters'], judge: compileParameterRung(contract, keepsValues, refuse), tells: keepsValues },
    { stages: ['body'], judge: compileMediaRung(sizes, refuse), tells: keepsValues },
    { stages: ['body'], judge: compileWholeRung(refuse), always: true },
  ];

  const modeOf = (operation: Operation | undefined) => (operation?.switches ?? contract.switches).mode;

  /** Whether the walk ends with this verdict. */
  const ends = (walk: Walk, step: Step, verdict: Verdict | undefined): boolean => {
    if (verdict === undefined) return false;
    if (verdict.kind !== 'refuse' || step.always || modeOf(walk.operation) === 'enforce') {
      walk.verdict = verdict;
      return true;
    }
    walk.observed ??= verdict.refusal;
    walk.bodyPlan = walk.hasBody ? 'stream' : 'none';
    return false;
  };

  /** Makes the way up these rungs, from the one at a place on. */
  const climbing = (steps: readonly Step[]): ((walk: Walk, from: number) => Passage | Promise<Passage>) => {
    const fail = (walk: Walk, step: Step, at: number, cause: unknown): Passage | Promise<Passage> => {
      const detail = 'The server failed to judge the request.';
      const verdict = refused(refuse(walk.operation, 'misconfiguration', detail, { cause }));
      return ends(walk, step, verdict) ? walk : climb(walk, at + 1);
    };

    // Of its own, so that the way up makes no closure for the promise that hardly ever comes.
    const wait = (
      walk: Walk,
      step: Step,
      at: number,
      judgement: Promise<Verdict | undefined>,
    ): Passage | Promise<Passage> =>
      judgement.then(
        (verdict) => (ends(walk, step, verdict) ? walk : climb(walk, at + 1)),
        (cause: unknown) => fail(walk, step, at, cause),
      );

    const climb = (walk: Walk, from: number): Passage | Promise<Passage> => {
      for (let at = from; at < steps.length; at += 1) {
        const step = steps[at];
        if (step === undefined || (walk.observed !== undefined && !step.always && !step.tells)) continue;
        try {
          const judgement = step.judge(walk);
          if (judgement instanceof Promise) return wait(walk, step, at, judgement);
          if (ends(walk, step, judgement)) return walk;
        } catch (cause) {
          return fail(walk, step, at, cause);
        }
      }
      return walk;
    };
    return climb;
  };
  const climb = climbing(ladder);

  const bodyRefusal = (operation: Operation, passage: Passage, bytes: Uint8Array): Refusal | undefined => {
    try {
      return judgeBytes(operation, passage, bytes, sizes, refuse, keeperOf(passage));
    } catch (cause) {
      return refuse(operation, 'misconfiguration', 'The server failed to judge the body.', { cause });
    }
  };

  const judgeBody = (passage: Passage, bytes: Uint8Array): Passage => {
    const { operation } = passage;
    if (operation === undefined || passage.verdict.kind !== 'pass' || passage.bodyPlan !== 'check') return passage;
    const refusal = bodyRefusal(operation, passage, bytes);
    if (refusal === undefined) return passage;
    return modeOf(operation) === 'observe'
      ? judged(passage, passed, passage.observed ?? refusal)
      : judged(passage, refused(refusal), passage.observed);
  };

  return {
    judgeHead: (facts: RequestFacts) => climb(new Walk(facts, sight), 0),
    judgeBody,
    judgeLoad(passage) {
      const verdict = passage.verdict.kind === 'pass' ? load(passage) : undefined;
      if (verdict === undefined) return passage;
      if (passage instanceof Walk) limits.refund(passage);
      return judged(passage, verdict, passage.observed);
    },
    async trace(facts: RequestFacts, bytes: Uint8Array) {
      const heard: Heard[] = [];
      const heeded = ladder.map((step): Step => ({ ...step, judge: heeding(step, heard) }));
      const walk = new Walk(facts, sight);
      await climbing(heeded)(walk, 0);
      if (walk.verdict.kind === 'pass' && walk.bodyPlan === 'check') {
        const { verdict, observed } = judgeBody(walk, bytes);
        const refusal = verdict.kind === 'refuse' ? verdict.refusal : observed;
        if (refusal !== undefined) heard.push({ stages: ['body'], verdict: refused(refusal) });
      }
      const limited = walk.limitStates.map(({ limit }) => limit);
      return { steps: stepsOf(ladder, heard, walk), passage: walk, limits: limited };
    },
    refuse(passage, reason, detail, more) {
      if (more?.uncharged === true && passage instanceof Walk) limits.refund(passage);
      return withDueFields(refuse(passage?.operation, reason, detail, more), passage, challenge);
    },
    corsFields: cors.fields,
    judgeResponse: (passage, response) => cors.complete(judgeResponse(passage, response), passage, response),
    judgeResponseBody: watcher.body,
  };
}

/** Where the value of a body goes; nowhere where values are not kept. */
function keeperOf(passage: Passage): KeepBody | undefined {
  const values = passage instanceof Walk ? passage.values : undefined;
  return (
    values &&
    ((value) => {
      values.body = value;
    })
  );
}

/** A rung as it is, but for a note of what it says. */
function heeding({ stages, judge }: Step, heard: Heard[]): Rung {
  return async (walk) => {
    const rung: Heard = { stages, verdict: 'threw' };
    heard.push(rung);
    rung.verdict = await judge(walk);
    return rung.verdict;
  };
}

/** A passage with its last word: the one that came where it is a walk, whose own object it stays. */
function judged(passage: Passage, verdict: Verdict, observed: Refusal | undefined): Passage {
  return passage instanceof Walk ? Object.assign(passage, { verdict, observed }) : { ...passage, verdict, observed };
}

import { stages } from '@flick/contract';
import { factsFromBytes, type Passage, type RequestFacts, type Trace, type TracingDecider } from '@flick/decide';
import { describe, expect, it } from 'vitest';
import { deciderOf } from '../setting.ts';
import { readStories, type Story } from '../story.ts';

const source = { address: '127.0.0.1', secure: false } as const;

async function served(decider: TracingDecider, facts: RequestFacts, body: Uint8Array): Promise<Passage> {
  const passage = await decider.judgeHead(facts);
  return passage.verdict.kind === 'pass' && passage.bodyPlan === 'check' ? decider.judgeBody(passage, body) : passage;
}

/** What of a passage does not depend on the moment. */
function lasting({ verdict, observed, operation, consumer, target, address, bodyPlan }: Passage) {
  const refusal = (verdict.kind === 'refuse' && verdict.refusal) || observed;
  return {
    kind: verdict.kind,
    ...(refusal && { reason: refusal.reason, status: refusal.status, violations: refusal.violations }),
    operation: operation?.id,
    consumer,
    target,
    address,
    bodyPlan,
  };
}

/** The last request of a story: judged as when served, and traced by a ladder that has seen the same before. */
async function bothOf(story: Story): Promise<{ passage: Passage; trace: Trace }> {
  const one = deciderOf(story);
  const other = deciderOf(story);
  const judge = async (bytes: Uint8Array): Promise<{ passage: Passage; trace: Trace }> => {
    const { facts, body } = factsFromBytes(bytes, source);
    return { passage: await served(one, facts, body), trace: await other.trace(facts, body) };
  };
  const [first, ...others] = story.requests;
  if (!first) throw new Error('a story has one request at least');
  // One request after the other: a limit counts them.
  return others.reduce(async (before, bytes) => {
    await before;
    return judge(bytes);
  }, judge(first));
}

describe.each(readStories())('traced: $about', ({ stories }) => {
  it.each(stories.filter(({ over }) => over.includes('memory')))('$name', async (story) => {
    const { passage, trace } = await bothOf(story);
    expect(lasting(trace.passage)).toEqual(lasting(passage));
    expect(trace.steps.map(({ stage }) => stage)).toEqual(stages.slice(0, stages.indexOf('body') + 1));

    const results = trace.steps.map(({ result }) => result);
    const refusals = trace.steps.flatMap(({ result, refusal }) => (result === 'refused' ? [refusal] : []));
    expect(refusals).toEqual(lastingRefusals(passage).map((refusal) => expect.objectContaining(refusal)));
    expect(results.filter((result) => result === 'observed')).toHaveLength(passage.observed === undefined ? 0 : 1);
    expect(results.includes('answered')).toBe(passage.verdict.kind === 'answer');
    // Below the rung that decided all passed, above it none was asked; observing goes on to find out who calls.
    const end = results.findIndex((result) => result === 'refused' || result === 'answered');
    const decided = end >= 0 && passage.observed === undefined;
    expect(decided && results.slice(0, end).some((result) => result !== 'passed')).toBe(false);
    expect(decided && results.slice(end + 1).some((result) => result !== 'not reached')).toBe(false);
  });
});

function lastingRefusals({ verdict }: Passage): readonly object[] {
  if (verdict.kind !== 'refuse') return [];
  const { reason, status, precise, violations } = verdict.refusal;
  return [{ reason, status, precise, violations }];
}

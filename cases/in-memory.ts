import { type Decider, factsFromBytes, type Passage, problemOf, type Refusal } from '@flick/decide';
import type { Answer } from './answer.ts';
import { deciderOf, type Form } from './setting.ts';
import { inTurn, type Story } from './story.ts';

const headersOf = (fields: Iterable<readonly [string, string | readonly string[]]>): Record<string, string> =>
  [...fields].reduce<Record<string, string>>((all, [name, value]) => {
    const key = name.toLowerCase();
    const text = [value].flat().join(', ');
    all[key] = all[key] === undefined ? text : `${all[key]}, ${text}`;
    return all;
  }, {});

/** The body whose bytes decide, without the wire: what the gate would have read and handed on. */
async function judge(decider: Decider, bytes: Buffer): Promise<{ passage: Passage; body: Uint8Array }> {
  const { facts, body } = factsFromBytes(bytes, { address: '127.0.0.1', secure: false });
  const passage = await decider.judgeHead(facts);
  const judged = passage.verdict.kind === 'pass' && passage.bodyPlan === 'check';
  return { passage: judged ? decider.judgeBody(passage, body) : passage, body };
}

function answerOf(story: Story, decider: Decider, passage: Passage, body: Uint8Array): Answer {
  const cors = () => decider.corsFields(passage.facts);
  const shared = { operation: passage.operation?.id, observed: passage.observed?.reason };
  const refused = (refusal: Refusal, upstream: Answer['upstream']): Answer => {
    const problem = problemOf(refusal, { requestId: 'r', instance: passage.path });
    return {
      ...shared,
      status: refusal.status,
      precise: refusal.precise,
      reason: refusal.reason,
      fields: headersOf([...passage.limitFields, ...refusal.fields, ...cors()]),
      errors: problem.errors,
      body: passage.facts.method === 'HEAD' ? '' : JSON.stringify(problem),
      upstream,
    };
  };
  const { verdict } = passage;
  if (verdict.kind === 'refuse') return refused(verdict.refusal, undefined);
  if (verdict.kind === 'answer') {
    const { status } = verdict;
    const fields = headersOf([...passage.limitFields, ...verdict.fields, ...cors()]);
    return { ...shared, status, precise: status, reason: undefined, fields, errors: [], body: '', upstream: undefined };
  }
  const { method } = passage.facts;
  const upstream = { method, target: passage.target, body: Buffer.from(body).toString('latin1') };
  const sent = headersOf(Object.entries(story.upstream.fields ?? {}));
  const plan = decider.judgeResponse(passage, {
    status: story.upstream.status,
    contentType: sent['content-type'],
    has: (name) => Object.hasOwn(sent, name),
    get: (name) => sent[name],
  });
  const own = new Set([...passage.limitFields.map(([name]) => name.toLowerCase()), ...(plan.withheld ?? [])]);
  const passed = Object.entries(sent).filter(([name]) => !own.has(name));
  const kept = headersOf([...passed, ...passage.limitFields, ...plan.fields]);
  const { watch } = plan;
  const checks = plan.refusal === undefined && watch?.media !== undefined;
  const breach = checks
    ? decider.judgeResponseBody(passage, watch, Buffer.from(story.upstream.body ?? '')).breach
    : watch?.breach;
  const refusal = plan.refusal ?? (watch?.holds === true ? breach : undefined);
  if (refusal) {
    const answer = refused(refusal, upstream);
    const retryAfter = sent['retry-after'];
    return { ...answer, fields: { ...answer.fields, ...(retryAfter && { 'retry-after': retryAfter }) } };
  }
  return {
    ...shared,
    ...(breach && { observed: breach.reason }),
    status: plan.status,
    precise: story.upstream.status,
    reason: plan.reason,
    fields: kept,
    errors: [],
    body: method === 'HEAD' ? '' : (story.upstream.body ?? ''),
    upstream,
  };
}

/** Runs a story through the ladder alone: bytes in, answer out, no socket. */
export async function runInMemory(story: Story, form: Form = 'document'): Promise<Answer> {
  const decider = deciderOf(story, false, form);
  // One request after the other: a limit counts them.
  const answer = await inTurn(story.requests, async (bytes) => {
    const { passage, body } = await judge(decider, bytes);
    return answerOf(story, decider, passage, body);
  });
  if (!answer) throw new Error('a story has one request at least');
  return answer;
}

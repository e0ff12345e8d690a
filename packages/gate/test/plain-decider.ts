import { type Reason, reasons } from '@flick/contract';
import type { BodyPlan, Decider, MessageFault, Passage, Refusal, RefuseOptions, RequestFacts } from '@flick/decide';

const faults: Readonly<Record<MessageFault, Reason>> = {
  'malformed-request': 'malformed-request',
  'malformed-body-framing': 'malformed-request',
  'headers-too-large': 'headers-too-large',
  'target-too-long': 'target-too-long',
  'headers-too-slow': 'headers-too-slow',
  'body-too-slow': 'body-too-slow',
  'body-too-large': 'body-too-large',
  'unsupported-version': 'malformed-request',
};

const plans: Readonly<Record<string, BodyPlan>> = { '/check': 'check', '/stream': 'stream' };
const paths = new Set(['/open', '/check', '/stream', '/secret', '/crash', '/later']);
const methods = new Set(['GET', 'HEAD', 'OPTIONS', 'POST']);

function refuse(_about: unknown, reason: Reason, detail: string, options: RefuseOptions = {}): Refusal {
  const precise = options.precise ?? reasons[reason].code;
  const { violations = [], fields = [], close = false } = options;
  return { reason, precise, status: precise, detail, violations, fields, close };
}

function judge(facts: RequestFacts): Passage {
  const path = facts.target.split('?', 1)[0] ?? '';
  const passage = {
    facts,
    operation: undefined,
    target: facts.target,
    path,
    address: facts.address,
    consumer: undefined,
    limitFields: [],
    observed: undefined,
    bodyPlan: 'none',
    media: undefined,
    values: undefined,
    allow: ['GET', 'HEAD', 'OPTIONS', 'POST'],
  } as const;
  const refused = (reason: Reason, options?: RefuseOptions): Passage => ({
    ...passage,
    verdict: { kind: 'refuse', refusal: refuse(undefined, reason, `Refused: ${reason}.`, options) },
  });
  if (facts.fault !== undefined) return refused(faults[facts.fault], { close: true });
  if (facts.version !== '1.1' && facts.version !== '1.0') return refused('malformed-request', { precise: 505 });
  if (!facts.headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'host')) {
    return refused('malformed-request', { close: true });
  }
  const expectation = fieldOf(facts, 'expect');
  if (expectation !== undefined && expectation !== '100-continue') return refused('unknown-expectation');
  if (path === '/crash') throw new Error('a secret of the ladder');
  if (!paths.has(path)) return refused('unknown-path');
  if (!methods.has(facts.method)) {
    const known = facts.method === 'DELETE' || facts.method === 'CONNECT';
    return refused(known ? 'method-not-allowed' : 'unknown-method', { fields: [['Allow', passage.allow.join(', ')]] });
  }
  if (facts.method === 'OPTIONS') {
    return { ...passage, verdict: { kind: 'answer', status: 204, fields: [['Allow', passage.allow.join(', ')]] } };
  }
  if (path === '/secret') {
    return refused('missing-credentials', {
      fields: [
        ['WWW-Authenticate', 'Bearer realm="api"'],
        ['WWW-Authenticate', 'Basic realm="api"'],
      ],
    });
  }
  if (Number(fieldOf(facts, 'content-length')) > 1024) return refused('body-too-large');
  const bodyPlan = facts.method === 'POST' ? (plans[path] ?? 'none') : 'none';
  return { ...passage, bodyPlan, verdict: { kind: 'pass' } };
}

function fieldOf(facts: RequestFacts, name: string): string | undefined {
  const at = facts.headers.findIndex((field, index) => index % 2 === 0 && field.toLowerCase() === name);
  return at === -1 ? undefined : facts.headers[at + 1];
}

/**
 * A ladder of a few steps, for tests of the gate: `/open`, `/check` (its body is checked: `"bad"` is refused), `/stream`
 * (its body streams), `/secret` (401), `/crash` (throws), `/later` (judged some time later); all else is 404.
 */
export const plainDecider: Decider = {
  judgeHead: (facts) => {
    const passage = judge(facts);
    if (passage.path !== '/later') return passage;
    return new Promise((resolve) => {
      setTimeout(() => resolve(passage), 50);
    });
  },
  judgeLoad: (passage) => passage,
  judgeBody: (passage, bytes) => {
    if (!Buffer.from(bytes).includes('"bad"')) return passage;
    return { ...passage, verdict: { kind: 'refuse', refusal: refuse(undefined, 'wrong-value', 'Refused: "bad".') } };
  },
  refuse,
  corsFields: () => [],
  judgeResponse: (_passage, { status }) => ({
    status,
    body: 'pass',
    fields: [],
    reason: undefined,
    refusal: undefined,
    declared: true,
    withheld: undefined,
    watch: undefined,
  }),
  judgeResponseBody: (_passage, { breach }) => ({ breach }),
};

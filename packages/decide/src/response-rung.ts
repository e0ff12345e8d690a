import type { Contract, Operation, Reason } from '@flick/contract';
import type { Challenge } from './challenge.ts';
import { published, type Refuse } from './refusal.ts';
import type { ResponseWatcher } from './response-watch.ts';
import type { Field, Passage, Refusal, ResponseFacts, ResponsePlan } from './verdict.ts';

// Why a refusal of the API's own is, as far as its code tells.
const reasonsByCode: Readonly<Record<number, Reason>> = {
  401: 'invalid-credentials',
  403: 'insufficient-credentials',
  404: 'unknown-resource',
  405: 'method-not-allowed',
  406: 'not-acceptable',
  408: 'body-too-slow',
  410: 'unknown-resource',
  413: 'body-too-large',
  414: 'target-too-long',
  415: 'unsupported-media-type',
  417: 'unknown-expectation',
  429: 'consumer-limit',
  431: 'headers-too-large',
  501: 'unknown-method',
};

// Bodies that people and programs read as text: these pass even where the code is folded.
const readable = /^(?:text\/[^;\s]+|application\/(?:[^;\s]+\+)?json)\s*(?:;|$)/i;

const noFields: readonly Field[] = [];

/**
 * Rung 12: how an answer of the API is passed on. Codes below 400 pass; a published 4xx passes with its body; another is
 * folded and keeps its body where that is JSON or text; the body of a 5xx is always replaced, so that nothing leaks.
 * Under observe all passes as it is. Where the operation's responses are watched, the watcher has the last word.
 */
export function compileResponseRung(
  contract: Contract,
  challenge: Challenge,
  watcher: ResponseWatcher,
  refuse: Refuse,
): (passage: Passage, response: ResponseFacts) => ResponsePlan {
  const passOn = (passage: Passage, response: ResponseFacts): ResponsePlan => {
    const { operation } = passage;
    const declared = declares(operation, response.status);
    const { mode } = operation?.switches ?? contract.switches;
    const told = reasonsByCode[response.status];
    if (response.status < 400 || mode === 'observe') {
      return planOf(response.status, noFields, undefined, told, declared);
    }
    // That the API does not speak the gate's version of HTTP is nothing that the caller did.
    if (response.status === 505) {
      const refusal = refuse(operation, 'upstream-malformed', 'The API does not speak HTTP/1.1.');
      return planOf(refusal.status, noFields, refusal, refusal.reason, declared);
    }
    const status = published(contract, operation, response.status);
    const fields: Field[] = [];
    if (status === 401 && !response.has('www-authenticate')) fields.push(['WWW-Authenticate', challenge(operation)]);
    if (status === 405 && !response.has('allow')) fields.push(['Allow', passage.allow.join(', ')]);
    const passes = response.status < 500 && (status === response.status || readable.test(response.contentType ?? ''));
    if (passes) return planOf(status, fields, undefined, told, declared);
    const reason = told ?? (response.status < 500 ? 'wrong-value' : 'unhandled-error');
    const detail = response.status < 500 ? 'The API refused the request.' : 'The API failed to answer.';
    const refusal = refuse(operation, reason, detail, { precise: response.status, fields });
    return planOf(refusal.status, fields, refusal, reason, declared);
  };
  return (passage, response) => {
    const { operation } = passage;
    const plan = passOn(passage, response);
    if (operation === undefined || operation.switches.responses === 'off') return plan;
    const watch = watcher.head(passage, operation, response, plan);
    if (watch === undefined) return plan;
    const { breach: refusal } = watch;
    if (!watch.holds || refusal === undefined) return { ...plan, watch };
    return { ...plan, status: refusal.status, body: 'replace', fields: noFields, refusal, reason: refusal.reason };
  };
}

/** All plans have all members: V8 gives a copy to which a member is added a shape of its own, each time anew. */
function planOf(
  status: number,
  fields: readonly Field[],
  refusal: Refusal | undefined,
  reason: Reason | undefined,
  declared: boolean,
): ResponsePlan {
  const body = refusal === undefined ? 'pass' : 'replace';
  return { status, body, fields, withheld: undefined, refusal, reason, declared, watch: undefined };
}

/** A refusal with the fields that its code must have and that whoever made it did not give. */
export function withDueFields(refusal: Refusal, passage: Passage | undefined, challenge: Challenge): Refusal {
  const { status, fields } = refusal;
  const lacks = (lowerName: string): boolean => fields.every(([name]) => name.toLowerCase() !== lowerName);
  if (status === 401 && lacks('www-authenticate')) {
    return { ...refusal, fields: [...fields, ['WWW-Authenticate', challenge(passage?.operation)]] };
  }
  if (status === 405 && lacks('allow')) {
    return { ...refusal, fields: [...fields, ['Allow', (passage?.allow ?? []).join(', ')]] };
  }
  return refusal;
}

function declares(operation: Operation | undefined, status: number): boolean {
  if (operation === undefined) return false;
  const { responses } = operation;
  return responses.has(String(status)) || responses.has(`${Math.floor(status / 100)}XX`) || responses.has('default');
}

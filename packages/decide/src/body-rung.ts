import type { Operation } from '@flick/contract';
import { judgeMedia, type KeepBody, readBody } from './body.ts';
import { Fields } from './fields.ts';
import type { Sizes } from './ports.ts';
import { refuseViolations, type Refuse, refused } from './refusal.ts';
import type { Passage, Refusal } from './verdict.ts';
import type { Rung } from './walk.ts';

/** Rung 10, of the head alone: may the body come at all, in this type and of this size? */
export function compileMediaRung(sizes: Sizes, refuse: Refuse): Rung {
  return (walk) => {
    const { operation, fields, hasBody, contentLength } = walk;
    if (operation === undefined) return undefined;
    const { plan, media, refusal } = judgeMedia(operation, { headers: fields, hasBody, contentLength, sizes });
    if (refusal === undefined) {
      walk.bodyPlan = plan;
      walk.media = media;
      return undefined;
    }
    const { reason, detail, violations, fields: due } = refusal;
    return refused(refuse(operation, reason, detail, { violations, ...(due && { fields: due }) }));
  };
}

/**
 * The end of rung 10, of the head: did the body arrive whole? Only where the parser already knows, since a body is not
 * read before its head is judged: whatever else a request lacks is said first.
 */
export function compileWholeRung(refuse: Refuse): Rung {
  return ({ facts, operation }) => {
    const { fault } = facts;
    if (fault === 'malformed-body-framing') {
      const detail = 'The body is not framed as its Transfer-Encoding says.';
      return refused(refuse(operation, 'malformed-request', detail, { close: true }));
    }
    if (fault === 'body-too-slow') {
      return refused(refuse(operation, fault, 'The body did not arrive whole in time.', { close: true }));
    }
    if (fault === 'body-too-large') {
      return refused(refuse(operation, fault, 'The body is larger than the server takes.', { close: true }));
    }
    return undefined;
  };
}

/** Rung 10, of the bytes: syntax and schema. Undefined where the body holds. */
export function judgeBytes(
  operation: Operation,
  passage: Passage,
  bytes: Uint8Array,
  sizes: Sizes,
  refuse: Refuse,
  keep: KeepBody | undefined,
): Refusal | undefined {
  const contentType = new Fields(passage.facts.headers).get('content-type');
  const violations = readBody(operation, passage.media, contentType, bytes, sizes, keep);
  return violations.length === 0 ? undefined : refuseViolations(refuse, operation, violations);
}

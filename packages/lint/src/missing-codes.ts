import { type Operation, type Reason, reasons } from '@flick/contract';
import { expectationOf, sentCode } from './expectations.ts';
import type { Severity } from './finding.ts';
import { lists } from './listing.ts';
import type { Rule } from './rule.ts';

/** A rule for codes that are sent and not listed. Which code that is, the reasons and the table say. */
interface MissingCode {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly meaning: string;
  readonly reasons: readonly Reason[];
  /** What the operation is or does, as in "the operation takes a body". */
  readonly because: string;
  /** Where the reasons alone do not say whom the rule is about. */
  readonly only?: (operation: Operation) => boolean;
}

function missingCode({ reasons: due, because, only, ...about }: MissingCode): Rule {
  return {
    ...about,
    mend: 'List the code in the responses of the operation; flick lint --fix writes it.',
    *check(operation, context) {
      if (only?.(operation) === false) return;
      const titles = new Map<number, string[]>();
      for (const reason of due) {
        if (expectationOf(reason, operation, context) !== 'due') continue;
        const code = sentCode(reason, operation, context);
        if (lists(operation, code)) continue;
        titles.set(code, [...(titles.get(code) ?? []), reasons[reason].title.toLowerCase()]);
      }
      for (const [code, all] of titles) {
        const message = `the operation ${because} and lists no ${code} (${all.join(', ')}); list ${code}`;
        yield { message, at: '/responses', missing: code };
      }
    },
  };
}

/** In the order of the ladder: where two rules miss the same code, the first tells of it. */
export const missingCodes: readonly Rule[] = [
  missingCode({
    id: 'limited-without-429',
    severity: 'error',
    title: 'Limited, and does not say so',
    meaning: 'A limit counts the requests of the operation, and callers are not told of the code that says so.',
    reasons: ['address-limit', 'shared-limit', 'consumer-limit'],
    because: 'is limited',
  }),
  missingCode({
    id: 'secured-without-401',
    severity: 'error',
    title: 'Secured, and does not say so',
    meaning: 'The operation requires credentials, and callers are not told what they get without good ones.',
    reasons: ['missing-credentials', 'invalid-credentials', 'expired-credentials'],
    because: 'is secured',
  }),
  missingCode({
    id: 'scoped-without-403-or-401',
    severity: 'error',
    title: 'Needs scopes, and does not say so',
    meaning:
      'The operation requires scopes, and callers are not told what they get without them: 403, or 401 where the table folds it.',
    reasons: ['insufficient-credentials'],
    because: 'requires scopes',
  }),
  missingCode({
    id: 'parameters-without-400',
    severity: 'error',
    title: 'Takes parameters, and does not say what wrong ones get',
    meaning:
      'The operation takes parameters, and callers are not told what they get for missing, wrong or unknown ones.',
    reasons: ['missing-parameter', 'wrong-value', 'unknown-parameter'],
    because: 'takes parameters',
    only: ({ parameters }) => parameters.length > 0,
  }),
  missingCode({
    id: 'body-without-400',
    severity: 'error',
    title: 'Takes a body, and does not say what a wrong one gets',
    meaning:
      'The operation takes a body, and callers are not told what they get for a missing, malformed or wrong one.',
    reasons: ['missing-body', 'malformed-body', 'wrong-value'],
    because: 'takes a body',
    only: ({ body }) => body !== undefined,
  }),
  missingCode({
    id: 'body-without-415',
    severity: 'warning',
    title: 'Takes a body, and does not say what another media type gets',
    meaning: 'The operation takes some media types alone: others get 415, or 400 where the table folds it.',
    reasons: ['unsupported-media-type'],
    because: 'takes a body of certain media types',
  }),
  missingCode({
    id: 'body-without-413',
    severity: 'warning',
    title: 'Takes a body, and does not say what too large a one gets',
    meaning: 'Every server has a limit to what it takes: beyond it is 413, or 400 where the table folds it.',
    reasons: ['body-too-large'],
    because: 'takes a body',
  }),
  missingCode({
    id: 'body-without-408',
    severity: 'warning',
    title: 'Takes a body, and does not say what too slow a one gets',
    meaning: 'A body that does not arrive whole in time gets 408, which callers can only expect where it is listed.',
    reasons: ['body-too-slow'],
    because: 'takes a body',
  }),
  missingCode({
    id: 'without-404',
    severity: 'warning',
    title: 'Names a resource, and does not say what an unknown one gets',
    meaning: 'The path has a parameter, so that it can name something that is not there.',
    reasons: ['unknown-resource'],
    because: 'names a resource in its path',
  }),
  missingCode({
    id: 'without-500',
    severity: 'warning',
    title: 'Does not say what a failure gets',
    meaning: 'Every API can fail; callers that know of 500 report it or try again.',
    reasons: ['unhandled-error'],
    because: 'can fail',
  }),
];

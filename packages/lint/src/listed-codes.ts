import { type Operation, reasons } from '@flick/contract';
import { allReasons, type Expectation, expectationOf, sentCode } from './expectations.ts';
import { errorResponses, listedErrors, listsSuccess } from './listing.ts';
import type { Context, Observation, Rule } from './rule.ts';

/**
 * Who can send a listed error code. `undefined`: the ladder can, or no reason claims the code, so that it is one of the
 * API's own, such as 409. Else why the ladder never does.
 */
function barTo(
  code: number,
  operation: Operation,
  context: Context,
): Exclude<Expectation, 'due' | 'possible'> | undefined {
  const bars = new Set<Expectation>();
  for (const reason of allReasons) {
    const sent = sentCode(reason, operation, context) === code;
    if (!sent && reasons[reason].code !== code) continue;
    const expectation = expectationOf(reason, operation, context);
    const meets = expectation === 'due' || expectation === 'possible';
    if (meets && sent) return undefined;
    // What the ladder folds to another code, the API may still send as it is.
    bars.add(meets ? 'api' : expectation);
  }
  if (bars.has('api')) return 'api';
  if (bars.has('path')) return 'path';
  return bars.has('never') ? 'never' : undefined;
}

function* barred(
  bar: Expectation,
  operation: Operation,
  context: Context,
  say: (code: number) => string,
): Iterable<Observation> {
  for (const code of listedErrors(operation)) {
    if (barTo(code, operation, context) === bar) yield { message: say(code), at: `/responses/${code}` };
  }
}

/** Rules for the codes that an operation lists. */
export const listedCodes: readonly Rule[] = [
  {
    id: 'undocumented-success',
    severity: 'warning',
    title: 'Does not say what success is',
    meaning: 'The operation lists no code below 400, so that nobody knows what a good answer looks like.',
    mend: 'List the code that a request gets where all goes well, with its schema.',
    *check(operation) {
      if (listsSuccess(operation) || operation.responses.has('default')) return;
      const message = 'the operation lists no code of success; list the one that a good request gets, such as 200';
      yield { message, at: '/responses' };
    },
  },
  {
    id: 'only-default',
    severity: 'note',
    title: 'Names no error code',
    meaning: 'Errors are told of by default or by ranges alone, so that clients cannot tell which codes to expect.',
    mend: 'List the error codes that are due; default may stay for the rest.',
    *check(operation) {
      const { responses } = operation;
      const vague = [...responses.keys()].find((code) => code === 'default' || /^[45]XX$/.test(code));
      if (vague === undefined || listedErrors(operation).length > 0) return;
      const message = `the operation names no error code beside ${vague}; list those that callers are to expect`;
      yield { message, at: `/responses/${vague}` };
    },
  },
  {
    id: 'unreachable-code',
    severity: 'warning',
    title: 'Lists a code that never comes',
    meaning: 'Neither Flick nor the API behind has a reason to send it here, such as 415 where no body is taken.',
    mend: 'Remove the code, or declare what leads to it.',
    check: (operation, context) =>
      barred('never', operation, context, (code) => {
        return `${code} never comes: nothing that the operation declares leads to it; remove it, or declare what does`;
      }),
  },
  {
    id: 'code-of-the-path',
    severity: 'note',
    title: 'Lists a code of the path',
    meaning:
      'The code answers other methods, or other paths, than the operation is for: its own requests never get it. OpenAPI has no better place for it, so that it may well stay for the reader.',
    mend: 'Keep it for the reader, or remove it.',
    check: (operation, context) =>
      barred('path', operation, context, (code) => {
        return `${code} answers other methods than ${operation.method}, never this operation; keep it for readers, or remove it`;
      }),
  },
  {
    id: 'code-of-the-api',
    severity: 'note',
    title: 'Lists a code that the API alone can send',
    meaning:
      'Flick has no reason to send the code here, such as 401 where the operation has no security. The API may, as a login does.',
    mend: 'Declare what leads to it, such as security or a limit; keep it where the API itself sends it.',
    check: (operation, context) =>
      barred('api', operation, context, (code) => {
        return `${code} can come from the API alone: nothing that the operation declares leads to it; declare what does, or keep it where the API sends it`;
      }),
  },
  {
    id: 'code-outside-table',
    severity: 'note',
    title: 'Lists a code that the table does not have',
    meaning:
      'The operation publishes a code beside the table, so that its clients must know one code more than others.',
    mend: 'Add the code to the table (codes), or use one that is there.',
    *check(operation, { contract: { table } }) {
      for (const code of listedErrors(operation)) {
        if (table.codes.includes(code)) continue;
        const message = `${code} is not in the published table; add it to "codes", or use one of ${errorCodes(table.codes)}`;
        yield { message, at: `/responses/${code}` };
      }
    },
  },
  {
    id: 'error-without-schema',
    severity: 'warning',
    title: 'Error without a schema',
    meaning: 'Clients cannot read an error whose body nobody describes.',
    mend: 'Give the response a content with a schema: application/problem+json of RFC 9457.',
    *check(operation) {
      for (const { code, content } of errorResponses(operation)) {
        const described = content.some(({ kind, check }) => check !== undefined || kind === 'opaque');
        if (described) continue;
        const what = content.length === 0 ? 'no content' : 'no schema';
        yield {
          message: `${code} has ${what}; describe its body, best as application/problem+json`,
          at: `/responses/${code}`,
        };
      }
    },
  },
  {
    id: 'errors-of-several-shapes',
    severity: 'note',
    title: 'Errors of several shapes',
    meaning: 'The error body differs from most others of the contract, so that clients need code of its own for it.',
    mend: 'Describe all errors with one schema; it may have more members where an error has more to tell.',
    *check(operation, { errorBodies }) {
      for (const response of errorResponses(operation)) {
        const odd = errorBodies.odd(response);
        if (odd === undefined) continue;
        const message = `the body of ${response.code} has ${named(odd)}, most errors have ${named(errorBodies.commonest)}; use one schema`;
        yield { message, at: `/responses/${response.code}` };
      }
    },
  },
];

function errorCodes(codes: readonly number[]): string {
  return codes.filter((code) => code >= 400).join(', ');
}

/** Members by name; a body may have hundreds. */
function named(members: readonly string[]): string {
  const shown = members.slice(0, 6).map((member) => `"${member}"`);
  return members.length > shown.length
    ? `${shown.join(', ')} and ${members.length - shown.length} more`
    : shown.join(', ');
}

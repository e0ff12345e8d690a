import { STATUS_CODES } from 'node:http';
import { type Operation, reasons } from '@flick/contract';
import { namesAt, pathOf, valueAt } from './document-path.ts';
import { allReasons, expectationOf, sentCode } from './expectations.ts';
import type { Context } from './rule.ts';
import type { Written } from './written-value.ts';

type Components = Record<string, Record<string, Written>>;

/** Responses that operations refer to: those of the document, and those that are to be added to it. */
export interface ErrorResponses {
  /** The `$ref` of the response that an operation lists for a code. */
  readonly refOf: (code: number) => string;
  /** What must be added below `components` for the refs that were given: by section, then by name. */
  readonly added: () => Readonly<Components>;
}

const responsePrefix = '#/components/responses/';

/**
 * Finds a response of the document for each code: the one that most operations use for it, else one that is named
 * after it; else adds one, a problem of RFC 9457.
 *
 * @param root - the document
 * @param needing - the operations that lack a code
 */
export function errorResponsesOf(
  root: unknown,
  context: Context,
  needing: (code: number) => readonly Operation[],
): ErrorResponses {
  const { operations } = context.contract;
  const used = usedResponses(root, operations);
  const added: Components = {};
  const given = new Map<number, string>();

  const make = (code: number): string => {
    const name = (STATUS_CODES[code] ?? `Error ${code}`).replaceAll(/[^A-Za-z\d]/g, '');
    if (valueAt(root, ['components', 'responses', name]) === undefined) {
      const schema = schemaName(root);
      if (valueAt(root, ['components', 'schemas', schema]) === undefined) {
        added['schemas'] = { [schema]: problemSchema };
      }
      added['responses'] ??= {};
      added['responses'][name] = problemResponse(describe(code, needing(code), context), schema);
    }
    return responsePrefix + name;
  };

  return {
    refOf(code) {
      const ref = given.get(code) ?? used.get(code) ?? make(code);
      given.set(code, ref);
      return ref;
    },
    added: () => added,
  };
}

/** By code, the shared response that operations list for it most often. */
function usedResponses(root: unknown, operations: readonly Operation[]): ReadonlyMap<number, string> {
  const counts = new Map<string, number>();
  const most = new Map<number, string>();
  for (const { file, pointer, ownCodes } of operations) {
    if (file !== undefined) continue;
    const responses = valueAt(root, [...pathOf(pointer), 'responses']);
    for (const code of ownCodes) {
      const ref = valueAt(responses, [String(code), '$ref']);
      if (typeof ref !== 'string' || !ref.startsWith(responsePrefix)) continue;
      const key = `${code} ${ref}`;
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count > (counts.get(`${code} ${most.get(code) ?? ''}`) ?? 0)) most.set(code, ref);
    }
  }
  return most;
}

/** The schema of problems that the document has, or the name for a new one. */
function schemaName(root: unknown): string {
  const section = ['components', 'schemas'];
  const names = namesAt(root, section);
  const known = names.find((name) => {
    const members = namesAt(root, [...section, name, 'properties']);
    return ['type', 'title', 'status', 'detail'].every((member) => members.includes(member));
  });
  if (known !== undefined) return known;
  let name = 'Problem';
  while (names.includes(name)) name += 'Details';
  return name;
}

/** What a code means to the operations that lack it: its name, and the reasons of the catalogue. */
function describe(code: number, operations: readonly Operation[], context: Context): string {
  const titles = allReasons
    .filter((reason) =>
      operations.some(
        (operation) =>
          expectationOf(reason, operation, context) === 'due' && sentCode(reason, operation, context) === code,
      ),
    )
    .map((reason) => reasons[reason].title.toLowerCase());
  const name = STATUS_CODES[code] ?? `Error ${code}`;
  const more = [...new Set(titles)].filter((title) => title !== name.toLowerCase());
  return more.length === 0 ? `${name}.` : `${name}: ${more.join(', ')}.`;
}

function problemResponse(description: string, schema: string): Written {
  const content = { 'application/problem+json': { schema: { $ref: `#/components/schemas/${schema}` } } };
  return { description, content };
}

const text = { type: 'string' };
const reference = { type: 'string', format: 'uri-reference' };

/** The members of RFC 9457, and those that Flick adds. */
const problemSchema: Written = {
  description: 'RFC 9457.',
  type: 'object',
  properties: {
    type: reference,
    title: text,
    status: { type: 'integer' },
    detail: text,
    instance: reference,
    request_id: text,
    reason: text,
    errors: { type: 'array', items: { type: 'object' } },
  },
};

import { type LintSettings, rules } from '@flick/lint';
import { describe, expect, it } from 'vitest';
import { body, described, documentWith, findingsOf, id, listing, query, saidBy } from './contracts.ts';

interface Example {
  readonly rule: string;
  readonly case: string;
  readonly document: object;
  readonly settings?: LintSettings;
  readonly says: string | undefined;
}

const secured = { security: [{ bearer: [] }] };
const scoped = { security: [{ bearer: ['things:read'] }] };
const allCodes = listing(400, 401, 404, 408, 429, 500);
const limits: LintSettings['limits'] = [{ name: 'all', requests: 10, windowMs: 1000, by: 'consumer' }];
const limitsElsewhere: LintSettings['limits'] = [
  { name: 'one', requests: 10, windowMs: 1000, by: 'address', operations: ['another'] },
];
const standard = { contract: { codes: 'standard' } } as const;
const counted = { 200: { description: 'Fine.', headers: { 'X-RateLimit-Limit': { schema: { type: 'integer' } } } } };
const byPost = { method: 'post' };
const byId = { path: '/things/{id}' };
const another = { type: 'object', properties: { error: { type: 'string' } } };
const several = {
  more: {
    paths: {
      '/things': { get: { operationId: 'getThings', responses: listing(400, 500) } },
      '/others': {
        get: {
          operationId: 'getOthers',
          responses: { 200: {}, 500: { description: 'x', content: { 'application/json': { schema: another } } } },
        },
      },
    },
  },
};

const examples: readonly Example[] = [
  {
    rule: 'contract-fault',
    case: 'a $ref leads nowhere',
    document: documentWith({ parameters: [{ $ref: '#/nowhere' }], responses: allCodes }),
    says: 'points at nothing',
  },
  {
    rule: 'contract-fault',
    case: 'a schema of a response cannot be compiled',
    document: documentWith({
      responses: {
        ...listing(500),
        200: { description: 'x', content: { 'application/json': { schema: { pattern: '(' } } } },
      },
    }),
    says: 'pattern',
  },
  { rule: 'contract-fault', case: 'all is well', document: documentWith({ responses: allCodes }), says: undefined },
  {
    rule: 'limited-without-429',
    case: 'a limit counts it',
    document: documentWith({ responses: listing(500) }),
    settings: { limits },
    says: 'is limited and lists no 429 (too many requests from this consumer)',
  },
  {
    rule: 'limited-without-429',
    case: 'its answers tell of a limit',
    document: documentWith({ responses: counted }),
    says: 'lists no 429',
  },
  {
    rule: 'limited-without-429',
    case: 'a limit counts others alone',
    document: documentWith({ responses: listing(500) }),
    settings: { limits: limitsElsewhere },
    says: undefined,
  },
  {
    rule: 'limited-without-429',
    case: 'no limits are known',
    document: documentWith({ responses: listing(500) }),
    says: undefined,
  },
  {
    rule: 'secured-without-401',
    case: 'it is secured',
    document: documentWith({ ...secured, responses: listing(500) }),
    says: 'lists no 401 (credentials required, invalid credentials, expired credentials)',
  },
  {
    rule: 'secured-without-401',
    case: 'credentials are optional, and bad ones are refused',
    document: documentWith({ security: [{}, { bearer: [] }], responses: listing(500) }),
    says: 'lists no 401 (invalid credentials, expired credentials)',
  },
  {
    rule: 'secured-without-401',
    case: 'it is open',
    document: documentWith({ security: [], responses: listing(500) }),
    says: undefined,
  },
  {
    rule: 'secured-without-401',
    case: 'a range tells of it',
    document: documentWith({ ...secured, responses: listing('4XX', 500) }),
    says: undefined,
  },
  {
    rule: 'secured-without-401',
    case: 'default tells of it',
    document: documentWith({ ...secured, responses: listing('default') }),
    says: undefined,
  },
  {
    rule: 'secured-without-401',
    case: 'the table has no 401, so that 400 is sent',
    document: documentWith({ ...secured, responses: listing(500) }),
    settings: { contract: { codes: [200, 400, 500] } },
    says: 'lists no 400',
  },
  {
    rule: 'scoped-without-403-or-401',
    case: 'scopes are due, and all of RFC 9110 is published',
    document: documentWith({ ...scoped, responses: listing(401, 500) }),
    settings: standard,
    says: 'requires scopes and lists no 403',
  },
  {
    rule: 'scoped-without-403-or-401',
    case: '403 is folded to a 401 that is listed',
    document: documentWith({ ...scoped, responses: listing(401, 500) }),
    says: undefined,
  },
  {
    rule: 'scoped-without-403-or-401',
    case: 'no scope is due',
    document: documentWith({ ...secured, responses: listing(401, 500) }),
    settings: standard,
    says: undefined,
  },
  {
    rule: 'parameters-without-400',
    case: 'it takes a parameter',
    document: documentWith({ parameters: [query], responses: listing(500) }),
    says: 'lists no 400 (wrong value, unknown parameter)',
  },
  {
    rule: 'parameters-without-400',
    case: 'it takes none',
    document: documentWith({ responses: listing(500) }),
    says: undefined,
  },
  {
    rule: 'body-without-400',
    case: 'it takes a body',
    document: documentWith({ requestBody: body, responses: listing(500) }, byPost),
    says: 'takes a body and lists no 400 (missing body, malformed body, wrong value)',
  },
  {
    rule: 'body-without-400',
    case: 'it lists 400',
    document: documentWith({ requestBody: body, responses: listing(400, 500) }, byPost),
    says: undefined,
  },
  {
    rule: 'body-without-415',
    case: 'all of RFC 9110 is published',
    document: documentWith({ requestBody: body, responses: listing(400, 500) }, byPost),
    settings: standard,
    says: 'lists no 415',
  },
  {
    rule: 'body-without-415',
    case: '415 is folded to a 400 that is listed',
    document: documentWith({ requestBody: body, responses: listing(400, 500) }, byPost),
    says: undefined,
  },
  {
    rule: 'body-without-413',
    case: 'all of RFC 9110 is published',
    document: documentWith({ requestBody: body, responses: listing(400, 500) }, byPost),
    settings: standard,
    says: 'lists no 413',
  },
  {
    rule: 'body-without-413',
    case: 'there is no body',
    document: documentWith({ responses: listing(400, 500) }),
    settings: standard,
    says: undefined,
  },
  {
    rule: 'body-without-408',
    case: 'it takes a body',
    document: documentWith({ requestBody: body, responses: listing(400, 500) }, byPost),
    says: 'lists no 408 (request body too slow)',
  },
  {
    rule: 'body-without-408',
    case: 'it takes none',
    document: documentWith({ responses: listing(400, 500) }),
    says: undefined,
  },
  {
    rule: 'without-404',
    case: 'its path has a parameter',
    document: documentWith({ parameters: [id], responses: listing(400, 500) }, byId),
    says: 'lists no 404 (no such resource)',
  },
  {
    rule: 'without-404',
    case: 'its path has none',
    document: documentWith({ responses: listing(400, 500) }),
    says: undefined,
  },
  { rule: 'without-500', case: 'it lists no 500', document: documentWith({ responses: listing(400) }), says: 'no 500' },
  {
    rule: 'without-500',
    case: 'it lists 5XX',
    document: documentWith({ responses: listing(400, '5XX') }),
    says: undefined,
  },
  {
    rule: 'undocumented-success',
    case: 'it lists errors alone',
    document: documentWith({ responses: { 500: described } }),
    says: 'lists no code of success',
  },
  {
    rule: 'undocumented-success',
    case: 'it has no responses',
    document: documentWith({}),
    says: 'lists no code of success',
  },
  {
    rule: 'undocumented-success',
    case: 'it redirects',
    document: documentWith({ responses: { 302: { description: 'x' }, 500: described } }),
    says: undefined,
  },
  {
    rule: 'only-default',
    case: 'errors are told of by default alone',
    document: documentWith({ responses: listing('default') }),
    says: 'names no error code beside default',
  },
  {
    rule: 'only-default',
    case: 'errors are told of by ranges alone',
    document: documentWith({ responses: listing('4xx', '5xx') }),
    says: 'names no error code beside 4XX',
  },
  {
    rule: 'only-default',
    case: 'default is for the rest',
    document: documentWith({ responses: listing(400, 'default') }),
    says: undefined,
  },
  {
    rule: 'unreachable-code',
    case: '415 is listed and no body is taken',
    document: documentWith({ responses: listing(415, 500) }),
    says: '415 never comes',
  },
  {
    rule: 'unreachable-code',
    case: '413 is listed, no body is taken, and all of RFC 9110 is published',
    document: documentWith({ responses: listing(413, 500) }),
    settings: standard,
    says: '413 never comes',
  },
  {
    rule: 'unreachable-code',
    case: '415 is listed and a body is taken',
    document: documentWith({ requestBody: body, responses: listing(400, 408, 415, 500) }, byPost),
    says: undefined,
  },
  {
    rule: 'unreachable-code',
    case: 'the API has codes of its own, and those of a gateway',
    document: documentWith({ responses: listing(402, 406, 409, 410, 422, 451, 500, 502, 503, 504) }),
    says: undefined,
  },
  {
    rule: 'unreachable-code',
    case: 'any request can be malformed, slow or of an unknown resource',
    document: documentWith({ responses: listing(400, 404, 408, 500) }),
    says: undefined,
  },
  {
    rule: 'code-of-the-path',
    case: '405 is listed',
    document: documentWith({ responses: listing(405, 500) }),
    says: '405 answers other methods than GET',
  },
  { rule: 'code-of-the-path', case: 'it is not', document: documentWith({ responses: allCodes }), says: undefined },
  {
    rule: 'code-of-the-api',
    case: '401 is listed and the operation is open',
    document: documentWith({ responses: listing(401, 500) }),
    says: '401 can come from the API alone',
  },
  {
    rule: 'code-of-the-api',
    case: '429 is listed and no limit counts the operation',
    document: documentWith({ responses: listing(429, 500) }),
    settings: { limits: limitsElsewhere },
    says: '429 can come from the API alone',
  },
  {
    rule: 'code-of-the-api',
    case: '431 is listed, which the table folds before the operation is known',
    document: documentWith({ responses: listing(431, 500) }),
    says: '431 can come from the API alone',
  },
  {
    rule: 'code-of-the-api',
    case: '431 is published by the table',
    document: documentWith({ responses: listing(431, 500) }),
    settings: standard,
    says: undefined,
  },
  {
    rule: 'code-of-the-api',
    case: '403 is listed and the operation is secured',
    document: documentWith({ ...secured, responses: listing(401, 403, 500) }),
    says: undefined,
  },
  {
    rule: 'code-outside-table',
    case: '409 is listed',
    document: documentWith({ responses: listing(409, 500) }),
    says: '409 is not in the published table',
  },
  {
    rule: 'code-outside-table',
    case: 'the table has 409',
    document: documentWith({ responses: listing(409, 500) }),
    settings: standard,
    says: undefined,
  },
  {
    rule: 'error-without-schema',
    case: 'an error has no content',
    document: documentWith({ responses: { ...listing(400), 500: { description: 'x' } } }),
    says: '500 has no content',
  },
  {
    rule: 'error-without-schema',
    case: 'an error has JSON of any kind',
    document: documentWith({
      responses: { ...listing(400), 500: { description: 'x', content: { 'application/json': {} } } },
    }),
    says: '500 has no schema',
  },
  {
    rule: 'error-without-schema',
    case: 'an error is XML, which nobody reads here',
    document: documentWith({
      responses: { ...listing(400), 500: { description: 'x', content: { 'application/xml': { schema: another } } } },
    }),
    says: undefined,
  },
  {
    rule: 'errors-of-several-shapes',
    case: 'an error has other members than most',
    document: documentWith({}, several),
    says: 'the body of 500 has "error", most errors have "status", "title", "type"',
  },
  {
    rule: 'errors-of-several-shapes',
    case: 'an error adds members to the others',
    document: documentWith({
      responses: {
        ...listing(400, 401),
        500: {
          description: 'x',
          content: {
            'application/json': { schema: { properties: { type: {}, title: {}, status: {}, trace: {} } } },
          },
        },
      },
    }),
    says: undefined,
  },
];

describe('each rule speaks where it should, and only there', () => {
  it.each(examples)('$rule: $case', ({ rule, document, settings, says }) => {
    const said = saidBy(rule, document, settings);
    const due = [says].filter((part) => part !== undefined);
    expect(said).toEqual(due.map((part): unknown => expect.stringContaining(part)));
  });

  it.each(rules.map(({ id: rule }) => rule))('%s has an example of both', (rule) => {
    const own = examples.filter((example) => example.rule === rule).map(({ says }) => says !== undefined);
    expect(new Set(own)).toEqual(new Set([true, false]));
  });
});

describe('a rule', () => {
  it.each(rules)('$id has a slug of its own, words and a mend', ({ id: rule, title, meaning, mend }) => {
    expect(rule).toMatch(/^[a-z]+(-[a-z\d]+)+$/);
    expect(rules.filter((each) => each.id === rule)).toHaveLength(1);
    for (const words of [title, meaning, mend]) expect(words).toMatch(/^[A-Z].{10,}/);
  });
});

describe('a code that several rules miss', () => {
  it('is told of once, by the first', () => {
    const document = documentWith({ parameters: [query], requestBody: body, responses: listing(408, 500) }, byPost);
    const missing = findingsOf(document).filter((finding) => finding.missing === 400);
    expect(missing.map(({ rule }) => rule)).toEqual(['parameters-without-400']);
  });

  it('is told of by the next where the first is silenced', () => {
    const document = documentWith({ parameters: [query], requestBody: body, responses: listing(408, 500) }, byPost);
    const findings = findingsOf(document, { ignore: ['parameters-without-400'] });
    expect(findings.filter(({ missing }) => missing === 400).map(({ rule }) => rule)).toEqual(['body-without-400']);
  });
});

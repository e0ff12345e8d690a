import { asAnnotations, asJson, asSarif, asText, lint, type Report, rules } from '@flick/lint';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { documentWith, fileWith, listing, query } from './contracts.ts';

const report: Report = {
  document: 'api/openapi.yaml',
  operations: 2,
  findings: [
    {
      rule: 'contract-fault',
      severity: 'warning',
      message: 'the document has no "info"; give it one',
      file: 'api/openapi.yaml',
      line: 0,
      column: 0,
      pointer: '',
    },
    {
      rule: 'parameters-without-400',
      severity: 'error',
      message: 'takes 100 % of parameters,\nlists no 400',
      file: 'api/openapi.yaml',
      line: 7,
      column: 5,
      pointer: '/paths/~1things/get/responses',
      operation: 'getThings',
      missing: 400,
    },
    {
      rule: 'code-of-the-path',
      severity: 'note',
      message: '405 answers others',
      file: 'api/a b,c:d.yaml',
      line: 120,
      column: 9,
      pointer: '/get/responses/405',
      operation: 'get\u001b[2JOthers',
    },
  ],
};

const none: Report = { document: 'openapi.yaml', operations: 1, findings: [] };

describe('for people', () => {
  it('findings stand by file and operation, in columns, with a line that sums up', () => {
    expect(asText(report, false)).toBe(`api/openapi.yaml
  the document
           warning  the document has no "info"; give it one  contract-fault
  getThings
      7:5  error    takes 100 % of parameters,\\u000alists no 400  parameters-without-400

api/a b,c:d.yaml
  get\\u001b[2JOthers
    120:9  note     405 answers others  code-of-the-path

api/openapi.yaml: 1 error, 1 warning, 1 note in 2 operations
`);
  });

  it('nothing found is one line', () => {
    expect(asText(none, false)).toBe('openapi.yaml: no errors, no warnings, no notes in 1 operation\n');
  });

  it('colours are for terminals alone', () => {
    const escape = String.fromCodePoint(0x1b);
    expect(asText(report, false)).not.toContain(escape);
    expect(asText(report, true)).toContain(`${escape}[31merror`);
  });
});

describe('as JSON', () => {
  it('the report is as it is', () => {
    expect(JSON.parse(asJson(report))).toEqual(report);
  });
});

describe('as annotations of GitHub', () => {
  it('each finding is one command, with what would end it escaped', () => {
    expect(asAnnotations(report).split('\n')).toEqual([
      '::warning file=api/openapi.yaml,title=flick contract-fault::the document has no "info"; give it one',
      '::error file=api/openapi.yaml,line=7,col=5,title=flick parameters-without-400::getThings: takes 100 %25 of parameters,%0Alists no 400',
      '::notice file=api/a b%2Cc%3Ad.yaml,line=120,col=9,title=flick code-of-the-path::get\u001b[2JOthers: 405 answers others',
      '',
    ]);
  });

  it('nothing found is nothing said', () => {
    expect(asAnnotations(none)).toBe('');
  });
});

/** What SARIF 2.1.0 requires of the parts that are written, and no member beyond them. */
const text = {
  type: 'object',
  required: ['text'],
  properties: { text: { type: 'string', minLength: 1 } },
  additionalProperties: false,
};
const level = { enum: ['none', 'note', 'warning', 'error'] };
const positive = { type: 'integer', minimum: 1 };
function closed(properties: object, required = Object.keys(properties)): object {
  return { type: 'object', required, properties, additionalProperties: false };
}
const location = closed({
  physicalLocation: closed(
    {
      artifactLocation: closed({ uri: { type: 'string', pattern: '^[^ \\\\]+$' } }),
      region: closed({ startLine: positive, startColumn: positive }),
    },
    ['artifactLocation'],
  ),
  logicalLocations: {
    type: 'array',
    items: closed({ fullyQualifiedName: { type: 'string' }, kind: { type: 'string' } }),
  },
});
const sarif = closed({
  $schema: { type: 'string' },
  version: { const: '2.1.0' },
  runs: {
    type: 'array',
    items: closed({
      tool: closed({
        driver: closed({
          name: { type: 'string' },
          version: { type: 'string' },
          rules: {
            type: 'array',
            items: closed({
              id: { type: 'string' },
              shortDescription: text,
              fullDescription: text,
              help: text,
              defaultConfiguration: closed({ level }),
            }),
          },
        }),
      }),
      columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
      results: {
        type: 'array',
        items: closed({
          ruleId: { type: 'string' },
          ruleIndex: { type: 'integer', minimum: 0 },
          level,
          message: text,
          locations: { type: 'array', minItems: 1, items: location },
          partialFingerprints: { type: 'object', additionalProperties: { type: 'string' } },
        }),
      },
    }),
  },
});

describe('as SARIF 2.1.0', () => {
  const validate = new Ajv({ allErrors: true }).compile(sarif);

  it.each([
    ['of findings', report],
    ['of none', none],
  ])('the log has the structure that is due: %s', (_name, each) => {
    validate(JSON.parse(asSarif(each, '1.2.3')));
    expect(validate.errors).toBeNull();
  });

  it('the log of a document has it too', () => {
    const path = fileWith(documentWith({ parameters: [query], responses: listing(405) }));
    validate(JSON.parse(asSarif(lint(path), '1.2.3')));
    expect(validate.errors).toBeNull();
  });

  it('names rules, places and severities', () => {
    const [run] = JSON.parse(asSarif(report, '1.2.3')).runs;
    expect(run.tool.driver).toMatchObject({ name: 'flick', version: '1.2.3' });
    expect(run.tool.driver.rules.map((rule: { id: string }) => rule.id)).toEqual(rules.map(({ id }) => id));
    const [general, error, note] = run.results;
    expect(general.locations[0].physicalLocation).toEqual({ artifactLocation: { uri: 'api/openapi.yaml' } });
    expect(error).toMatchObject({
      ruleId: 'parameters-without-400',
      level: 'error',
      message: { text: 'getThings: takes 100 % of parameters,\nlists no 400' },
      locations: [{ physicalLocation: { region: { startLine: 7, startColumn: 5 } } }],
    });
    expect(run.tool.driver.rules[error.ruleIndex].id).toBe(error.ruleId);
    expect(note.locations[0].physicalLocation.artifactLocation.uri).toBe('api/a%20b%2Cc%3Ad.yaml');
  });
});

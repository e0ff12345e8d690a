import { contractFrom } from '@flick/contract';
import { describe, expect, it } from 'vitest';
import { documentOf, faultLines, responses, withOperation } from './documents.ts';

const schemaPointer = '/paths/~1things/post/requestBody/content/application~1json/schema';

/** A document in YAML whose body schema is these lines, from line 12 on. */
function yamlWith(lines: readonly string[], release: string): string {
  return `openapi: ${release}.0
info: { title: Tests, version: '1' }
paths:
  /things:
    post:
      operationId: getThings
      responses: { 200: { description: fine } }
      requestBody:
        content:
          application/json:
            schema:
${lines.map((line) => `              ${line}\n`).join('')}`;
}

const types = 'null, boolean, integer, number, string, array, object';
const listed = '; list the name in the schema of the object that has it';

const faulty = [
  ['type: strng', `must be one of ${types}, not "strng"; the keyword is not applied; did you mean "string"?`],
  ['type: 12', `must be one of ${types}, not 12; the keyword is not applied`],
  ['type: [string, file]', `must be one of ${types}, not "file"; the keyword is not applied`],
  ['type: []', `must be one of ${types}, not an empty list; the keyword is not applied`],
  ['type: [string, null]', `must be one of ${types}, not null; the keyword is not applied; write "null"`],
  ['type: null', `must be one of ${types}, not null; the keyword is not applied; write "null"`],
  ["minLength: '3'", 'must be a whole number of at least 0, not a string; the keyword is not applied'],
  ['maxItems: -1', 'must be a whole number of at least 0, not -1; the keyword is not applied'],
  ['minProperties: 1.5', 'must be a whole number of at least 0, not 1.5; the keyword is not applied'],
  ['enum: x', 'must be a list of values, not a string; the keyword is not applied'],
  ['enum: []', 'must be a list of values, not an empty list; the keyword is not applied'],
  ["minimum: '3'", 'must be a number, not a string; the keyword is not applied'],
  ['maximum: 1e999', 'must be a number, not one too large to read; the keyword is not applied'],
  ["exclusiveMinimum: 'yes'", 'must be a number, or true or false, not a string; the keyword is not applied'],
  ['multipleOf: 0', 'must be a number above 0, not 0; the keyword is not applied'],
  ['pattern: 5', 'must be text, not 5; the keyword is not applied'],
  ['format: [date]', 'must be text, not a list; the keyword is not applied'],
  ["nullable: 'true'", 'must be true or false, not a string; the keyword is not applied'],
  ['uniqueItems: 1', 'must be true or false, not 1; the keyword is not applied'],
  ['required: x', 'must be a list of names, not a string; the keyword is not applied'],
  ['required: true', `must be a list of names, not a boolean; the keyword is not applied${listed}`],
  ['required: [a, 1]', 'must be a list of names, and item 1 is 1; what is no text is left out'],
  ['dependentRequired: []', 'must be an object with lists of names, not an empty list; the keyword is not applied'],
  [
    'dependentRequired: { a: b }',
    'has a member that must be a list of names, not a string; the keyword is not applied',
  ],
  ['$ref: 7', 'must be text, not 7; the keyword is not applied'],
  ['properties: []', 'must be an object with schemas, not an empty list; the keyword is not applied'],
  ['patternProperties: 3', 'must be an object with schemas, not 3; the keyword is not applied'],
  ['allOf: { type: object }', 'must be a list of schemas, not an object; the keyword is not applied'],
  ['oneOf: []', 'must be a list of schemas, not an empty list; the keyword is not applied'],
  ['items: [{ type: string }]', 'must be one schema, not a list; it is read as `prefixItems`'],
  ['items: []', 'must be one schema, not an empty list; the keyword is not applied'],
  ['discriminator: kind', 'must be an object with "propertyName", not a string; the keyword is not applied'],
  [
    'discriminator: { mapping: {} }',
    'has no "propertyName" that is text and chooses no schema; name the member that chooses',
  ],
] as const;

describe.each(['3.0', '3.1'])('in OpenAPI %s', (release) => {
  it.each(faulty)('reports `%s` by line and pointer, and serves the operation without it', (line, message) => {
    const contract = contractFrom(yamlWith(['title: a', line], release));
    const keyword = line.slice(0, line.indexOf(':'));
    expect(contract.faults).toEqual([
      expect.objectContaining({
        severity: 'warning',
        line: 13,
        column: 15,
        pointer: `${schemaPointer}/${keyword}`,
        message: `\`${keyword}\` ${message}`,
      }),
    ]);
    const [operation] = contract.operations;
    if (operation !== undefined) contract.warm(operation);
    expect(operation?.broken).toBeUndefined();
  });

  it('reports nothing of a sound schema', () => {
    const lines = [
      'type: [object, "null"]',
      'nullable: true',
      'minimum: -1.5',
      'maximum: 9223372036854775807',
      'exclusiveMinimum: true',
      'exclusiveMaximum: 1.0e+30',
      'minLength: 1.0',
      'maxLength: 18446744073709551615',
      'multipleOf: 0.01',
      'required: []',
      'enum: [null, 1, {}]',
      'const: { type: 12 }',
      'default: { minLength: x }',
      'example: { required: true }',
      'x-type: { type: 12 }',
      'unknown: 3',
      'properties: { type: { type: string }, required: true, minLength: {} }',
      'additionalProperties: false',
      'discriminator: { propertyName: type }',
    ];
    expect(contractFrom(yamlWith(lines, release)).faults).toEqual([]);
  });
});

it('reports something that is no schema once, as before', () => {
  expect(faultLines(contractFrom(yamlWith(['items: 3', "additionalProperties: 'false'"], '3.1')))).toEqual(
    ['items', 'additionalProperties'].map(
      (name) =>
        `warning ${schemaPointer}/${name}: this is no schema and lets every value pass; write an object, true or false`,
    ),
  );
});

function contentOf(name: string): object {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } };
}

function operationWith(operationId: string, name: string): object {
  const requestBody = { content: contentOf(name) };
  return { post: { operationId, requestBody, responses: { 200: { description: '', content: contentOf('outer') } } } };
}

it('reports a faulty keyword once, however many operations and refs lead to it', () => {
  const bad = { type: 'string', minLength: '3' };
  const components = { schemas: { outer: { properties: { bad } }, other: { items: bad } } };
  const paths = {
    '/a': operationWith('a', 'outer'),
    '/b': operationWith('b', 'outer/properties/bad'),
    '/c': operationWith('c', 'other'),
  };
  expect(contractFrom(documentOf(paths, { components })).faults).toHaveLength(1);
});

it('passes over what stands beside a ref in OpenAPI 3.0, which does not read it', () => {
  const parameters = [{ name: 'a', in: 'query', schema: { $ref: '#/components/schemas/a', minLength: 'x' } }];
  const components = { schemas: { a: { type: 'string' } } };
  const document = withOperation({ parameters }, { components });
  expect(contractFrom({ ...document, openapi: '3.0.3' }).faults).toEqual([]);
  expect(contractFrom(document).faults).toHaveLength(1);
});

it('keeps 10,000 warnings and says that there are more, and keeps every error', () => {
  const properties = Object.fromEntries(
    Array.from({ length: 10_050 }, (_, index) => [`p${String(index)}`, { minLength: 'x' }]),
  );
  const document = documentOf({
    '/a': { post: { requestBody: { content: { 'application/json': { schema: { properties } } } }, responses } },
    '/b': { post: { requestBody: 3, responses } },
  });
  const { faults } = contractFrom(document);
  expect(faults.filter(({ severity }) => severity === 'error')).toHaveLength(1);
  expect(faults.filter(({ message }) => message.startsWith('there are more than 10,000 faults'))).toHaveLength(1);
  expect(faults.length).toBeLessThanOrEqual(10_001);
});

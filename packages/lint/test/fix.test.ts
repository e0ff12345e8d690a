import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fix, lint } from '@flick/lint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { documentWith, fileWith, id, listing } from './contracts.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The lines that a fix adds, each with the number of the line that it comes behind; fails where one is lost. */
function addedLines(before: string, after: string): string[] {
  const old = before.split('\n');
  const added: string[] = [];
  let at = 0;
  for (const line of after.split('\n')) {
    if (line === old[at]) at += 1;
    else added.push(`${at}: ${line}`);
  }
  expect(at).toBe(old.length);
  return added;
}

const commented = `# Things, by hand.
openapi: "3.1.0"
info: { title: Things,   version: '1' }   # odd blanks stay
paths:
  /things/{id}:
    # The one operation.
    get:
      operationId: getThing
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
      responses:
        "200":
          description: |
            # not a comment
            Fine.

        # What is gone.
        "410":
          description: Gone.   # for good
          content: { application/json: { schema: { type: object } } }

        # The rest.
        default: { $ref: "#/components/responses/Rest" }
    # The end of the path.
components:
  responses:
    Rest: &rest
      description: Else.
      content: { application/json: { schema: { type: object } } }
# The end.
`;

/** The document without its `default`, which would tell of all codes. */
function lackingFile(): string {
  return fileWith(commented.replace('        default: { $ref: "#/components/responses/Rest" }\n', ''));
}

describe('a fix of YAML', () => {
  it('adds lines, each code in its place, and touches no other', () => {
    const file = lackingFile();
    const { text, mended, left } = fix(file);
    const added = addedLines(readFileSync(file, 'utf8'), text);
    expect(added.slice(0, 6)).toEqual([
      '15:         "400":',
      '15:           $ref: "#/components/responses/BadRequest"',
      '15:         "404":',
      '15:           $ref: "#/components/responses/NotFound"',
      '20:         "500":',
      '20:           $ref: "#/components/responses/InternalServerError"',
    ]);
    expect(mended.map(({ missing }) => missing)).toEqual([400, 404, 500]);
    expect(left).toEqual([]);
  });

  it('describes what it adds as a problem of RFC 9457, once', () => {
    const value: unknown = parse(fix(lackingFile()).text);
    const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
    expect(value).toMatchObject({
      components: {
        responses: {
          Rest: { description: 'Else.' },
          BadRequest: { description: 'Bad Request: wrong value, unknown parameter.', content },
          NotFound: { description: 'Not Found: no such resource.', content },
          InternalServerError: { description: 'Internal Server Error.', content },
        },
        schemas: { Problem: { type: 'object', properties: { status: { type: 'integer' } } } },
      },
    });
  });

  it('leaves a document alone that lacks nothing, or whose default tells of all', () => {
    const file = fileWith(commented);
    expect(fix(file)).toEqual({ text: commented, mended: [], left: [] });
    const ledger = join(root, 'examples/ledger/gateway/ledger.yaml');
    expect(fix(ledger).text).toBe(readFileSync(ledger, 'utf8'));
  });

  it('uses the response that most operations have for a code', () => {
    const file = fileWith(`openapi: 3.1.0
info: {}
paths:
  /a: { get: { responses: { '200': {}, '500': { $ref: '#/components/responses/Oops' } } } }
  /b: { get: { responses: { '200': {}, '500': { $ref: '#/components/responses/Oops' } } } }
  /c: { get: { responses: { '200': {}, '500': { $ref: '#/components/responses/Other' } } } }
  /d:
    get:
      responses:
        '200': {}
components: { responses: { Oops: { description: x }, Other: { description: y } } }
`);
    const { text } = fix(file);
    expect(addedLines(readFileSync(file, 'utf8'), text)).toEqual([
      "10:         '500':",
      "10:           $ref: '#/components/responses/Oops'",
    ]);
  });

  it.each([
    [
      'plain codes',
      '        200: {}\n',
      '        500:\n          $ref: "#/components/responses/InternalServerError"\n',
    ],
    [
      'codes in single quotes',
      "        '200': {}\n",
      "        '500':\n          $ref: '#/components/responses/InternalServerError'\n",
    ],
    [
      'refs in braces',
      "        '200': { $ref: '#/components/responses/Fine' }\n",
      "        '500': { $ref: '#/components/responses/InternalServerError' }\n",
    ],
    [
      'no line end at the end',
      "        '200': {}",
      "\n        '500':\n          $ref: '#/components/responses/InternalServerError'\n",
    ],
  ])('writes as the document is written: %s', (_name, listed, added) => {
    const head = `openapi: 3.1.0\ninfo: {}\ncomponents: { responses: { Fine: { description: x } } }\npaths:\n  /a:\n    get:\n      responses:\n`;
    const { text } = fix(
      fileWith(head.replace('Fine: {', 'InternalServerError: { description: x }, Fine: {') + listed),
    );
    expect(`${text.replace(/\n*$/, '')}\n`).toContain(listed + added);
  });

  it('keeps the line ends of Windows and a byte order mark', () => {
    const windows = `\uFEFF${commented.replaceAll('\n', '\r\n').replace(/ +default: .*\r\n/, '')}`;
    const { text } = fix(fileWith(windows));
    expect(text.startsWith('\uFEFF# Things')).toBe(true);
    expect(text.match(/[^\r]\n/)).toBeNull();
    expect(text).toContain('        "400":\r\n');
  });

  it('adds a code to responses that two operations share by an alias where both lack it', () => {
    const file = fileWith(`openapi: 3.1.0
info: {}
paths:
  /a: { get: { responses: &fine { '200': {} } } }
  /b: { get: { responses: *fine } }
components: {}
`);
    const { text, mended, left } = fix(file);
    expect(text).toContain("&fine { '200': {}, '500': { $ref: '#/components/responses/InternalServerError' } }");
    expect(text).toContain('responses: *fine }');
    expect([mended.length, left.length]).toEqual([2, 0]);
  });

  it('leaves a code out of shared responses that one of their operations has no use for, and says so', () => {
    const file = fileWith(`openapi: 3.1.0
info: {}
paths:
  /a: { get: { operationId: a, responses: &fine { '200': {}, '500': { description: x } } } }
  /b/{id}: { get: { operationId: b, parameters: [{ name: id, in: path, required: true, schema: {} }], responses: *fine } }
`);
    const { text, mended, left } = fix(file);
    expect(text).toBe(readFileSync(file, 'utf8'));
    expect(mended).toEqual([]);
    expect(left.map(({ finding, why }) => [finding.missing, why])).toEqual([
      [400, 'its responses are those of a too, which needs no 400; part them'],
      [404, 'its responses are those of a too, which needs no 404; part them'],
    ]);
  });

  it('finds responses that came in by a merge key', () => {
    const file = fileWith(`openapi: 3.1.0
info: {}
x-base: &base
  responses:
    200: {}
paths:
  /a:
    get:
      <<: *base
`);
    const { text, left } = fix(file);
    expect(left).toEqual([]);
    expect(text).toContain('    200: {}\n    500:\n      $ref:');
  });
});

describe('a fix of JSON', () => {
  it.each([2, 4, '\t'])('keeps the indentation: %j', (indent) => {
    const document = documentWith({ responses: { 200: { description: 'Fine.' } } });
    const before = JSON.stringify(document, null, indent);
    const { text } = fix(fileWith(before, 'openapi.json'));
    expect(text).toBe(JSON.stringify(JSON.parse(text), null, indent));
    expect(JSON.parse(text)).toMatchObject(document);
  });

  it('keeps a document on one line', () => {
    const before = JSON.stringify(documentWith({ responses: { 200: {} } }, { more: { components: {} } }));
    const { text } = fix(fileWith(before, 'openapi.json'));
    expect(text).toBe(JSON.stringify(JSON.parse(text)));
    expect(text).toContain('"responses":{"200":{},"500":{"$ref":"#/components/responses/InternalServerError"}}');
  });
});

describe('what a fix cannot write is left, and why', () => {
  it('an operation without responses', () => {
    const file = fileWith(documentWith({}), 'openapi.json');
    const { text, left } = fix(file);
    expect(text).toBe(readFileSync(file, 'utf8'));
    expect(left.map(({ why }) => why)).toEqual(['the operation has no "responses" to add to; write them first']);
  });

  it('an operation in another file', () => {
    const path = fileWith({ openapi: '3.1.0', info: {}, paths: { '/things/{id}': { $ref: 'items/a.json' } } });
    const other = join(dirname(path), 'items/a.json');
    mkdirSync(dirname(other));
    writeFileSync(other, JSON.stringify({ get: { parameters: [id], responses: listing(400, 500) } }));
    const { left } = fix(path);
    expect(left.map(({ finding, why }) => [finding.missing, why])).toEqual([
      [404, `it stands in ${other}; fix that file by hand`],
    ]);
  });

  it('a document whose components are a $ref or empty', () => {
    const path = fileWith(
      'openapi: 3.1.0\ninfo: {}\npaths: { /a: { get: { responses: { 200: {} } } } }\ncomponents:\n',
    );
    expect(fix(path).left.map(({ why }) => why)).toEqual([
      '"components" is not written as a map of this file; write it so',
    ]);
  });

  it('what is ignored is not even asked for', () => {
    const path = fileWith(documentWith({ responses: { 200: {} } }));
    expect(fix(path, { ignore: ['without-500'] })).toMatchObject({ mended: [], left: [] });
    expect(lint(path).findings).toHaveLength(1);
  });
});

import { writeFileSync } from 'node:fs';
import { fix, lint } from '@flick/lint';
import { assert, constantFrom, record, array, boolean, integer, property, subarray } from 'fast-check';
import { expect, it } from 'vitest';
import { isMap, isScalar, parse, parseDocument, stringify, visit } from 'yaml';
import { body, fileWith, id, query } from './contracts.ts';

const operation = record({
  method: constantFrom('get', 'post', 'delete'),
  byId: boolean(),
  security: constantFrom(undefined, [], [{ bearer: [] }], [{}, { bearer: ['a'] }]),
  parameters: subarray([query]),
  body: boolean(),
  codes: subarray(['200', '201', '400', '401', '404', '408', '409', '500', '5XX', 'default'], { minLength: 1 }),
  shared: boolean(),
});

const manner = record({
  json: boolean(),
  indent: constantFrom(2, 4),
  singleQuote: boolean(),
  flowFrom: integer({ min: 2, max: 12 }),
  comments: boolean(),
  windows: boolean(),
  components: constantFrom('none', 'empty', 'some'),
});

type Drawn = typeof operation extends { generate: (...drawn: never[]) => { value: infer Value } } ? Value : never;
type Manner = typeof manner extends { generate: (...drawn: never[]) => { value: infer Value } } ? Value : never;

function documentOf(operations: readonly Drawn[], components: Manner['components']): object {
  const paths = Object.fromEntries(
    operations.map((drawn, index) => {
      const responses = drawn.codes.map((code) => {
        const shared = drawn.shared && code !== '200';
        return [
          code,
          shared ? { $ref: '#/components/responses/Shared' } : { description: `Code ${code}.\nIn two lines.\n` },
        ];
      });
      const member = {
        ...(drawn.security !== undefined && { security: drawn.security }),
        parameters: [...drawn.parameters, ...(drawn.byId ? [id] : [])],
        ...(drawn.body && { requestBody: body }),
        responses: Object.fromEntries(responses),
      };
      return [drawn.byId ? `/p${index}/{id}` : `/p${index}`, { [drawn.method]: member }];
    }),
  );
  const document = { openapi: '3.1.0', info: { title: 'Drawn', version: '1' }, paths };
  if (components === 'none') return document;
  if (components === 'empty') return { components: {}, ...document };
  const responses = { Shared: { description: 'Shared.' } };
  return { ...document, components: { responses, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } } };
}

/** Writes a document in one of the many ways in which people write them. */
function written(document: object, { json, indent, singleQuote, flowFrom, comments, windows }: Manner): string {
  if (json) return JSON.stringify(document, null, flowFrom > 8 ? 0 : indent);
  const nodes = parseDocument(stringify(document, { indent }));
  visit(nodes, {
    Map(_key, node, path) {
      if (path.length / 2 > flowFrom) node.flow = true;
    },
    Pair(_key, { key }, path) {
      const parent = path.at(-1);
      const inBlock = path.every((each) => !isMap(each) || each.flow !== true);
      if (comments && inBlock && isMap(parent) && isScalar(key)) key.commentBefore = ` on ${String(key.value)}`;
    },
  });
  const text = nodes.toString({ indent, singleQuote, lineWidth: 0 });
  return windows ? text.replaceAll('\n', '\r\n') : text;
}

/** Whether all characters of a text stand in another, in their order. */
function isWithin(text: string, other: string): boolean {
  let at = 0;
  for (let index = 0; index < other.length && at < text.length; index += 1) if (other[index] === text[at]) at += 1;
  return at === text.length;
}

function without(value: unknown, added: unknown): unknown {
  if (typeof value !== 'object' || value === null || typeof added !== 'object' || added === null) return added;
  if (Array.isArray(value)) return added;
  const kept = Object.entries(added).filter(([name]) => Object.hasOwn(value, name));
  return Object.fromEntries(kept.map(([name, member]) => [name, without(Reflect.get(value, name), member)]));
}

it('a fix adds and never takes away, mends all that it says, and has nothing left to do the second time', () => {
  const path = fileWith('');
  assert(
    property(array(operation, { minLength: 1, maxLength: 4 }), manner, (operations, how) => {
      const before = written(documentOf(operations, how.components), how);
      writeFileSync(path, before);
      const { text, mended, left } = fix(path);
      expect(left).toEqual([]);
      expect(isWithin(before, text)).toBe(true);
      expect(without(parse(before), parse(text))).toEqual(parse(before));
      writeFileSync(path, text);
      expect(lint(path).findings.filter(({ missing }) => missing !== undefined)).toEqual([]);
      expect(fix(path)).toEqual({ text, mended: [], left: [] });
      expect(text === before).toBe(mended.length === 0);
      if (how.json || how.flowFrom < 12 || how.components === 'empty') return;
      // Written in blocks alone, only whole lines are added.
      const lines = text.split('\n');
      let at = -1;
      for (const line of before.split('\n')) {
        at = lines.indexOf(line, at + 1);
        expect(at).not.toBe(-1);
      }
    }),
    { numRuns: 80 },
  );
}, 60_000);

import { contractFrom } from '@flick/contract';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecider, type Decider } from '../src/index.ts';
import { decider, facts, judge, refusalOf } from './story.ts';

type Schemas = Readonly<Record<string, object>>;

/** A ladder with one operation: its template, and the schemas of the path's parameters. */
function ladderOf(template: string, schemas: Schemas): Decider {
  const parameters = Object.entries(schemas).map(([name, schema]) => ({ name, in: 'path', required: true, schema }));
  const responses = { 200: { description: 'Good' } };
  const contract = contractFrom({
    openapi: '3.1.0',
    info: { title: 'Parts', version: '1' },
    paths: { [template]: { get: { parameters, responses } } },
  });
  return createDecider(contract, {
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    limits: [],
    limitStore: { charge: () => [], refund: () => {} },
    limitStoreDown: 'pass',
    limitHeaders: 'off',
    verifiers: new Map(),
    realm: 'parts',
    trustedProxies: [],
    sizes: { targetBytes: 20_000, headerCount: 20, jsonDepth: 16, bodyBytes: 100 },
    keepsValues: true,
  });
}

/** The values that a path gives its parameters; where it is refused, the names of those that are wrong. */
function read(ladder: Decider, path: string): unknown {
  const passage = judge(ladder, facts(`GET ${path}`));
  if (passage.verdict.kind === 'pass') return { ...passage.values?.params };
  const { reason, violations } = refusalOf(passage);
  return violations.length === 0 ? reason : violations.map(({ name }) => name);
}

const whole = { type: 'integer' };
const text = { type: 'string' };
const extension = { type: 'string', enum: ['.json', '.xml'] };

describe('two parameters that touch', () => {
  const user = ladderOf('/users/{id}{extension}', { id: text, extension });
  it('are parted where both fit', () => {
    expect(read(user, '/users/ann.json')).toEqual({ id: 'ann', extension: '.json' });
    expect(read(user, '/users/a.json.xml')).toEqual({ id: 'a.json', extension: '.xml' });
  });
  it('are parted by type', () => {
    const typed = ladderOf('/v{number}{stage}', { number: whole, stage: { type: 'string', pattern: '^[a-z]+\\d*$' } });
    expect(read(typed, '/v12beta3')).toEqual({ number: 12, stage: 'beta3' });
    expect(read(typed, '/v12')).toEqual(['stage']);
  });
  it('are told of by the one that is wrong, the other being right', () => {
    const typed = ladderOf('/users/{id}{extension}', { id: whole, extension });
    expect(read(typed, '/users/x7.json')).toEqual(['id']);
    expect(read(typed, '/users/7.pdf')).toEqual(['extension']);
  });
  it('give the first all but a character where any way is right', () => {
    expect(read(ladderOf('/{a}{b}', { a: text, b: text }), '/pear')).toEqual({ a: 'pea', b: 'r' });
  });
  it('leave encoded characters whole', () => {
    const any = ladderOf('/{a}{b}', { a: text, b: text });
    expect(read(any, '/%C3%A9%E2%82%AC')).toEqual({ a: 'é', b: '€' });
    expect(read(any, '/%E2%82%AC')).toBe('unknown-path');
    expect(read(any, '/x%2C')).toEqual({ a: 'x', b: ',' });
  });
});

describe('parameters with a text between', () => {
  it('are parted at the first place where both fit', () => {
    const file = ladderOf('/files/{name}.{kind}', { name: text, kind: { enum: ['gz', 'tar.gz'] } });
    expect(read(file, '/files/a.b.gz')).toEqual({ name: 'a.b', kind: 'gz' });
    expect(read(file, '/files/a.tar.gz')).toEqual({ name: 'a', kind: 'tar.gz' });
    expect(read(file, '/files/a.b.zip')).toEqual(['kind']);
  });
  it('are parted at the first place of all where any is right', () => {
    expect(read(ladderOf('/{a}-{b}', { a: text, b: text }), '/1-2-3')).toEqual({ a: '1', b: '2-3' });
  });
  it('are not parted within an encoded character', () => {
    const odd = ladderOf('/{a}2{b}C', { a: text, b: text });
    expect(read(odd, '/x%2C')).toBe('unknown-path');
    expect(read(odd, '/x2%2CC')).toEqual({ a: 'x', b: ',' });
  });
});

// Alphabets that overlap, so that many segments have several ways and many have none.
const kinds: Readonly<Record<string, { schema: object; fits: (part: string) => boolean }>> = {
  digits: { schema: { type: 'string', pattern: '^[0-9]+$' }, fits: (part) => /^[0-9]+$/.test(part) },
  word: { schema: { type: 'string', pattern: '^[a1]{2,}$' }, fits: (part) => /^[a1]{2,}$/.test(part) },
  number: { schema: { type: 'integer', maximum: 20 }, fits: (part) => /^(?:-[12]+|[12]|1[12])$/.test(part) },
  listed: { schema: { enum: ['a', '-1', '.a'] }, fits: (part) => ['a', '-1', '.a'].includes(part) },
  any: { schema: text, fits: () => true },
};

const literal = fc.constantFrom('', '', '', '-', '.');
const templates = fc
  .tuple(
    fc.array(fc.tuple(literal, fc.constantFrom(...Object.keys(kinds))), { minLength: 2, maxLength: 4 }),
    fc.constantFrom('', '', '', '.'),
  )
  .map(([parts, last]) => ({ parts: parts.map(([before, kind], at) => ({ before, kind, name: `p${at}` })), last }));
const segments = fc.array(fc.constantFrom('a', 'a', '1', '1', '2', '-', '.'), { minLength: 4, maxLength: 9 });

type Part = { readonly before: string; readonly kind: string; readonly name: string };

/** Every way to share a text out, by brute force. */
function ways(rest: string, parts: readonly Part[], last: string): string[][] {
  const [first, ...others] = parts;
  if (first === undefined) return rest === last ? [[]] : [];
  if (!rest.startsWith(first.before)) return [];
  const found: string[][] = [];
  for (let to = first.before.length + 1; to <= rest.length; to += 1) {
    const own = rest.slice(first.before.length, to);
    for (const way of ways(rest.slice(to), others, last)) found.push([own, ...way]);
  }
  return found;
}

/** What was said, in the oracle's words: how many parameters are wrong, and the text that the right ones make. */
function told(said: unknown, parts: readonly Part[], last: string): unknown {
  if (typeof said === 'string') return said;
  if (Array.isArray(said)) return said.length;
  const values = Object.values(typeof said === 'object' && said !== null ? said : {}).map(String);
  return values.map((value, at) => `${parts[at]?.before ?? ''}${value}`).join('') + last;
}

it('finds a way in which all are right if there is one, and else one with the fewest that are wrong', () => {
  let several = 0;
  fc.assert(
    fc.property(templates, segments, ({ parts, last }, letters) => {
      const segment = letters.join('');
      fc.pre(!/^\.\.?$/.test(segment));
      const template = `/${parts.map(({ before, name }) => `${before}{${name}}`).join('')}${last}`;
      const schemas = parts.map(({ kind, name }): [string, object] => [name, kinds[kind]?.schema ?? {}]);
      const wrong = ways(segment, parts, last).map(
        (way) => way.filter((part, at) => !kinds[parts[at]?.kind ?? '']?.fits(part)).length,
      );
      if (wrong.length > 1) several += 1;
      const least = Math.min(...wrong);
      const due = least === 0 ? segment : least === Infinity ? 'unknown-path' : least;
      const ladder = ladderOf(template, Object.fromEntries(schemas));
      expect(told(read(ladder, `/${segment}`), parts, last)).toBe(due);
    }),
    { numRuns: 1500, seed: 20_261_125 },
  );
  expect(several).toBeGreaterThan(300);
});

it('holds at most 1,024 texts of a request, and 65,536 characters, against the schemas', () => {
  const template = '/{a}{b}{c}{d}';
  let texts = 0;
  let characters = 0;
  const names = ['a', 'b', 'c', 'd'];
  const schemas = Object.fromEntries(names.map((name) => [name, { type: 'string', pattern: '^b+$' }]));
  const contract = contractFrom({
    openapi: '3.1.0',
    info: { title: 'Parts', version: '1' },
    paths: {
      [template]: {
        get: {
          parameters: Object.entries(schemas).map(([name, schema]) => ({ name, in: 'path', required: true, schema })),
          responses: {},
        },
      },
    },
  });
  const [operation] = contract.operations;
  if (operation === undefined) throw new Error('no operation');
  const parameters = operation.parameters.map((parameter) => {
    const check = (value: unknown) => {
      texts += 1;
      characters += String(value).length;
      return parameter.check(value);
    };
    return { ...parameter, check: Object.assign(check, parameter.check) };
  });
  const ladder = decider(
    { ...contract, operations: [{ ...operation, parameters }] },
    { sizes: { targetBytes: 9000, headerCount: 9, jsonDepth: 9, bodyBytes: 9 } },
  );
  for (const length of [100, 1000, 8000]) {
    texts = 0;
    characters = 0;
    expect(judge(ladder, facts(`GET /${'a'.repeat(length)}`)).verdict.kind).toBe('refuse');
    // Once more each, when they are told of; and the text that went beyond the bound.
    expect(texts).toBeLessThanOrEqual(1024 + 4);
    expect(characters).toBeLessThanOrEqual(65_536 + 2 * length);
  }
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readingOf } from './parameter-reading.ts';
import { operationOf } from './operations.ts';

/** A value as the table has it: a scalar, an array of scalars, or an object of scalars. */
type Scalar = string | number | boolean;
type Value = Scalar | readonly Scalar[] | Readonly<Record<string, Scalar>>;

type Place = 'path' | 'query' | 'header' | 'cookie';

interface Row {
  readonly in: Place;
  readonly style: string;
  readonly explode: boolean;
  /** What stands between items, and between a name and its value, where those are not the same. */
  readonly write: (value: Value, explode: boolean, encode: (text: string) => string) => string;
}

const name = 'p';

function kindOf(value: Value): 'array' | 'object' | 'scalar' {
  return Array.isArray(value) ? 'array' : typeof value === 'object' ? 'object' : 'scalar';
}

function itemsOf(value: Value): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function pairsOf(value: Value): [string, string][] {
  return typeof value === 'object' && !Array.isArray(value)
    ? Object.entries(value).map(([key, each]) => [key, String(each)])
    : [];
}

/** RFC 6570 by its own words: what is joined by what. */
function joined(value: Value, item: string, pair: string, encode: (text: string) => string): string {
  if (typeof value !== 'object') return encode(String(value));
  if (Array.isArray(value)) return itemsOf(value).map(encode).join(item);
  return pairsOf(value)
    .map(([key, each]) => encode(key) + pair + encode(each))
    .join(item);
}

const simple: Row['write'] = (value, explode, encode) => joined(value, ',', explode ? '=' : ',', encode);

const label: Row['write'] = (value, explode, encode) =>
  `.${joined(value, explode ? '.' : ',', explode ? '=' : ',', encode)}`;

const matrix: Row['write'] = (value, explode, encode) => {
  if (!explode || kindOf(value) === 'scalar') return `;${name}=${joined(value, ',', ',', encode)}`;
  if (kindOf(value) === 'array')
    return itemsOf(value)
      .map((each) => `;${name}=${encode(each)}`)
      .join('');
  return pairsOf(value)
    .map(([key, each]) => `;${encode(key)}=${encode(each)}`)
    .join('');
};

function form(between: string): Row['write'] {
  return (value, explode, encode) => {
    if (!explode || kindOf(value) === 'scalar') return `${name}=${joined(value, ',', ',', encode)}`;
    if (kindOf(value) === 'array')
      return itemsOf(value)
        .map((each) => `${name}=${encode(each)}`)
        .join(between);
    return pairsOf(value)
      .map(([key, each]) => `${encode(key)}=${encode(each)}`)
      .join(between);
  };
}

function delimited(delimiter: string): Row['write'] {
  return (value, explode, encode) =>
    explode && kindOf(value) === 'array'
      ? form('&')(value, true, encode)
      : `${name}=${joined(value, delimiter, delimiter, encode)}`;
}

const deep: Row['write'] = (value, _explode, encode) =>
  pairsOf(value)
    .map(([key, each]) => `${name}%5B${encode(key)}%5D=${encode(each)}`)
    .join('&');

const bothWays = [true, false];
const rows: Row[] = [
  ...bothWays.flatMap((explode): Row[] => [
    { in: 'path', style: 'simple', explode, write: simple },
    { in: 'path', style: 'label', explode, write: label },
    { in: 'path', style: 'matrix', explode, write: matrix },
    { in: 'header', style: 'simple', explode, write: simple },
    { in: 'query', style: 'form', explode, write: form('&') },
    { in: 'query', style: 'deepObject', explode, write: deep },
    { in: 'cookie', style: 'form', explode, write: form('; ') },
    { in: 'cookie', style: 'cookie', explode, write: form('; ') },
    { in: 'query', style: 'spaceDelimited', explode, write: delimited('%20') },
    { in: 'query', style: 'pipeDelimited', explode, write: delimited('%7C') },
  ]),
  { in: 'query', style: 'spaceDelimited', explode: false, write: delimited('+') },
  { in: 'query', style: 'pipeDelimited', explode: false, write: delimited('|') },
  { in: 'query', style: 'pipeDelimited', explode: false, write: delimited('%7c') },
];

const plainText = fc.stringMatching(/^[A-Za-z0-9_~-]{1,12}$/);
/** Text that has to be encoded, beyond the basic plane included. */
const anyText = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const integer = fc.integer();

interface Kind {
  readonly title: string;
  readonly schema: object;
  readonly values: (text: fc.Arbitrary<string>) => fc.Arbitrary<Value>;
}

const kinds: Kind[] = [
  { title: 'string', schema: { type: 'string' }, values: (text) => text },
  { title: 'integer', schema: { type: 'integer' }, values: () => integer },
  {
    title: 'number',
    schema: { type: 'number' },
    values: () => fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => each + 0),
  },
  { title: 'boolean', schema: { type: 'boolean' }, values: () => fc.boolean() },
  {
    title: 'array of strings',
    schema: { type: 'array', items: { type: 'string' } },
    values: (text) => fc.array(text, { minLength: 1, maxLength: 5 }),
  },
  {
    title: 'array of integers',
    schema: { type: 'array', items: { type: 'integer' } },
    values: () => fc.array(integer, { minLength: 1, maxLength: 5 }),
  },
  {
    title: 'object',
    schema: {
      type: 'object',
      properties: { R: { type: 'integer' }, name: { type: 'string' }, on: { type: 'boolean' } },
      additionalProperties: false,
    },
    values: (text) => fc.record({ R: integer, name: text, on: fc.boolean() }),
  },
  {
    title: 'open object',
    schema: { type: 'object', additionalProperties: { type: 'integer' } },
    values: () => fc.dictionary(fc.stringMatching(/^[a-oq-z][A-Za-z]{0,5}$/), integer, { minKeys: 1, maxKeys: 4 }),
  },
  {
    title: 'integer or string',
    schema: { anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^x' }] },
    values: () => fc.oneof(integer, fc.constant('x1')),
  },
];

const encodes = new Set(['path', 'query']);

function applies(row: Row, kind: Kind): boolean {
  const object = kind.title.endsWith('object');
  if (row.style === 'deepObject') return object;
  const delimitedStyle = row.style === 'spaceDelimited' || row.style === 'pipeDelimited';
  if (delimitedStyle) return kind.title.startsWith('array') || (object && !row.explode);
  // Which cookies of a browser would be members of an object that takes any is not to be told.
  return !(row.in === 'cookie' && row.explode && kind.title === 'open object');
}

const table = rows.flatMap((row) => kinds.filter((kind) => applies(row, kind)).map((kind) => ({ row, kind })));

describe('a value that is written by its style is read back as it was', () => {
  it.each(table.map(({ row, kind }) => [row.in, row.style, row.explode, kind.title, row, kind] as const))(
    '%s %s, explode %s: %s',
    (place, style, explode, _title, row, kind) => {
      const operation = operationOf({
        parameters: [{ name, in: place, style, explode, required: true, schema: kind.schema }],
      });
      // What delimits cannot be written in these, encoded or not.
      const reserves = ['cookie', 'label', 'spaceDelimited', 'pipeDelimited'].includes(style) || place === 'header';
      const encode = encodes.has(place) || style === 'form' ? encodeURIComponent : (text: string): string => text;
      fc.assert(
        fc.property(kind.values(reserves ? plainText : anyText), (value) => {
          const written = row.write(value, explode, encode);
          const reading = readingOf(operation, {
            path: place === 'path' ? { [name]: written } : {},
            query: place === 'query' ? written : '',
            headers: place === 'header' ? ['P', written] : place === 'cookie' ? ['Cookie', written] : [],
          });
          expect(reading.violations).toEqual([]);
          expect(reading.values[place]).toEqual({ [name]: value });
        }),
        { numRuns: 60 },
      );
    },
  );
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operationOf, type OperationOptions } from './operations.ts';
import { type ParameterReading, readingOf, type Sent } from './parameter-reading.ts';

function read(parameters: readonly object[], sent: Sent, options?: OperationOptions): ParameterReading {
  return readingOf(operationOf({ parameters }, options), sent);
}

/** `place name reason`, with the pointer where there is one, in order. */
function faults(parameters: readonly object[], sent: Sent, options?: OperationOptions): string[] {
  return read(parameters, sent, options).violations.map(
    (each) => `${each.in} ${each.name ?? ''}${each.pointer ?? ''} ${each.reason}`,
  );
}

function query(name: string, schema: object, more: object = {}): object {
  return { name, in: 'query', schema, ...more };
}

const integer = { type: 'integer' };
const integers = { type: 'array', items: integer };

describe('the text of a scalar', () => {
  it.each([
    ['5', 5],
    ['-5', -5],
    ['0', 0],
    ['1.0', 1],
    ['1e3', 1000],
    ['1E+3', 1000],
    ['%35', 5],
  ])('%s is an integer', (text, value) => {
    expect(read([query('n', integer)], { query: `n=${text}` }).values.query).toEqual({ n: value });
  });

  it.each([
    '',
    '1.5',
    '+5',
    '%2B5',
    '05',
    '-',
    '0x10',
    '1_000',
    '1,000',
    'Infinity',
    'NaN',
    '1e400',
    '5%20',
    '%205',
    'five',
    '٣',
    'true',
  ])('%j is no integer, and its parameter has a wrong value', (text) => {
    expect(faults([query('n', integer)], { query: `n=${text}` })).toEqual(['query n wrong-value']);
  });

  it.each(['true', 'false'])('%s is a boolean', (text) => {
    expect(read([query('b', { type: 'boolean' })], { query: `b=${text}` }).values.query).toEqual({
      b: text === 'true',
    });
  });

  it.each(['', '1', '0', 'True', 'TRUE', 'yes', 'on', ' true'])('%j is no boolean', (text) => {
    expect(faults([query('b', { type: 'boolean' })], { query: `b=${text}` })).toEqual(['query b wrong-value']);
  });

  it('is a string where a string is due, whatever it looks like', () => {
    for (const text of ['5', 'true', 'null', '', '{}', '1e400']) {
      expect(read([query('s', { type: 'string' })], { query: `s=${text}` }).values.query).toEqual({ s: text });
    }
  });

  it('is read as the type that passes where there are several', () => {
    const schema = {
      anyOf: [
        { type: 'integer', maximum: 10 },
        { type: 'string', pattern: '^[0-9]{4}$' },
      ],
    };
    expect(read([query('x', schema)], { query: 'x=7' }).values.query).toEqual({ x: 7 });
    expect(read([query('x', schema)], { query: 'x=1234' }).values.query).toEqual({ x: '1234' });
    expect(faults([query('x', schema)], { query: 'x=77' })).toContain('query x wrong-value');
  });

  it('is tried as a string last where the schema names no type', () => {
    expect(read([query('x', { enum: ['1', '2'] })], { query: 'x=1' }).values.query).toEqual({ x: '1' });
    expect(read([query('x', { enum: [1, 2] })], { query: 'x=1' }).values.query).toEqual({ x: 1 });
  });

  it('may be null where null is let through', () => {
    const schema = { type: ['integer', 'null'] };
    expect(read([query('x', schema)], { query: 'x=null' }).values.query).toEqual({ x: null });
    expect(read([query('x', schema)], { query: 'x=' }).values.query).toEqual({ x: null });
  });

  it('takes a plus for a blank, and for a plus where only that passes', () => {
    expect(read([query('s', { type: 'string' })], { query: 's=a+b' }).values.query).toEqual({ s: 'a b' });
    const time = { type: 'string', pattern: '^[0-9T:-]+[+][0-9:]+$' };
    expect(read([query('t', time)], { query: 't=2026-01-01T00:00:00+02:00' }).values.query).toEqual({
      t: '2026-01-01T00:00:00+02:00',
    });
  });

  it('takes a plus for itself first where reserved characters are allowed', () => {
    const parameter = query('s', { type: 'string' }, { allowReserved: true });
    expect(read([parameter], { query: 's=a+b/c?d=e' }).values.query).toEqual({ s: 'a+b/c?d=e' });
  });

  it.each(['%zz', '%', '%e', '%ff', '%c3', '%ed%a0%80', '%c0%80', 'a%80'])(
    'that cannot be decoded is a wrong value: %s',
    (text) => {
      expect(faults([query('s', { type: 'string' })], { query: `s=${text}` })).toEqual(['query s wrong-value']);
      const path = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
      expect(faults([path], { path: { id: text } })).toEqual(['path id wrong-value']);
    },
  );

  it('never shows itself in what is wrong with it', () => {
    const { violations } = read([query('n', integer)], { query: 'n=s3cret&other=s3cret' });
    expect(violations).toHaveLength(2);
    expect(JSON.stringify(violations)).not.toContain('s3cret');
  });
});

describe('a parameter that is missing', () => {
  it('is missed where it is required, in every place', () => {
    const parameters = (['query', 'header', 'cookie'] as const).map((place) => ({
      name: 'a',
      in: place,
      required: true,
      schema: integer,
    }));
    expect(read(parameters, {}).violations).toEqual([
      { in: 'query', name: 'a', reason: 'missing-parameter', due: 'an integer', arrived: 'nothing' },
      { in: 'header', name: 'a', reason: 'missing-parameter', due: 'an integer', arrived: 'nothing' },
      { in: 'cookie', name: 'a', reason: 'missing-parameter', due: 'an integer', arrived: 'nothing' },
    ]);
  });

  it('is not missed where it is optional, and has no value', () => {
    expect(read([query('a', { type: 'integer', minimum: 1 })], {})).toMatchObject({
      violations: [],
      values: { query: {} },
    });
  });

  it('is not one that is empty', () => {
    expect(faults([query('a', { type: 'string' }, { required: true })], { query: 'a' })).toEqual([]);
    expect(faults([query('a', { type: 'string', minLength: 1 }, { required: true })], { query: 'a=' })).toEqual([
      'query a wrong-value',
    ]);
  });

  it('may be empty where the contract allows empty values, whatever its type', () => {
    const parameter = query('a', integer, { allowEmptyValue: true });
    expect(faults([parameter], { query: 'a' })).toEqual([]);
    expect(faults([parameter], { query: 'a=' })).toEqual([]);
    expect(faults([parameter], { query: 'a=x' })).toEqual(['query a wrong-value']);
  });
});

describe('an array', () => {
  it('that is exploded comes by repeated names', () => {
    expect(read([query('ids', integers)], { query: 'ids=1&ids=2' }).values.query).toEqual({ ids: [1, 2] });
    expect(faults([query('ids', integers)], { query: 'ids=1&ids=x' })).toEqual(['query ids/1 wrong-value']);
  });

  it('that is empty is empty, or has an empty item, whichever passes', () => {
    expect(read([query('ids', integers)], { query: 'ids=' }).values.query).toEqual({ ids: [] });
    expect(read([query('ids', integers, { explode: false })], { query: 'ids=' }).values.query).toEqual({ ids: [] });
    const strings = { type: 'array', items: { type: 'string' }, minItems: 1 };
    expect(read([query('ids', strings)], { query: 'ids=' }).values.query).toEqual({ ids: [''] });
  });

  it('whose commas were encoded with the rest is still one of several items, if it passes as nothing else', () => {
    const parameter = query('ids', integers, { explode: false });
    expect(read([parameter], { query: 'ids=1%2C2' }).values.query).toEqual({ ids: [1, 2] });
    const names = query('n', { type: 'array', items: { type: 'string' } }, { explode: false });
    expect(read([names], { query: 'n=a%2Cb,c' }).values.query).toEqual({ n: ['a,b', 'c'] });
  });

  it('whose items have no type is read item by item', () => {
    const schema = { type: 'array', items: { enum: ['1', 'b', 3, null] } };
    expect(read([query('x', schema)], { query: 'x=1&x=b&x=3&x=null' }).values.query).toEqual({
      x: ['1', 'b', 3, null],
    });
  });

  it('of many items that are all strings in disguise is found to hold', () => {
    const items = Array.from({ length: 60 }, (_, at) => String(at));
    const schema = { type: 'array', items: { enum: items } };
    const text = items.map((item) => `x=${item}`).join('&');
    expect(read([query('x', schema)], { query: text }).values.query).toEqual({ x: items });
  });

  it('may be a scalar instead, where the schema has both', () => {
    const schema = { anyOf: [integers, { type: 'string', const: 'all' }] };
    expect(read([query('x', schema)], { query: 'x=all' }).values.query).toEqual({ x: 'all' });
    expect(read([query('x', schema)], { query: 'x=1&x=2' }).values.query).toEqual({ x: [1, 2] });
  });

  it('has a literal name with brackets where the contract writes it so', () => {
    expect(read([query('ids[]', integers)], { query: 'ids[]=1&ids%5B%5D=2' }).values.query).toEqual({
      'ids[]': [1, 2],
    });
    expect(faults([query('ids', integers)], { query: 'ids[]=1' })).toEqual(['query ids[] unknown-parameter']);
  });

  it("is older or newer OpenAPI's label: dots or commas between items", () => {
    const parameter = { name: 'id', in: 'path', required: true, style: 'label', schema: integers };
    expect(read([parameter], { path: { id: '.3,4,5' } }).values.path).toEqual({ id: [3, 4, 5] });
    expect(read([parameter], { path: { id: '.3.4.5' } }).values.path).toEqual({ id: [3, 4, 5] });
  });
});

describe('a parameter that comes twice', () => {
  it('has a wrong value where it may come once', () => {
    const { violations } = read([query('n', integer)], { query: 'n=1&n=1' });
    expect(violations).toEqual([
      { in: 'query', name: 'n', reason: 'wrong-value', due: 'one value', arrived: '2 values' },
    ]);
  });

  it('has a wrong value where its array is one list in one text', () => {
    expect(faults([query('ids', integers, { explode: false })], { query: 'ids=1&ids=2' })).toEqual([
      'query ids wrong-value',
    ]);
  });

  it('is no fault among cookies: browsers send those of several paths, the closest first', () => {
    const cookie = { name: 'n', in: 'cookie', schema: integer };
    expect(read([cookie], { headers: ['Cookie', 'n=1; n=2'] }).values.cookie).toEqual({ n: 1 });
  });
});

describe('a prefix of its style', () => {
  it.each([
    ['label', '5'],
    ['matrix', '5'],
    ['matrix', ';other=5'],
    ['matrix', 'id=5'],
  ])('that is missing makes a wrong value: %s %s', (style, text) => {
    const parameter = { name: 'id', in: 'path', required: true, style, schema: { type: 'string' } };
    expect(faults([parameter], { path: { id: text } })).toEqual(['path id wrong-value']);
  });

  it('may stand alone where an empty string is due', () => {
    const parameter = { name: 'id', in: 'path', required: true, style: 'matrix', schema: { type: 'string' } };
    expect(read([parameter], { path: { id: ';id' } }).values.path).toEqual({ id: '' });
  });
});

describe('an object whose members are parameters', () => {
  const closed = {
    type: 'object',
    properties: { page: integer, size: integer },
    required: ['page'],
    additionalProperties: false,
  };

  it("declares its members' names (EOV#31)", () => {
    expect(read([query('paging', closed)], { query: 'page=1&size=2' }).values.query).toEqual({
      paging: { page: 1, size: 2 },
    });
  });

  it('takes what nothing else declares where it is open (EOV#31)', () => {
    const open = { type: 'object', additionalProperties: { type: 'string' } };
    expect(read([query('n', integer), query('rest', open)], { query: 'n=1&a=b&c=d' }).values.query).toEqual({
      n: 1,
      rest: { a: 'b', c: 'd' },
    });
  });

  it('names a member that is missing, wrong or unknown as the parameter that it is', () => {
    expect(faults([query('paging', closed)], { query: 'size=x' }).toSorted()).toEqual([
      'query page missing-parameter',
      'query size wrong-value',
    ]);
    expect(faults([query('paging', closed)], { query: 'page=1&pages=2' })).toEqual(['query pages unknown-parameter']);
    expect(faults([query('paging', closed, { required: true })], {})).toEqual(['query page missing-parameter']);
  });

  it('is there without a member where all are optional', () => {
    const optional = { type: 'object', properties: { page: integer } };
    expect(faults([query('paging', optional, { required: true })], {})).toEqual([]);
  });
});

describe('a deep object', () => {
  const deep = { style: 'deepObject', explode: true };
  const filter = {
    type: 'object',
    properties: {
      name: { type: 'string' },
      age: { type: 'object', properties: { gte: integer }, additionalProperties: false },
      ids: integers,
    },
    additionalProperties: false,
  };

  it('is read to the depth that its schema has', () => {
    const text = 'filter[name]=Ann&filter[age][gte]=21&filter[ids][]=1&filter[ids][]=2';
    const due = { filter: { name: 'Ann', age: { gte: 21 }, ids: [1, 2] } };
    expect(read([query('filter', filter, deep)], { query: text }).values.query).toEqual(due);
    expect(
      read([query('filter', filter, deep)], { query: text.replaceAll('[', '%5B').replaceAll(']', '%5d') }).values.query,
    ).toEqual(due);
  });

  it.each(['filter[ids]=1&filter[ids]=2', 'filter[ids][0]=1&filter[ids][1]=2', 'filter[ids][1]=2&filter[ids][0]=1'])(
    'has lists as clients write them: %s',
    (text) => {
      expect(read([query('filter', filter, deep)], { query: text }).values.query).toEqual({ filter: { ids: [1, 2] } });
    },
  );

  it('points at the member that is wrong', () => {
    expect(faults([query('filter', filter, deep)], { query: 'filter[age][gte]=old' })).toEqual([
      'query filter/age/gte wrong-value',
    ]);
    expect(faults([query('filter', filter, deep)], { query: 'filter[agee]=1' })).toEqual([
      'query filter/agee unknown-parameter',
    ]);
    expect(faults([query('filter', filter, deep)], { query: 'filter[name][x]=1' })).toEqual([
      'query filter/name wrong-value',
    ]);
    expect(faults([query('filter', filter, deep)], { query: 'filter=1' })).toEqual(['query filter wrong-value']);
  });

  it('is not what a malformed name belongs to', () => {
    for (const name of ['filter[', 'filter[a', 'filter]a[', 'filter[a]b', '[filter]', `filter${'[a]'.repeat(500)}`]) {
      expect(read([query('filter', filter, deep)], { query: `${name}=1` }).violations).toMatchObject([
        { in: 'query', reason: 'unknown-parameter' },
      ]);
    }
  });

  it('cannot reach a prototype', () => {
    const open = { type: 'object', additionalProperties: true };
    read([query('f', open, deep)], { query: 'f[__proto__][polluted]=1&f[constructor][prototype][polluted]=1' });
    expect({}).not.toHaveProperty('polluted');
    expect(faults([query('filter', filter, deep)], { query: 'filter[__proto__]=1' })).toEqual([
      'query filter/__proto__ unknown-parameter',
    ]);
  });
});

const jsonParameter = (schema: object, place = 'query'): object => ({
  name: 'f',
  in: place,
  content: { 'application/json': { schema } },
});

describe('a parameter with content', () => {
  const schema = { type: 'object', properties: { n: integer }, additionalProperties: false };

  it('is parsed as its media type says', () => {
    expect(read([jsonParameter(schema)], { query: `f=${encodeURIComponent('{"n":1}')}` }).values.query).toEqual({
      f: { n: 1 },
    });
    expect(read([jsonParameter(schema, 'header')], { headers: ['F', '{"n": 1}'] }).values.header).toEqual({
      f: { n: 1 },
    });
    expect(
      read([jsonParameter(schema, 'cookie')], { headers: ['Cookie', 'f=%7B%22n%22%3A1%7D'] }).values.cookie,
    ).toEqual({
      f: { n: 1 },
    });
  });

  it('is strict about its JSON and points into it', () => {
    for (const text of ['{"n":1', '{"n":1,"n":2}', "{'n':1}", '{"n":1e999}']) {
      expect(faults([jsonParameter(schema)], { query: `f=${encodeURIComponent(text)}` })).toEqual([
        'query f wrong-value',
      ]);
    }
    expect(faults([jsonParameter(schema)], { query: `f=${encodeURIComponent('{"n":"x"}')}` })).toEqual([
      'query f/n wrong-value',
    ]);
    expect(faults([jsonParameter(schema)], { query: `f=${encodeURIComponent('{"m":1}')}` })).toEqual([
      'query f/m unknown-parameter',
    ]);
  });
});

const querystring = (range: string, schema: object): object => ({
  name: 'q',
  in: 'querystring',
  required: true,
  content: { [range]: { schema } },
});

describe('a query that is one value (OpenAPI 3.2)', () => {
  const schema = {
    type: 'object',
    properties: { n: integer, tags: { type: 'array', items: { type: 'string' } } },
    required: ['n'],
    additionalProperties: false,
  };
  const options = { version: '3.2.0' };

  it('is read as a form', () => {
    const form = querystring('application/x-www-form-urlencoded', schema);
    expect(read([form], { query: 'n=1&tags=a&tags=b+c' }, options).values.query).toEqual({
      q: { n: 1, tags: ['a', 'b c'] },
    });
    expect(faults([form], { query: 'n=1&m=2' }, options)).toEqual(['query m unknown-parameter']);
    expect(faults([form], { query: 'tags=2' }, options)).toEqual(['query n missing-parameter']);
    expect(faults([form], { query: '' }, options)).toEqual(['query q missing-parameter']);
  });

  it('is read as JSON', () => {
    const json = querystring('application/json', schema);
    expect(read([json], { query: encodeURIComponent('{"n":1}') }, options).values.query).toEqual({ q: { n: 1 } });
    expect(faults([json], { query: encodeURIComponent('{"n":') }, options)).toEqual(['query q wrong-value']);
  });
});

describe('headers and cookies', () => {
  it('that nothing declares are never refused', () => {
    expect(read([], { headers: ['X-Other', '1', 'Cookie', 'a=b', '__proto__', 'x'] }).violations).toEqual([]);
  });

  it('are found whatever the case of a header, and by the exact name of a cookie', () => {
    const parameters = [
      { name: 'X-Count', in: 'header', schema: integer },
      { name: 'Session', in: 'cookie', schema: integer },
    ];
    const { values } = read(parameters, { headers: ['x-COUNT', ' 5 ', 'cookie', 'session=x; Session=7'] });
    expect(values).toMatchObject({ header: { 'X-Count': 5 }, cookie: { Session: 7 } });
  });

  it('that come in several lines are one list', () => {
    const header = { name: 'X-Ids', in: 'header', schema: integers };
    expect(read([header], { headers: ['X-Ids', '1, 2', 'X-Ids', '3'] }).values.header).toEqual({ 'X-Ids': [1, 2, 3] });
  });

  it('may have encoded values, or values that only look so', () => {
    const header = { name: 'X', in: 'header', schema: { type: 'string', enum: ['100%', 'a b'] } };
    expect(faults([header], { headers: ['X', '100%'] })).toEqual([]);
    expect(faults([header], { headers: ['X', 'a%20b'] })).toEqual([]);
  });

  it('of exploded arrays come as cookies of one name, or between ampersands', () => {
    const cookie = { name: 'c', in: 'cookie', schema: integers };
    expect(read([cookie], { headers: ['Cookie', 'c=1; x=y&z; c=2'] }).values.cookie).toEqual({ c: [1, 2] });
    expect(read([cookie], { headers: ['Cookie', 'c=1&c=2'] }).values.cookie).toEqual({ c: [1, 2] });
  });

  it('may stand in quotes', () => {
    const cookie = { name: 'c', in: 'cookie', schema: integer };
    expect(read([cookie], { headers: ['Cookie', 'c="5"'] }).values.cookie).toEqual({ c: 5 });
  });
});

describe('a query parameter that nothing declares', () => {
  it('is refused by name, with the spelling that was meant', () => {
    expect(read([query('limit', integer), query('offset', integer)], { query: 'limt=5' }).violations).toEqual([
      {
        in: 'query',
        name: 'limt',
        reason: 'unknown-parameter',
        due: 'no such parameter: this operation takes "limit" and "offset"; did you mean "limit"?',
        arrived: 'a string of 1 character',
        detail:
          'Query parameter "limt" is not one of this operation\'s; it takes "limit" and "offset"; did you mean "limit"?',
      },
    ]);
  });

  it('is guessed at where it is short, and among the first few', () => {
    const text = 'limt=1&lmit=1&imit=1&limi=1&limitt=1';
    const { violations } = read([query('limit', integer)], { query: text });
    const hinted = violations.map(({ detail }) => detail?.includes('did you mean'));
    expect(hinted).toEqual([true, true, true, true, false]);
    const long = read([query('l'.repeat(40), integer)], { query: `${'l'.repeat(41)}=1` });
    expect(long.violations[0]?.detail).not.toContain('did you mean');
  });

  it('is refused where the operation declares none (EOV#314)', () => {
    expect(faults([], { query: 'a=1' })).toEqual(['query a unknown-parameter']);
    expect(faults([], { query: 'a' })).toEqual(['query a unknown-parameter']);
    expect(faults([], { query: '=1' })).toEqual(['query  unknown-parameter']);
    expect(faults([], { query: '' })).toEqual([]);
    expect(faults([], { query: '&&' })).toEqual([]);
  });

  it('is refused by its exact case', () => {
    const { violations } = read([query('pageSize', integer)], { query: 'PAGE_SIZE=5' });
    expect(violations).toMatchObject([
      { name: 'PAGE_SIZE', due: 'no such parameter: this operation takes "pageSize"; did you mean "pageSize"?' },
    ]);
  });

  it('passes where the operation says so (EOV#133)', () => {
    expect(faults([query('n', integer)], { query: 'x=1&n=y' }, { settings: { unknownQuery: 'pass' } })).toEqual([
      'query n wrong-value',
    ]);
  });

  it('is not an API key of the operation (EOV#111)', () => {
    const options = {
      security: [{ key: [] }],
      schemes: { key: { type: 'apiKey', in: 'query', name: 'api_key' } },
    };
    expect(faults([], { query: 'api_key=x' }, options)).toEqual([]);
    expect(faults([], { query: 'api_keys=x' }, options)).toEqual(['query api_keys unknown-parameter']);
  });

  it('has its name shown short and on one line', () => {
    const [violation] = read([], { query: `${'x'.repeat(500)}=1` }).violations;
    expect(violation?.name?.length).toBeLessThanOrEqual(65);
    expect(read([], { query: 'a%0d%0ab%1b%5b31m%e2%80%ae=1' }).violations[0]?.name).toBe(
      'a\\u{d}\\u{a}b\\u{1b}[31m\\u{202e}',
    );
  });
});

describe('the faults of a request', () => {
  it('are all told in one answer', () => {
    const parameters = [
      { name: 'id', in: 'path', required: true, schema: integer },
      query('a', integer, { required: true }),
      query('b', integer),
      { name: 'X-C', in: 'header', required: true, schema: integer },
      { name: 'd', in: 'cookie', schema: integer },
    ];
    expect(faults(parameters, { path: { id: 'x' }, query: 'b=x&e=1', headers: ['Cookie', 'd=x'] })).toEqual([
      'path id wrong-value',
      'query a missing-parameter',
      'query b wrong-value',
      'query e unknown-parameter',
      'header X-C missing-parameter',
      'cookie d wrong-value',
    ]);
  });

  it('are told up to fifty', () => {
    const text = Array.from({ length: 200 }, (_, at) => `u${at}=1`).join('&');
    expect(read([], { query: text }).violations).toHaveLength(50);
  });

  it('are none where nothing is declared and nothing came', () => {
    const reading = read([], {});
    expect(reading).toMatchObject({ violations: [], values: { path: {}, query: {}, header: {}, cookie: {} } });
  });
});

describe('reading parameters', () => {
  const parameters = [
    query('a', integers),
    query('b', { type: 'object', properties: { x: integers } }, { style: 'deepObject' }),
    query('c', { type: 'object', additionalProperties: integer }),
    query('d', { type: 'string' }, { style: 'pipeDelimited' }),
    query('e', { type: 'object' }, { explode: false }),
    query('f', {}, { content: { 'application/json': {} }, schema: undefined }),
    { name: 'g', in: 'path', required: true, style: 'matrix', explode: true, schema: { type: 'object' } },
    { name: 'h', in: 'header', schema: { type: 'object' } },
    { name: 'i', in: 'cookie', schema: integers },
  ].map((each) => JSON.parse(JSON.stringify(each)));
  const operation = operationOf({ parameters });

  it('never throws, whatever arrives', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      'c',
      'd',
      'e',
      'f',
      'h',
      'i',
      '=',
      '&',
      ';',
      ',',
      '.',
      '|',
      '[',
      ']',
      '[]',
      '[x]',
      '%20',
      '%',
      '%ff',
      '%5B',
      '%00',
      '+',
      '1',
      '{',
      '"',
      '__proto__',
      ' ',
    );
    const noise = fc.oneof(
      fc.array(piece, { maxLength: 20 }).map((all) => all.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(noise, noise, noise, (text, header, path) => {
        const reading = readingOf(operation, {
          path: { g: path },
          query: text,
          headers: ['h', header, 'Cookie', text],
        });
        expect(Array.isArray(reading.violations)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

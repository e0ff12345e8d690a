import { describe, expect, it } from 'vitest';
import { checkOf, checkOfNamed, told } from './document.ts';

const double = (name: string): unknown => ({
  allOf: [{ $ref: `#/components/schemas/${name}` }, { $ref: `#/components/schemas/${name}` }],
});

describe('faults', () => {
  it.each<[unknown, unknown, string[]]>([
    [{ type: 'integer' }, 1.5, [' type: due an integer, arrived a number']],
    [{ type: ['string', 'null'] }, [1, 2], [' type: due a string or null, arrived an array of 2 items']],
    [{ type: 'number' }, Infinity, [' type: due a number, arrived a number too large to read']],
    [{ enum: ['eur', 'usd'] }, 'gbp', [' enum: due one of "eur", "usd", arrived a string of 3 characters']],
    [{ const: 'x' }, null, [' const: due "x", arrived null']],
    [{ minimum: 3 }, 2, [' minimum: due at least 3, arrived a number']],
    [{ exclusiveMaximum: 3 }, 3, [' exclusiveMaximum: due less than 3, arrived a number']],
    [{ multipleOf: 0.01 }, 0.001, [' multipleOf: due a multiple of 0.01, arrived a number']],
    [{ maxLength: 1 }, '😀😀', [' maxLength: due at most 1 character, arrived a string of 2 characters']],
    [{ pattern: '^a$' }, '', [' pattern: due a string that matches ^a$, arrived a string of 0 characters']],
    [
      { format: 'date-time' },
      'now',
      [' format: due a date-time such as 2026-01-31T12:00:00Z, arrived a string of 3 characters'],
    ],
    [{ minItems: 1 }, [], [' minItems: due at least 1 item, arrived an array of 0 items']],
    [{ uniqueItems: true }, [1, 1], [' uniqueItems: due items that are all different, arrived an array of 2 items']],
    [
      { contains: {}, minContains: 2 },
      [1],
      [' contains: due at least 2 items of the kind that the schema names in "contains", arrived an array of 1 item'],
    ],
    [{ minProperties: 1 }, {}, [' minProperties: due at least 1 member, arrived an object']],
    [
      { required: ['a/b'], properties: { 'a/b': { type: 'boolean' } } },
      {},
      ['/a~1b required: due a boolean, arrived nothing'],
    ],
    [{ dependentRequired: { a: ['b'] } }, { a: 1 }, ['/b dependentRequired: due a value, arrived nothing']],
    [
      { additionalProperties: false },
      { 'x~y': true },
      ['/x~0y additionalProperties: due no member of this name, arrived a boolean'],
    ],
    [
      { propertyNames: { maxLength: 1 } },
      { ab: {} },
      ['/ab propertyNames: due a member name that the schema allows, arrived an object'],
    ],
    [{ not: { enum: ['a'] } }, 'a', [' not: due a value other than "a", arrived a string of 1 character']],
    [{ properties: { a: false } }, { a: 1 }, ['/a false: due nothing, arrived a number']],
    [
      { oneOf: [{ minimum: 0 }, { type: 'integer' }] },
      1,
      [' oneOf: due a value that fits exactly one of 2 alternatives, not 2 of them, arrived a number'],
    ],
    [
      { anyOf: [{ type: 'string' }, { type: 'integer' }] },
      true,
      [' anyOf: due a string or an integer, arrived a boolean'],
    ],
  ])('of %j tell what was due and what arrived', (schema, value, due) => {
    expect(told(checkOf(schema)(value))).toEqual(due);
  });

  it('never hold what the caller sent', () => {
    const secret = 'hunter2-hunter2';
    const schema = {
      properties: {
        a: { type: 'integer' },
        b: { enum: ['x'] },
        c: { pattern: '^$' },
        d: { format: 'uuid' },
        e: { not: { type: 'string' } },
        f: { oneOf: [{ const: 1 }, { maxLength: 1 }] },
      },
    };
    const faults = checkOf(schema)(Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, secret])));
    expect(faults?.length).toBe(6);
    expect(JSON.stringify(faults)).not.toContain('hunter2');
  });

  it('are all told at once, in the order of the value, each once', () => {
    const text = { type: 'string' };
    const schema = { required: ['c'], properties: { a: text, b: { allOf: [text, text] } } };
    expect(checkOf(schema)({ a: 1, b: 2 })?.map((fault) => fault.pointer)).toEqual(['/c', '/a', '/b']);
  });

  it('of alternatives are those of the one that was most likely meant', () => {
    const card = {
      type: 'object',
      required: ['type', 'number'],
      properties: { type: { const: 'card' }, number: { type: 'string' } },
    };
    const bank = {
      type: 'object',
      required: ['type', 'iban', 'bic', 'name'],
      properties: { type: { const: 'bank' }, iban: { type: 'string' } },
    };
    const check = checkOf({ anyOf: [{ type: 'string' }, card, bank] });
    expect(told(check({ type: 'bank', iban: 1, bic: 'x' }))).toEqual([
      '/name required: due a value, arrived nothing',
      '/iban type: due a string, arrived a number',
    ]);
    expect(told(check({ type: 'card' }))).toEqual(['/number required: due a string, arrived nothing']);
  });

  it('of alternatives are those of the one that is whole, where others lack a member', () => {
    const whole = {
      type: 'object',
      required: ['id'],
      properties: { id: { type: 'integer' }, ref: { type: 'string' } },
    };
    const other = { type: 'object', required: ['a_long_name'], properties: { a_long_name: { type: 'object' } } };
    const due = ['/ref type: due a string, arrived an array of 0 items'];
    expect(told(checkOf({ oneOf: [whole, other] })({ id: 1, ref: [] }))).toEqual(due);
    expect(told(checkOf({ oneOf: [other, whole] })({ id: 1, ref: [] }))).toEqual(due);
  });

  it('of many alternatives are few', () => {
    const members = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`m${String(index)}`, { type: 'string' }]),
    );
    const branch = { type: 'object', properties: members, required: Object.keys(members) };
    expect(checkOf({ oneOf: [branch, branch, branch] })({})?.length).toBeLessThanOrEqual(5);
  });

  it('are never more than fifty', () => {
    const check = checkOf({ items: { type: 'integer' } });
    expect(check(Array.from({ length: 4_000 }, () => 'x'))?.length).toBe(50);
  });

  it('of a large value are the first alone', () => {
    const check = checkOf({
      items: { properties: { a: { type: 'integer' } }, additionalProperties: false, required: ['a'] },
    });
    const items: unknown[] = Array.from({ length: 6_000 }, () => ({ a: 1 }));
    expect(told(check([...items, { a: 'x' }, { a: 'y' }]))).toEqual([
      '/6000/a type: due an integer, arrived a string of 1 character',
    ]);
    expect(told(check([...items, { a: 1, b: 2 }]))).toEqual([
      '/6000/b additionalProperties: due no member other than "a", arrived a number',
    ]);
    expect(told(check([...items, {}]))).toEqual(['/6000/a required: due a value, arrived nothing']);
  });

  it('list a long enum in part', () => {
    const due =
      checkOf({ enum: Array.from({ length: 500 }, (_, index) => `value-${String(index)}`) })('x')?.[0]?.due ?? '';
    expect(due.length).toBeLessThan(200);
    expect(due).toMatch(/^one of "value-0", .* and \d+ more$/);
  });
});

describe('schemas that multiply work', () => {
  it('by recursion through several branches are judged in bounded time (row 43)', () => {
    const next = { type: 'object', properties: { next: { $ref: '#/components/schemas/Node' } } };
    const schemas = {
      Node: {
        type: 'object',
        properties: { end: { type: 'integer' } },
        oneOf: [{ ...next, required: ['next', 'end'] }, next],
        anyOf: [next, next, next],
      },
    };
    const check = checkOfNamed('Node', schemas);
    let good: unknown = { end: 1 };
    let bad: unknown = { end: 'x' };
    for (let depth = 0; depth < 60; depth += 1) {
      good = { next: good };
      bad = { next: bad };
    }
    const started = performance.now();
    expect(check(good)).toBeUndefined();
    expect(check(bad)?.length).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('by doubling at each of forty levels are judged in bounded time', () => {
    const schemas: Record<string, unknown> = { L40: { type: 'integer' } };
    for (let level = 0; level < 40; level += 1) schemas[`L${String(level)}`] = double(`L${String(level + 1)}`);
    const check = checkOfNamed('L0', schemas);
    const started = performance.now();
    expect(check(1)).toBeUndefined();
    expect(told(check('x'))).toEqual([' type: due an integer, arrived a string of 1 character']);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

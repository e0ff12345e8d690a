import { describe, expect, it } from 'vitest';
import { checkOf, checkOfNamed } from './document.ts';

const old = { dialect: '3.0' } as const;

describe('OpenAPI 3.0', () => {
  it('lets null pass where nullable stands beside a type, an enum without null, a $ref or an allOf', () => {
    const schemas = {
      Text: { type: 'string', enum: ['a'] },
      Plain: { type: 'string', nullable: true, maxLength: 1 },
      Listed: { type: 'string', nullable: true, enum: ['a', 'b'] },
      Wrapped: { nullable: true, allOf: [{ $ref: '#/components/schemas/Text' }] },
      Typed: { type: 'string', nullable: true, allOf: [{ $ref: '#/components/schemas/Text' }] },
      Beside: { nullable: true, $ref: '#/components/schemas/Text' },
      Chosen: { nullable: true, oneOf: [{ $ref: '#/components/schemas/Text' }, { type: 'integer' }] },
    };
    for (const name of ['Plain', 'Listed', 'Wrapped', 'Typed', 'Beside', 'Chosen']) {
      const check = checkOfNamed(name, schemas, old);
      expect({ name, faults: check(null) }).toEqual({ name, faults: undefined });
      expect({ name, faults: check('a') }).toEqual({ name, faults: undefined });
      expect({ name, refused: check(false) !== undefined }).toEqual({ name, refused: true });
    }
    expect(checkOfNamed('Text', schemas, old)(null)).toBeDefined();
  });

  it('takes nullable without a type for nothing more than it says', () => {
    const check = checkOf({ nullable: true, properties: { a: { type: 'integer' } } }, old);
    expect(check(null)).toBeUndefined();
    expect(check('any')).toBeUndefined();
    expect(check({ a: 'x' })).toBeDefined();
  });

  it('reads boolean exclusive bounds, and numbers as 3.1 has them', () => {
    const check = checkOf({ minimum: 1, exclusiveMinimum: true, maximum: 3, exclusiveMaximum: false }, old);
    expect(check(1)).toBeDefined();
    expect(check(3)).toBeUndefined();
    expect(checkOf({ exclusiveMinimum: 1 }, old)(1)).toBeDefined();
    expect(checkOf({ exclusiveMinimum: true }, old)(1)).toBeUndefined();
  });

  it('ignores what stands beside a $ref', () => {
    const check = checkOfNamed(
      'A',
      { A: { $ref: '#/components/schemas/B', maxLength: 1 }, B: { type: 'string' } },
      old,
    );
    expect(check('abc')).toBeUndefined();
    expect(check(1)).toBeDefined();
  });

  it('takes what only 3.1 has as 3.1 does', () => {
    expect(checkOf({ type: ['string', 'null'] }, old)(null)).toBeUndefined();
    expect(checkOf({ const: 1 }, old)(2)).toBeDefined();
    expect(checkOf({ patternProperties: { '^x': {} }, additionalProperties: false }, old)({ xa: 1 })).toBeUndefined();
    expect(checkOf({ items: [{ type: 'string' }], additionalItems: false }, old)(['a', 1])).toBeDefined();
  });
});

describe('OpenAPI 3.1', () => {
  it('still takes nullable and boolean bounds, which documents keep from 3.0', () => {
    expect(checkOf({ type: 'string', nullable: true })(null)).toBeUndefined();
    expect(checkOf({ nullable: true, const: 'a' })(null)).toBeUndefined();
    expect(checkOf({ minimum: 1, exclusiveMinimum: true })(1)).toBeDefined();
  });

  it('has 64-bit bounds for int64, as far as doubles can tell', () => {
    const check = checkOf({ type: 'integer', format: 'int64' });
    expect(check(JSON.parse('9223372036854775807'))).toBeUndefined();
    expect(check(JSON.parse('-9223372036854775808'))).toBeUndefined();
    expect(check(1e19)).toBeDefined();
    expect(checkOf({ type: 'integer' })(1e19)).toBeUndefined();
  });
});

describe('readOnly and writeOnly', () => {
  const schemas = {
    Id: { type: 'string', readOnly: true },
    Base: {
      type: 'object',
      required: ['id', 'at'],
      properties: { id: { $ref: '#/components/schemas/Id' }, at: { type: 'string', readOnly: true } },
    },
    User: {
      allOf: [{ $ref: '#/components/schemas/Base' }, { required: ['name', 'made', 'secret'] }],
      properties: {
        name: { type: 'string' },
        made: { allOf: [{ $ref: '#/components/schemas/Id' }] },
        secret: { type: 'string', writeOnly: true },
      },
    },
    Sum: {
      oneOf: [
        { type: 'object', required: ['id', 'a'], properties: { id: { readOnly: true }, a: { type: 'string' } } },
        { type: 'object', required: ['id'], properties: { id: { readOnly: true } } },
      ],
    },
  };

  it.each(['3.0', '3.1'] as const)('are required of the side that sends them alone, in %s', (dialect) => {
    const request = checkOfNamed('User', schemas, { dialect });
    const response = checkOfNamed('User', schemas, { dialect, direction: 'response' });
    expect(request({ name: 'a', secret: 's' })).toBeUndefined();
    expect(request({ name: 'a' })?.map((fault) => fault.pointer)).toEqual(['/secret']);
    expect(response({ name: 'a', id: '1', at: 'x', made: 'y' })).toBeUndefined();
    expect(response({ name: 'a', secret: 's' })?.map((fault) => fault.pointer)).toEqual(['/id', '/at', '/made']);
  });

  it('may be sent all the same: who puts back what it got is not refused', () => {
    expect(checkOfNamed('User', schemas)({ name: 'a', secret: 's', id: '1', at: 'x' })).toBeUndefined();
  });

  it('do not make a oneOf ambiguous that is not', () => {
    expect(checkOfNamed('Sum', schemas)({ a: 'x' })).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { checkOf, checkOfNamed, told } from './document.ts';

const refuse = { unknownMembers: 'refuse' } as const;
const pass = { unknownMembers: 'pass' } as const;

const closed = (name: string): unknown => ({ properties: { [name]: {} }, additionalProperties: false });

describe('members that a schema does not name', () => {
  it('are refused where the schema is silent, at every object of the value', () => {
    const check = checkOf(
      {
        properties: {
          a: { type: 'array', items: { properties: { b: {} } } },
          c: { additionalProperties: { properties: { d: {} } } },
        },
      },
      refuse,
    );
    expect(check({ a: [{ b: 1 }], c: { any: { d: 1 } } })).toBeUndefined();
    expect(told(check({ a: [{ x: 1 }], c: { any: { y: 1 } }, z: null }))).toEqual([
      '/a/0/x additionalProperties: due no member other than "b", arrived a number',
      '/c/any/y additionalProperties: due no member other than "d", arrived a number',
      '/z additionalProperties: due no member other than "a", "c", arrived null',
    ]);
  });

  it('are told apart across allOf, $ref and oneOf', () => {
    const schemas = {
      Base: { type: 'object', properties: { id: {} } },
      Full: {
        allOf: [{ $ref: '#/components/schemas/Base' }, { properties: { name: {} } }],
        oneOf: [
          { required: ['x'], properties: { x: {} } },
          { required: ['y'], properties: { y: {} } },
        ],
      },
      Holder: {
        properties: { full: { $ref: '#/components/schemas/Full' }, base: { $ref: '#/components/schemas/Base' } },
      },
    };
    const check = checkOfNamed('Holder', schemas, refuse);
    expect(check({ full: { id: 1, name: 2, x: 3 }, base: { id: 1 } })).toBeUndefined();
    expect(check({ full: { id: 1, x: 3, y2: 4 } })?.map((fault) => fault.pointer)).toEqual(['/full/y2']);
    expect(check({ base: { id: 1, name: 2 } })?.map((fault) => fault.pointer)).toEqual(['/base/name']);
  });

  it('pass where the schema says that they may, wherever it says so', () => {
    expect(checkOf({ properties: { a: {} }, additionalProperties: true }, refuse)({ b: 1 })).toBeUndefined();
    const inside = { allOf: [{ properties: { a: {} }, additionalProperties: {} }, { properties: { c: {} } }] };
    expect(checkOf(inside, refuse)({ b: 1 })).toBeUndefined();
    expect(checkOf({ properties: { a: {} }, patternProperties: { '^x-': {} } }, refuse)({ 'x-b': 1 })).toBeUndefined();
  });

  it('pass in a free-form object, and in a branch that is one', () => {
    expect(checkOf({ type: 'object' }, refuse)({ b: 1 })).toBeUndefined();
    expect(checkOf({}, refuse)({ b: { c: 1 } })).toBeUndefined();
    const branch = { anyOf: [{ type: 'object', required: ['a'], properties: { a: {} } }, { type: 'object' }] };
    expect(checkOf(branch, refuse)({ b: 1 })).toBeUndefined();
  });

  it('pass in a base schema whose kinds name more, and not in a kind', () => {
    const schemas = {
      Pet: { type: 'object', properties: { kind: { type: 'string' } }, discriminator: { propertyName: 'kind' } },
      Cat: { allOf: [{ $ref: '#/components/schemas/Pet' }, { properties: { lives: {} } }] },
      Holder: {
        properties: {
          pet: { $ref: '#/components/schemas/Pet' },
          cat: { $ref: '#/components/schemas/Cat' },
          maybe: { nullable: true, allOf: [{ $ref: '#/components/schemas/Pet' }] },
        },
      },
    };
    const check = checkOfNamed('Holder', schemas, refuse);
    expect(
      check({ pet: { kind: 'Cat', lives: 9 }, cat: { kind: 'Cat', lives: 9 }, maybe: { lives: 1 } }),
    ).toBeUndefined();
    expect(check({ cat: { liives: 9 } })?.map((fault) => fault.pointer)).toEqual(['/cat/liives']);
  });

  it('do not change what not, if and contains find', () => {
    const check = checkOf(
      {
        properties: { a: {}, list: { contains: { properties: { b: { const: 1 } }, required: ['b'] } }, other: {} },
        not: { properties: { other: { properties: { c: {} }, required: ['c'] } }, required: ['other'] },
      },
      refuse,
    );
    expect(check({ list: [{ b: 1, more: 2 }] })).toBeUndefined();
    expect(check({ other: { c: 1, more: 2 } })).toBeDefined();
  });

  it('leave a member alone whose name is that of a method', () => {
    const check = checkOf({ allOf: [{ properties: { a: {} } }], properties: { b: {} } }, refuse);
    expect(check({ toString: 1 })?.map((fault) => fault.pointer)).toEqual(['/toString']);
    expect(check(JSON.parse('{"__proto__":1}'))?.map((fault) => fault.pointer)).toEqual(['/__proto__']);
  });

  it('pass where they are to pass, though the schema forbids them; schemas for them still hold', () => {
    expect(checkOf({ properties: { a: {} }, additionalProperties: false }, pass)({ b: 1 })).toBeUndefined();
    expect(checkOf({ properties: { a: {} }, unevaluatedProperties: false }, pass)({ b: 1 })).toBeUndefined();
    expect(checkOf({ additionalProperties: { type: 'string' } }, pass)({ b: 1 })).toBeDefined();
  });

  it('that pass do not make a oneOf ambiguous', () => {
    const check = checkOf({ oneOf: [closed('a'), closed('b')] }, pass);
    expect(check({ a: 1 })).toBeUndefined();
    expect(check({ a: 1, b: 1 })).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import type { Shape } from '@flick/schema';
import { compilerOf, type Settings } from './document.ts';

function shapeOf(schema: unknown, schemas: Record<string, unknown> = {}, settings: Settings = {}): Shape {
  return compilerOf({ components: { schemas } }, settings).shape({ schema, location: 'contract:/api#/x' });
}

const kind = (name: string, type: string): unknown => ({
  type: 'object',
  properties: { kind: { type: 'string' }, [name]: { type } },
});

describe('a shape', () => {
  it('has the types that all schemas of the value let through', () => {
    expect(shapeOf({}).types).toEqual(new Set());
    expect(shapeOf({ type: 'string', nullable: true }).types).toEqual(new Set(['string', 'null']));
    expect(shapeOf({ allOf: [{ type: 'number' }, { type: ['integer', 'string'] }] }).types).toEqual(
      new Set(['integer']),
    );
    expect(
      shapeOf({ anyOf: [{ type: 'string' }, { $ref: '#/components/schemas/A' }] }, { A: { type: 'boolean' } }).types,
    ).toEqual(new Set(['string', 'boolean']));
    expect(shapeOf({ oneOf: [{ type: 'string' }, {}] }).types).toEqual(new Set());
    expect(shapeOf({ enum: [1, 'a', null] }).types).toEqual(new Set(['integer', 'string', 'null']));
  });

  it('has items and members, gathered from all schemas beside it', () => {
    const shape = shapeOf(
      {
        allOf: [{ $ref: '#/components/schemas/Base' }],
        properties: { tags: { type: 'array', items: { type: 'integer' } }, a: { minimum: 1 } },
        oneOf: [{ properties: { b: { type: 'string' } } }, { properties: { b: { type: 'boolean' } } }],
      },
      { Base: { type: 'object', properties: { a: { type: 'number' } } } },
    );
    expect(shape.types).toEqual(new Set(['object']));
    expect(shape.properties?.get('tags')?.items?.types).toEqual(new Set(['integer']));
    expect(shape.properties?.get('a')?.types).toEqual(new Set(['number']));
    expect(shape.properties?.get('b')?.types).toEqual(new Set(['string', 'boolean']));
    expect(shape.open).toBe(true);
  });

  it('tells whether further members may come, and of which shape', () => {
    expect(shapeOf({ additionalProperties: false })).toMatchObject({ open: false });
    expect(shapeOf({ additionalProperties: false })).not.toHaveProperty('additional');
    expect(shapeOf({ additionalProperties: { type: 'integer' } }).additional?.types).toEqual(new Set(['integer']));
    expect(shapeOf({ type: 'object' })).not.toHaveProperty('properties');
  });

  it('of a schema with a discriminator is that of its branches together', () => {
    const shape = shapeOf(
      {
        oneOf: [{ $ref: '#/components/schemas/A' }, { $ref: '#/components/schemas/B' }],
        discriminator: { propertyName: 'kind' },
      },
      { A: kind('a', 'integer'), B: kind('b', 'boolean') },
    );
    expect(shape.types).toEqual(new Set(['object']));
    expect(shape.properties?.get('a')?.types).toEqual(new Set(['integer']));
    expect(shape.properties?.get('b')?.types).toEqual(new Set(['boolean']));
    expect(shape.properties?.get('kind')?.types).toEqual(new Set(['string']));
  });

  it('may hold itself', () => {
    const shape = shapeOf(
      { $ref: '#/components/schemas/Node' },
      { Node: { type: 'object', properties: { next: { $ref: '#/components/schemas/Node' } } } },
    );
    const inner = shape.properties?.get('next')?.properties?.get('next')?.properties?.get('next');
    expect(inner?.types).toEqual(new Set(['object']));
  });

  it('tells binary content, as 3.0 and as 3.1 name it', () => {
    expect(shapeOf({ type: 'string', format: 'binary' }, {}, { dialect: '3.0' }).binary).toBe(true);
    expect(shapeOf({ contentMediaType: 'image/png' }).binary).toBe(true);
    expect(shapeOf({ contentMediaType: 'image/png', contentEncoding: 'base64' }).binary).toBe(false);
    expect(shapeOf({ type: 'string' }).binary).toBe(false);
  });

  it('has the default, of the schema or of its members, that holds whichever branch does', () => {
    const { default: own, defaults } = shapeOf(
      {
        default: { a: 1 },
        properties: { a: { type: 'integer', default: 1 }, b: { default: null }, c: {}, d: { anyOf: [{ default: 1 }] } },
        allOf: [{ $ref: '#/components/schemas/Base' }],
        oneOf: [{ properties: { e: { default: 'in one branch' } } }, {}],
        if: { required: ['f'] },
        else: { properties: { g: { default: 'on a condition' } } },
      },
      { Base: { properties: { f: { $ref: '#/components/schemas/Nullable' } } }, Nullable: { default: 'f' } },
    );
    expect(own).toEqual({ value: { a: 1 } });
    expect(defaults).toEqual(
      new Map<string, unknown>([
        ['a', 1],
        ['b', null],
        ['f', 'f'],
      ]),
    );
    expect(shapeOf({ type: 'string', nullable: true, default: 'x' }, {}, { dialect: '3.0' }).default).toEqual({
      value: 'x',
    });
    expect(shapeOf({ type: 'object', properties: { a: {} } }).defaults).toEqual(new Map());
    expect(
      shapeOf({ properties: { a: { type: 'integer', default: 1 } } }, {}, { unknownMembers: 'refuse' }).defaults,
    ).toEqual(new Map([['a', 1]]));
  });

  it('is silent where the schema cannot be compiled, which its check tells', () => {
    expect(shapeOf({ $ref: '#/nowhere' })).toEqual({ types: new Set(), open: true, binary: false });
  });
});

import { describe, expect, it, vi } from 'vitest';
import { createCompiler, type Resolve, SchemaError } from '@flick/schema';
import { checkOf, checkOfNamed, compilerOf, resolverOf } from './document.ts';

describe('references', () => {
  it('may lead back to their own schema, and to one another', () => {
    const schemas = {
      Tree: {
        type: 'object',
        properties: { leaf: { type: 'integer' }, next: { $ref: '#/components/schemas/Branch' } },
      },
      Branch: { type: 'array', items: { $ref: '#/components/schemas/Tree' } },
    };
    const check = checkOfNamed('Tree', schemas);
    expect(check({ next: [{ next: [{ leaf: 1 }] }] })).toBeUndefined();
    expect(check({ next: [{ next: [{ leaf: 'x' }] }] })?.[0]?.pointer).toBe('/next/0/next/0/leaf');
  });

  it('judge a value once where a base leads to its kinds and they lead back to it', () => {
    const schemas = {
      Pet: {
        type: 'object',
        required: ['kind'],
        properties: { kind: { type: 'string' }, name: { type: 'string' } },
        discriminator: { propertyName: 'kind' },
        oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }],
      },
      Cat: { allOf: [{ $ref: '#/components/schemas/Pet' }, { properties: { lives: { type: 'integer' } } }] },
      Dog: { allOf: [{ $ref: '#/components/schemas/Pet' }, { properties: { barks: { type: 'boolean' } } }] },
    };
    for (const name of ['Pet', 'Cat']) {
      const check = checkOfNamed(name, schemas);
      expect(check({ kind: 'Cat', lives: 9, name: 'Tom' })).toBeUndefined();
      expect(check({ kind: 'Cat', lives: 'x' })?.map((fault) => fault.pointer)).toEqual(['/lives']);
      expect(check({ kind: 'Cat', name: 1 })?.map((fault) => fault.pointer)).toEqual(['/name']);
    }
  });

  it('may lead from one to the next thousands of times', () => {
    const schemas: Record<string, unknown> = { S3000: { type: 'integer' } };
    for (let at = 0; at < 3_000; at += 1) {
      const next = { $ref: `#/components/schemas/S${String(at + 1)}` };
      schemas[`S${String(at)}`] = { properties: { next } };
    }
    const check = checkOfNamed('S0', schemas);
    expect(check({ next: { next: 1 } })).toBeUndefined();
    expect(checkOfNamed('S2998', schemas)({ next: { next: 'x' } })).toBeDefined();
  });

  it('that only go in a circle say nothing', () => {
    const check = checkOfNamed('A', { A: { $ref: '#/components/schemas/B' }, B: { $ref: '#/components/schemas/A' } });
    expect(check(1)).toBeUndefined();
  });

  it('name what they cannot follow at compile, and at each call', () => {
    const check = checkOf({ properties: { a: { $ref: '#/nowhere' } } });
    expect(() => check.compile()).toThrow(SchemaError);
    expect(() => check({})).toThrow('contract:/api#/properties/a/$ref');
    expect(() => check({})).toThrow('"#/nowhere" points at nothing');
  });

  it('to a schema that cannot be compiled fail all who refer to it, whoever asks first', () => {
    const schemas = {
      Bad: { pattern: '(' },
      A: { $ref: '#/components/schemas/Bad' },
      B: { items: { $ref: '#/components/schemas/A' } },
    };
    const compiler = compilerOf({ components: { schemas } });
    for (const name of ['A', 'B', 'Bad']) {
      const node = { schema: { $ref: `#/components/schemas/${name}` }, location: 'contract:/api#/x' };
      const { compile } = compiler.check(node);
      expect(compile).toThrow('contract:/api#/components/schemas/Bad/pattern: the pattern (');
    }
  });

  it('follow $anchor and $id', () => {
    const check = checkOf({
      $defs: {
        a: { $anchor: 'text', type: 'string' },
        b: {
          $id: 'https://example.com/b',
          $defs: { c: { type: 'integer' } },
          properties: { d: { $ref: '#/$defs/c' } },
        },
      },
      properties: { a: { $ref: '#text' }, b: { $ref: 'https://example.com/b' } },
    });
    expect(check({ a: 'x', b: { d: 1 } })).toBeUndefined();
    expect(check({ a: 1, b: { d: 'x' } })?.map((fault) => fault.pointer)).toEqual(['/a', '/b/d']);
  });

  it('by $dynamicRef mean what the outermost resource says', () => {
    const root = {
      $defs: {
        page: {
          $id: 'https://example.com/page',
          $defs: { item: { $dynamicAnchor: 'item' } },
          properties: { items: { type: 'array', items: { $dynamicRef: '#item' } } },
        },
        users: {
          $id: 'https://example.com/users',
          $defs: { item: { $dynamicAnchor: 'item', type: 'string' } },
          $ref: 'page',
        },
      },
      properties: { any: { $ref: '#/$defs/page' }, users: { $ref: '#/$defs/users' } },
    };
    const check = checkOf(root);
    expect(check({ any: { items: [1, 'a'] }, users: { items: ['a'] } })).toBeUndefined();
    expect(check({ any: { items: [1] }, users: { items: [1] } })?.map((fault) => fault.pointer)).toEqual([
      '/users/items/0',
    ]);
  });

  it('by $dynamicRef let a tree be extended', () => {
    const root = {
      $id: 'https://example.com/strict',
      $dynamicAnchor: 'node',
      $ref: 'tree',
      unevaluatedProperties: false,
      $defs: {
        tree: {
          $id: 'https://example.com/tree',
          $dynamicAnchor: 'node',
          type: 'object',
          properties: { data: true, children: { type: 'array', items: { $dynamicRef: '#node' } } },
        },
      },
    };
    const check = checkOf(root);
    expect(check({ children: [{ data: 1 }] })).toBeUndefined();
    expect(check({ children: [{ daat: 1 }] })?.map((fault) => fault.pointer)).toEqual(['/children/0/daat']);
  });

  it('are followed when a check is first used, and only those that it reaches', () => {
    const root = {
      components: {
        schemas: { A: { $ref: '#/components/schemas/B' }, B: { type: 'string' }, C: { $ref: '#/nowhere' } },
      },
    };
    const resolve = vi.fn<Resolve>(resolverOf(root));
    const compiler = createCompiler({ dialect: '3.1', direction: 'request', unknownMembers: 'as_schema', resolve });
    const check = compiler.check({ schema: { $ref: '#/components/schemas/A' }, location: 'contract:/api#/x' });
    expect(resolve).not.toHaveBeenCalled();
    expect(check('a')).toBeUndefined();
    expect(new Set(resolve.mock.calls.map(([ref]) => ref))).toEqual(
      new Set(['#/components/schemas/A', '#/components/schemas/B']),
    );
    const calls = resolve.mock.calls.length;
    check('b');
    expect(resolve).toHaveBeenCalledTimes(calls);
  });
});

import { createCompiler, SchemaError } from '@flick/schema';
import { describe, expect, it } from 'vitest';
import { Judges } from '../src/judge.ts';
import { Lowering } from '../src/lower.ts';
import { checkOfNamed, resolverOf } from './document.ts';

const count = 300;
const schemas = Object.fromEntries(
  Array.from({ length: count }, (_, at) => [
    `S${String(at)}`,
    {
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string', maxLength: 5 },
        next: { $ref: `#/components/schemas/S${String((at + 1) % count)}` },
      },
    },
  ]),
);

describe('a schema that takes long to compile', () => {
  it('is judged rightly from the first value on, and the same once it is compiled', () => {
    const check = checkOfNamed('S0', schemas);
    const good = { name: 'a', next: { name: 'b', next: { name: 'c' } } };
    const bad = { name: 'a', next: { name: 'b', next: { name: 'too long' } } };
    const [first, other] = [check(good), check(bad)];
    check.compile();
    expect([first, check(good)]).toEqual([undefined, undefined]);
    expect(other).toMatchObject([{ pointer: '/next/next/name', keyword: 'maxLength' }]);
    expect(check(bad)).toEqual(other);
  });

  it('is read as far as a value reaches, until there is time for the rest', () => {
    const document = { components: { schemas } };
    const resolve = resolverOf(document);
    let followed = 0;
    const check = createCompiler({
      dialect: '3.1',
      direction: 'request',
      unknownMembers: 'as_schema',
      hasAnchors: () => false,
      resolve: (ref, from) => {
        followed += 1;
        return resolve(ref, from);
      },
    }).check({ schema: { $ref: '#/components/schemas/S0' }, location: 'contract:/api#/components/schemas/S0' });
    check.prepare();
    expect(followed).toBeLessThan(10);
    expect(check.compile()).toBe(true);
    expect(followed).toBeGreaterThan(count);
  });

  it('is refused where something that it leads to is at fault, whether or not a value reaches it', () => {
    const faulty = { ...schemas, S2: { properties: { next: { type: 'string', pattern: '(' } } } };
    const unread = checkOfNamed('S0', faulty);
    unread.prepare();
    const reached = { name: 'a', next: { name: 'b', next: { next: 'c' } } };
    expect(() => unread(reached)).toThrow(SchemaError);
    const check = checkOfNamed('S0', faulty);
    expect(() => check.compile()).toThrow(SchemaError);
    for (const value of [{ name: 'a' }, reached]) expect(() => check(value)).toThrow(/the pattern \(/);
  });

  it('is compiled a slice at a time', () => {
    const document = { components: { schemas } };
    const lowering = new Lowering({
      dialect: '3.1',
      direction: 'request',
      unknownMembers: 'as_schema',
      resolve: resolverOf(document),
    });
    const root = lowering.lower({ schema: schemas['S0'], location: 'contract:/api#/components/schemas/S0' });
    const judges = new Judges(lowering);
    let slices = 0;
    let judge = judges.compile(root, 0);
    for (; judge === undefined && slices < 10 * count; slices += 1) judge = judges.compile(root, 0);
    expect(slices).toBeGreaterThan(0);
    expect(judge?.({ name: 'a' })).toBe(true);
    expect(judge?.({ name: 1 })).toBe(false);
  });
});

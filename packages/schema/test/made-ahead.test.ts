import { runInThisContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CheckCode } from '../src/check-code.ts';
import { Judges } from '../src/judge.ts';
import type { Lowering } from '../src/lower.ts';
import { MadeJudges } from '../src/made-judges.ts';
import { schemas, values } from './any-schema.ts';
import { checkOf, compilerOf, loweringOf, told } from './document.ts';

/** What a module that has the code would export. */
function run(code: ReadonlyMap<string, string>): Record<string, CheckCode> {
  const members = Array.from(code, ([key, text]) => `${JSON.stringify(key)}: ${text}`);
  return runInThisContext(`(() => { 'use strict'; return {${members.join(',\n')}}; })()`);
}

describe('code of checks that was made ahead', () => {
  it.each(['as_schema', 'refuse', 'pass'] as const)(
    'judges as what is compiled does, with unknown members taken as %s',
    (unknownMembers) => {
      let judged = 0;
      fc.assert(
        fc.property(
          schemas.rule,
          schemas.schema,
          schemas.schema,
          fc.array(values, { minLength: 1, maxLength: 6 }),
          (top, x, y, some) => {
            const root = { ...top, $defs: { x, y } };
            const lowered = (): Lowering => loweringOf(root, unknownMembers);
            const node = { schema: root, location: 'contract:/api#' };
            const [first, second] = [lowered(), lowered()];
            const compiled = new Judges(first, true);
            const judge = compiled.compile(first.lower(node));
            const made = new MadeJudges(second, run(compiled.code ?? new Map())).compile(second.lower(node));
            const faults: (readonly [object, object])[] = [];
            for (const each of some) {
              const verdict = judge(each);
              expect(made(each)).toBe(verdict);
              if (verdict !== undefined) judged += 1;
              if (verdict === false) faults.push([made.firstFault(each), judge.firstFault(each)]);
            }
            expect(faults.map(([one]) => one)).toEqual(faults.map(([, other]) => other));
          },
        ),
        { numRuns: 700, seed: 20_261_126 },
      );
      expect(judged).toBeGreaterThan(500);
    },
  );

  const schema = {
    type: 'object',
    required: ['id'],
    additionalProperties: false,
    properties: {
      id: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 4 },
      on: { type: 'string', format: 'date-time' },
      size: { type: 'integer', format: 'int32', multipleOf: 5 },
      tags: { type: 'array', uniqueItems: true, items: { enum: ['a', { b: 1 }] } },
      next: { $ref: '#' },
    },
    patternProperties: { '^x-': { const: 1 } },
  };

  it('stands on nothing but what it is handed, formats, patterns and refs included', () => {
    const compiler = compilerOf(schema, { keepsCode: true });
    compiler.check({ schema, location: 'contract:/api#' }).compile();
    const code = [...compiler.code.values()].join('\n');
    expect(code).not.toMatch(/require\(|import\b|new Function|scope\./);
    const made = checkOf(schema, { made: run(compiler.code) });
    const fresh = checkOf(schema);
    const bad = { id: 'A', on: 'now', size: 7, tags: ['a', 'a'], next: { id: 'abcde', 'x-y': 2 }, more: 1 };
    const good = {
      id: 'ab',
      on: '2026-01-31T12:00:00Z',
      size: 10,
      tags: ['a', { b: 1 }],
      next: { id: 'xyz', 'x-y': 1 },
    };
    expect(made(good)).toBeUndefined();
    expect(told(made(bad))).toEqual(told(fresh(bad)));
    // So large that the walk is left out.
    const large = { id: 'ab', next: { id: 'ab', tags: Array.from({ length: 6_000 }, () => 'a') } };
    expect(told(made(large))).toEqual(told(fresh(large)));
  });

  it('is not asked for by the walk, which judges what has none', () => {
    const made = checkOf(schema, { made: {} });
    expect(made({ id: 'ab', next: { id: 'xyz' } })).toBeUndefined();
    expect(told(made({ id: 'ab', next: {} }))).toEqual(told(checkOf(schema)({ id: 'ab', next: {} })));
  });

  it('or its want does not hide that a schema cannot be compiled', () => {
    const broken = { properties: { a: { $ref: '#/$defs/a' } }, $defs: { a: { pattern: '(' } } };
    expect(() => checkOf(broken, { made: {} })({})).toThrow('is no ECMA-262 regular expression');
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answers, latest, legacy, teas } from './documents.ts';
import { compile, typesOf } from './types-of.ts';

const compilingMs = 60_000;

describe('the types of a contract', () => {
  it('are flat, of a document of OpenAPI 3.1', async () => {
    await expect(await typesOf(teas)).toMatchFileSnapshot('snapshots/teas.txt');
  });

  it('are flat, of a document of OpenAPI 3.0', async () => {
    await expect(await typesOf(legacy)).toMatchFileSnapshot('snapshots/legacy.txt');
  });

  it('are flat, of a document of OpenAPI 3.2', async () => {
    await expect(await typesOf(latest)).toMatchFileSnapshot('snapshots/latest.txt');
  });

  it('tell of header fields and items of answers', async () => {
    await expect(await typesOf(answers)).toMatchFileSnapshot('snapshots/answers.txt');
  });

  it('compile, whatever the document calls its operations and schemas', { timeout: compilingMs }, async () => {
    const [first, second, third] = await Promise.all([teas, legacy, latest].map(typesOf));
    const named = await typesOf(names);
    expect(await compile({ 'a.ts': first ?? '', 'b.ts': second ?? '', 'c.ts': third ?? '', 'd.ts': named })).toEqual(
      [],
    );
    expect(named).toContain('__proto__?: string');
    expect(named).toContain('"a/b": AB;');
    expect(named).toContain('"a-b": ABOperation;');
    expect(named).toContain('export interface RecordSchema {');
  });

  it('let right handlers through, and refuse each wrong one at its line', { timeout: compilingMs }, async () => {
    const { text, wrong } = handlersOf('handlers.txt');
    expect(wrong.length).toBeGreaterThan(25);
    expect(linesOf(await compile({ 'api.d.ts': await typesOf(teas), 'handlers.ts': text }))).toEqual(wrong);
  });

  it.each([
    { exact: true },
    { exact: false },
    { exact: true, home: 'packages/types' },
    { exact: false, home: 'packages/types' },
  ])('do so for header fields and items of streams: %j', { timeout: compilingMs }, async (how) => {
    const { text, wrong } = handlersOf('answers.txt');
    expect(wrong.length).toBeGreaterThan(25);
    expect(linesOf(await compile({ 'api.d.ts': await typesOf(answers), 'handlers.ts': text }, how))).toEqual(wrong);
  });

  it('tell of what cannot be read as of anything', async () => {
    const text = await typesOf(`
openapi: 3.1.0
info: { title: Odd, version: '1' }
paths:
  /a:
    get:
      operationId: a
      responses:
        '200': { description: A., content: { application/json: { schema: { $ref: '#/components/schemas/Gone' } } } }
`);
    expect(text).toContain('200: unknown;');
  });
});

/** Handlers, and the lines that are wrong, as a compiler tells of them. */
function handlersOf(name: string): { readonly text: string; readonly wrong: readonly string[] } {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8');
  const lines = text.split('\n');
  return {
    text,
    wrong: lines.flatMap((line, at) => (line.includes('// wrong: ') ? [`handlers.ts(${String(at + 1)}`] : [])),
  };
}

function linesOf(said: readonly string[]): readonly string[] {
  return said.map((line) => line.slice(0, line.indexOf(',')));
}

const names = `
openapi: 3.1.0
info: { title: Names, version: '1' }
paths:
  /a: { get: { operationId: a/b, responses: { '200': { description: A., content: { application/json: { schema: { $ref: '#/components/schemas/Record' } } } } } } }
  /b: { get: { operationId: a-b, responses: { '200': { description: B., content: { application/json: { schema: { $ref: '#/components/schemas/string' } } } } } } }
  /c: { get: { operationId: 1st, responses: { '200': { description: C., content: { application/json: { schema: { $ref: '#/components/schemas/Größe' } } } } } } }
  /d: { get: { operationId: "it's \\"quoted\\" */", responses: { '200': { description: D., content: { application/json: { schema: { $ref: '#/components/schemas/Promise' } } } } } } }
components:
  schemas:
    Record: { type: object, properties: { __proto__: { type: string }, constructor: { type: object }, "0": { type: string, description: "a */ b" } } }
    string: { type: array, items: { $ref: '#/components/schemas/Buffer' } }
    Buffer: { type: [object, 'null'], properties: { of: { $ref: '#/components/schemas/Readable' } } }
    Readable: { enum: [a, 1, true, null, { b: [1] }, -1] }
    Größe: { $ref: '#/components/schemas/Uint8Array' }
    Uint8Array: { anyOf: [{ $ref: '#/components/schemas/Größe' }, { type: boolean }] }
    Promise: { allOf: [{ $ref: '#/components/schemas/Promise' }, { properties: { then: { type: string } } }] }
`;

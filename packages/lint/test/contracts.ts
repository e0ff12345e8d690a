import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finding, lint, type LintSettings } from '@flick/lint';
import { onTestFinished } from 'vitest';

/** A path to a file with this text, in a folder of its own that is gone when the test is. */
export function fileWith(content: string | object, name = 'openapi.yaml'): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'flick-lint-')));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  return path;
}

const problem = {
  type: 'object',
  properties: { type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' } },
};

/** An error response that no rule has anything to say of. */
export const described = {
  description: 'An error.',
  content: { 'application/problem+json': { schema: problem } },
};

/** Answers of an operation that lists these error codes beside 200. */
export function listing(...codes: (number | string)[]): object {
  return { 200: { description: 'Fine.' }, ...Object.fromEntries(codes.map((code) => [code, described])) };
}

interface Shape {
  readonly path?: string;
  readonly method?: string;
  readonly more?: object;
}

/** A document with one operation, `getThings`. */
export function documentWith(operation: object, { path = '/things', method = 'get', more = {} }: Shape = {}): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Things', version: '1' },
    paths: { [path]: { [method]: { operationId: 'getThings', ...operation } } },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        key: { type: 'apiKey', in: 'header', name: 'X-Key' },
      },
    },
    ...more,
  };
}

export const query = { name: 'limit', in: 'query', schema: { type: 'integer' } };
export const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
export const body = { required: true, content: { 'application/json': { schema: { type: 'object' } } } };

export function findingsOf(document: object, settings: LintSettings = {}): readonly Finding[] {
  return lint(fileWith(document, 'openapi.json'), settings).findings;
}

/** What a rule found, as messages. */
export function saidBy(rule: string, document: object, settings: LintSettings = {}): string[] {
  return findingsOf(document, settings)
    .filter((finding) => finding.rule === rule)
    .map(({ message }) => message);
}

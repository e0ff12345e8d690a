import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ContractError } from '@flick/contract';
import { fix, lint, LintFault } from '@flick/lint';
import { describe, expect, it } from 'vitest';
import { installCorpus, modules } from '../../../cases/corpus/documents.js';
import { documentWith, fileWith, findingsOf, listing, query } from './contracts.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const ledger = join(root, 'examples/ledger/gateway/ledger.yaml');

describe('a finding', () => {
  it('says where it stands: the responses for a code that is missing, the code for one that is too much', () => {
    const path = fileWith(
      'openapi: 3.1.0\ninfo: {}\npaths:\n  /a:\n    get:\n      security: []\n      responses:\n        200: {}\n        405: {}\n',
    );
    expect(lint(path).findings).toEqual([
      expect.objectContaining({
        rule: 'without-500',
        file: path,
        line: 7,
        column: 7,
        pointer: '/paths/~1a/get/responses',
        operation: 'GET /a',
        missing: 500,
      }),
      expect.objectContaining({
        rule: 'code-of-the-path',
        line: 9,
        column: 9,
        pointer: '/paths/~1a/get/responses/405',
      }),
      expect.objectContaining({ rule: 'error-without-schema', line: 9, column: 9 }),
    ]);
  });

  it('names the file that it stands in, relative to where the document is named from', () => {
    const path = fileWith({
      openapi: '3.1.0',
      info: {},
      paths: { '/things': { $ref: 'paths/things.json' } },
    });
    const other = join(dirname(path), 'paths/things.json');
    mkdirSync(dirname(other));
    writeFileSync(other, JSON.stringify({ get: { operationId: 'getThings', responses: listing(400) } }, null, 2));
    expect(lint(path).findings).toEqual([
      expect.objectContaining({ rule: 'without-500', file: other, line: 4, pointer: '/get/responses' }),
    ]);
  });

  it('of the document itself has the operation that it is in, and none outside of any', () => {
    const parameters = [{ ...query, required: 'yes' }];
    const findings = findingsOf(
      documentWith({ parameters, responses: listing(400, 500) }, { more: { security: [{}], info: undefined } }),
    );
    expect(findings.map(({ rule, operation, severity }) => [rule, operation, severity])).toEqual([
      ['contract-fault', undefined, 'warning'],
      ['contract-fault', 'getThings', 'warning'],
    ]);
  });
});

describe('the findings', () => {
  it('of a path whose $ref leads nowhere are that one alone', () => {
    const findings = findingsOf({ openapi: '3.1.0', info: {}, paths: { '/things': { $ref: '#/nowhere' } } });
    expect(findings.map(({ rule, pointer }) => [rule, pointer])).toEqual([['contract-fault', '/paths/~1things/$ref']]);
  });

  it('are the same for the same document, from top to bottom', () => {
    const first = lint(join(root, 'cases/contracts/library.yaml'));
    expect(lint(join(root, 'cases/contracts/library.yaml'))).toEqual(first);
    const lines = first.findings.map(({ line }) => line);
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  });

  it('leave out what is ignored: a rule, or a rule at one operation', () => {
    const document = documentWith({ parameters: [query], responses: listing(405) });
    const rulesWith = (...ignore: string[]) => findingsOf(document, { ignore }).map(({ rule }) => rule);
    expect(rulesWith()).toEqual(['parameters-without-400', 'without-500', 'code-of-the-path']);
    expect(rulesWith('without-500')).toEqual(['parameters-without-400', 'code-of-the-path']);
    expect(rulesWith('without-500:getThings', 'code-of-the-path:another')).toEqual([
      'parameters-without-400',
      'code-of-the-path',
    ]);
  });

  it('cannot leave out a rule that is not there', () => {
    const path = fileWith(documentWith({ responses: listing(500) }));
    expect(() => lint(path, { ignore: ['without-50'] })).toThrow(LintFault);
    expect(() => lint(path, { ignore: ['without-50'] })).toThrow('did you mean "without-500"');
  });
});

describe('a document', () => {
  it('that cannot be read is a ContractError', () => {
    expect(() => lint(join(root, 'no-such.yaml'))).toThrow(ContractError);
  });

  it('with a byte order mark has its lines all the same', () => {
    const path = fileWith(`\uFEFF${JSON.stringify(documentWith({ responses: listing(400) }), null, 2)}`);
    expect(lint(path).findings).toEqual([expect.objectContaining({ rule: 'without-500', line: 11 })]);
  });

  it('of the example and of the golden stories can be linted', () => {
    expect(lint(ledger).findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
    for (const name of ['library.yaml', 'legacy.yaml']) {
      expect(lint(join(root, 'cases/contracts', name)).findings.length).toBeGreaterThan(0);
    }
  });

  it.each([
    '@readme/oas-examples/3.0/yaml/petstore.yaml',
    '@readme/oas-examples/3.0/json/star-trek.json',
    '@readme/oas-examples/3.1/yaml/webhooks.yaml',
    'rclone-openapi/openapi.yaml',
  ])(
    'of the wild can be linted and fixed: %s',
    async (name) => {
      await installCorpus();
      const path = join(modules, name);
      const missing = lint(path).findings.filter((finding) => finding.missing !== undefined);
      const { mended, left } = fix(path);
      expect(mended.length + left.length).toBe(missing.length);
    },
    300_000,
  );
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runFlick } from './flick.ts';
import { folderWith } from './temporary-folder.ts';

const openapi = `openapi: 3.1.0
info: { title: Tea, version: 1.2.3 }
paths:
  /tea/{kind}:
    get:
      operationId: getTea
      parameters:
        - { name: kind, in: path, required: true, schema: { type: string } }
      responses:
        200: { description: Tea. } # green
`;

describe('flick lint', () => {
  it('prints what it finds and ends with 1 where one is as grave as --fail-on says', async () => {
    const folder = folderWith({ 'openapi.yaml': openapi });
    const found = await runFlick(['lint', 'openapi.yaml'], folder);
    expect(found.stdout).toContain('9:7  error    the operation takes parameters and lists no 400');
    expect(found.stdout).toMatch(/\nopenapi.yaml: 1 error, 2 warnings, no notes in 1 operation\n$/);
    expect(found).toMatchObject({ code: 1, stderr: '' });
    const ignored = await runFlick(['lint', 'openapi.yaml', '--ignore', 'parameters-without-400:getTea'], folder);
    expect(ignored.code).toBe(0);
    const warned = ['--fail-on', 'warning', '--ignore', 'parameters-without-400'];
    expect((await runFlick(['lint', 'openapi.yaml', ...warned], folder)).code).toBe(1);
    expect((await runFlick(['lint', 'openapi.yaml', '--fail-on', 'never'], folder)).code).toBe(0);
  });

  it('--fix writes what is missing and reports what is left', async () => {
    const folder = folderWith({ 'openapi.yaml': openapi });
    const run = await runFlick(['lint', 'openapi.yaml', '--fix', '--fail-on', 'note'], folder);
    expect(run).toEqual({
      code: 0,
      stdout: 'openapi.yaml: no errors, no warnings, no notes in 1 operation\n',
      stderr: 'flick: openapi.yaml: 3 missing codes written\n',
    });
    const fixed = readFileSync(join(folder, 'openapi.yaml'), 'utf8');
    expect(fixed.startsWith(openapi)).toBe(true);
    const again = await runFlick(['lint', 'openapi.yaml', '--fix'], folder);
    expect(again.stderr).toBe('flick: openapi.yaml: no missing codes written\n');
    expect(readFileSync(join(folder, 'openapi.yaml'), 'utf8')).toBe(fixed);
  });

  it('knows the document, the table and the limits of flick.yaml', async () => {
    const limits = 'limits: { tea: { requests: 10, window: 1s } }\n';
    const folder = folderWith({
      'openapi.yaml': openapi,
      'flick.yaml': `contract: openapi.yaml\ncodes: [200, 400, 500]\n${limits}`,
    });
    const { stdout, code } = await runFlick(['lint', '--format', 'json'], folder);
    const { findings } = JSON.parse(stdout);
    expect(findings.map(({ rule, missing }: { rule: string; missing: number }) => [rule, missing])).toEqual([
      ['limited-without-429', 400],
      ['without-500', 500],
    ]);
    expect(code).toBe(1);
  });

  it.each([
    ['sarif', '"version": "2.1.0"'],
    ['github', '::error file=openapi.yaml,line=9,col=7,title=flick parameters-without-400::getTea: '],
  ])('writes %s', async (format, part) => {
    const { stdout } = await runFlick(
      ['lint', 'openapi.yaml', '--format', format],
      folderWith({ 'openapi.yaml': openapi }),
    );
    expect(stdout).toContain(part);
  });

  it.each([
    [['lint', 'nothing.yaml'], 'names a file that is not there'],
    [['lint'], 'no contract: name one'],
    [['lint', 'openapi.yaml', '--ignore', 'without-50'], 'did you mean "without-500"'],
    [['lint', 'openapi.yaml', '--format', 'xml'], 'Allowed choices are text, json, sarif, github'],
    [['lint', 'openapi.yaml', '--codes', '1'], '--codes: due is'],
  ])('says in one line what is wrong and ends with 2: %j', async (args, said) => {
    const { code, stdout, stderr } = await runFlick(args, folderWith({ 'openapi.yaml': openapi }));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^flick: .*\n$/);
    expect(stderr).toContain(said);
  });
});

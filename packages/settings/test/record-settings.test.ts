import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings } from '../src/settings.ts';
import { folderWith } from './temporary-folder.ts';

/** The setting of records, with the folder of the file left out of its paths. */
function recordsOf(yaml: string, flag?: string): unknown {
  const folder = folderWith({ 'flick.yaml': yaml });
  const config = join(folder, 'flick.yaml');
  const flags = { config, upstream: 'http://127.0.0.1:1', ...(flag !== undefined && { records: flag }) };
  const { records } = readSettings('openapi.yaml', flags, () => {});
  return JSON.parse(JSON.stringify(records).replaceAll(folder, 'FOLDER'));
}

describe('the setting of records', () => {
  it.each<[string, unknown]>([
    ['{}', 'memory'],
    ['records: memory', 'memory'],
    ['records: off', 'off'],
    ['records: sqlite:./flick.db', { path: 'FOLDER/flick.db' }],
    ['records: { sqlite: ./flick.db }', { path: 'FOLDER/flick.db' }],
    [
      'records: { sqlite: a.db, keep: 7d, size: 1GiB }',
      { path: 'FOLDER/a.db', keepMs: 604_800_000, sizeBytes: 1_073_741_824 },
    ],
  ])('%s is read, with paths relative to the file', (yaml, due) => {
    expect(recordsOf(yaml)).toEqual(due);
  });

  it('is overruled by the flag, whose path is relative to the current folder', () => {
    expect(recordsOf('records: off', 'sqlite:./b.db')).toEqual({ path: 'b.db' });
  });

  it.each([
    ['records: sqlite', 'records: due is sqlite:PATH, memory, off'],
    ['records: { keep: 7d }', 'flick.yaml:1:1: records: sqlite is missing'],
    [
      'records: { sqlite: a.db, keep: 7 }',
      'flick.yaml:1:32: records.keep: due is a time such as 12h or 7d; found a number',
    ],
    ['records: { sqlite: a.db, siez: 1GiB }', 'flick.yaml:1:26: records: unknown key siez; did you mean "size"?'],
    ['records: { sqlite: a.db, size: 15MiB }', 'records.size: due is 16MiB or more'],
  ])('%s is a fault that says what is due', (yaml, words) => {
    expect(() => recordsOf(yaml)).toThrow(words);
  });

  it('is a fault on the command line, too', () => {
    expect(() => recordsOf('{}', 'disk')).toThrow('--records: due is sqlite:PATH, memory or off');
  });
});

import { expect, it } from 'vitest';
import { createLineReader, FileFault, textOf } from '../src/record-lines.ts';

/** A reader of lines with an `id`, and the ids that it made records of. */
function makeReader() {
  const made: string[] = [];
  const read = createLineReader(['id'], (members) => {
    const id = textOf(members, 'id');
    made.push(id);
    return { id };
  });
  return { read, made };
}

it('makes records of the lines that changed alone, also after a fault', () => {
  const { read, made } = makeReader();
  const before = read('{"id":"a"}\n{"id":"b"}\n');
  expect(() => read('{"id":"a"}\n{"id":7}\n')).toThrow(FileFault);
  const after = read('{"id":"c"}\n\n{"id":"b"}\r\n{"id":"a"}');
  expect(after.map(({ number, record }) => [number, record.id])).toEqual([
    [1, 'c'],
    [3, 'b'],
    [4, 'a'],
  ]);
  expect(after[2]?.record).toBe(before[0]?.record);
  expect(made).toEqual(['a', 'b', 'c', 'b']);
});

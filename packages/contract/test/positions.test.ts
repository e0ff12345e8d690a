import { positionsOf } from '@flick/contract';
import { expect, it } from 'vitest';

it('finds the line and column of pointers, or those of the nearest ancestor', () => {
  const text = 'a:\n  b:\n    - c: 1\n';
  const positions = positionsOf(text, 'a.yaml', ['/a', '/a/b/0/c', '/a/nothing']);
  expect(positions.get('/a')).toEqual({ line: 1, column: 1 });
  expect(positions.get('/a/b/0/c')).toEqual({ line: 3, column: 7 });
  expect(positions.get('/a/nothing')).toEqual({ line: 1, column: 1 });
});

it('finds them in JSON as well', () => {
  const positions = positionsOf('{\n  "a": [\n    1,\n    2\n  ]\n}', 'a.json', ['/a/1']);
  expect(positions.get('/a/1')).toEqual({ line: 4, column: 5 });
});

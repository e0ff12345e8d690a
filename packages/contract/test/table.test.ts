import { createTable } from '@flick/contract';
import { expect, it } from 'vitest';

it('publishes the eight codes of the default table', () => {
  const table = createTable();
  expect(table.name).toBe('default');
  expect(table.codes).toEqual([200, 400, 401, 404, 405, 408, 429, 500]);
});

it.each([
  [402, 400],
  [403, 401],
  [406, 400],
  [407, 401],
  [409, 400],
  [410, 404],
  [413, 400],
  [414, 400],
  [415, 400],
  [417, 400],
  [422, 400],
  [428, 400],
  [431, 400],
  [499, 400],
  [501, 405],
  [505, 400],
  [502, 500],
  [503, 500],
  [504, 500],
  [511, 500],
])('folds %i to %i in the default table', (precise, sent) => {
  expect(createTable().fold(precise)).toBe(sent);
});

it('sends what it publishes as it is', () => {
  const table = createTable();
  for (const code of table.codes) expect(table.fold(code)).toBe(code);
});

it('never folds a code below 400, for caches and conditional requests read its meaning', () => {
  const table = createTable([500]);
  for (const code of [100, 101, 103, 201, 204, 206, 301, 304, 308]) expect(table.fold(code)).toBe(code);
});

it('sends a code that the operation itself publishes', () => {
  const own = new Set([409, 403]);
  expect(createTable().fold(409, own)).toBe(409);
  expect(createTable().fold(403, own)).toBe(403);
  expect(createTable().fold(422, own)).toBe(400);
});

it('folds to a fallback that only the operation publishes', () => {
  const table = createTable([400, 500]);
  expect(table.fold(403)).toBe(400);
  expect(table.fold(403, new Set([401]))).toBe(401);
});

it('skips a named fallback that is not published, and takes the x00 of its class', () => {
  const table = createTable([400, 404, 500]);
  expect(table.fold(403)).toBe(400);
  expect(table.fold(410)).toBe(404);
  expect(table.fold(501)).toBe(400);
});

it('folds nothing in the standard table', () => {
  const table = createTable('standard');
  expect(table.name).toBe('standard');
  for (let code = 400; code < 600; code += 1) expect(table.fold(code)).toBe(code);
});

it('publishes a list of its own, ascending and each code once', () => {
  const table = createTable([500, 409, 400, 409]);
  expect(table.name).toBe('custom');
  expect(table.codes).toEqual([400, 409, 500]);
  expect(table.fold(409)).toBe(409);
  expect(table.fold(429)).toBe(400);
});

it('folds what is folded already to itself', () => {
  for (const table of [createTable(), createTable([404, 500]), createTable([401, 405]), createTable([200])]) {
    for (let code = 100; code < 600; code += 1) expect(table.fold(table.fold(code))).toBe(table.fold(code));
  }
});

it('keeps a code in its class, but for what the client did: 501 and 505', () => {
  const table = createTable();
  const codes = Array.from({ length: 500 }, (_, index) => index + 100);
  const moved = codes.filter((code) => Math.floor(table.fold(code) / 100) !== Math.floor(code / 100));
  expect(moved).toEqual([501, 505]);
});

it('refuses an empty list and what is no code, and names it', () => {
  expect(() => createTable([])).toThrow(/the list is empty/);
  expect(() => createTable([400, 600])).toThrow(/600 is not a response code/);
  expect(() => createTable([99])).toThrow(RangeError);
  expect(() => createTable([400.5])).toThrow(/400\.5/);
});

it('cannot be changed', () => {
  const table = createTable();
  expect(Object.isFrozen(table)).toBe(true);
  expect(Object.isFrozen(table.codes)).toBe(true);
});

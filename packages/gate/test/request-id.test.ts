import { expect, test } from 'vitest';
import { requestIdOf } from '../src/request-id.ts';

const version4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('each request has an id of its own, a UUID of version 4', () => {
  const ids = Array.from({ length: 2000 }, () => requestIdOf(undefined));
  expect(ids.filter((id) => !version4.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  // Of all that may be anything, each digit turns up in each place.
  const places = [...Array(36).keys()].filter((place) => ![8, 13, 14, 18, 19, 23].includes(place));
  expect(places.filter((place) => new Set(ids.map((id) => id[place])).size !== 16)).toEqual([]);
});

test('a caller’s id is taken where it is safe to repeat', () => {
  expect(requestIdOf('a-Z0._~')).toBe('a-Z0._~');
  expect(requestIdOf('a'.repeat(128))).toBe('a'.repeat(128));
});

test.each(['a b', 'a'.repeat(129), '', 'é', 'a\r\nB: c'])('%j is not: a fresh one stands in', (sent) => {
  expect(requestIdOf(sent)).toMatch(version4);
});

import { createTable } from '@flick/contract';
import type { ResponseFacts } from '@flick/decide';
import { describe, expect, it } from 'vitest';
import { bearer, contract, decider, facts, field, judge, need, operation, switches } from './story.ts';

const library = contract([
  operation('GET /a', {
    security: [[need(bearer)], []],
    ownCodes: new Set([409]),
    responses: new Map(['200', '409', '5XX'].map((code) => [code, { code, content: [], headers: [] }])),
  }),
  operation('GET /default', { responses: new Map([['default', { code: 'default', content: [], headers: [] }]]) }),
  operation('GET /unfolded', { switches: { ...switches, fold: false } }),
  operation('GET /observed', { switches: { ...switches, mode: 'observe' } }),
]);
const ladder = decider(library);

function answered(path: string, status: number, contentType?: string, ...names: string[]) {
  const response: ResponseFacts = { status, contentType, has: (name) => names.includes(name), get };
  return ladder.judgeResponse(judge(ladder, facts(`GET ${path}`)), response);
}

const declared = (path: string, ...codes: number[]) => codes.filter((code) => answered(path, code).declared);
const has = (): boolean => false;
const get = (): undefined => undefined;

it('passes every code below 400 as it is', () => {
  for (const status of [200, 201, 204, 206, 301, 304]) {
    expect(answered('/a', status)).toMatchObject({ status, body: 'pass', fields: [], refusal: undefined });
  }
});

it('passes a published 4xx with its body, whatever its type', () => {
  expect(answered('/a', 404, 'application/pdf')).toMatchObject({ status: 404, body: 'pass' });
  expect(answered('/a', 409, 'application/pdf')).toMatchObject({ status: 409, body: 'pass' });
});

describe('a 4xx that is not published is folded', () => {
  it.each(['application/json', 'application/problem+json; charset=utf-8', 'text/plain', 'TEXT/HTML;charset=x'])(
    'and keeps its body of %s',
    (type) => {
      expect(answered('/a', 422, type)).toMatchObject({ status: 400, body: 'pass' });
    },
  );
  it.each(['application/pdf', 'application/jsonx', undefined])('and loses its body of %s', (type) => {
    const { status, body, refusal } = answered('/a', 422, type);
    expect([status, body, refusal?.reason, refusal?.precise]).toEqual([400, 'replace', 'wrong-value', 422]);
  });
});

it('replaces the body of every 5xx, published or not', () => {
  for (const [precise, reason] of [
    [500, 'unhandled-error'],
    [502, 'unhandled-error'],
    [503, 'unhandled-error'],
  ] as const) {
    const { status, body, refusal } = answered('/a', precise, 'application/json');
    expect([status, body, refusal?.reason, refusal?.precise]).toEqual([500, 'replace', reason, precise]);
  }
});

it('reads 501 of the API as a method that it does not know', () => {
  const { status, fields, refusal } = answered('/a', 501);
  expect([status, fields, refusal?.reason]).toEqual([405, [['Allow', 'GET, HEAD, OPTIONS']], 'unknown-method']);
});

it('never tells a caller that the API does not speak the HTTP version of the gate', () => {
  const { status, body, refusal } = answered('/a', 505);
  expect([status, body, refusal?.reason, refusal?.precise]).toEqual([500, 'replace', 'upstream-malformed', 502]);
});

it('gives a 401 its challenge, unless the API sent one', () => {
  const challenge = ['WWW-Authenticate', 'Bearer realm="library"'];
  expect(answered('/a', 401).fields).toEqual([challenge]);
  expect(answered('/a', 403, 'text/plain')).toMatchObject({ status: 401, fields: [challenge] });
  expect(answered('/a', 401, 'text/plain', 'www-authenticate').fields).toEqual([]);
});

it('challenges by the schemes of the whole contract where the operation names none, and honestly where there is none', () => {
  expect(answered('/default', 401).fields).toEqual([['WWW-Authenticate', 'Bearer realm="library"']]);
  const open = decider(contract([operation('GET /a')]));
  const plan = open.judgeResponse(judge(open, facts('GET /a')), {
    status: 401,
    contentType: undefined,
    has: () => false,
    get,
  });
  expect(plan.fields).toEqual([['WWW-Authenticate', 'Undeclared realm="library"']]);
});

it('gives a 405 its Allow, unless the API sent one', () => {
  expect(answered('/a', 405).fields).toEqual([['Allow', 'GET, HEAD, OPTIONS']]);
  expect(answered('/a', 405, 'text/plain', 'allow').fields).toEqual([]);
});

it('knows whether the operation declares the code', () => {
  expect(declared('/a', 200, 201, 404, 409, 500, 503)).toEqual([200, 409, 500, 503]);
  expect(declared('/default', 200, 404)).toEqual([200, 404]);
});

it('folds nothing where the operation says so, yet leaks no 5xx', () => {
  expect(answered('/unfolded', 422)).toMatchObject({ status: 422, body: 'pass' });
  expect(answered('/unfolded', 503)).toMatchObject({ status: 503, body: 'replace' });
});

it('passes all as it is under observe', () => {
  expect(answered('/observed', 503)).toMatchObject({ status: 503, body: 'pass', fields: [] });
  expect(answered('/observed', 401)).toMatchObject({ status: 401, body: 'pass', fields: [] });
});

it('makes refusals for what happened outside, folded as the operation folds', () => {
  const passage = judge(ladder, facts('GET /unfolded'));
  expect(ladder.refuse(passage, 'upstream-too-slow', 'x')).toMatchObject({ precise: 504, status: 504 });
  expect(ladder.refuse(undefined, 'upstream-too-slow', 'x')).toMatchObject({ precise: 504, status: 500 });
  const more = { precise: 409, close: true, fields: [['Retry-After', '1']] } as const;
  const own = ladder.refuse(judge(ladder, facts('GET /a')), 'wrong-value', 'x', more);
  expect(own).toMatchObject({ precise: 409, status: 409, close: true });
  expect(field(own, 'Retry-After')).toBe('1');
});

it("publishes what a table of one's own has", () => {
  const own = decider({ ...library, table: createTable([400, 404, 422, 500]) });
  const passage = judge(own, facts('GET /a'));
  expect(own.judgeResponse(passage, { status: 422, contentType: undefined, has, get })).toMatchObject({ status: 422 });
  expect(own.judgeResponse(passage, { status: 405, contentType: 'text/plain', has, get })).toMatchObject({
    status: 400,
    fields: [],
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bearer,
  contract,
  decider,
  facts,
  field,
  judge,
  need,
  operation,
  outcome,
  refusalOf,
  switches,
} from './story.ts';

const ladder = decider(
  contract([
    operation('GET /'),
    operation('GET /users/me'),
    operation('PATCH /users/me'),
    operation('GET /users/{id}'),
    operation('DELETE /users/{user}'),
    operation('GET /users/{id}.json'),
    operation('GET /users/{id}.v1.json'),
    operation('POST /users/{id}:cancel'),
    operation('GET /compare/{a}-{b}'),
    operation('GET /near/{a}{b}'),
    operation('GET /x:verb'),
    operation('POST /files'),
    operation('GET /files/{a}/end'),
    operation('GET /files/special/{b}'),
    operation('GET /slash/'),
    operation('OPTIONS /asked'),
    operation('GET /asked', { security: [[need(bearer)]] }),
    operation('GET /based', { templates: ['/v1/based', '/v2/based'] }),
    operation('GET /hidden', { switches: { ...switches, hideMethods: true } }),
    operation('PURGE /cache'),
  ]),
);

const found = (line: string): string | undefined => judge(ladder, facts(line)).operation?.id;

describe('which template answers', () => {
  const stories = {
    'a literal before a parameter': ['GET /users/me', 'GET /users/me'],
    'a parameter where no literal fits': ['GET /users/7', 'GET /users/{id}'],
    'a template without the method gives way to the next': ['DELETE /users/me', 'DELETE /users/{user}'],
    'a mixed segment before a whole parameter': ['GET /users/7.json', 'GET /users/{id}.json'],
    'the longer literal first': ['GET /users/7.v1.json', 'GET /users/{id}.v1.json'],
    'a verb after a parameter': ['POST /users/7:cancel', 'POST /users/{id}:cancel'],
    'a verb without its method is the parameter': ['GET /users/7:cancel', 'GET /users/{id}'],
    'two parameters in one segment': ['GET /compare/1-2-3', 'GET /compare/{a}-{b}'],
    'two parameters without a literal between': ['GET /near/xy', 'GET /near/{a}{b}'],
    'a verb in a literal': ['GET /x:verb', 'GET /x:verb'],
    'the way back from a literal that leads nowhere': ['GET /files/special/end', 'GET /files/special/{b}'],
    'another way where the literal is not the last word': ['GET /files/other/end', 'GET /files/{a}/end'],
    'the root': ['GET /', 'GET /'],
    'a trailing slash that the template has': ['GET /slash/', 'GET /slash/'],
    'each base path': ['GET /v2/based', 'GET /based'],
    'HEAD follows GET': ['HEAD /users/me', 'GET /users/me'],
    'a method that only this API knows': ['PURGE /cache', 'PURGE /cache'],
  } as const;
  it.each(Object.entries(stories))('%s', (_, [line, id]) => {
    expect(found(line)).toBe(id);
  });
});

it('knows no path that a template only nearly fits', () => {
  const strangers = [
    '/users',
    '/users/',
    '/slash',
    '/compare/1-',
    '/compare/-2',
    '/near/x',
    '/based',
    '/users/a/b',
    '/Users/me',
  ];
  for (const path of strangers) expect([path, outcome(ladder, facts(`GET ${path}`))]).toEqual([path, 'unknown-path']);
});

it('gives each operation the values under its own names', () => {
  const passage = judge(ladder, facts('GET /compare/1-2-3'));
  expect(passage).toMatchObject({ pathNames: ['a', 'b'], pathValues: ['1', '2-3'] });
  expect(judge(ladder, facts('DELETE /users/me'))).toMatchObject({ pathNames: ['user'], pathValues: ['me'] });
  expect(judge(ladder, facts('GET /files/special/end'))).toMatchObject({ pathNames: ['b'], pathValues: ['end'] });
});

describe('405 has an exact Allow', () => {
  const stories = {
    'POST /': 'GET, HEAD, OPTIONS',
    'GET /files': 'OPTIONS, POST',
    'PUT /users/me': 'DELETE, GET, HEAD, OPTIONS, PATCH',
    'PUT /users/7': 'DELETE, GET, HEAD, OPTIONS',
    'PUT /users/7:cancel': 'DELETE, GET, HEAD, OPTIONS, POST',
    'TRACE /asked': 'GET, HEAD, OPTIONS',
    'HEAD /files': 'OPTIONS, POST',
    'CONNECT /files': 'OPTIONS, POST',
    'QUERY /files': 'OPTIONS, POST',
    'PURGE /files': 'OPTIONS, POST',
  };
  it.each(Object.entries(stories))('%s', (line, allow) => {
    const refusal = refusalOf(judge(ladder, facts(line)));
    expect([refusal.reason, refusal.status, field(refusal, 'Allow')]).toEqual(['method-not-allowed', 405, allow]);
  });
});

it('answers a method that nobody knows with 501, folded to 405 with Allow', () => {
  for (const method of ['FOO', 'get', 'PRI', '__proto__']) {
    const refusal = refusalOf(judge(ladder, facts(`${method} /files`)));
    expect(refusal).toMatchObject({ reason: 'unknown-method', precise: 501, status: 405 });
    expect(field(refusal, 'Allow')).toBe('OPTIONS, POST');
  }
  expect(outcome(ladder, facts('FOO /nowhere'))).toBe('unknown-path');
});

it('does not hear of another method in a header field', () => {
  expect(found('GET /users/7')).toBe('GET /users/{id}');
  const passage = judge(ladder, facts('GET /users/7', { 'X-HTTP-Method-Override': 'DELETE' }));
  expect(passage.operation?.id).toBe('GET /users/{id}');
});

describe('a parameter of several segments', () => {
  const spanning = { spanning: ['s'] };
  const wide = decider(
    contract([
      operation('GET /r/{s}', spanning),
      operation('GET /r/{s}/end', spanning),
      operation('GET /r/{s}/end/{n}', spanning),
      operation('GET /r/own/{n}'),
      operation('PUT /t/{s}/', spanning),
    ]),
  );
  const stories = {
    'takes one': ['GET /r/a', 'GET /r/{s}', ['a']],
    'takes many': ['GET /r/a/b/c', 'GET /r/{s}', ['a/b/c']],
    'leaves what follows it': ['GET /r/a/b/end', 'GET /r/{s}/end', ['a/b']],
    'takes as few as it can': ['GET /r/a/end/end', 'GET /r/{s}/end/{n}', ['a', 'end']],
    'takes as many as it must': ['GET /r/a/end/end/x', 'GET /r/{s}/end/{n}', ['a/end', 'x']],
    'may stand before a slash': ['PUT /t/a/b/', 'PUT /t/{s}/', ['a/b']],
    'gives way to a literal': ['GET /r/own/a', 'GET /r/own/{n}', ['a']],
    'is the way back from a literal': ['GET /r/own/a/b', 'GET /r/{s}', ['own/a/b']],
  } as const;
  it.each(Object.entries(stories))('%s', (_, [line, id, pathValues]) => {
    expect(judge(wide, facts(line))).toMatchObject({ operation: { id }, pathValues });
  });
  it.each(['GET /r/', 'GET /r/a/b/', 'PUT /t/a'])('does not fit %s', (line) => {
    expect(outcome(wide, facts(line))).toBe('unknown-path');
  });
});

it('hides the methods of a path whose operation hides them', () => {
  for (const line of ['POST /hidden', 'FOO /hidden', 'OPTIONS /hidden']) {
    const refusal = refusalOf(judge(ladder, facts(line)));
    expect([line, refusal.reason, field(refusal, 'Allow')]).toEqual([line, 'unknown-path', undefined]);
  }
});

describe('OPTIONS', () => {
  const preflight = { Origin: 'https://app.test', 'Access-Control-Request-Method': 'GET' };
  it('is answered with Allow where no operation declares it', () => {
    const { verdict, operation: none } = judge(ladder, facts('OPTIONS /users/me'));
    expect(verdict).toEqual({ kind: 'answer', status: 204, fields: [['Allow', 'DELETE, GET, HEAD, OPTIONS, PATCH']] });
    expect(none).toBeUndefined();
  });
  it('goes to the operation that declares it', () => {
    expect(found('OPTIONS /asked')).toBe('OPTIONS /asked');
  });
  it('of the whole server names every method but the hidden', () => {
    const fields = [['Allow', 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PURGE']];
    expect(judge(ladder, facts('OPTIONS *')).verdict).toEqual({ kind: 'answer', status: 204, fields });
  });
  it('as a CORS preflight passes, unless the path is unknown', () => {
    expect(judge(ladder, facts('OPTIONS /users/me', preflight))).toMatchObject({
      verdict: { kind: 'pass' },
      bodyPlan: 'none',
    });
    expect(judge(ladder, facts('OPTIONS /asked', preflight)).operation?.id).toBe('OPTIONS /asked');
    expect(outcome(ladder, facts('OPTIONS /nowhere', preflight))).toBe('unknown-path');
  });
  it('of a path whose OPTIONS needs credentials passes as a preflight alone', () => {
    const secured = decider(contract([operation('OPTIONS /a', { security: [[need(bearer)]] })]));
    expect(outcome(secured, facts('OPTIONS /a'))).toBe('missing-credentials');
    expect(outcome(secured, facts('OPTIONS /a', preflight))).toBe('pass');
  });
});

it('reads no path in two ways: one that names another operation once decoded is refused', () => {
  expect(outcome(ladder, facts('POST /users/7%3Acancel'))).toBe('malformed-target');
  expect(outcome(ladder, facts('GET /x%3averb'))).toBe('malformed-target');
  expect(outcome(ladder, facts('GET /users/7%3Acancel'))).toBe('pass');
});

it('costs a hostile path no more than the templates that it fits', () => {
  const deep = Array.from({ length: 12 }, (_, depth) => depth);
  const bushy = deep.flatMap((depth) =>
    ['a', '{x}', '{x}a', 'a{x}'].map((segment) => operation(`GET /${'{p}/'.repeat(depth)}${segment}/z`)),
  );
  const spanning = operation('GET /{p}/{s}/z/z', { spanning: ['s'] });
  const forest = decider(contract([...bushy, spanning]), {
    sizes: { targetBytes: 9000, headerCount: 9, jsonDepth: 9, bodyBytes: 9 },
  });
  expect(outcome(forest, facts(`GET /${'aaaa/'.repeat(1500)}`))).toBe('unknown-path');
  expect(outcome(forest, facts(`GET /${'a'.repeat(8000)}`))).toBe('unknown-path');
});

it('lists in Allow exactly the methods that are not refused as methods', () => {
  const segment = fc.constantFrom('a', 'b', '{p}', '{q}', '{p}.x', 'a{p}');
  const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`);
  const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH');
  const title = fc.tuple(method, path).map(([verb, template]) => `${verb} ${template}`);
  const spanning = fc.subarray(['p', 'q']);
  const asked = fc.array(fc.constantFrom('a', 'b', 'a.x', 'ab'), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.uniqueArray(title, { minLength: 1, maxLength: 12 }), spanning, asked, (titles, names, parts) => {
      const some = decider(contract(titles.map((one) => operation(one, { spanning: names }))));
      const target = `/${parts.join('/')}`;
      const allow = new Set(judge(some, facts(`CONNECT ${target}`)).allow);
      const every = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE'];
      const refused = new Set(['method-not-allowed', 'unknown-path']);
      const taken = every.filter((verb) => !refused.has(outcome(some, facts(`${verb} ${target}`))));
      expect([...allow]).toEqual(taken.toSorted());
    }),
  );
});

import { describe, expect, it } from 'vitest';
import type { SecurityNeed } from '@flick/contract';
import type { Verification, Verifier } from '@flick/decide';
import {
  basic,
  bearer,
  contract,
  decider,
  facts,
  field,
  headerKey,
  judge,
  need,
  operation,
  outcome,
  queryKey,
  refusalOf,
  session,
  verify,
} from './story.ts';

const oauth = { name: 'oauth', type: 'oauth2', scheme: 'bearer' } as const;
const certificate = { name: 'certificate', type: 'mutualTLS' } as const;
const secured: Readonly<Record<string, readonly (readonly SecurityNeed[])[]>> = {
  token: [[need(bearer)]],
  scoped: [[need(bearer, 'read', 'write')]],
  either: [[need(bearer)], [need(headerKey)]],
  both: [[need(bearer), need(headerKey)]],
  maybe: [[need(bearer, 'read')], []],
  basic: [[need(basic)]],
  query: [[need(queryKey)]],
  cookie: [[need(session)]],
  bearers: [[need(bearer, 'read')], [need(oauth, 'write')]],
  mutual: [[need(certificate)]],
  mixed: [[need(basic)], [need(bearer)], [need(queryKey)]],
  open: [],
};
const library = contract(Object.entries(secured).map(([name, security]) => operation(`GET /${name}`, { security })));
const verifiers = new Map<string, Verifier>([
  ['bearer', { verify }],
  ['oauth', { verify }],
]);
const ladder = decider(library, { verifiers });
const withKeys = decider(library, {
  verifiers: new Map([...verifiers, ['session', { verify }], ['headerKey', { verify }], ['queryKey', { verify }]]),
});

const withVerifier = (verifier: Verifier) => decider(library, { verifiers: new Map([['bearer', verifier]]) });
const token = (text: string) => ({ Authorization: `Bearer ${text}` });
const challengeOf = (line: string, fields = {}) => {
  const refusal = refusalOf(judge(ladder, facts(line, fields)));
  return [refusal.reason, refusal.precise, refusal.status, field(refusal, 'WWW-Authenticate')];
};

describe('the challenge is exact', () => {
  it('and bare where credentials are missing', () => {
    expect(challengeOf('GET /token')).toEqual(['missing-credentials', 401, 401, 'Bearer realm="library"']);
  });
  it('and says why a token is refused', () => {
    const text = 'Bearer realm="library", error="invalid_token", error_description=';
    expect(challengeOf('GET /token', token('forged'))).toEqual([
      'invalid-credentials',
      401,
      401,
      `${text}"The token is not known."`,
    ]);
    expect(challengeOf('GET /token', token('expired'))).toEqual([
      'expired-credentials',
      401,
      401,
      `${text}"The token has expired."`,
    ]);
  });
  it('and names the scopes that are due, also where 403 is folded to 401', () => {
    expect(challengeOf('GET /scoped', token('good-ann-read'))).toEqual([
      'insufficient-credentials',
      403,
      401,
      'Bearer realm="library", error="insufficient_scope", scope="read write"',
    ]);
  });
  it.each([
    ['missing-credentials', {}, ''],
    ['expired-credentials', { Cookie: 'sid=expired' }, 'The token has expired.'],
    ['invalid-credentials', { Cookie: 'sid=forged' }, 'The token is not known.'],
  ])('and tells %s of a cookie from the others', (reason, fields, description) => {
    const refusal = refusalOf(judge(withKeys, facts('GET /cookie', fields)));
    const error = description === '' ? '' : `, error="${reason}", error_description="${description}"`;
    expect(refusal).toMatchObject({ reason, precise: 401, status: 401 });
    expect(field(refusal, 'WWW-Authenticate')).toBe(`ApiKey realm="library", in="cookie", name="sid"${error}`);
  });
  it('and says what is wrong to the scheme that failed, not to its neighbours', () => {
    const failed = refusalOf(judge(withKeys, facts('GET /either', { 'X-Key': 'expired' })));
    expect(field(failed, 'WWW-Authenticate')).toBe(
      'Bearer realm="library", ApiKey realm="library", in="header", name="X-Key", ' +
        'error="expired-credentials", error_description="The token has expired."',
    );
  });
  it('and names every scheme that the operation takes', () => {
    expect(challengeOf('GET /mixed')[3]).toBe(
      'Basic realm="library", Bearer realm="library", ApiKey realm="library", in="query", name="key"',
    );
    expect(challengeOf('GET /bearers')[3]).toBe('Bearer realm="library"');
  });
  it('and cannot be broken out of', () => {
    const odd = decider(library, {
      realm: 'a "b"\r\nX: \\',
      verifiers: new Map([
        ['bearer', { verify: () => ({ kind: 'bad', reason: 'invalid-credentials', description: 'a"\r\nb' }) as const }],
      ]),
    });
    expect(field(refusalOf(judge(odd, facts('GET /token', token('x')))), 'WWW-Authenticate')).toBe(
      'Bearer realm="a \\"b\\"X: \\\\", error="invalid_token", error_description="a\\"b"',
    );
  });
});

describe('a credential is read from its one place', () => {
  it.each([
    ['the scheme in any case', 'GET /token', { Authorization: 'bEARER good' }],
    ['a key in a header', 'GET /either', { 'x-key': 'k' }],
    ['a key in the query', 'GET /query?key=k%20', {}],
    ['a key in the query under an encoded name', 'GET /query?%6bey=k', {}],
    ['a key in a cookie', 'GET /cookie', { Cookie: 'a=b; sid=k' }],
    ['Basic of good form', 'GET /basic', { Authorization: 'Basic YTpi' }],
  ] as const)('%s', (_, line, fields) => {
    expect(outcome(ladder, facts(line, fields))).toBe('pass');
  });
  it.each([
    ['an empty key', 'GET /either', { 'X-Key': '' }],
    ['a key of another name', 'GET /query?Key=k', {}],
    ['a key in the wrong place', 'GET /query', { key: 'k' }],
    ['a token in the query', 'GET /token?access_token=good', {}],
    ['another scheme', 'GET /token', { Authorization: 'Basic YTpi' }],
    ['a scheme that only starts alike', 'GET /token', { Authorization: 'BearerX good' }],
    ['an empty Authorization', 'GET /token', { Authorization: '' }],
    ['a client certificate', 'GET /mutual', {}],
  ] as const)('%s is none', (_, line, fields) => {
    expect(outcome(ladder, facts(line, fields))).toBe('missing-credentials');
  });
  it.each([
    ['a scheme without a token', 'GET /token', { Authorization: 'Bearer' }],
    ['a token with a space', 'GET /token', { Authorization: 'Bearer good x' }],
    ['a token with a comma', 'GET /token', { Authorization: 'Bearer good,x' }],
    ['Basic without a colon', 'GET /basic', { Authorization: 'Basic YWI=' }],
    ['Basic that is no base64', 'GET /basic', { Authorization: 'Basic a:b' }],
  ] as const)('%s is invalid', (_, line, fields) => {
    expect(outcome(ladder, facts(line, fields))).toBe('invalid-credentials');
  });
});

describe('any of the alternatives, all of its needs', () => {
  it.each([
    ['GET /either', token('good'), 'pass'],
    ['GET /either', { 'X-Key': 'k' }, 'pass'],
    ['GET /both', { ...token('good'), 'X-Key': 'k' }, 'pass'],
    ['GET /both', token('good'), 'missing-credentials'],
    ['GET /both', { 'X-Key': 'k' }, 'missing-credentials'],
    ['GET /both', { ...token('forged'), 'X-Key': 'k' }, 'invalid-credentials'],
    ['GET /bearers', token('good-ann-write'), 'pass'],
    ['GET /bearers', token('good-ann-other'), 'insufficient-credentials'],
    ['GET /open', token('forged'), 'pass'],
  ] as const)('%s with %o: %s', (line, fields, due) => {
    expect(outcome(ladder, facts(line, fields))).toBe(due);
  });
  it('gives the reason of the scheme that was tried', () => {
    expect(outcome(ladder, facts('GET /either', token('expired')))).toBe('expired-credentials');
    expect(outcome(ladder, facts('GET /mixed', token('forged')))).toBe('invalid-credentials');
  });
});

describe('where credentials may be left out', () => {
  it.each([
    ['none pass, as nobody', {}, 'pass', undefined],
    ['good ones pass, as somebody', token('good-ann-read'), 'pass', 'ann'],
    ['good ones without the scope pass too, as somebody', token('good-ann'), 'pass', 'ann'],
    ['bad ones are refused', token('forged'), 'invalid-credentials', undefined],
    ['those that cannot be verified are not let through', token('unknown'), 'unverifiable-credentials', undefined],
  ] as const)('%s', (_, fields, due, subject) => {
    expect(outcome(ladder, facts('GET /maybe', fields))).toBe(due);
    expect(judge(ladder, facts('GET /maybe', fields)).consumer?.subject).toBe(subject);
  });
});

it.each([
  ['a token and a key', 'GET /either', { ...token('good'), 'X-Key': 'k' }],
  ['a token and a key in the query', 'GET /mixed?key=k', token('good')],
  ['a key twice in the query', 'GET /query?key=a&key=b', {}],
  ['a session twice', 'GET /cookie', { Cookie: 'sid=a; sid=b' }],
])('%s are ambiguous: 400, and nobody verifies them', (_, line, fields) => {
  const refusal = refusalOf(judge(ladder, facts(line, fields)));
  expect([refusal.reason, refusal.precise, refusal.status]).toEqual(['invalid-credentials', 400, 400]);
});

it('tells the places of credentials apart, however many there are', () => {
  const keys = Array.from(
    { length: 40 },
    (_, at): SecurityNeed => need({ ...headerKey, name: `k${at}`, parameter: `K-${at}` }),
  );
  const many = decider(contract([operation('GET /many', { security: keys.map((key) => [key]) })]));
  expect(outcome(many, facts('GET /many', { 'K-39': 'k' }))).toBe('pass');
  expect(outcome(many, facts('GET /many', { 'K-0': 'k', 'K-32': 'k' }))).toBe('invalid-credentials');
});

it('names the error of an ambiguous request', () => {
  expect(challengeOf('GET /either', { ...token('good'), 'X-Key': 'k' })[3]).toMatch(
    /^Bearer realm="library", error="invalid_request", error_description="[^"]+", ApiKey /,
  );
});

describe('a verifier', () => {
  const failing: Readonly<Record<string, Verifier['verify']>> = {
    throws: () => {
      throw new Error('canary');
    },
    rejects: () => Promise.reject(new Error('canary')),
  };
  it.each(Object.entries(failing))('that %s does not know: 503, never 401 and never a pass', async (_, check) => {
    const passage = await withVerifier({ verify: check }).judgeHead(facts('GET /token', token('x')));
    const refusal = refusalOf(passage);
    expect([refusal.reason, refusal.precise]).toEqual(['unverifiable-credentials', 503]);
    expect(JSON.stringify(refusal)).not.toContain('canary');
  });
  it('may answer later', async () => {
    const late = withVerifier({ verify: async (text, scheme): Promise<Verification> => verify(text, scheme) });
    const good = await late.judgeHead(facts('GET /token', token('good-ann')));
    expect([good.verdict.kind, good.consumer?.subject]).toEqual(['pass', 'ann']);
    expect(refusalOf(await late.judgeHead(facts('GET /token', token('expired')))).reason).toBe('expired-credentials');
  });
  it('is not asked where the credential is missing or malformed', () => {
    let asked = 0;
    const counting = withVerifier({
      verify(text, scheme) {
        asked += 1;
        return verify(text, scheme);
      },
    });
    for (const fields of [{}, token('a b'), { Authorization: 'Basic YTpi' }])
      judge(counting, facts('GET /token', fields));
    expect(asked).toBe(0);
  });
});

it('checks presence and form alone where nobody verifies, and recognises nobody', () => {
  const passage = judge(decider(library), facts('GET /scoped', token('anything')));
  expect([passage.verdict.kind, passage.consumer]).toEqual(['pass', undefined]);
});

it('never repeats a credential', () => {
  for (const text of ['canary', 'canary x', 'canary,']) {
    expect(JSON.stringify(refusalOf(judge(ladder, facts('GET /token', token(text)))))).not.toContain('canary');
  }
});

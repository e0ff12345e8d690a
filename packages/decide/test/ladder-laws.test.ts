import { type MediaType, type Operation, reasons, stages } from '@flick/contract';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Decider, factsFromBytes, type MessageFault, type Passage, type RequestFacts } from '@flick/decide';
import { basic, bearer, contract, decider, headerKey, need, operation, parameter, queryKey, verify } from './story.ts';

const json: MediaType = {
  range: 'application/json',
  kind: 'json',
  encoding: new Map(),
  check: Object.assign(
    (value: unknown) =>
      typeof value === 'object' ? undefined : [{ pointer: '', keyword: 'type', due: 'an object', arrived: 'another' }],
    { prepare: () => undefined, compile: () => true },
  ),
};
const operations: readonly Operation[] = [
  operation('GET /'),
  operation('GET /books/{id}'),
  operation('DELETE /books/{id}', { security: [[need(bearer, 'write')], [need(headerKey)]] }),
  operation('POST /books', {
    security: [[need(bearer)], [need(basic), need(queryKey)]],
    parameters: [{ ...parameter('page', 'query'), required: true }],
    body: { required: true, content: [json], pointer: '' },
  }),
];
const ladder = decider(contract(operations), { verifiers: new Map([['bearer', { verify }]]) });
const source = { address: '192.0.2.1', secure: false, headBytes: 4096 };

/** The one verdict of a request: on its head, and on its body where the head passed and the body is to be checked. */
function verdictOf(judged: Decider, facts: RequestFacts, body: Uint8Array): Passage {
  const passage = judged.judgeHead(facts);
  if (passage instanceof Promise) throw new Error('The verdict came as a promise.');
  return passage.bodyPlan === 'check' ? judged.judgeBody(passage, body) : passage;
}

/** What is not as it must be for every request there is. */
function flawsOf({ verdict, path, target, allow, address }: Passage): string[] {
  const flaws: string[] = [];
  const must = (what: string, holds: boolean): void => {
    if (!holds) flaws.push(what);
  };
  must('an address and methods', typeof address === 'string' && Array.isArray(allow));
  must('a target of visible ASCII', /^[!-~]*$/.test(target + path));
  must('a known verdict', ['pass', 'refuse', 'answer'].includes(verdict.kind));
  if (verdict.kind === 'pass') must('a target to forward', /^(?:\/|\*$)/.test(target));
  if (verdict.kind === 'refuse') {
    const { reason, precise, status, detail } = verdict.refusal;
    must('a reason of the catalogue', Object.hasOwn(reasons, reason));
    must('nothing thrown inside', reason !== 'misconfiguration');
    must('an error code', precise >= 400 && status >= 400 && status < 600);
    must('a detail', detail.length > 0);
  }
  return flaws;
}

const fragment = fc.constantFrom(
  'GET',
  'POST',
  ' ',
  '/',
  '/books',
  '/books/7',
  '?page=1',
  'HTTP/1.1',
  '\r\n',
  'Host: a',
  'Host: a\r\n\r\n',
  'Content-Length: 2',
  'Content-Type: application/json',
  'Transfer-Encoding: chunked',
  'Authorization: Bearer good-ann',
  '\r\n\r\n',
  '{}',
  '2\r\n{}\r\n0\r\n\r\n',
  '%2f',
  '..',
  '\0',
);
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.array(fragment, { maxLength: 24 }).map((parts) => Buffer.from(parts.join(''), 'latin1')),
  fc
    .tuple(fc.array(fragment, { maxLength: 10 }), fc.uint8Array({ maxLength: 40 }))
    .map(([parts, rest]) => Buffer.concat([Buffer.from(parts.join(''), 'latin1'), rest])),
);

it('is total: any bytes give exactly one verdict, and never a throw', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const { facts, body } = factsFromBytes(bytes, source);
      expect(flawsOf(verdictOf(ladder, facts, body))).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fragment);
const anyFacts: fc.Arbitrary<RequestFacts> = fc.record(
  {
    method: anyText,
    target: fc.oneof(
      anyText,
      fc.webPath(),
      anyText.map((text) => `/${text}`),
    ),
    version: fc.oneof(fc.constantFrom('1.0', '1.1', '2.0'), anyText),
    headers: fc.array(fc.oneof(anyText, fc.constantFrom('Host', 'Authorization', 'Cookie', '__proto__', 'Connection'))),
    address: fc.oneof(anyText, fc.ipV4(), fc.ipV6()),
    secure: fc.boolean(),
    fault: fc.constantFrom<MessageFault>('malformed-request', 'malformed-body-framing', 'body-too-slow'),
  },
  { requiredKeys: ['method', 'target', 'version', 'headers', 'address', 'secure'] },
);

it('is total: any facts give exactly one verdict, and never a throw', () => {
  fc.assert(
    fc.property(anyFacts, fc.uint8Array(), (facts, body) => {
      expect(flawsOf(verdictOf(ladder, facts, body))).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

/** A good request, in parts that can each be faulty. */
interface Parts {
  line: string;
  host: string;
  expect: string;
  path: string;
  query: string;
  authorization: string;
  type: string;
  body: string;
  framing: 'length' | 'chunked' | 'broken';
}

const good: Parts = {
  line: 'POST',
  host: 'Host: api.test\r\n',
  expect: '',
  path: '/books',
  query: 'page=1',
  authorization: 'Authorization: Bearer good-ann-write\r\n',
  type: 'Content-Type: application/json\r\n',
  body: '{}',
  framing: 'length',
};

const faulty: { readonly [Part in keyof Parts]: readonly Parts[Part][] } = {
  line: ['PUT', 'FOO', 'get', 'TRACE', 'PO(ST'],
  host: ['', 'Host: a,b\r\n', 'Host: a\r\nHost: a\r\n'],
  expect: ['Expect: more\r\n'],
  path: ['/nowhere', '/books/', '/a/../books', '/%00', '/books%2f', `/${'a'.repeat(300)}`],
  query: ['', 'page=1&x=1', 'page=%zz', 'x=1'],
  authorization: [
    '',
    'Authorization: Bearer forged\r\n',
    'Authorization: Bearer expired\r\n',
    'Authorization: Bearer unknown\r\n',
    'Authorization: Bearer a b\r\n',
    'Authorization: Bearer a\r\nAuthorization: Bearer b\r\n',
  ],
  type: ['', 'Content-Type: text/css\r\n', 'Content-Type: a\r\nContent-Type: b\r\n'],
  body: ['', '{', '1', `"${'a'.repeat(200)}"`],
  framing: ['broken', 'chunked'],
};

const names = ['line', 'host', 'expect', 'path', 'query', 'authorization', 'type', 'body', 'framing'] as const;

function bytesOf(parts: Parts): Buffer {
  const { line, host, expect: expectation, path, query, authorization, type, body, framing } = parts;
  const size = body.length.toString(16);
  const framed =
    framing === 'length'
      ? `Content-Length: ${body.length}\r\n\r\n${body}`
      : `Transfer-Encoding: chunked\r\n\r\n${body === '' ? '' : `${size}\r\n${body}\r\n`}${framing === 'broken' ? 'x' : '0'}\r\n\r\n`;
  const target = query === '' ? path : `${path}?${query}`;
  return Buffer.from(`${line} ${target} HTTP/1.1\r\n${host}${expectation}${authorization}${type}${framed}`, 'latin1');
}

/** How far up the ladder a request came; beyond the last rung where it passed. */
function heightOf(parts: Parts): number {
  const { facts, body } = factsFromBytes(bytesOf(parts), source);
  const { verdict } = verdictOf(ladder, facts, body);
  if (verdict.kind !== 'refuse') return stages.length;
  const { reason, violations } = verdict.refusal;
  // Two reasons are shared by rungs: a wrong value of a body, and framing that breaks in the body.
  const [first] = violations;
  const framing = first === undefined && reason === 'malformed-request' && facts.fault === 'malformed-body-framing';
  const inBody = first?.in === 'body' || framing;
  return stages.indexOf(inBody ? 'body' : reasons[reason].stage);
}

const anyParts: fc.Arbitrary<Parts> = fc.record({
  line: fc.constantFrom(good.line, ...faulty.line),
  host: fc.constantFrom(good.host, ...faulty.host),
  expect: fc.constantFrom(good.expect, ...faulty.expect),
  path: fc.constantFrom(good.path, ...faulty.path),
  query: fc.constantFrom(good.query, ...faulty.query),
  authorization: fc.constantFrom(good.authorization, ...faulty.authorization),
  type: fc.constantFrom(good.type, ...faulty.type),
  body: fc.constantFrom(good.body, ...faulty.body),
  framing: fc.constantFrom(good.framing, ...faulty.framing),
});

function mend(parts: Parts, name: keyof Parts): Parts {
  return { ...parts, [name]: good[name] };
}

it('passes the good request, and refuses each of its faults alone', () => {
  expect(heightOf(good)).toBe(stages.length);
  for (const name of names) {
    for (const fault of faulty[name]) {
      if (fault === 'chunked') continue;
      expect([name, fault, heightOf({ ...good, [name]: fault }) < stages.length]).toEqual([name, fault, true]);
    }
  }
});

it('is monotone: mending the reported fault, or any other, never leads to an earlier rung', () => {
  fc.assert(
    fc.property(anyParts, (start) => {
      let parts = start;
      let height = heightOf(parts);
      for (let step = 0; step < 2 * names.length && height < stages.length; step += 1) {
        const mendings = names.filter((name) => parts[name] !== good[name]).map((name) => mend(parts, name));
        const heights = mendings.map(heightOf);
        for (const mended of heights) expect(mended).toBeGreaterThanOrEqual(height);
        const best = heights.indexOf(Math.max(...heights));
        parts = mendings[best] ?? good;
        height = heightOf(parts);
      }
      expect(height).toBe(stages.length);
    }),
    { numRuns: 1000 },
  );
});

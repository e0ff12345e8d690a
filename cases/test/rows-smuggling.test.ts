import { describe, expect, test } from 'vitest';
import { ask } from '../../packages/gate/test/wire-client.ts';
import { openDoor } from '../door.ts';

const head = 'POST /v1/files HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\n';
const smuggled = 'GET /v1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
const chunkedBody = '3\r\nabc\r\n0\r\n\r\n';

/** Where a mutation may be taken for a request: the body that one request must then have. */
type Mutation = readonly [name: string, bytes: string, body?: string];

const framings = (lines: readonly string[], body: string): Mutation[] =>
  lines.map((line) => [line, `${head}${line}\r\n\r\n${body}`]);

const transferEncodings = framings(
  [
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: chunked, gzip',
    'Transfer-Encoding: identity',
    'Transfer-Encoding: identity, chunked',
    'Transfer-Encoding: ,chunked',
    'Transfer-Encoding: chunked,',
    'Transfer-Encoding: "chunked"',
    "Transfer-Encoding: 'chunked'",
    'Transfer-Encoding: chunked;q=1',
    'Transfer-Encoding: chun ked',
    'Transfer-Encoding:\x0bchunked',
    'Transfer-Encoding: \x0cchunked',
    'Transfer-Encoding: chunked\0',
    'Transfer-Encoding: chunked\x7f',
    'Transfer-Encoding: \xffchunked',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding\t: chunked',
    ' Transfer-Encoding: chunked',
    'X: y\r\n Transfer-Encoding: chunked',
    'X: y\nTransfer-Encoding: chunked',
    'X: y\rTransfer-Encoding: chunked',
    'Transfer-Encoding: \r\n chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
    'Transfer-Encoding chunked',
    'Transfer-Encoding:\r\n\tchunked',
    'Transfer\0-Encoding: chunked',
    'Transfer-Encoding: chunked\r',
    ': chunked',
    'Transfer-Encoding: 0',
  ],
  chunkedBody + smuggled,
);

const lengths = framings(
  [
    'Content-Length: 3\r\nContent-Length: 4',
    'Content-Length: 3\r\nContent-Length: 3',
    'Content-Length: 3, 3',
    'Content-Length: 3,4',
    'Content-Length: +3',
    'Content-Length: -3',
    'Content-Length: 0x3',
    'Content-Length: 3.0',
    'Content-Length: 3e0',
    'Content-Length:',
    'Content-Length: three',
    'Content-Length: 3 3',
    'Content-Length: 3;',
    'Content-Length: 18446744073709551619',
    'Content-Length: "3"',
    'Content-Length : 3',
    'Content-Length: 3\0',
    'Content-Length: \x0b3',
    'Content-Length: 3\x85',
    'Content-Length: \r\n 3',
    'Content-Length: 1_0',
    '\tContent-Length: 3',
    'X: y\nContent-Length: 3',
    'X: y\r\n Content-Length: 3',
    'Content-Length: \xb3',
  ],
  `abc${smuggled}`,
);

const both = framings(
  [
    'Content-Length: 3\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nContent-Length: 3',
    'Content-Length: 0\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: x\r\nContent-Length: 3',
    'Transfer-Encoding:\r\nContent-Length: 3',
    'Content-Length: 3\r\nTransfer-Encoding:',
    'Content-Length: 3\r\nTransfer-Encoding: identity',
    'Transfer-Encoding: chunked\r\nContent-Length:',
    'Transfer_Encoding: chunked\r\nContent-Length: 3\r\nContent_Length: 9, 3\r\nTransfer-Encoding: chunked',
  ],
  chunkedBody + smuggled,
);

const badChunks = [
  '0x3\r\nabc\r\n0\r\n\r\n',
  '+3\r\nabc\r\n0\r\n\r\n',
  '-3\r\nabc\r\n0\r\n\r\n',
  '3 \r\nabc\r\n0\r\n\r\n',
  ' 3\r\nabc\r\n0\r\n\r\n',
  '3\nabc\n0\n\n',
  '3\r\nabcd\r\n0\r\n\r\n',
  '3\r\nabc0\r\n\r\n',
  '3\rabc\r0\r\r',
  '\r\nabc\r\n0\r\n\r\n',
  'g\r\nabc\r\n0\r\n\r\n',
  '10000000000000003\r\nabc\r\n0\r\n\r\n',
  '3\t\r\nabc\r\n0\r\n\r\n',
  '3\r\nabc\n0\r\n\r\n',
  '3\r\nabc\r0\r\n\r\n',
  '3;\nabc\r\n0\r\n\r\n',
  '3;a\nb\r\nabc\r\n0\r\n\r\n',
  '3;a=\0\r\nabc\r\n0\r\n\r\n',
  '3\r\nabc\r\n0\r\nTransfer Encoding: x\r\n\r\n',
  '3\r\nabc\r\n0\r\n: x\r\n\r\n',
  '3\r\nabc\r\n0\r\nX: y\n\r\n',
  '3_0\r\nabc\r\n0\r\n\r\n',
  '"3"\r\nabc\r\n0\r\n\r\n',
  '3,3\r\nabc\r\n0\r\n\r\n',
  '3\r\nabc\r\n-1\r\n\r\n',
  '3\r\nabc\r\n0\r\nContent-Length: 9\r\n\r\n',
  '3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n',
];
const goodChunks = [
  '03\r\nabc\r\n0\r\n\r\n',
  '3;a=b\r\nabc\r\n0\r\n\r\n',
  '3;a="b"\r\nabc\r\n000\r\n\r\n',
  '1\r\na\r\n2\r\nbc\r\n0\r\n\r\n',
  '3\r\nabc\r\n0\r\nX: y\r\n\r\n',
  '3\r\nabc\r\n0;x\r\n\r\n',
  '3\r\nabc\r\n0\r\nHost: b\r\n\r\n',
];
const inChunks = `${head}Transfer-Encoding: chunked\r\n\r\n`;
const chunks: Mutation[] = [
  ...badChunks.map((body): Mutation => [body, inChunks + body + smuggled]),
  ...goodChunks.map((body): Mutation => [body, inChunks + body, 'abc']),
];

const lines: Mutation[] = [
  ...['POST\t/v1/files', 'POST /v1/files HTTP/1.1 HTTP/1.1', ' POST /v1/files', 'POST /v1/files\0'].map(
    (line): Mutation => [line, `${line} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc${smuggled}`],
  ),
  ...['HTTP/1.10', 'HTTP/01.1', 'http/1.1', 'HTTP/1,1', 'HTTP/1.1\0', 'HTTP/ 1.1', 'HTTP/1.1\x0b', 'XHTTP/1.1'].map(
    (version): Mutation => [version, `POST /v1/files ${version}\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc${smuggled}`],
  ),
  ...['Host : b', ' Host: b', 'Host:\r\n b', 'Host\0: b', 'X: y\nHost: b'].map(
    (line): Mutation => [line, `${head}${line}\r\nContent-Length: 3\r\n\r\nabc${smuggled}`],
  ),
  ['HTTP/1.0 in chunks', head.replace('1.1', '1.0') + `Transfer-Encoding: chunked\r\n\r\n${chunkedBody}${smuggled}`],
  ['a plain length', `${head}Content-Length: 3\r\n\r\nabc`, 'abc'],
  ['a length with blanks round it', `${head}Content-Length:  3  \r\n\r\nabc`, 'abc'],
  ['two blanks behind the method', `${head.replace(' ', '  ')}Content-Length: 3\r\n\r\nabc`, 'abc'],
  ['a length with zeros', `${head}Content-Length: 0003\r\n\r\nabc`, 'abc'],
  ['chunks by any case', `${head}transfer-encoding: CHUNKED\r\n\r\n${chunkedBody}`, 'abc'],
  ['an empty line before', `\r\n${head}Content-Length: 3\r\n\r\nabc`, 'abc'],
];

const corpus = [...transferEncodings, ...lengths, ...both, ...chunks, ...lines];
const whole = `${head}Content-Length: 4\r\nConnection: close\r\n\r\nlast`;

/** Sends a mutation, then a whole request of another caller, through a gate with one connection to the API. */
async function outcomeOf([, bytes, body]: Mutation): Promise<unknown> {
  const { port, api, recorded } = await openDoor({ maxInFlight: 1 });
  const end = await ask(port, body === undefined ? bytes : bytes + whole);
  const after = await ask(port, whole);
  const outcomes = await recorded(body === undefined ? 2 : 3);
  return {
    answers: end.answers.map(({ status, fields }) => [status === 505 ? 400 : status, fields.connection]),
    ending: end.ending,
    rest: end.rest,
    after: after.answers.map(({ status }) => status),
    bodies: api.requests.map((request) => request.body.toString('latin1')),
    targets: [...new Set(api.requests.map(({ target }) => target))],
    connections: api.connections(),
    records: outcomes.length,
  };
}

const sound = { ending: 'fin', rest: '', after: [200], targets: ['/v1/files'], connections: 1 };

describe('row 46: request smuggling, over one connection to the API (I9)', () => {
  test('the corpus is of 80 mutations at least, none of them twice', () => {
    expect(new Set(corpus.map(([, bytes]) => bytes)).size).toBe(corpus.length);
    expect(corpus.length).toBeGreaterThanOrEqual(80);
  });

  test.for([
    ['Transfer-Encoding', transferEncodings],
    ['Content-Length', lengths],
    ['both', both],
    ['chunks', chunks],
    ['request lines, Host and white space', lines],
  ] as const)('what is wrong with %s is refused and closed, what is right is one request', async ([, mutations]) => {
    const due = mutations.map(([name, , body]) =>
      body === undefined
        ? { name, ...sound, answers: [[400, 'close']], bodies: ['last'], records: 2 }
        : {
            name,
            ...sound,
            answers: [
              [200, 'keep-alive'],
              [200, 'close'],
            ],
            bodies: [body, 'last', 'last'],
            records: 3,
          },
    );
    const got = mutations.map(async (mutation) => Object.assign({ name: mutation[0] }, await outcomeOf(mutation)));
    expect(await Promise.all(got)).toEqual(due);
  });

  test('a length with tabs round it is one request, or is refused by a parser that takes no tabs', async () => {
    // RFC 9110, section 5.6.3, allows them; Node 20 refuses them, Node 24 does not.
    const { port, api } = await openDoor();
    const { answers } = await ask(port, `${head}Content-Length: \t 3 \t\r\n\r\nabc${whole}`);
    const got = [answers.map(({ status }) => status), api.requests.map(({ body }) => body.toString())];
    expect([
      [
        [200, 200],
        ['abc', 'last'],
      ],
      [[400], []],
    ]).toContainEqual(got);
  });

  test.for(['Host: b', 'Host: a', 'HOST: b', 'Content_Length: 9', 'Transfer_Encoding: chunked'])(
    'a second %s is refused, and what follows is another request to both sides',
    async (line) => {
      const { port, api } = await openDoor();
      const { answers } = await ask(port, `${head}${line}\r\nContent-Length: 3\r\n\r\nabc${whole}`);
      expect(answers.map(({ status }) => status)).toEqual([400, 200]);
      expect(api.requests.map(({ body }) => body.toString())).toEqual(['last']);
    },
  );
});

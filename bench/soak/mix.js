/**
 * The mix of the soak: requests as bytes, each with the answer that is due. Drawn from a seed, so that a run can be
 * repeated.
 */
import { createHmac } from 'node:crypto';

export const secret = 'the secret of the soak, which is long enough for HS256';

/**
 * @typedef {object} Drawn
 * @property {string} bytes - the whole request, latin1
 * @property {readonly string[]} due - each an answer that is right: its code, and its reason where it is a refusal
 * @property {boolean} head - whether it is HEAD: its answer has no body
 * @property {boolean} alone - whether it needs a connection of its own
 * @property {boolean} leaves - whether the client goes away once that is sent, and waits for no answer
 * @property {string} kind
 */

/** A small generator of random numbers (mulberry32): the same seed draws the same mix. */
function generator(/** @type {number} */ seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const bearer = (/** @type {string} */ text) => `Authorization: Bearer ${text}`;
const json = (/** @type {string} */ body) => ['Content-Type: application/json', `Content-Length: ${body.length}`];

/** @param {string} kind @param {string} bytes @param {readonly string[]} due @param {Partial<Drawn>} [more] @returns {Drawn} */
const drawn = (kind, bytes, due, more = {}) => {
  return { kind, bytes, due, head: false, alone: false, leaves: false, ...more };
};

/**
 * Makes the drawer of a mix.
 *
 * @param {number} seed
 * @param {readonly string[]} keys - API keys that are good
 * @param {number} callers - how many addresses and consumers there are
 */
export function createMix(seed, keys, callers) {
  const random = generator(seed);
  const below = (/** @type {number} */ bound) => Math.floor(random() * bound);
  /** @template T @param {readonly T[]} values */
  const oneOf = (values) => values[below(values.length)];
  const hex = (/** @type {number} */ length) => Array.from({ length }, () => below(16).toString(16)).join('');

  /** @param {{ exp?: number, scope?: string, sub?: string, key?: string }} claims */
  const token = ({ exp = 3600, scope = 'read write', sub = `user-${below(callers)}`, key = secret } = {}) => {
    const signed = [
      { alg: 'HS256', typ: 'JWT' },
      // To the hour, so that a caller has one token for long, as callers do.
      { sub, scope, exp: Math.floor(Date.now() / 3_600_000) * 3600 + 3600 + exp },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  };
  const address = () => {
    const number = below(callers);
    return random() < 0.3
      ? `2001:db8:${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}::${below(9) + 1}`
      : `${11 + ((number >>> 16) & 63)}.${(number >>> 8) & 255}.${number & 255}.${below(4) + 1}`;
  };

  /**
   * @param {string} line
   * @param {readonly string[]} fields
   * @param {string} [body]
   */
  const write = (line, fields, body = '') =>
    [`${line} HTTP/1.1`, 'Host: soak.test', `X-Forwarded-For: ${address()}`, ...fields, '', body].join('\r\n');
  const chunked = (/** @type {string} */ body) => {
    const at = 1 + below(Math.max(1, body.length - 1));
    const chunks = [body.slice(0, at), body.slice(at)].filter((part) => part !== '');
    return `${chunks.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`;
  };
  const transfer = () => JSON.stringify({ to: `acc_${hex(8)}`, amount: 1 + below(1e6), note: 'n'.repeat(below(200)) });

  const good = [
    () =>
      drawn('GET, token', write(`GET /accounts/${10_000 + below(1e6)}?limit=${1 + below(100)}`, [bearer(token())]), [
        '200',
      ]),
    () => drawn('GET, open', write('GET /health', []), ['200']),
    () => drawn('GET, key', write('GET /rates?from=EUR', [`X-Api-Key: ${oneOf(keys)}`]), ['200']),
    () => {
      const body = transfer();
      return drawn('POST, JSON', write('POST /transfers', [bearer(token()), ...json(body)], body), ['201']);
    },
    () => {
      const fields = [bearer(token()), 'Content-Type: application/json', 'Transfer-Encoding: chunked'];
      return drawn('POST, chunked', write('POST /transfers', fields, chunked(transfer())), ['201']);
    },
    () => {
      const body = 'b'.repeat(below(20_000));
      const fields = ['Content-Type: application/octet-stream', `Content-Length: ${body.length}`];
      return drawn('PUT, streamed', write(`PUT /files/${hex(12)}`, fields, body), ['204']);
    },
    () => drawn('HEAD', write(`HEAD /accounts/${10_000 + below(1e6)}`, [bearer(token())]), ['200'], { head: true }),
    () => drawn('OPTIONS', write('OPTIONS /transfers', []), ['204']),
  ];
  const refused = [
    () => drawn('no path', write(`GET /${hex(8)}`, []), ['404 unknown-path']),
    () => drawn('no method', write('DELETE /rates', []), ['405 method-not-allowed']),
    () => drawn('unknown method', write('BREW /rates', []), ['501 unknown-method'], { alone: true }),
    () => drawn('no token', write('GET /accounts/7', []), ['401 missing-credentials']),
    () =>
      drawn('forged token', write('GET /accounts/7', [bearer(token({ key: hex(40) }))]), ['401 invalid-credentials']),
    () =>
      drawn('expired token', write('GET /accounts/7', [bearer(token({ exp: -90_000 }))]), ['401 expired-credentials']),
    () => drawn('random token', write('GET /accounts/7', [bearer(hex(60))]), ['401 invalid-credentials']),
    () => drawn('random key', write('GET /rates?from=EUR', [`X-Api-Key: ${hex(32)}`]), ['401 invalid-credentials']),
    () => {
      const body = transfer();
      const fields = [bearer(token({ scope: 'read' })), ...json(body)];
      return drawn('no scope', write('POST /transfers', fields, body), ['403 insufficient-credentials']);
    },
    () =>
      drawn('unknown parameter', write(`GET /accounts/7?${hex(6)}=1`, [bearer(token())]), ['400 unknown-parameter']),
    () => drawn('wrong value', write('GET /accounts/7?limit=1000', [bearer(token())]), ['400 wrong-value']),
    () => drawn('missing parameter', write('GET /rates', [`X-Api-Key: ${oneOf(keys)}`]), ['400 missing-parameter']),
    () => {
      const body = `{"to":"acc_${hex(4)}","amount":-1}`;
      return drawn('bad member', write('POST /transfers', [bearer(token()), ...json(body)], body), ['400 wrong-value']);
    },
    () => {
      const body = `{"to":"${hex(9)}"`;
      return drawn('bad JSON', write('POST /transfers', [bearer(token()), ...json(body)], body), [
        '400 malformed-body',
      ]);
    },
    () => {
      const fields = [bearer(token()), 'Content-Type: text/plain', 'Content-Length: 2'];
      return drawn('bad type', write('POST /transfers', fields, 'hi'), ['415 unsupported-media-type']);
    },
    () => drawn("API's 404", write('GET /accounts/404', [bearer(token())]), ['404']),
    () => drawn("API's 500", write('GET /accounts/500', [bearer(token())]), ['500 unhandled-error']),
    () => drawn('API gone', write('GET /accounts/502', [bearer(token())]), ['502 upstream-unreachable']),
  ];
  // One caller that asks for more than it may have.
  const greedy = () =>
    drawn('greedy', write('GET /greedy', [bearer(token({ sub: 'greedy' }))]), ['200', '429 consumer-limit']);

  const malformed = [
    ['GET /health HTTP/1.1\r\n Host: soak.test\r\n\r\n', '400 malformed-request'],
    ['GET /health HTTP/1.1\r\n\r\n', '400 malformed-request'],
    ['GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', '400 malformed-request'],
    ['GET /%zz HTTP/1.1\r\nHost: soak.test\r\n\r\n', '400 malformed-target'],
    ['GET /a/../b HTTP/1.1\r\nHost: soak.test\r\n\r\n', '400 malformed-target'],
    ['GET /health HTTP/1.1\r\nHost: soak.test\r\nBad Name: 1\r\n\r\n', '400 malformed-request'],
    [
      'POST /transfers HTTP/1.1\r\nHost: soak.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
      '400 malformed-request',
    ],
    ['PUT /files/a HTTP/1.1\r\nHost: soak.test\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', '400 malformed-request'],
    [`GET /health HTTP/1.1\r\nHost: soak.test\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431 headers-too-large'],
    [`GET /${'x'.repeat(9000)} HTTP/1.1\r\nHost: soak.test\r\n\r\n`, '414 target-too-long'],
    ['\u0016\u0003\u0001 hello\r\n\r\n', '400 malformed-request'],
    ['GET /health HTTP/1.1\r\nHost: soak.test\r\nExpect: tea\r\n\r\n', '417 unknown-expectation'],
  ];

  const aborted = [
    () => drawn('left: asked', write('GET /health', []), [], { leaves: true }),
    () => drawn('left: within a head', 'GET /health HTTP/1.1\r\nHost: so', [], { leaves: true }),
    () =>
      drawn(
        'left: within a body',
        write('POST /transfers', [bearer(token()), 'Content-Type: application/json', 'Content-Length: 500'], '{"to":'),
        [],
        { leaves: true },
      ),
    () =>
      drawn(
        'left: within a stream',
        write('PUT /files/a', ['Content-Type: application/octet-stream', 'Content-Length: 50000'], 'abc'),
        [],
        { leaves: true },
      ),
  ];

  /** @returns {Drawn} */
  return () => {
    const lot = random();
    if (lot < 0.05) {
      const [bytes = '', due = ''] = oneOf(malformed);
      return drawn('malformed', bytes, [due], { alone: true });
    }
    if (lot < 0.07) return { ...oneOf(aborted)(), alone: true };
    if (lot < 0.09) return greedy();
    if (lot < 0.3) return oneOf(refused)();
    return { ...oneOf(good)(), alone: random() < 0.05 };
  };
}

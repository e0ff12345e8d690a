import type { Contract, Reason } from '@flick/contract';
import type { MessageFault } from './facts.ts';
import { isFieldText, isToken } from './field-text.ts';
import { sizeOf } from './fault-words.ts';
import { remembering } from './remembering.ts';
import { refuseViolations, type Refuse, refused } from './refusal.ts';
import type { Sizes } from './ports.ts';
import type { Verdict, Violation } from './verdict.ts';
import type { Rung } from './walk.ts';

// RFC 9110, section 7.2, narrowed to names and addresses that a server really has: no percent-encoding, no userinfo.
const authority = /^(?:[0-9A-Za-z._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;
const soleExpectation = /^100-continue$/i;
// More digits than an unsigned 64-bit integer has are read differently from parser to parser.
const contentLength = /^\d{1,19}$/;

const host = 1;
const length = 2;
const type = 4;
const authorization = 8;
const proxyAuthorization = 16;
const coding = 32;
const connection = 64;
const expectation = 128;
/** A name that is no token. */
const malformed = 256;
/** A name with underscores that passes for one that is judged. */
const lookalike = 512;

/** Names are few and come again and again. */
const rememberedNames = 1000;

/** The fields that the rung watches. */
const watchedFields: readonly (readonly [string, number])[] = [
  ['host', host],
  ['content-length', length],
  ['content-type', type],
  ['authorization', authorization],
  ['proxy-authorization', proxyAuthorization],
  ['transfer-encoding', coding],
  ['connection', connection],
  ['expect', expectation],
];

// Where one parser takes the first of two lines and another the last, a credential, a framing or a type can be forged.
const singletons = host | length | type | authorization | proxyAuthorization;

/** Fields that are judged whatever the contract says. */
const judgedFields = [
  'accept',
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'transfer-encoding',
];

/** Rows of facts.fault that the head's judgement has nothing to add to. */
const headFaults: Readonly<Partial<Record<MessageFault, { reason: Reason; detail: string; precise?: number }>>> = {
  'malformed-request': { reason: 'malformed-request', detail: 'The bytes that arrived are not an HTTP/1.1 request.' },
  'unsupported-version': {
    reason: 'malformed-request',
    detail: 'The request is of an HTTP version that is not served here; send HTTP/1.1.',
    precise: 505,
  },
  'headers-too-large': { reason: 'headers-too-large', detail: 'The header section is larger than the server reads.' },
  'target-too-long': { reason: 'target-too-long', detail: 'The request target is longer than the server reads.' },
  'headers-too-slow': { reason: 'headers-too-slow', detail: 'The header section did not arrive whole in time.' },
};

/**
 * The names that a proxied request must bring under one spelling only: those that are always judged, declared header
 * parameters and keys in headers. CGI and its heirs read `X-Key` and `X_Key` as one variable.
 */
function namesOf(contract: Contract): Set<string> {
  const names = new Set([...judgedFields, ...contract.headerNames]);
  for (const scheme of contract.schemes.values()) {
    if (scheme.in === 'header' && scheme.parameter !== undefined) names.add(scheme.parameter.toLowerCase());
  }
  return names;
}

/**
 * Rung 1: is it one HTTP request, whole, and read by everyone alike? (RFC 9112, sections 3.2 and 6; RFC 9110, 5.5)
 *
 * A name with `_` that would pass for a judged one is refused, not stripped: stripping would forward another message
 * than the one that was judged.
 */
export function compileMessageRung(contract: Contract, sizes: Sizes, refuse: Refuse): Rung {
  const watched = new Map(watchedFields);
  const judged = namesOf(contract);

  /** What a name is, as it was sent: one of the bits above, or 0 for one that the rung does not mind. */
  const kindOf = remembering(rememberedNames, (sent): number => {
    const name = sent.toLowerCase();
    if (!isToken(name)) return malformed;
    if (name.includes('_') && !judged.has(name) && judged.has(name.replaceAll('_', '-'))) return lookalike;
    return watched.get(name) ?? 0;
  });

  const fault = (name: string | undefined, due: string, arrived: string, close: boolean): Verdict => {
    const violation: Violation = {
      in: name === undefined ? 'message' : 'header',
      ...(name !== undefined && { name }),
      reason: 'malformed-request',
      due,
      arrived,
    };
    return refused(refuseViolations(refuse, undefined, [violation], { close }));
  };

  return (walk) => {
    const { facts, fields } = walk;
    const given = facts.fault === undefined ? undefined : headFaults[facts.fault];
    if (given !== undefined) {
      const { reason, detail, precise } = given;
      return refused(refuse(undefined, reason, detail, { close: true, ...(precise !== undefined && { precise }) }));
    }
    if (facts.version !== '1.1' && facts.version !== '1.0') {
      const detail = 'The request is of an HTTP version that is not served here; send HTTP/1.1.';
      return refused(refuse(undefined, 'malformed-request', detail, { close: true, precise: 505 }));
    }
    if (!isToken(facts.method)) return fault(undefined, 'a method that is a token', 'another', true);

    const { headers } = facts;
    if (headers.length > 2 * sizes.headerCount) {
      const detail = `The request has ${headers.length >> 1} header fields; the server reads ${sizes.headerCount}.`;
      return refused(refuse(undefined, 'headers-too-large', detail));
    }
    let seen = 0;
    let hostValue = '';
    let lengthValue: string | undefined;
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at] ?? '';
      const value = headers[at + 1] ?? '';
      const kind = kindOf(name);
      if (kind === malformed) return fault(undefined, 'field names that are tokens', 'another', true);
      if (!isFieldText(value)) return fault(name, 'no control character', 'one', true);
      if (kind === 0) continue;
      if (kind === lookalike) return fault(name, 'the name with hyphens', 'the name with underscores', false);
      if (kind & singletons & seen) return fault(name, 'one field', 'several', kind === length);
      if (kind === host) hostValue = value;
      else if (kind === length) lengthValue = value;
      seen |= kind;
    }

    if (seen & host) {
      if (!authority.test(hostValue)) return fault('Host', 'a host with or without a port', sizeOf(hostValue), false);
      if (portOf(hostValue) > 65_535) return fault('Host', 'a port of at most 65535', 'a larger one', false);
    } else if (facts.version === '1.1') {
      return fault('Host', 'one field', 'none', false);
    }

    if (lengthValue !== undefined) {
      if (!contentLength.test(lengthValue)) {
        return fault('Content-Length', 'a whole number of bytes', sizeOf(lengthValue), true);
      }
      walk.contentLength = Number(lengthValue);
      walk.hasBody = walk.contentLength > 0;
    }
    if (seen & coding) {
      if (seen & length) return fault('Transfer-Encoding', 'no Content-Length beside it', 'one', true);
      if (facts.version === '1.0') return fault('Transfer-Encoding', 'no such field in HTTP/1.0', 'one', true);
      const value = fields.get('transfer-encoding') ?? '';
      if (value.toLowerCase() !== 'chunked') return fault('Transfer-Encoding', '"chunked" alone', sizeOf(value), true);
      walk.hasBody = true;
    }
    if (seen & connection) {
      const value = (fields.get('connection') ?? '').toLowerCase();
      if (value !== 'keep-alive' && value !== 'close') {
        for (const option of value.split(',')) {
          // A hop that obeys would take away what was judged (RFC 9110, section 7.6.1).
          if (judged.has(option.trim())) {
            return fault('Connection', 'names of hop-by-hop fields', 'the name of a field that is judged', false);
          }
        }
      }
    }
    // RFC 9110, section 10.1.1: an expectation in an HTTP/1.0 request is ignored.
    if (seen & expectation && facts.version === '1.1' && !soleExpectation.test(fields.get('expect') ?? '')) {
      const detail = 'Header field "Expect": expected "100-continue" or no such field, got something else.';
      return refused(refuse(undefined, 'unknown-expectation', detail));
    }
    return undefined;
  };
}

/** The port of an authority; 0 where it names none. */
function portOf(text: string): number {
  const colon = text.lastIndexOf(':');
  // In brackets the last colon is the address's own.
  return colon < 0 || text.endsWith(']') ? 0 : Number(text.slice(colon + 1));
}

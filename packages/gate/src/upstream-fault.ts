import type { Reason } from '@flick/contract';
import { undici } from './undici.ts';
import { MalformedAnswer } from './malformed-answer.ts';

/** Why a request got no answer of the API, in words of the gate: nothing of the API's or the library's own text. */
export interface UpstreamFault {
  readonly reason: Reason;
  readonly detail: string;
}

/** The API did not answer within the deadline. */
export const tooSlow: UpstreamFault = {
  reason: 'upstream-too-slow',
  detail: 'The API did not answer within the time that the gateway waits.',
};

/** The connection to the API broke. */
export const broken: UpstreamFault = {
  reason: 'upstream-unreachable',
  detail: 'The API could not be reached, or went away before it answered.',
};

const malformed: UpstreamFault = {
  reason: 'upstream-malformed',
  detail: 'What the API sent is not a well-formed HTTP response.',
};

const stopping: UpstreamFault = { reason: 'draining', detail: 'The gateway is stopping.' };

// Codes of undici, Node and the operating system.
const malformedCodes: ReadonlySet<string> = new Set([
  'ERR_ASSERTION',
  'ERR_HTTP_INVALID_HEADER_VALUE',
  'ERR_INVALID_CHAR',
  'ERR_INVALID_HTTP_TOKEN',
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);

/** Tells why a request failed before the head of its answer had come. */
export function faultOf(error: Error): UpstreamFault {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (
    error instanceof MalformedAnswer ||
    error instanceof undici().errors.HTTPParserError ||
    malformedCodes.has(code)
  ) {
    return malformed;
  }
  if (code === 'UND_ERR_CLOSED' || code === 'UND_ERR_DESTROYED') return stopping;
  // The operating system's own time for making a connection passed before the gate's.
  if (code === 'ETIMEDOUT') return tooSlow;
  return broken;
}

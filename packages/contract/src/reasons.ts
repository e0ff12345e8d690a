/** The rungs of the ladder, in its order. The first that refuses decides. */
export const stages = [
  'message',
  'target',
  'path',
  'method',
  'load',
  'address-limit',
  'credentials',
  'consumer-limit',
  'parameters',
  'body',
  'handler',
  'response',
] as const;

/** A rung of the ladder. */
export type Stage = (typeof stages)[number];

/** One reason for a refusal: what it is called, which code it has, what it means, how its caller mends it. */
export interface ReasonEntry {
  /** The precise status code: RFC 9110, RFC 6585. The published table may fold it. */
  readonly code: number;
  readonly stage: Stage;
  /** A short title for people; the `title` of the problem body (RFC 9457). */
  readonly title: string;
  /** When it is due. */
  readonly meaning: string;
  /** What the caller does about it. */
  readonly mend: string;
}

const catalogue = {
  'malformed-request': {
    code: 400,
    stage: 'message',
    title: 'Malformed request',
    meaning: 'The bytes that arrived are not one well-formed HTTP request.',
    mend: 'Send the request with an HTTP library, with one Host field and one way to frame the body.',
  },
  'headers-too-large': {
    code: 431,
    stage: 'message',
    title: 'Header fields too large',
    meaning: 'The header section has more fields or more bytes than the server reads.',
    mend: 'Send fewer or shorter header fields; cookies are the usual cause.',
  },
  'headers-too-slow': {
    code: 408,
    stage: 'message',
    title: 'Request headers too slow',
    meaning: 'The header section did not arrive whole within the time that the server waits.',
    mend: 'Send the request again, all of it at once.',
  },
  'unknown-expectation': {
    code: 417,
    stage: 'message',
    title: 'Unknown expectation',
    meaning: 'The Expect field asks for something other than 100-continue.',
    mend: 'Leave the Expect field out, or send "Expect: 100-continue".',
  },
  'malformed-target': {
    code: 400,
    stage: 'target',
    title: 'Malformed request target',
    meaning:
      'The path or query can be read in more than one way: bad percent-encoding, NUL, dot segments, encoded slashes.',
    mend: 'Percent-encode every reserved character of the path once, and send the path without dot segments.',
  },
  'target-too-long': {
    code: 414,
    stage: 'target',
    title: 'Request target too long',
    meaning: 'The path and query together are longer than the server reads.',
    mend: 'Send fewer or shorter query parameters.',
  },
  'unknown-path': {
    code: 404,
    stage: 'path',
    title: 'No such path',
    meaning: 'The API has no such path.',
    mend: 'Compare the path with the API description, base path included.',
  },
  'method-not-allowed': {
    code: 405,
    stage: 'method',
    title: 'Method not allowed',
    meaning: 'The path exists; the method is not supported on it.',
    mend: 'Use one of the methods that the Allow field lists.',
  },
  'unknown-method': {
    code: 501,
    stage: 'method',
    title: 'Unknown method',
    meaning: 'No HTTP method of that name is known to the server.',
    mend: 'Use one of the methods that the Allow field lists; methods are case-sensitive.',
  },
  overloaded: {
    code: 503,
    stage: 'load',
    title: 'Overloaded',
    meaning: 'The server has as much work as it can take.',
    mend: 'Wait for as many seconds as Retry-After says.',
  },
  'address-limit': {
    code: 429,
    stage: 'address-limit',
    title: 'Too many requests from this address',
    meaning: 'The client address has used up its requests for this window.',
    mend: 'Wait for as many seconds as Retry-After says.',
  },
  'shared-limit': {
    code: 429,
    stage: 'address-limit',
    title: 'Too many requests in all',
    meaning: 'All clients together have used up the requests for this window.',
    mend: 'Wait for as many seconds as Retry-After says.',
  },
  'missing-credentials': {
    code: 401,
    stage: 'credentials',
    title: 'Credentials required',
    meaning: 'The operation requires credentials and the request has none.',
    mend: 'Send credentials of a scheme that the WWW-Authenticate field names.',
  },
  'invalid-credentials': {
    code: 401,
    stage: 'credentials',
    title: 'Invalid credentials',
    meaning: 'The credentials are malformed, of another issuer or audience, wrongly signed, or not known.',
    mend: 'Obtain new credentials and send them unchanged.',
  },
  'expired-credentials': {
    code: 401,
    stage: 'credentials',
    title: 'Expired credentials',
    meaning: 'The token or the login session has expired.',
    mend: 'Log in again, or refresh the token, and repeat the request.',
  },
  'insufficient-credentials': {
    code: 403,
    stage: 'credentials',
    title: 'Insufficient credentials',
    meaning: 'The credentials are good, yet do not allow this operation.',
    mend: 'Obtain credentials with the scopes that the WWW-Authenticate field names.',
  },
  'cross-site-request': {
    code: 403,
    stage: 'credentials',
    title: 'Cross-site request',
    meaning: 'A page of another site made a browser send the request, and its only credentials are a cookie.',
    mend: 'Send it from a page of the same origin as the API, or have the API owners allow the origin of the page.',
  },
  'unverifiable-credentials': {
    code: 503,
    stage: 'credentials',
    title: 'Credentials cannot be verified now',
    meaning: 'What the server needs to verify credentials cannot be reached, so it cannot know whether they hold.',
    mend: 'Repeat the request later; the credentials may well be good.',
  },
  'consumer-limit': {
    code: 429,
    stage: 'consumer-limit',
    title: 'Too many requests from this consumer',
    meaning: 'The consumer has used up its requests for this window.',
    mend: 'Wait for as many seconds as Retry-After says.',
  },
  'missing-parameter': {
    code: 400,
    stage: 'parameters',
    title: 'Missing parameter',
    meaning: 'A required parameter is missing.',
    mend: 'Send the parameters that errors[] names.',
  },
  'wrong-value': {
    code: 400,
    stage: 'parameters',
    title: 'Wrong value',
    meaning: 'A parameter or a member of the body has a value that the contract rules out.',
    mend: 'Send what errors[] says was due.',
  },
  'unknown-parameter': {
    code: 400,
    stage: 'parameters',
    title: 'Unknown parameter',
    meaning: 'A parameter or a member of the body is not one that the operation declares.',
    mend: 'Leave it out, or mend the spelling of its name.',
  },
  'unsupported-media-type': {
    code: 415,
    stage: 'body',
    title: 'Unsupported media type',
    meaning: 'The body has a media type or a content coding that the operation does not take.',
    mend: 'Send the body in one of the media types that errors[] names.',
  },
  'not-acceptable': {
    code: 406,
    stage: 'body',
    title: 'Not acceptable',
    meaning: 'The operation has no representation that the Accept field takes.',
    mend: 'Accept one of the media types that the operation declares.',
  },
  'missing-body': {
    code: 400,
    stage: 'body',
    title: 'Missing body',
    meaning: 'The operation requires a body and the request has none.',
    mend: 'Send a body.',
  },
  'unexpected-body': {
    code: 400,
    stage: 'body',
    title: 'Unexpected body',
    meaning: 'The operation takes no body and the request has one.',
    mend: 'Send the request without a body.',
  },
  'body-too-large': {
    code: 413,
    stage: 'body',
    title: 'Body too large',
    meaning: 'The body has more bytes than the server takes.',
    mend: 'Send a smaller body.',
  },
  'body-too-slow': {
    code: 408,
    stage: 'body',
    title: 'Request body too slow',
    meaning: 'The body did not arrive whole within the time that the server waits.',
    mend: 'Send the request again over a better connection.',
  },
  'malformed-body': {
    code: 400,
    stage: 'body',
    title: 'Malformed body',
    meaning: 'The body is not well-formed for its media type.',
    mend: 'Mend the syntax where errors[] points.',
  },
  'unknown-resource': {
    code: 404,
    stage: 'handler',
    title: 'No such resource',
    meaning: 'The path is one of the API; the resource that it names does not exist.',
    mend: 'Check the identifiers in the path.',
  },
  'unhandled-error': {
    code: 500,
    stage: 'handler',
    title: 'Internal server error',
    meaning: 'The API failed to answer. Nothing is wrong with the request.',
    mend: 'Report the request id to the API owners.',
  },
  misconfiguration: {
    code: 500,
    stage: 'handler',
    title: 'Server misconfiguration',
    meaning: 'The server or its contract is set up in a way that cannot work. Nothing is wrong with the request.',
    mend: 'Report the request id to the API owners.',
  },
  'upstream-unreachable': {
    code: 502,
    stage: 'handler',
    title: 'API unreachable',
    meaning: 'The server behind the gateway could not be reached, or went away before it answered.',
    mend: 'Repeat the request later, where repeating it is safe.',
  },
  'upstream-malformed': {
    code: 502,
    stage: 'handler',
    title: 'API answered badly',
    meaning: 'The server behind the gateway sent something that is not a well-formed HTTP response.',
    mend: 'Report the request id to the API owners.',
  },
  draining: {
    code: 503,
    stage: 'handler',
    title: 'Stopping',
    meaning: 'The server is stopping and takes no new work.',
    mend: 'Repeat the request; another server will take it.',
  },
  'upstream-too-slow': {
    code: 504,
    stage: 'handler',
    title: 'API too slow',
    meaning: 'The server behind the gateway did not answer in time.',
    mend: 'Repeat the request later, where repeating it is safe.',
  },
  'response-breach': {
    code: 500,
    stage: 'response',
    title: 'Response breaks the contract',
    meaning: 'The API answered with something that its own contract rules out.',
    mend: 'Report the request id to the API owners.',
  },
} as const satisfies Record<string, ReasonEntry>;

/** The stable slug of a reason: a closed union, so that a switch narrows. */
export type Reason = keyof typeof catalogue;

for (const entry of Object.values(catalogue)) Object.freeze(entry);

/** Every reason for which a request can be refused. Problem bodies, docs and metrics read it; nothing else names them. */
export const reasons: Readonly<Record<Reason, ReasonEntry>> = Object.freeze(catalogue);

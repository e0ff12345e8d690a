/** Something that Flick cannot do in a host, because the host's server or the Fetch standard has seen to it before. */
export interface Gap {
  /** As the first column of the document's table has it. */
  readonly what: string;
  /** The golden stories that end otherwise there. */
  readonly stories: readonly string[];
}

// Node 20's parser lets it pass to whoever listens, and Flick refuses it; later ones refuse it themselves.
const refusedByNode =
  Number.parseInt(process.versions.node, 10) > 20
    ? ['an empty Transfer-Encoding before Content-Length is refused']
    : [];

/** What `@flick/gate/fetch` cannot do: a table of `docs/fetch.md`. */
export const fetchGaps: readonly Gap[] = [
  {
    what: 'Bytes that are no HTTP',
    stories: [
      'a request that is no HTTP can be read as far as its origin was',
      ...refusedByNode,
      'a bad chunk size is refused',
      'Content-Length beside Transfer-Encoding is refused',
      'two equal Content-Length fields are refused',
      'a Content-Length list is refused',
      'a signed Content-Length is refused',
      'obsolete line folding is refused',
      'space before the colon is refused',
      'what the parser refuses has the body of every refusal',
      'a bare line feed is refused',
      'NUL in a field value is refused',
      'an empty field name is refused',
    ],
  },
  {
    what: 'Heads that are too large or too slow',
    stories: ['a header section beyond the byte bound is refused'],
  },
  {
    what: 'The version of HTTP',
    stories: [
      'Transfer-Encoding on HTTP/1.0 is refused',
      'a request line without a version is refused',
      'HTTP/1.2 in the request line is refused',
      'HTTP/2.0 in a request line is refused',
    ],
  },
  {
    what: 'A `Host` that is missing or malformed',
    stories: [
      'an HTTP/1.0 request without Host passes',
      'a request without Host is malformed',
      'an empty Host is malformed',
      'a Host with a path is malformed',
      'a Host with userinfo is malformed',
      'a Host with port 99999 is malformed',
    ],
  },
  {
    what: 'A target before `URL` has read it',
    stories: [
      'dot segments are malformed',
      'encoded dot segments are malformed',
      'half-encoded dot segments are malformed',
      'a single dot segment is malformed',
      'a backslash is malformed',
      'a fragment is malformed',
      'an absolute target of another host is malformed',
      'an asterisk with GET is malformed',
      'OPTIONS of the server as a whole is answered',
      'a target without a leading slash is malformed',
      'raw UTF-8 in the path is refused',
    ],
  },
  {
    what: 'A field that came twice',
    stories: ['two Authorization fields are ambiguous', 'two Content-Type fields are ambiguous'],
  },
  {
    what: 'Methods that the host does not read, or spells anew',
    stories: [
      'an unknown method on a path of the API is 501 and folds to 405 with Allow',
      'an unknown method on an unknown path is 404',
      'the standard table sends 501',
      'a method in lower case is an unknown method',
    ],
  },
  {
    what: '`Expect`',
    stories: ['an unknown expectation is refused', 'the standard table sends 417'],
  },
  {
    what: 'A client that hangs up in the middle of its body',
    stories: ['a huge Content-Length is refused from the head alone'],
  },
];

/** What `@flick/gate/hono` cannot do on `@hono/node-server`: a table of `docs/hono.md`. */
export const honoGaps: readonly Gap[] = [
  ...[
    'Bytes that are no HTTP',
    'Heads that are too large or too slow',
    'A `Host` that is missing or malformed',
    '`Expect`',
  ].map((what) => ({ what, stories: fetchGaps.find((gap) => gap.what === what)?.stories ?? [] })),
  {
    what: 'Versions of HTTP that Node does not read',
    stories: ['a request line without a version is refused', 'HTTP/1.2 in the request line is refused'],
  },
  {
    what: 'Methods that Node does not read',
    stories: [
      'an unknown method on a path of the API is 501 and folds to 405 with Allow',
      'an unknown method on an unknown path is 404',
      'the standard table sends 501',
      'a method in lower case is an unknown method',
    ],
  },
  {
    what: 'Targets that `@hono/node-server` does not take',
    stories: [
      'a backslash is malformed',
      'an asterisk with GET is malformed',
      'OPTIONS of the server as a whole is answered',
      'a target without a leading slash is malformed',
      'raw UTF-8 in the path is refused',
    ],
  },
];

/** What only bytes can say, and no Request: it is run over sockets alone. */
export const ofTheWire: readonly string[] = [
  'a chunked body that is checked passes',
  'TRACE that nobody declared is 405',
  'an absolute target of the same host is judged as its path',
  'an absolute target passes on as its path',
];

/**
 * The shape of `flick.yaml`, as JSON Schema (draft 7, which editors read best). `title` says what is due and is what a
 * fault prints; `description` is for the reader in an editor. `flick.schema.json` is this value, written out.
 */

const duration = {
  type: 'string',
  pattern: '^[1-9][0-9]{0,6}(ms|s|m|h)$',
  title: 'a duration such as 500ms, 2s or 1m',
} as const;

const durationOrNone = {
  type: 'string',
  pattern: '^(0|[0-9]{1,7}(ms|s|m|h))$',
  title: 'a duration such as 0s, 500ms or 2s',
} as const;

const size = {
  type: 'string',
  pattern: '^[1-9][0-9]{0,8}(B|kB|KB|KiB|MB|MiB)$',
  title: 'a size such as 512B, 64KiB or 1MB',
} as const;

const count = {
  type: 'integer',
  minimum: 1,
  maximum: 1_000_000,
  title: 'a whole number from 1 to 1000000',
} as const;

const text = { type: 'string', minLength: 1, title: 'a text' } as const;

const texts = {
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', minItems: 1, items: text, title: 'a text or a list of texts' },
  ],
  title: 'a text or a list of texts',
} as const;

const secret = {
  type: 'object',
  title: '{ env: NAME } or { file: PATH }; a secret is never written into this file',
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  properties: {
    env: { ...text, title: 'the name of an environment variable', description: 'The environment variable to read.' },
    file: { ...text, title: 'the path of a file', description: 'The file to read, relative to this one.' },
  },
} as const;

const mode = {
  enum: ['enforce', 'observe'],
  title: 'enforce or observe',
  description: 'enforce refuses; observe lets every request through and records what would have been refused.',
} as const;

const unknownMembers = {
  enum: ['as_schema', 'refuse', 'pass'],
  title: 'as_schema, refuse or pass',
  description: 'Members of a JSON body that the schema does not name: as the schema says, refused, or let through.',
} as const;

const unknownQuery = {
  enum: ['refuse', 'pass'],
  title: 'refuse or pass',
  description: 'Query parameters that the operation does not declare.',
} as const;

const hideMethods = {
  type: 'boolean',
  title: 'true or false',
  description: 'Answer 404 in place of 405, for those who would not show which methods a path has.',
} as const;

const fold = {
  type: 'boolean',
  title: 'true or false',
  description: 'false sends the precise codes of RFC 9110, whatever the table publishes.',
} as const;

const shed = {
  enum: ['may', 'never'],
  title: 'may or never',
  description: 'Whether an overloaded Flick may answer 503 before it judges a request; never is for health checks.',
} as const;

const responses = {
  anyOf: [
    { enum: ['off', 'watch', 'enforce'] },
    {
      type: 'object',
      additionalProperties: false,
      required: ['mode'],
      properties: {
        mode: { enum: ['watch'], title: 'watch' },
        sample: {
          type: 'number',
          exclusiveMinimum: 0,
          maximum: 1,
          title: 'a share above 0 and up to 1, such as 0.1',
          description: 'The share of answers that is watched. Default 1.',
        },
      },
    },
  ],
  title: 'off, watch, enforce, or { mode: watch, sample: 0.1 } for a tenth of all answers',
  description: 'Answers that break the contract: let be, counted and recorded, or answered 500. Default off.',
} as const;

const switches = {
  mode,
  unknown_members: unknownMembers,
  unknown_query: unknownQuery,
  hide_methods: hideMethods,
  fold,
  shed,
  responses,
} as const;

const jwt = {
  type: 'object',
  title: 'a block with algorithms and exactly one of secret, key and jwks',
  description: 'Verifies bearer tokens that are JSON Web Tokens.',
  additionalProperties: false,
  required: ['algorithms'],
  oneOf: [{ required: ['secret'] }, { required: ['key'] }, { required: ['jwks'] }],
  properties: {
    algorithms: {
      type: 'array',
      minItems: 1,
      items: {
        enum: [
          'HS256',
          'HS384',
          'HS512',
          'RS256',
          'RS384',
          'RS512',
          'PS256',
          'PS384',
          'PS512',
          'ES256',
          'ES384',
          'ES512',
          'EdDSA',
          'Ed25519',
        ],
        title: 'a signature algorithm such as HS256, RS256 or ES256',
      },
      title: 'a list of signature algorithms such as [HS256]',
      description: 'The only algorithms that are accepted.',
    },
    secret: { ...secret, description: 'The shared secret of HS256, HS384 or HS512.' },
    key: { ...secret, title: '{ file: PATH } or { env: NAME }', description: 'A public key in PEM (SPKI).' },
    jwks: {
      ...text,
      title: 'the path of a JWKS file, or its https:// address',
      description: 'A JSON Web Key Set: a file, relative to this one, or an address that is fetched and kept.',
    },
    issuer: { ...texts, description: 'The `iss` that a token must have: one, or any of a list.' },
    audience: { ...texts, description: 'The `aud` that a token must have: one, or any of a list.' },
    clock_tolerance: { ...durationOrNone, description: 'How far clocks may differ, up to 5m. Default 5s.' },
    require_exp: {
      type: 'boolean',
      title: 'true or false',
      description: 'Whether a token without `exp` is refused. Default true.',
    },
    typ: { ...text, description: 'The `typ` that a token must have in its header, such as at+jwt.' },
    subject_claim: { ...text, description: 'The claim that says who calls. Default sub.' },
  },
} as const;

/** A file of credentials, which a command of `flick` writes. */
function fileOf(command: 'keys' | 'users', description: string) {
  return {
    type: 'object',
    title: '{ file: PATH }',
    description,
    additionalProperties: false,
    required: ['file'],
    properties: {
      file: {
        ...text,
        title: 'the path of a file',
        description: `As flick ${command} add writes it, relative to this one. Read again when it changes.`,
      },
    },
  } as const;
}

const introspection = {
  type: 'object',
  title: 'a block with url, client_id and client_secret',
  description: 'Verifies bearer tokens by asking the server that issued them (RFC 7662).',
  additionalProperties: false,
  required: ['url', 'client_id', 'client_secret'],
  properties: {
    url: { ...text, title: 'an address such as https://issuer.example/introspect', description: 'Whom to ask.' },
    client_id: { ...text, description: 'The client that Flick is to that server.' },
    client_secret: { ...secret, description: 'The secret of that client.' },
    issuer: { ...texts, description: 'The `iss` that the answer must have: one, or any of a list.' },
    audience: { ...texts, description: 'The `aud` that the answer must have: one, or any of a list.' },
    max_age: {
      ...durationOrNone,
      default: '60s',
      description: 'How long an active token passes without being asked for again, up to 1h.',
    },
    subject_claim: { ...text, description: 'The member that says who calls. Default sub.' },
  },
} as const;

const limit = {
  type: 'object',
  title: 'a block with requests and window, and with paths or operations but not both',
  description: 'Of several limits that a request falls under, the tightest decides.',
  additionalProperties: false,
  required: ['requests', 'window'],
  not: { required: ['paths', 'operations'] },
  properties: {
    paths: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'string',
        pattern: '^/',
        title: 'a path of the contract such as /accounts/{id}, or /accounts/* for all below it',
      },
      title: 'a list of paths of the contract',
      description: 'Paths as the contract writes them; one that ends in /* takes all below it. Default all.',
    },
    operations: {
      type: 'array',
      minItems: 1,
      items: text,
      title: 'a list of operationIds',
      description: 'Operations by their operationId. Default all.',
    },
    requests: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000_000,
      title: 'a whole number from 1 to 1000000000',
      description: 'How many requests one window takes.',
    },
    window: { ...duration, description: 'How long a window is.' },
    by: {
      enum: ['consumer', 'address', 'all'],
      title: 'consumer, address or all',
      description: 'Whose requests are counted together. Default consumer.',
    },
  },
} as const;

export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'flick.yaml: a map of settings',
  description: 'What `flick serve` reads. Every key is optional; a flag on the command line wins over the file.',
  type: 'object',
  additionalProperties: false,
  properties: {
    contract: {
      ...text,
      title: 'the path of an OpenAPI document',
      description: 'The OpenAPI document (3.0, 3.1 or 3.2; YAML or JSON), relative to this file.',
    },
    listen: {
      anyOf: [
        { type: 'string', minLength: 1 },
        { type: 'integer', minimum: 0, maximum: 65_535 },
      ],
      title: 'an address such as 127.0.0.1:8080, or a port',
      description: 'Where Flick listens; 0.0.0.0:8080 and [::]:8080 are all addresses of the machine.',
      default: '127.0.0.1:8080',
    },
    admin: {
      anyOf: [
        { type: 'string', minLength: 1 },
        { type: 'integer', minimum: 0, maximum: 65_535 },
      ],
      title: 'an address such as 127.0.0.1:9901, or a port',
      description: 'Where /live, /ready and /metrics are answered. A port alone is on 127.0.0.1. Default nowhere.',
    },
    upstream: {
      ...text,
      title: 'an address such as http://127.0.0.1:3000',
      description: 'The API behind Flick: scheme, host and port.',
    },
    handlers: {
      ...text,
      title: 'the path of a module such as ./handlers.js',
      description: 'In place of an upstream: a module that has a function for each operation; relative to this file.',
    },
    codes: {
      anyOf: [
        { enum: ['default', 'standard'] },
        {
          type: 'array',
          minItems: 1,
          items: { type: 'integer', minimum: 100, maximum: 599, title: 'a code from 100 to 599' },
          title: 'default, standard, or a list of codes such as [400, 401, 404, 429, 500]',
        },
      ],
      title: 'default, standard, or a list of codes from 100 to 599 such as [400, 401, 404, 429, 500]',
      description: 'The table of response codes that the API publishes.',
    },
    ...switches,
    base_path: {
      type: 'string',
      pattern: '^/',
      title: 'a path such as /v1, or / for none',
      description: "The path before every path of the contract, in place of its servers'.",
    },
    credentials: {
      type: 'object',
      title: 'a map from security schemes to verifiers',
      description: "By the security scheme's name in the contract. A scheme without one is checked for form only.",
      additionalProperties: {
        type: 'object',
        title: 'a block with exactly one of jwt, keys, users and introspection',
        additionalProperties: false,
        oneOf: [
          { required: ['jwt'] },
          { required: ['keys'] },
          { required: ['users'] },
          { required: ['introspection'] },
        ],
        properties: {
          jwt,
          keys: fileOf('keys', 'Verifies API keys against a file of their hashes.'),
          users: fileOf('users', 'Verifies HTTP Basic credentials against a file of password hashes.'),
          introspection,
        },
      },
    },
    limits: {
      type: 'object',
      title: 'a map from names to limits',
      description: 'How many requests are taken in a window; more are answered 429.',
      additionalProperties: limit,
    },
    limit_headers: {
      enum: ['draft', 'legacy', 'off'],
      title: 'draft, legacy or off',
      description: 'RateLimit and RateLimit-Policy of the IETF draft, X-RateLimit-*, or none.',
      default: 'draft',
    },
    limit_store_down: {
      enum: ['pass', 'refuse'],
      title: 'pass or refuse',
      description: 'What becomes of requests that cannot be counted: let through, or answered 503.',
      default: 'pass',
    },
    trust: {
      type: 'object',
      title: 'a block with proxies',
      additionalProperties: false,
      properties: {
        proxies: {
          type: 'array',
          items: { ...text, title: 'an address or a range such as 10.0.0.0/8' },
          title: 'a list of addresses and ranges such as [10.0.0.0/8]',
          description: 'Proxies whose Forwarded or X-Forwarded-For is believed. Default none.',
        },
      },
    },
    cors: {
      anyOf: [
        { enum: ['pass', 'off'] },
        {
          type: 'object',
          additionalProperties: false,
          required: ['origins'],
          properties: {
            origins: {
              type: 'array',
              minItems: 1,
              items: { ...text, title: 'an origin such as https://app.example' },
              title: 'a list of origins such as [https://app.example]',
              description:
                'Pages of these may read every answer: by name, below a domain (https://*.a.example), or "*".',
            },
            credentials: {
              type: 'boolean',
              title: 'true or false',
              description: 'Whether pages may have the browser send cookies along. Default false.',
            },
            max_age: {
              ...durationOrNone,
              description: 'How long browsers keep the answer to a preflight. Default 10m.',
            },
            expose: {
              type: 'array',
              items: {
                type: 'string',
                pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
                title: 'the name of a header field',
              },
              title: 'a list of names of header fields',
              description: 'Fields that pages may read, beside those of refusals and those that the contract declares.',
            },
          },
        },
      ],
      title: 'pass, off, or a block such as { origins: [https://app.example], credentials: true }',
      description:
        'Which pages of other origins may read answers. pass: as the API says, which answers preflights. A block: Flick ' +
        'says it and answers preflights. off: none may. Default pass.',
    },
    timeouts: {
      type: 'object',
      title: 'a map of durations',
      additionalProperties: false,
      properties: {
        headers: { ...duration, default: '10s', description: "From a request's first byte to the end of its head." },
        request: { ...duration, default: '60s', description: 'From the end of the head to the end of the body.' },
        upstream: { ...duration, default: '30s', description: 'For the whole answer of the API.' },
        idle: { ...duration, default: '65s', description: 'A kept-alive connection without a request.' },
        unread: { ...duration, default: '30s', description: 'A client that reads nothing of its answer.' },
        tunnel: { ...duration, default: '10m', description: 'A WebSocket on which nothing moves, either way.' },
        drain: { ...duration, default: '25s', description: 'From the first signal to the cutting of what is left.' },
      },
    },
    sizes: {
      type: 'object',
      title: 'a map of sizes',
      additionalProperties: false,
      properties: {
        body: { ...size, default: '1MiB', description: 'A body that is checked, its codings removed.' },
        headers: { ...size, default: '16KiB', description: 'The header section.' },
        target: { ...size, default: '8KiB', description: 'Path and query.' },
      },
    },
    overload: {
      type: 'object',
      title: 'a map of bounds',
      description: 'How much Flick takes on at once; what is beyond is answered 503 before it is charged to anybody.',
      additionalProperties: false,
      properties: {
        in_flight: { ...count, default: 1000, description: 'Requests under way.' },
        upstream: { ...count, default: 256, description: 'Requests that the API is working on.' },
        loop_lag: {
          ...duration,
          default: '1s',
          description: 'How late Flick may come to a request; at least 20ms.',
        },
        connections: { ...count, default: 10_000, description: 'Connections; more are closed as they come.' },
      },
    },
    tls: {
      type: 'object',
      title: 'a block with cert and key',
      description: 'Listen with TLS.',
      additionalProperties: false,
      required: ['cert', 'key'],
      properties: {
        cert: { ...secret, title: '{ file: PATH } or { env: NAME }', description: 'The certificate chain in PEM.' },
        key: { ...secret, description: 'The private key in PEM.' },
      },
    },
    operations: {
      type: 'object',
      title: 'a map from operationIds to switches',
      description: 'By operationId: the same switches for one operation.',
      additionalProperties: {
        type: 'object',
        title: 'a map of switches such as mode: observe',
        additionalProperties: false,
        properties: switches,
      },
    },
    log: {
      enum: ['all', 'refusals', 'off'],
      title: 'all, refusals or off',
      description: 'Which requests are logged to stderr; refusals are those that failed, too.',
      default: 'refusals',
    },
    records: {
      anyOf: [
        { type: 'string', pattern: '^(off|memory|sqlite:.+)$' },
        {
          type: 'object',
          additionalProperties: false,
          required: ['sqlite'],
          properties: {
            sqlite: { ...text, description: 'The file, relative to this one; made where there is none.' },
            keep: {
              type: 'string',
              pattern: '^[1-9][0-9]{0,4}(m|h|d)$',
              title: 'a time such as 12h or 7d',
              description: 'How long a record is kept. Default 7d.',
            },
            size: {
              type: 'string',
              pattern: '^[1-9][0-9]{0,5}(MB|MiB|GB|GiB)$',
              title: 'a size such as 256MiB or 1GiB',
              description:
                'How large the file becomes before the oldest records make room. Default 256MiB, least 16MiB.',
            },
          },
        },
      ],
      title: 'sqlite:PATH, memory, off, or a block such as { sqlite: ./flick.db, keep: 7d, size: 256MiB }',
      description: 'Where what became of each request is kept. Default memory: the latest 10,000.',
    },
    watch: {
      type: 'boolean',
      title: 'true or false',
      description: 'Take in this file, the contract and its other files when they change. SIGHUP does so at any time.',
      default: true,
    },
    realm: {
      type: 'string',
      pattern: '^[ !#-\\[\\]-~]+$',
      title: 'a text of printable ASCII without " and \\',
      description: "The realm of WWW-Authenticate challenges. Default the API's title.",
    },
    allow_unsafe_patterns: {
      type: 'boolean',
      title: 'true or false',
      description: 'Run patterns of the contract that can backtrack without bound and that no linear engine takes.',
    },
  },
} as const;

/** The values that a schema of this file lets through. */
type Read<S> = S extends { readonly enum: readonly (infer E)[] }
  ? E
  : S extends { readonly anyOf: readonly (infer A)[] }
    ? ReadAny<A>
    : S extends { readonly type: 'string' }
      ? string
      : S extends { readonly type: 'integer' | 'number' }
        ? number
        : S extends { readonly type: 'boolean' }
          ? boolean
          : S extends { readonly type: 'array'; readonly items: infer I }
            ? readonly Read<I>[]
            : S extends { readonly properties: infer P }
              ? ReadObject<P, S extends { readonly required: readonly (infer R)[] } ? R : never>
              : S extends { readonly additionalProperties: infer V }
                ? Readonly<Record<string, Read<V>>>
                : never;

type ReadAny<A> = A extends unknown ? Read<A> : never;

type ReadObject<P, R> = { readonly [K in keyof P as K extends R ? K : never]: Read<P[K]> } & {
  readonly [K in keyof P as K extends R ? never : K]?: Read<P[K]>;
};

/** `flick.yaml`, read and checked: the schema's own type, so that the two cannot part. */
export type Config = Read<typeof configSchema>;

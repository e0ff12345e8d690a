/** What an HTTP parser found wrong with a message, told as a fact; the ladder's first rung makes it a refusal. */
export type MessageFault =
  | 'malformed-request'
  | 'malformed-body-framing'
  | 'headers-too-large'
  | 'target-too-long'
  | 'headers-too-slow'
  | 'body-too-slow'
  | 'body-too-large'
  | 'unsupported-version';

/** What a server has too much of; the ladder says what becomes of it. */
export type Overload =
  /** Requests that whatever answers them is working on. */
  | 'handler'
  /** Requests under way. */
  | 'in-flight'
  /** Work that is due already. */
  | 'loop-lag';

/** What arrived, before anyone judged it: the head of one request and where it came from. */
export interface RequestFacts {
  /** As sent; methods are case-sensitive (RFC 9110, section 9.1). */
  readonly method: string;
  /** The request target, byte for byte as sent. */
  readonly target: string;
  /** As in the request line, such as `1.1`. */
  readonly version: string;
  /** Field names and values in turn, as sent and in order: `[name, value, name, value, ...]`. */
  readonly headers: readonly string[];
  /** The IP address at the other end of the connection. */
  readonly address: string;
  /** Whether the connection is TLS. */
  readonly secure: boolean;
  /** Set where the parser gave up; the other facts then hold what it had read, or are empty. */
  readonly fault?: MessageFault;
  /** What the server has too much of at this moment; not set for a request that costs it nothing. */
  readonly overload?: () => Overload | undefined;
}

/** The body as the ladder judges it: its bytes, whole and with every content coding removed. */
export interface BodyFacts {
  readonly bytes: Uint8Array;
}

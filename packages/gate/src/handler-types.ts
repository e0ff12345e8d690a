import type { Consumer, NamedValues } from '@flick/decide';

/**
 * The types of one operation. A types map has one for each operation, by `operationId`:
 *
 * ```ts
 * interface Operations {
 *   getTea: {
 *     params: { id: number };
 *     query: { fresh?: boolean; limit: number };
 *     headers: { 'x-trace'?: string };
 *     responses: { 200: { name: string }; 404: unknown; 204: undefined };
 *     responseHeaders: { 200: { ETag: string; Age?: number } };
 *   };
 *   watchTeas: { responses: { 200: string }; responseItems: { 200: { name: string } } };
 * }
 * ```
 *
 * `flick types` writes such a map of a contract; one by hand does as well. Inputs are as a handler gets them: parameters
 * by the contract's names, those of headers in lower case; one with a `default` is never absent. What an operation does
 * not take is left out. Of `responses` the keys are the contract's: codes as numbers, `'4XX'` and `'default'` as text;
 * the values are the bodies, `undefined` where there is none. The names of response headers are the contract's too; a
 * handler writes them as they are there, or in lower case.
 */
export interface OperationTypes {
  readonly params?: object;
  readonly query?: object;
  readonly headers?: object;
  readonly cookies?: object;
  /** The checked body, or `Readable` (of `node:stream`) where it is not checked and streams. */
  readonly body?: unknown;
  readonly responses: object;
  /** The header fields of answers, by the keys of `responses`; of a code that is not here, any. */
  readonly responseHeaders?: object;
  /**
   * The items of streams, by the keys of `responses`: a stream yields these, texts and bytes; of a code that is not here,
   * texts and bytes alone. Without this member, streams yield anything.
   */
  readonly responseItems?: object;
}

/** What is known of an operation without a types map. */
export interface AnyOperation {
  readonly params: NamedValues;
  readonly query: NamedValues;
  readonly headers: NamedValues;
  readonly cookies: NamedValues;
  readonly body: unknown;
  readonly responses: unknown;
}

/** Operations without a types map. */
export type AnyOperations = Readonly<Record<string, AnyOperation>>;

type Part<Operation, Name extends PropertyKey> = Operation extends { readonly [Key in Name]: infer Value }
  ? Value
  : object;

/** One request that passed the ladder, as its handler gets it. */
export interface HandlerRequest<Operation = AnyOperation> {
  readonly operationId: string;
  /** As sent: `HEAD` where the handler of GET answers it. */
  readonly method: string;
  /** The canonical path, percent-encoded, without the query. */
  readonly path: string;
  /** The client's address, proxies that are trusted seen through. */
  readonly address: string;
  /** Parameters of the path: read by type, as all parameters are, and with defaults. */
  readonly params: Readonly<Part<Operation, 'params'>>;
  readonly query: Readonly<Part<Operation, 'query'>>;
  /** The header parameters that the operation declares, by lower-case name; for others see `field`. */
  readonly headers: Readonly<Part<Operation, 'headers'>>;
  readonly cookies: Readonly<Part<Operation, 'cookies'>>;
  /**
   * The checked body. A `Readable` (of `node:stream`) where it is not checked: binary content, and media types without a
   * schema. `undefined` where there is none.
   */
  readonly body: Operation extends { readonly body: infer Body } ? Body : undefined;
  /** Who calls; undefined where the operation is open and the request has no credentials. */
  readonly consumer: Consumer | undefined;
  readonly requestId: string;
  /** Fires when the client goes away, or when the deadline comes: `timeouts.upstream` after the handler was called. */
  readonly signal: AbortSignal;
  /** Any header field, its lines combined. */
  readonly field: (name: string) => string | undefined;
}

/**
 * Fields of an answer; one that is `undefined` is not sent. Those that speak of the connection or the framing, and
 * `X-Request-Id`, are the gate's own.
 */
export type AnswerFields = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * A stream: a Readable of Node, a ReadableStream, an async generator. Its chunks are bytes or texts; of event streams and
 * lines of JSON also items, each written as an event or a line.
 */
export type AnswerStream<Item = unknown> = AsyncIterable<Item | string | Uint8Array>;

/** An answer with its code. Any object with other members than these, or without a code in `status`, is a body. */
export interface Answer<Status extends number = number, Body = unknown, Fields = AnswerFields> {
  /** 200 to 599. */
  readonly status: Status;
  readonly headers?: Fields;
  readonly body?: Body;
}

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

type CodesFrom<Class extends number> = `${Class}${Digit}${Digit}` extends `${infer Code extends number}` ? Code : never;

/** The codes of each range. Written out once: what handlers are checked against is a lookup, not a computation. */
interface Ranges {
  '2XX': CodesFrom<2>;
  '3XX': CodesFrom<3>;
  '4XX': CodesFrom<4>;
  '5XX': CodesFrom<5>;
}

/** The codes that an entry of `responses` stands for: a range for those that have no entry, `default` for all others. */
type StatusOf<Code, Listed> = Code extends number
  ? Code
  : Code extends keyof Ranges
    ? Exclude<Ranges[Code], Listed>
    : Exclude<Ranges[Exclude<keyof Ranges, Listed>], Listed>;

/** A member of a map by its key; `Else` where it has none. */
type At<Map, Key, Else> = Key extends keyof Map ? Map[Key] : Else;

/** A list may be one that nobody may change. */
type Sent<Body> = Body extends readonly unknown[] ? Readonly<Body> : Body;

type BodyOf<Body, Item> = [Body] extends [undefined] ? undefined : Sent<Body> | Uint8Array | AnswerStream<Item>;

type InLowerCase<Declared> = {
  readonly [Name in keyof Declared as Name extends string ? Lowercase<Name> : Name]: Declared[Name];
};

/** Fields of which those that may be left out may be `undefined`, too. */
type Given<Declared> = {
  readonly [Name in keyof Declared]: {} extends Pick<Declared, Name> ? Declared[Name] | undefined : Declared[Name];
};

/** Fields of an answer whose code declares some: named as the contract has them, or all in lower case. */
type FieldsOf<Declared> = AnswerFields &
  Partial<Given<Declared>> &
  Partial<InLowerCase<Given<Declared>>> &
  ({} extends Declared ? unknown : Given<Declared> | InLowerCase<Given<Declared>>);

type AnswerOf<Status extends number, Body, Item, Declared> = Answer<
  Status,
  BodyOf<Body, Item>,
  unknown extends Declared ? AnswerFields : FieldsOf<Declared>
> &
  (undefined extends Body ? unknown : { readonly body: {} | null }) &
  ({} extends Declared ? unknown : { readonly headers: object });

type Answers<Responses, Headers, Items> = {
  [Code in keyof Responses]: AnswerOf<
    StatusOf<Code, keyof Responses>,
    Responses[Code],
    At<Items, Code, never>,
    At<Headers, Code, unknown>
  >;
}[keyof Responses];

type Success = 200 | 201 | 202 | 203 | 204 | 205 | 206 | 207 | 208 | 226;

type IsOne<Code, All = Code> = [Code] extends [never]
  ? false
  : Code extends unknown
    ? [All] extends [Code]
      ? true
      : false
    : never;

/** The code that a bare value is answered with: 200, or the operation's only 2xx. */
type PlainCode<Responses> = 200 extends keyof Responses
  ? 200
  : IsOne<Extract<keyof Responses, Success>> extends true
    ? Extract<keyof Responses, Success>
    : Extract<keyof Responses, '2XX' | 'default'>;

/** A bare value; none where its code must have header fields. */
type Plain<Code, Responses, Headers, Items> = Code extends keyof Responses
  ? {} extends At<Headers, Code, unknown>
    ? PlainBody<Responses[Code], At<Items, Code, never>>
    : never
  : never;

type PlainBody<Body, Item> = [Body] extends [undefined]
  ? undefined | void
  : Sent<Body> | Uint8Array | AnswerStream<Item>;

type AnyItems = Readonly<Record<PropertyKey, unknown>>;

/** What a handler may return. */
export type HandlerAnswer<Operation> = Operation extends { readonly responses: infer Responses }
  ? unknown extends Responses
    ? unknown
    : AnswerAmong<
        Responses,
        Part<Operation, 'responseHeaders'>,
        Operation extends { readonly responseItems: infer Items } ? Items : AnyItems
      >
  : unknown;

type AnswerAmong<Responses, Headers, Items> =
  | Plain<PlainCode<Responses>, Responses, Headers, Items>
  | Answers<Responses, Headers, Items>;

/** Answers the requests of one operation that passed the ladder. */
export type OperationHandler<Operation = AnyOperation> = (
  request: HandlerRequest<Operation>,
) => HandlerAnswer<Operation> | Promise<HandlerAnswer<Operation>>;

/** A handler for each operation, by `operationId`; by `GET /path` where the contract gives none. */
export type Handlers<Operations = AnyOperations> = {
  readonly [Id in keyof Operations]: OperationHandler<Operations[Id]>;
};

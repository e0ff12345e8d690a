import type { Check, Shape, UnknownMembers } from '@flick/schema';
import type { Table } from './table.ts';

/** Whether refusals are sent, or only recorded while the request goes on to the API. */
export type Mode = 'enforce' | 'observe';

/** What becomes of answers of the API that break the contract: nothing, counted and recorded, or answered 500. */
export type ResponsesMode = 'off' | 'watch' | 'enforce';

/** The switches that hold for all operations or for one: from `flick.yaml` and from `x-flick` in the contract. */
export interface Switches {
  readonly mode: Mode;
  /** Query parameters that the operation does not declare. */
  readonly unknownQuery: 'refuse' | 'pass';
  readonly unknownMembers: UnknownMembers;
  /** Answers 404 in place of 405, for those who would not show which methods a path has. */
  readonly hideMethods: boolean;
  /** Whether the table folds this operation's codes; `false` sends the precise ones. */
  readonly fold: boolean;
  /** Whether a server with too much to do may refuse it with 503 before it is judged; `never` is for health checks. */
  readonly shed: 'may' | 'never';
  readonly responses: ResponsesMode;
  /** The share of answers that are watched, above 0 and up to 1. */
  readonly responsesSample: number;
}

/** Something in the document that breaks OpenAPI or cannot be served, reported once at start. */
export interface ContractFault {
  /** `error`: an operation answers 500 `misconfiguration`. `warning`: served all the same. */
  readonly severity: 'error' | 'warning';
  /** One sentence: what was found and what to change. */
  readonly message: string;
  /** The file as the user named it, relative to the contract's folder for further files. */
  readonly file: string;
  /** Counted from 1; 0 where unknown. */
  readonly line: number;
  readonly column: number;
  /** JSON pointer into the file. */
  readonly pointer: string;
}

/** Where a parameter travels. `querystring` is OpenAPI 3.2's whole-query parameter. */
export type ParameterIn = 'path' | 'query' | 'querystring' | 'header' | 'cookie';

/** How an array or object is written as text (OpenAPI, "Style Values"). */
export type ParameterStyle =
  | 'matrix'
  | 'label'
  | 'simple'
  | 'form'
  | 'spaceDelimited'
  | 'pipeDelimited'
  | 'deepObject'
  | 'cookie';

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly in: ParameterIn;
  readonly required: boolean;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  readonly allowReserved: boolean;
  readonly allowEmptyValue: boolean;
  /** The media type of a `content` parameter, whose text is parsed as that type; `style` does not apply to it. */
  readonly media?: MediaType;
  /** What its text is read into before the check. */
  readonly shape: Shape;
  readonly check: Check;
  /** Of the path, and may have slashes in it: `x-multi-segment`, as GitHub's document has it. */
  readonly spansSegments?: true;
  /** JSON pointer of the parameter in the document. */
  readonly pointer: string;
}

/** How a media type's bytes are read. `opaque`: not read at all, only passed on. */
export type MediaKind = 'json' | 'form' | 'multipart' | 'text' | 'opaque';

/** How one member of a form or multipart body is written (OpenAPI, "Encoding Object"). */
export interface Encoding {
  /** Media types that the part may have; empty where the document is silent. */
  readonly contentTypes: readonly string[];
  readonly style: ParameterStyle;
  readonly explode: boolean;
  readonly allowReserved: boolean;
}

/** One entry of a `content` map. */
export interface MediaType {
  /** Type or range, lower-case and without parameters: `application/json`, `text/*`, or the range of all types. */
  readonly range: string;
  readonly kind: MediaKind;
  /** Absent where the document gives no schema, or the bytes are opaque. */
  readonly check?: Check;
  readonly shape?: Shape;
  /** By member, for `form` and `multipart`. */
  readonly encoding: ReadonlyMap<string, Encoding>;
  /** Of an answer: what each of its items must fit, where the document gives an `itemSchema`. */
  readonly item?: ItemModel;
  /** Present where the range is declared several times: each with its own parameters, such as `version=2`. */
  readonly versions?: readonly MediaVersion[];
}

/** One item of a sequential media type, such as a line or an event (OpenAPI 3.2, "Sequential Media Types"). */
export interface ItemModel {
  readonly check: Check;
  readonly shape: Shape;
}

/** A media type that is meant where a Content-Type has its parameters. */
export interface MediaVersion extends MediaType {
  /** By lower-case name; never empty. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** What an operation takes as its body. */
export interface RequestBody {
  readonly required: boolean;
  /** Most specific range first. */
  readonly content: readonly MediaType[];
  readonly pointer: string;
}

/** What an operation declares for a code. */
export interface ResponseModel {
  /** `200`, `4XX` or `default`, as written; ranges in upper case. */
  readonly code: string;
  readonly content: readonly MediaType[];
  readonly headers: readonly Parameter[];
}

/** A security scheme of the document, by its name. */
export interface SecurityScheme {
  readonly name: string;
  readonly type: 'apiKey' | 'http' | 'mutualTLS' | 'oauth2' | 'openIdConnect';
  /** For `http`: the auth scheme in lower case, such as `bearer`. For oauth2 and openIdConnect: `bearer`. */
  readonly scheme?: string;
  /** For `apiKey`: where the key travels, and under which name. */
  readonly in?: 'query' | 'header' | 'cookie';
  readonly parameter?: string;
}

/** One scheme of a requirement, with the scopes (or roles) that it must bring. */
export interface SecurityNeed {
  readonly scheme: SecurityScheme;
  readonly scopes: readonly string[];
}

/** One operation of the API, all that the ladder needs to know of it. */
export interface Operation {
  /** The `operationId`; where the document has none, `GET /path`. */
  readonly id: string;
  /** Upper case. */
  readonly method: string;
  /** The path template as the document writes it, without base path. */
  readonly path: string;
  /**
   * Full templates: each base path of its servers before `path`, with a leading slash; braces that name nothing are
   * percent-encoded. Without those that an earlier operation of the same method takes, so that none is there twice.
   */
  readonly templates: readonly string[];
  /** Present where a parameter of the path may take several segments: the names of those that may. */
  readonly spanning?: readonly string[];
  readonly pointer: string;
  /** The file that `pointer` is into, named as faults name it; absent where it is the document itself. */
  readonly file?: string;
  readonly parameters: readonly Parameter[];
  /** `undefined` where the operation declares none. */
  readonly body: RequestBody | undefined;
  /** Any of these, all of those. Empty: open to all. An empty alternative lets a request without credentials through. */
  readonly security: readonly (readonly SecurityNeed[])[];
  readonly responses: ReadonlyMap<string, ResponseModel>;
  /** The exact codes of its `responses`: published beside the table. */
  readonly ownCodes: ReadonlySet<number>;
  readonly switches: Switches;
  /** Why the operation cannot be served: it answers 500 `misconfiguration`. Set at load, or when `compile` fails. */
  readonly broken: string | undefined;
  /**
   * Reads the schemas of all validators of requests (or of responses) now; what is wrong with one is kept in `broken`.
   * What their refs lead to is read when a value first reaches it: a check throws where that is wrong. They compile a
   * little with each request, or all at once by the contract's `warm`.
   */
  readonly compile: (which?: 'requests' | 'responses') => void;
}

/** An OpenAPI document, a table and settings, read once and frozen. */
export interface Contract {
  readonly api: { readonly title: string; readonly version: string; readonly openapi: string };
  readonly table: Table;
  /** In document order. */
  readonly operations: readonly Operation[];
  readonly schemes: ReadonlyMap<string, SecurityScheme>;
  /** The switches for requests that no operation answers for. */
  readonly switches: Switches;
  readonly faults: readonly ContractFault[];
  /** The files that it was read from, absolute. */
  readonly files: readonly string[];
  /** The files that its refs name and that could not be read, absolute. */
  readonly missing: readonly string[];
  /** The names of all header parameters of requests, in lower case. */
  readonly headerNames: ReadonlySet<string>;
  /**
   * Present where it was read from what `compileContract` wrote: the operations whose validators did not all compile
   * then. Those of all others did.
   */
  readonly suspects?: readonly Operation[];
  /**
   * Compiles an operation's validators now, so that no request has to, and says what failed: an `error` for requests, a
   * `warning` for responses. Each fault comes once, even where operations share a schema; the operation's `broken`
   * tells of itself.
   */
  readonly warm: (operation: Operation, which?: 'requests' | 'responses') => ContractFault | undefined;
  /**
   * Goes so many milliseconds of the way to `warm`, which holds up all else until an operation is compiled whole.
   *
   * @returns whether nothing is left for `warm` to compile
   */
  readonly warmFor: (operation: Operation, which: 'requests' | 'responses', ms: number) => boolean;
}

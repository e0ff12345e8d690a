import { Buffer, isUtf8 } from 'node:buffer';
import type { MediaKind, MediaType, Operation, Reason } from '@flick/contract';
import { decodeText, isCharset } from './charset.ts';
import type { Fields } from './fields.ts';
import { readForm } from './form-body.ts';
import { escapeStep } from './json-pointer.ts';
import { readJson } from './json-text.ts';
import { inMediaRange, isJsonType, type ParsedMediaType, parseMediaType } from './media-type.ts';
import { readMultipart } from './multipart-body.ts';
import type { Sizes } from './ports.ts';
import { binaryParts, fillMembers } from './request-values.ts';
import { bodyFault, bodyViolations, jsonFault } from './schema-violations.ts';
import { anyShape, settle, type TextTree } from './text-reading.ts';
import type { BodyPlan, Field, Violation } from './verdict.ts';

/** What the head of a request says of its body. */
export interface BodyHead {
  readonly headers: Fields;
  /** Whether bytes follow: false for `Content-Length: 0`. */
  readonly hasBody: boolean;
  /** Undefined where the body is chunked. */
  readonly contentLength: number | undefined;
  readonly sizes: Sizes;
}

/** What is to become of a body, as far as the head of its request tells. */
export interface MediaJudgement {
  /** With a refusal: what is to become of the body all the same, where refusals are only observed. */
  readonly plan: BodyPlan;
  /** The entry of the operation's `content` that the body's type fits. */
  readonly media: MediaType | undefined;
  readonly refusal?: {
    readonly reason: Reason;
    readonly detail: string;
    readonly violations: readonly Violation[];
    readonly fields?: readonly Field[];
  };
}

/** The codings that the gate removes (RFC 9110, section 8.4.1; RFC 7932). */
const codings = new Set(['gzip', 'x-gzip', 'deflate', 'br']);
const acceptEncoding: Field = ['Accept-Encoding', 'gzip, deflate, br'];

/** What a body without a Content-Type may be taken for (RFC 9110, section 8.3). */
const unnamedType = 'application/octet-stream';

const noBody: MediaJudgement = { plan: 'none', media: undefined };

/**
 * Judges presence, media type, content coding and announced size of a body, before a byte of it is read.
 *
 * An `Accept` field never refuses: a server may disregard it (RFC 9110, section 12.5.1), and only the API knows what it
 * would have sent.
 */
export function judgeMedia(operation: Operation, head: BodyHead): MediaJudgement {
  const { body } = operation;
  if (!head.hasBody) {
    return body?.required === true
      ? refused('missing-body', 'The operation requires a body, and none came.', [
          bodyFault('missing-body', 'a body', 'nothing'),
        ])
      : noBody;
  }
  if (body === undefined) {
    return refused('unexpected-body', 'The operation takes no body, and one came.', [
      bodyFault('unexpected-body', 'no body', 'one'),
    ]);
  }
  // A body of which the document says nothing but that there is one.
  if (body.content.length === 0) return { plan: 'stream', media: undefined };
  const contentType = head.headers.get('content-type');
  const type = parseMediaType(contentType ?? unnamedType);
  const declared = type && body.content.find(({ range }) => inMediaRange(range, type.type));
  if (type === undefined || declared === undefined) return refuseType(body.content, contentType, type);
  const media = versionOf(declared, type);
  const kind = kindOf(media, type.type);
  if (kind === 'opaque') return { plan: 'stream', media };
  return refuseCharset(kind, type) ?? refuseCoding(head.headers) ?? refuseSize(head) ?? { plan: 'check', media };
}

/** The version of a media type that a Content-Type names by its parameters; of several, the one with the most of them. */
function versionOf(media: MediaType, { parameters }: ParsedMediaType): MediaType {
  if (media.versions === undefined || parameters.size === 0) return media;
  const named = media.versions.filter((version) =>
    [...version.parameters].every(([name, value]) => parameters.get(name)?.toLowerCase() === value.toLowerCase()),
  );
  return named.toSorted((a, b) => b.parameters.size - a.parameters.size)[0] ?? media;
}

/** How a body is read: as the media type says or, of a range with a schema, as the type that came. */
export function kindOf(media: MediaType, type: string): MediaKind {
  const { kind, check } = media;
  const read = kind === 'opaque' && check !== undefined && media.range.includes('*') ? kindOfType(type) : kind;
  // Without a schema, only JSON has a form that all its readers must agree on.
  if (read === 'json') return read;
  return check === undefined || media.shape?.binary === true ? 'opaque' : read;
}

function kindOfType(type: string): MediaKind {
  if (isJsonType(type)) return 'json';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  return type === 'multipart/form-data' ? 'multipart' : 'opaque';
}

function refused(
  reason: Reason,
  detail: string,
  violations: readonly Violation[],
  fields?: readonly Field[],
): MediaJudgement {
  return {
    plan: reason === 'missing-body' ? 'none' : 'stream',
    media: undefined,
    refusal: fields === undefined ? { reason, detail, violations } : { reason, detail, violations, fields },
  };
}

function headerFault(reason: Reason, name: string, due: string, arrived: string): Violation {
  return { in: 'header', name, reason, due, arrived };
}

function refuseType(
  content: readonly MediaType[],
  contentType: string | undefined,
  type: ParsedMediaType | undefined,
): MediaJudgement {
  const ranges = content.map(({ range }) => range);
  const due = ranges.length === 1 ? ranges.join('') : `one of ${ranges.join(', ')}`;
  const arrived =
    contentType === undefined ? 'nothing' : type === undefined ? 'a text that is no media type' : 'another media type';
  return refused(
    'unsupported-media-type',
    `The body's Content-Type must be ${due}; ${arrived} came.`,
    [headerFault('unsupported-media-type', 'Content-Type', due, arrived)],
    [['Accept', ranges.join(', ')]],
  );
}

/** JSON is UTF-8 (RFC 8259, section 8.1), and forms are (URL Standard); an upstream may believe another charset. */
function refuseCharset(kind: MediaKind, { parameters }: ParsedMediaType): MediaJudgement | undefined {
  const charset = parameters.get('charset');
  if (charset === undefined || kind === 'multipart' || /^(?:utf-?8|us-ascii)$/i.test(charset)) return undefined;
  if (kind === 'text' && isCharset(charset)) return undefined;
  return refused('unsupported-media-type', 'The body must be in UTF-8; its Content-Type names another charset.', [
    headerFault('unsupported-media-type', 'Content-Type', 'charset=utf-8, or no charset', 'another charset'),
  ]);
}

function refuseCoding(headers: Fields): MediaJudgement | undefined {
  const field = headers.get('content-encoding');
  if (field === undefined) return undefined;
  const named = field
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (named.length === 0 || (named.length === 1 && codings.has(named[0] ?? ''))) return undefined;
  const arrived = named.length > 1 ? `${named.length} codings` : 'another coding';
  return refused(
    'unsupported-media-type',
    `The body may have one content coding, gzip, deflate or br; ${arrived} came.`,
    [headerFault('unsupported-media-type', 'Content-Encoding', 'one of gzip, deflate, br', arrived)],
    [acceptEncoding],
  );
}

function refuseSize({ contentLength, sizes }: BodyHead): MediaJudgement | undefined {
  if (contentLength === undefined || contentLength <= sizes.bodyBytes) return undefined;
  return refused('body-too-large', `The body may have ${sizes.bodyBytes} bytes; ${contentLength} were announced.`, [
    bodyFault('body-too-large', `at most ${sizes.bodyBytes} bytes`, `${contentLength} bytes`),
  ]);
}

/** Is given the value of a body; under observe, also of one that its schema refuses. */
export type KeepBody = (value: unknown) => void;

/**
 * Reads a body that is whole and has no content coding left, and judges its syntax and its schema.
 *
 * @param media - as `judgeMedia` found it
 * @param contentType - the Content-Type field, for its charset and boundary
 * @returns what is wrong; empty where nothing is
 */
export function readBody(
  operation: Operation,
  media: MediaType | undefined,
  contentType: string | undefined,
  bytes: Uint8Array,
  sizes: Sizes,
  keep?: KeepBody,
): readonly Violation[] {
  if (media === undefined) return [];
  // A chunked body may turn out to be empty: then there is none.
  if (bytes.length === 0) {
    return operation.body?.required === true ? [bodyFault('missing-body', 'a body', 'nothing')] : [];
  }
  const type = parseMediaType(contentType ?? unnamedType);
  const kind = kindOf(media, type?.type ?? media.range);
  if (kind === 'json') return readJsonBody(media, bytes, sizes, keep);
  if (kind === 'form') return readFormBody(media, bytes, keep);
  if (kind === 'text') return readTextBody(media, type?.parameters.get('charset'), bytes, keep);
  if (kind === 'opaque') return [];
  const boundary = type?.parameters.get('boundary');
  const reading = readMultipart(media, media.shape ?? anyShape, boundary, bytes, sizes.jsonDepth);
  if ('violations' in reading) return reading.violations;
  return judgeTree(media, reading.tree, keep && ((value) => keep(binaryParts(value, media.shape))));
}

function readJsonBody(
  media: MediaType,
  bytes: Uint8Array,
  sizes: Sizes,
  keep: KeepBody | undefined,
): readonly Violation[] {
  if (!isUtf8(bytes)) return [bodyFault('malformed-body', 'JSON in UTF-8', 'bytes that are not UTF-8')];
  const json = readJson(textOf(bytes), sizes.jsonDepth);
  if ('fault' in json) return [jsonFault(json.fault)];
  const faults = media.check?.(json.value);
  if (keep !== undefined) keepFilled(media, json.value, keep);
  return faults === undefined ? [] : bodyViolations(faults);
}

function readFormBody(media: MediaType, bytes: Uint8Array, keep: KeepBody | undefined): readonly Violation[] {
  if (!isUtf8(bytes)) return [bodyFault('malformed-body', 'a form in UTF-8', 'bytes that are not UTF-8')];
  const form = readForm(media, media.shape ?? anyShape, textOf(bytes));
  if ('tree' in form) return judgeTree(media, form.tree, keep);
  const { reason, due, arrived, name } = form.fault;
  return [bodyFault(reason, due, arrived, name === undefined ? '' : `/${escapeStep(name)}`)];
}

function readTextBody(
  media: MediaType,
  charset: string | undefined,
  bytes: Uint8Array,
  keep: KeepBody | undefined,
): readonly Violation[] {
  const text = decodeText(bytes, charset);
  if (text !== undefined) return judgeTree(media, text, keep);
  return [bodyFault('malformed-body', 'text in the charset that Content-Type names', 'other bytes')];
}

function judgeTree(media: MediaType, tree: TextTree, keep: KeepBody | undefined): readonly Violation[] {
  if (media.check === undefined) return [];
  const { value, faults } = settle(tree, media.shape ?? anyShape, media.check);
  if (keep !== undefined) keepFilled(media, value, keep);
  return faults === undefined ? [] : bodyViolations(faults);
}

function keepFilled({ shape }: MediaType, value: unknown, keep: KeepBody): void {
  fillMembers(value, shape);
  keep(value);
}

/** The bytes are UTF-8; a byte order mark stays, so that JSON refuses it: RFC 8259 forbids it, and readers differ. */
function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('utf8');
}

import type { OutgoingHttpHeader } from 'node:http';
import type { MediaType, Operation } from '@flick/contract';
import type { Field } from '@flick/decide';
import { type Items, readItems } from './answer-chunks.ts';
import type { Answer, AnswerFields, AnswerStream } from './handler-types.ts';
import { isHopByHop } from './hop-fields.ts';

/** The media types of one code of an operation that a value can be sent as. */
interface Choice {
  /** For values that are written as JSON. */
  readonly json: string | undefined;
  /** For texts and bytes. */
  readonly other: string | undefined;
}

/** How the answers of one operation are written, worked out once. */
export interface AnswerPlan {
  /** For a bare value; undefined where the contract leaves open which code that has. */
  readonly plainStatus: number | undefined;
  readonly choiceOf: (status: number) => Choice;
  /** How what a stream yields is read. Its type in lower case, without parameters. */
  readonly itemsOf: (status: number, type: string) => Items;
}

/** Works out how the answers of an operation are written. */
export function planAnswers(operation: Operation): AnswerPlan {
  const successes = Array.from(operation.ownCodes).filter((code) => code >= 200 && code < 300);
  const [only = 200] = successes;
  const choices = new Map<number, Choice>();
  return {
    plainStatus: successes.length < 2 ? only : successes.includes(200) ? 200 : undefined,
    choiceOf(status) {
      let choice = choices.get(status);
      if (choice === undefined) {
        choice = chooseAmong(contentOf(operation, status));
        choices.set(status, choice);
      }
      return choice;
    },
    itemsOf: (status, type) => readItems(contentOf(operation, status).find(({ range }) => range === type)?.item),
  };
}

function contentOf({ responses }: Operation, status: number): readonly MediaType[] {
  const range = `${Math.floor(status / 100)}XX`;
  return (responses.get(String(status)) ?? responses.get(range) ?? responses.get('default'))?.content ?? [];
}

function chooseAmong(content: readonly MediaType[]): Choice {
  const named = content.map(({ range }) => range).filter((range) => !range.includes('*'));
  return { json: named.find(isJson), other: named.find((range) => !isJson(range)) };
}

function isJson(type: string): boolean {
  return /^(?:application|text)\/(?:[^;\s]+\+)?json\s*(?:;|$)/i.test(type);
}

/** An answer in the making: what a handler returned, made ready to be sent. */
export interface Written {
  readonly status: number;
  /** Names and values in turn; Content-Length only where a handler says how long its stream is. */
  readonly fields: OutgoingHttpHeader[];
  readonly contentType: string | undefined;
  /** Undefined where there is no body. */
  readonly body: string | Uint8Array | AnswerStream | undefined;
}

/**
 * Makes ready what a handler returned.
 *
 * @param own - fields that the gate sends itself; its own stand
 * @throws TypeError where it cannot be sent: the handler is at fault
 */
export function writeAnswer(returned: unknown, plan: AnswerPlan, own: readonly Field[]): Written {
  if (isAnswer(returned)) return writeParts(returned.status, returned.headers, returned.body, plan, own);
  if (plan.plainStatus === undefined) {
    throw new TypeError('the operation has several 2xx codes and no 200; return { status, body } to say which');
  }
  return writeParts(plan.plainStatus, undefined, returned, plan, own);
}

function writeParts(
  status: number,
  headers: AnswerFields | undefined,
  value: unknown,
  plan: AnswerPlan,
  own: readonly Field[],
): Written {
  const fields: OutgoingHttpHeader[] = [];
  const given = headers === undefined ? undefined : addFields(headers, fields, own, isStream(value));
  // RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5: these have no content.
  if (value === undefined || status === 204 || status === 205 || status === 304) {
    return { status, fields, contentType: given, body: undefined };
  }
  if (given !== undefined) {
    return { status, fields, contentType: given, body: isWritten(value) ? value : jsonOf(value, given) };
  }
  const { json, other } = plan.choiceOf(status);
  let contentType: string;
  let body: Written['body'];
  if (typeof value === 'string') {
    contentType = other ?? json ?? 'text/plain';
    body = other === undefined && json !== undefined ? JSON.stringify(value) : value;
  } else if (isWritten(value)) {
    contentType = other ?? json ?? 'application/octet-stream';
    body = value;
  } else {
    contentType = json ?? other ?? 'application/json';
    body = jsonOf(value, contentType);
  }
  if (contentType.startsWith('text/') && !isJson(contentType)) contentType += '; charset=utf-8';
  fields.push('Content-Type', contentType);
  return { status, fields, contentType, body };
}

/** Whether a value goes out as it is. */
function isWritten(value: unknown): value is string | Uint8Array | AnswerStream {
  return typeof value === 'string' || value instanceof Uint8Array || isStream(value);
}

/** Whether a value is a stream: of Node, of the web, or made by an async generator. */
export function isStream(value: unknown): value is AnswerStream {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function jsonOf(value: unknown, contentType: string): string {
  if (!isJson(contentType)) {
    const plain = typeof value === 'number' || typeof value === 'boolean';
    if (plain && contentType.startsWith('text/')) return String(value);
    throw new TypeError(
      `a value of type ${typeof value} cannot be sent as ${contentType}; return a text, bytes or a stream`,
    );
  }
  // Of a function or a symbol it makes nothing, whatever its type says.
  const text: unknown = JSON.stringify(value);
  if (typeof text === 'string') return text;
  throw new TypeError(`a value of type ${typeof value} cannot be sent as JSON`);
}

/** Whether a value is an answer with its code, and not a body: it has a code, and nothing that an answer has not. */
function isAnswer(value: unknown): value is Answer & { readonly body?: unknown } {
  if (typeof value !== 'object' || value === null || !('status' in value)) return false;
  const { status } = value;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) return false;
  for (const name of Object.keys(value)) if (name !== 'status' && name !== 'headers' && name !== 'body') return false;
  return true;
}

/**
 * Adds the fields that a handler gave.
 *
 * @param sized - whether the handler may say how long the body is; else that is counted
 * @returns its Content-Type
 */
function addFields(
  headers: AnswerFields,
  fields: OutgoingHttpHeader[],
  own: readonly Field[],
  sized: boolean,
): string | undefined {
  let contentType: string | undefined;
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const key = name.toLowerCase();
    if (key === 'x-request-id' || isHopByHop(key)) continue;
    if (key === 'content-length') {
      // A number: Node before 20.20 holds the length as it was given against the bytes written; text is never equal.
      if (sized) fields.push(name, Number(value));
      continue;
    }
    if (own.some(([other]) => other.toLowerCase() === key)) continue;
    if (key === 'content-type') contentType = String(value);
    if (typeof value === 'object') for (const line of value) fields.push(name, line);
    else fields.push(name, value);
  }
  return contentType;
}

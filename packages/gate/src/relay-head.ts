import {
  type Decider,
  type Field,
  isSequential,
  type Passage,
  type Refusal,
  type ResponseFacts,
  type ResponsePlan,
} from '@flick/decide';
import type { OutgoingHttpHeader, ServerResponse } from 'node:http';
import { isHopByHop, listedByConnection } from './hop-fields.ts';
import { MalformedAnswer } from './malformed-answer.ts';

/** Names and values in turn, as undici hands them over: the bytes that arrived. */
export type RawFields = readonly (Buffer | string)[];

/** How an answer's body ends. */
type AnswerFraming =
  /** There is none, whatever Content-Length says: HEAD, 204, 304. */
  | 'none'
  | 'length'
  | 'chunked'
  /** With the connection: nobody can tell the end from a break. */
  | 'eof';

/** The head of an answer of the API, as it is passed on. */
export interface AnswerHead extends ResponseFacts {
  readonly framing: AnswerFraming;
  /** Whether the answer is of a kind that need not end, so that a deadline for its end makes no sense. */
  readonly endless: boolean;
  /** Names and values in turn: the API's fields in their order, without those that end at this hop. */
  readonly fields: readonly string[];
}

/**
 * Reads the head of an answer.
 *
 * @param status - of the final answer, 200 to 599
 * @param raw - bytes above 0x7F pass as they are (RFC 9110, section 5.5)
 * @param method - of the request
 * @param http10 - whether the status line said HTTP/1.0
 * @param own - fields that the gate sends itself; its own stand
 * @throws MalformedAnswer where the framing can be read in two ways (RFC 9112, section 6.3)
 */
export function readAnswerHead(
  status: number,
  raw: RawFields,
  method: string,
  http10: boolean,
  own: readonly Field[],
): AnswerHead {
  const bodiless = method === 'HEAD' || status === 204 || status === 304;
  let fields: string[] = [];
  let contentType: string | undefined;
  let chunked = false;
  let sized = false;
  let listed: ReadonlySet<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = latin1(raw[i]);
    const value = latin1(raw[i + 1]);
    const key = name.toLowerCase();
    if (key === 'transfer-encoding') {
      if (chunked || http10 || value.toLowerCase() !== 'chunked') throw new MalformedAnswer('Transfer-Encoding');
      chunked = true;
    } else if (key === 'connection') {
      listed = listedByConnection(value, listed);
    } else if (key === 'content-length') {
      sized = true;
      // RFC 9110, section 8.6: none with 204. Taken literally, it would hold up the client.
      if (status !== 204) fields.push(name, value);
    } else if (key !== 'x-request-id' && !isHopByHop(key) && !isOwn(key, own)) {
      if (key === 'content-type') contentType ??= value;
      fields.push(name, value);
    }
  }
  if (listed !== undefined) fields = withoutListed(fields, listed);
  return {
    status,
    contentType,
    has: (name) => fields.some((field, at) => at % 2 === 0 && field.toLowerCase() === name),
    get: (name) => fields.find((_, at) => at % 2 === 1 && fields[at - 1]?.toLowerCase() === name),
    framing: bodiless ? 'none' : chunked ? 'chunked' : sized ? 'length' : 'eof',
    endless: !sized && contentType !== undefined && isSequential(typeOf(contentType)),
    fields,
  };
}

function isOwn(key: string, own: readonly Field[]): boolean {
  for (const [name] of own) if (name.length === key.length && name.toLowerCase() === key) return true;
  return false;
}

/** The fields of an answer but for those withheld, and those due beside them, as Node's response takes them. */
export function fieldsToClient(
  answer: AnswerHead,
  plan: Pick<ResponsePlan, 'fields' | 'withheld'>,
): OutgoingHttpHeader[] {
  const kept = plan.withheld === undefined ? answer.fields : withoutListed(answer.fields, new Set(plan.withheld));
  const fields: OutgoingHttpHeader[] = [...kept];
  for (let i = 0; i < kept.length; i += 2) {
    const name = kept[i] ?? '';
    // A number: Node before 20.20 holds the length as it was given against the bytes written, and text is never equal.
    if (name.length === 14 && name.toLowerCase() === 'content-length') fields[i + 1] = Number(kept[i + 1]);
  }
  for (const [name, value] of plan.fields) fields.push(name, value);
  return fields;
}

/**
 * The fields of a 101, as Node's response takes them.
 *
 * @throws MalformedAnswer where it switches to another protocol than WebSocket, the only one that is asked for
 */
export function fieldsOfUpgrade(answer: AnswerHead, raw: RawFields, due: readonly Field[]): OutgoingHttpHeader[] {
  const protocols: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    if (latin1(raw[i]).toLowerCase() === 'upgrade')
      protocols.push(
        latin1(raw[i + 1])
          .trim()
          .toLowerCase(),
      );
  }
  if (protocols.length !== 1 || protocols[0] !== 'websocket') throw new MalformedAnswer('Upgrade');
  const fields: OutgoingHttpHeader[] = ['Connection', 'Upgrade', 'Upgrade', 'websocket'];
  for (let i = 0; i < answer.fields.length; i += 2) {
    const name = answer.fields[i] ?? '';
    // RFC 9110, section 8.6: none with 1xx.
    if (name.toLowerCase() !== 'content-length') fields.push(name, answer.fields[i + 1] ?? '');
  }
  for (const [name, value] of due) fields.push(name, value);
  return fields;
}

function withoutListed(fields: readonly string[], listed: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] ?? '';
    if (!listed.has(name.toLowerCase())) kept.push(name, fields[i + 1] ?? '');
  }
  return kept;
}

export function typeOf(contentType: string): string {
  const end = contentType.indexOf(';');
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

// undici gives buffers; its types allow for strings.
function latin1(text: Buffer | string | undefined): string {
  return typeof text === 'string' ? text : (text?.toString('latin1') ?? '');
}

const printable = /^[\t\x20-\x7e]*$/;

// What a caller still needs of an answer whose body is replaced: when to come back, how to log in, which methods there
// are, and a browser's leave to read any of it.
const stillDue = /^(?:retry-after|www-authenticate|allow|vary|access-control-[a-z-]+)$/i;

/** The fields of an answer that go out with the problem body in its place, but for those that the problem brings. */
export function fieldsBesideProblem(
  answer: Pick<AnswerHead, 'fields'>,
  due: readonly Field[],
  withheld: readonly string[] = [],
): readonly Field[] {
  const kept: Field[] = [];
  for (let i = 0; i < answer.fields.length; i += 2) {
    const name = answer.fields[i] ?? '';
    const replaced = due.some(([other]) => other.toLowerCase() === name.toLowerCase());
    if (stillDue.test(name) && !replaced && !withheld.includes(name.toLowerCase()))
      kept.push([name, answer.fields[i + 1] ?? '']);
  }
  return kept;
}

/** The refusal of an answer whose body broke the contract, with the fields of the answer that are still due. */
export function inPlaceOf(
  answer: Pick<AnswerHead, 'fields'>,
  plan: Pick<ResponsePlan, 'withheld'>,
  refusal: Refusal,
  passage: Passage,
  decider: Decider,
): Refusal {
  // Those that go out with every refusal.
  const leave = decider.corsFields(passage.facts);
  const kept = fieldsBesideProblem(answer, [...refusal.fields, ...leave], plan.withheld);
  return { ...refusal, fields: [...refusal.fields, ...kept] };
}

/**
 * Passes on a 103 (RFC 8297): its Link fields, which are what a client acts on before the final answer. Node does not
 * check the values of early hints, so that a line break in one would become a field of the answer: what is not plainly
 * printable is dropped, and so is a hint that Node itself finds fault with.
 */
export function relayHints(raw: RawFields, response: ServerResponse): void {
  const links: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    if (latin1(raw[i]).toLowerCase() !== 'link') continue;
    const value = latin1(raw[i + 1]);
    if (!printable.test(value)) return;
    // One field may hold several links, where Node wants one each.
    for (const [link] of value.matchAll(/<[^>]*>(?:[^,"]|"[^"]*")*/g)) links.push(link.trim());
  }
  if (links.length === 0) return;
  try {
    response.writeEarlyHints({ link: links });
  } catch {
    // Only a hint: the answer itself is still to come.
  }
}

import { type Contract, gateFields, type MediaType, type Operation, type ResponseModel } from '@flick/contract';
import { kindOf } from './body.ts';
import { Fields } from './fields.ts';
import { inMediaRange, isSequential, parseMediaType } from './media-type.ts';
import { type ParameterPlan, planHeaders } from './parameter-plan.ts';
import { readParameters } from './parameters.ts';
import { published, type Refuse } from './refusal.ts';
import { readAnswer } from './response-body.ts';
import type {
  Field,
  Passage,
  Refusal,
  ResponseFacts,
  ResponseJudgement,
  ResponsePlan,
  ResponseWatch,
  Violation,
} from './verdict.ts';

/** What an answer breaks, as far as its head tells, and what of its body is to be checked. */
interface HeadFinding {
  readonly violations: readonly Violation[];
  readonly media: MediaType | undefined;
  readonly unchecked?: 'endless';
}

type HeadPlan = Pick<ResponsePlan, 'declared' | 'fields'>;

/** Holds answers of the API against the contract: rung 12, where an operation's `responses` says so. */
export interface ResponseWatcher {
  /**
   * Judges the head of an answer.
   *
   * @param plan - whether the operation declares its code, and what the gate adds to it
   * @returns undefined where nothing is wrong and nothing is left to check, or where this answer is not in the sample
   */
  readonly head: (
    passage: Passage,
    operation: Operation,
    response: ResponseFacts,
    plan: HeadPlan,
  ) => ResponseWatch | undefined;
  /** Judges the body of an answer whose head was judged. */
  readonly body: (passage: Passage, watch: ResponseWatch, bytes: Uint8Array) => ResponseJudgement;
}

/** What the caller is told, and all that it is told. */
const detail = 'The API answered with something that its contract rules out.';

/** @param mostBytes - what a body may have to be checked */
export function compileResponseWatch(contract: Contract, mostBytes: number, refuse: Refuse): ResponseWatcher {
  const taken = new Map<Operation, number>();
  const headerPlans = new Map<ResponseModel, ParameterPlan>();

  // Each operation by a count of its own, the first included: what comes in turns is not always missed.
  const isInSample = (operation: Operation): boolean => {
    const { responsesSample: share } = operation.switches;
    if (share >= 1) return true;
    const before = taken.get(operation) ?? 0;
    taken.set(operation, before + 1);
    return Math.ceil((before + 1) * share) > Math.ceil(before * share);
  };

  const headerFaults = (
    passage: Passage,
    operation: Operation,
    model: ResponseModel,
    response: ResponseFacts,
    added: readonly Field[],
  ): readonly Violation[] => {
    if (model.headers.length === 0) return [];
    let plan = headerPlans.get(model);
    if (plan === undefined) {
      plan = planHeaders(model.headers.filter(isOfTheApi), operation);
      headerPlans.set(model, plan);
    }
    const raw = plan.header.flatMap(({ lowerName }) => {
      const value = response.get(lowerName);
      return value === undefined ? [] : [lowerName, value];
    });
    const faults = readParameters(plan, { pathNames: [], pathValues: [], query: '', fields: new Fields(raw) });
    // RFC 9110, section 9.3.2: an answer to HEAD may leave out what is only known once the content is made.
    const mayMiss = passage.facts.method === 'HEAD';
    const own = new Set([...passage.limitFields, ...added].map(([name]) => name.toLowerCase()));
    return faults
      .filter(({ name = '', reason }) => reason !== 'missing-parameter' || !(mayMiss || own.has(name.toLowerCase())))
      .map(asBreach);
  };

  const findInHead = (
    passage: Passage,
    operation: Operation,
    response: ResponseFacts,
    { declared, fields }: HeadPlan,
  ): HeadFinding => {
    const { status } = response;
    if (!declared)
      return {
        violations: isMissed(contract, operation, status) ? [codeFault(operation, status)] : [],
        media: undefined,
      };
    const model = modelOf(operation, status);
    if (model === undefined) return { violations: [], media: undefined };
    const violations = headerFaults(passage, operation, model, response, fields);
    if (passage.facts.method === 'HEAD' || isBodiless(status)) return { violations, media: undefined };
    const found = mediaOf(model.content, response.contentType);
    if (found === 'endless') return { violations, media: undefined, unchecked: found };
    return found !== undefined && 'due' in found
      ? { violations: [...violations, found], media: undefined }
      : { violations, media: found };
  };

  const breachOf = (operation: Operation, violations: readonly Violation[]): Refusal | undefined =>
    violations.length === 0 ? undefined : refuse(operation, 'response-breach', detail, { violations });

  return {
    head(passage, operation, response, plan) {
      const { status } = response;
      // What fails is replaced; a request that was only let through may get any answer.
      if (status < 200 || status >= 500 || passage.observed !== undefined || !isInSample(operation)) return undefined;
      const { violations, media, unchecked } = findInHead(passage, operation, response, plan);
      const breach = breachOf(operation, violations);
      if (breach === undefined && media === undefined && unchecked === undefined) return undefined;
      const { responses, mode } = operation.switches;
      return {
        holds: responses === 'enforce' && mode === 'enforce',
        media,
        contentType: response.contentType,
        mostBytes,
        breach,
        ...(unchecked && { unchecked }),
      };
    },
    body({ operation }, watch, bytes) {
      const { breach, media, contentType } = watch;
      if (operation === undefined || media === undefined) return { breach };
      const violations = readAnswer(media, contentType, bytes);
      if (violations === undefined) return { breach, unchecked: 'schema' };
      return { breach: breachOf(operation, [...(breach?.violations ?? []), ...violations]) };
    },
  };
}

function isOfTheApi({ name }: { readonly name: string }): boolean {
  const lower = name.toLowerCase();
  // Whoever gives leave to pages sends these (CORS).
  return !gateFields.has(lower) && !lower.startsWith('access-control-');
}

function asBreach(violation: Violation): Violation {
  return { ...violation, reason: 'response-breach' };
}

/** RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5; a part of a representation (15.3.7) is not held against its schema. */
function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 206 || status === 304;
}

/**
 * Whether a code that the operation does not declare should have been. For an error that the table publishes, the table
 * speaks; a 206 or 304 is how HTTP itself answers a range or a condition for a 200 (RFC 9110, sections 13 and 14).
 */
function isMissed(contract: Contract, operation: Operation, status: number): boolean {
  if (operation.responses.size === 0) return false;
  if (status >= 400) return published(contract, operation, status) !== status;
  return !((status === 206 || status === 304) && (operation.responses.has('200') || operation.responses.has('2XX')));
}

function codeFault({ responses }: Operation, status: number): Violation {
  const codes = [...responses.keys()];
  const due = codes.length === 1 ? codes.join('') : `one of ${codes.join(', ')}`;
  return { in: 'status', reason: 'response-breach', due, arrived: String(status) };
}

function modelOf({ responses }: Operation, status: number): ResponseModel | undefined {
  return responses.get(String(status)) ?? responses.get(`${Math.floor(status / 100)}XX`) ?? responses.get('default');
}

/** The entry of `content` that an answer's type fits, where there is something to check; or what is wrong with the type. */
function mediaOf(
  content: readonly MediaType[],
  contentType: string | undefined,
): MediaType | Violation | 'endless' | undefined {
  const [first] = content;
  if (first === undefined) return undefined;
  // Without a type, the body itself shows whether there is one.
  if (contentType === undefined) {
    return content.every(({ kind, check }) => kind === 'json' && check !== undefined) ? first : undefined;
  }
  const type = parseMediaType(contentType)?.type;
  const media = type === undefined ? undefined : content.find(({ range }) => inMediaRange(range, type));
  if (type === undefined || media === undefined) {
    const ranges = content.map(({ range }) => range);
    const due = ranges.length === 1 ? ranges.join('') : `one of ${ranges.join(', ')}`;
    const arrived = type === undefined ? 'a text that is no media type' : 'another media type';
    return { in: 'header', name: 'Content-Type', reason: 'response-breach', due, arrived };
  }
  if (isSequential(type) && (media.check ?? media.item) !== undefined) return 'endless';
  if (media.check === undefined) return undefined;
  const kind = kindOf(media, type);
  return kind === 'json' || kind === 'text' ? media : undefined;
}

import type { Contract, Reason } from '@flick/contract';
import {
  bodyFault,
  type Overload,
  type Passage,
  type Refusal,
  type RefuseOptions,
  type RequestFacts,
  type ResponsePlan,
} from '@flick/decide';
import { type CodeSettings, isWorker } from '@flick/settings';
import { StartFault } from '@flick/settings/start-fault';
import type { RecordStore } from '@flick/stores';
import { codingOf, decode } from './body-coding.ts';
import { type AnswerCheck, checkAnswer } from './answer-check.ts';
import type { CheckedAnswer, Ending, Outcome } from './exchange.ts';
import { HandlerRefusal } from './handler-refusal.ts';
import type { ErrorPlace } from './handlers.ts';
import { bringLibraries } from './libraries.ts';
import { Load } from './load.ts';
import { openLadder, type OpenLadder, tellError, tellLine } from './open-ladder.ts';
import { outcomeOf } from './outcome.ts';
import { inPlaceOf } from './relay-head.ts';
import { requestIdOf } from './request-id.ts';
import { dressed, fieldsBeside, problemResponse } from './web-answer.ts';
import { readBefore } from './read-before.ts';
import { readWebBody } from './web-body.ts';
import { bodiless } from './web-facts.ts';
import { JudgedRequest } from './web-replay.ts';
import { heldBack, passing } from './web-watch.ts';
import { type FlickContext, WebContext } from './web-context.ts';
import { unfitForWorkers } from './worker-faults.ts';

/** What a host does itself, and Flick is not told of there. */
type OfTheHost = 'admin' | 'listen' | 'tls' | 'upstream';

/** The settings of `flick.yaml` in camel case, but for those of a server; and who hears of what becomes of requests. */
export type HostedSettings = Omit<CodeSettings, OfTheHost> & {
  /**
   * Hears of every request once: when its answer is with the host; where the host tells of it, when that is sent. Must not
   * throw.
   */
  readonly onOutcome?: (outcome: Outcome) => void;
  /** Hears of every error that the API did not mean to throw; the caller gets 500 and nothing of it. Default: stderr. */
  readonly onError?: (error: unknown, place: ErrorPlace) => void;
  /** Hears, in one line each, what is odd in the contract and what goes wrong later. Default: stderr. */
  readonly onWarning?: (line: string) => void;
};

/** What the Flick of every host has. */
export interface FlickParts {
  readonly contract: Contract;
  /** What became of the latest requests; undefined where records are off. */
  readonly records: RecordStore | undefined;
  /** Closes all that was opened. The host has to have stopped by then. */
  readonly close: () => Promise<void>;
}

/** One request as its host tells of it. */
export interface WebCall {
  readonly request: Request;
  /** Makes the facts of it. */
  readonly factsWith: (overload: RequestFacts['overload']) => RequestFacts;
  /** The caller's X-Request-Id, if any. */
  readonly sentId: string | undefined;
  /** Whether nobody can tell whose the request is, although limits need to know. */
  readonly isNobodys: boolean;
  /** Answers what passed. */
  readonly respond: (judged: JudgedRequest, context: FlickContext) => unknown;
  /** Hears of its outcome, besides who hears of all. */
  readonly recorded?: ((outcome: Outcome) => void) | undefined;
  /** Hears of the ending, where the host tells; else that is when the answer is handed over. */
  readonly whenOver?: (listener: (ending: Ending) => void) => void;
}

const hostsOwn: readonly OfTheHost[] = ['admin', 'listen', 'tls', 'upstream'];
const tooSlow = 'The API did not answer within the time that the server waits.';
const failed = 'The server failed while it answered this request.';

/** The ladder before handlers that turn a Request into a Response. */
export class WebLadder implements FlickParts {
  readonly contract: Contract;
  readonly records: RecordStore | undefined;
  readonly close: () => Promise<void>;
  /** Whether a limit may have to count by address. */
  readonly countsAddresses: boolean;
  /** How long a body may take. */
  readonly bodyMs: number;
  readonly #open: OpenLadder;
  /** Undefined in a Worker, whose host sheds itself, and where a request that is cancelled may never end. */
  readonly #load: Load | undefined;
  readonly #onError: (error: unknown, place: ErrorPlace) => void;
  readonly #overload: () => Overload | undefined;

  private constructor(open: OpenLadder, onError: (error: unknown, place: ErrorPlace) => void) {
    this.#open = open;
    this.contract = open.contract;
    this.records = open.records;
    this.close = open.close;
    this.countsAddresses = open.settings.limits.some(({ by }) => by !== 'all');
    this.bodyMs = open.settings.timeouts.requestMs;
    this.#load = isWorker ? undefined : new Load(open.settings.overload);
    this.#overload = () => this.#load?.excess(performance.now(), false);
    this.#onError = onError;
  }

  /**
   * Reads settings and contract.
   *
   * @throws StartFault where one is at fault, one line a fault
   */
  static async open({
    onOutcome,
    onError = tellError,
    onWarning = tellLine,
    ...written
  }: HostedSettings): Promise<WebLadder> {
    const misplaced = hostsOwn.filter((key) => key in written);
    if (misplaced.length > 0) {
      throw new StartFault(misplaced.map((key) => `openFlick(): ${key}: the host listens and answers; leave it out`));
    }
    if (isWorker) {
      const faults = unfitForWorkers(written);
      if (faults.length > 0) throw new StartFault(faults.map((fault) => `openFlick(): ${fault}`));
    }
    await bringLibraries();
    const open = await openLadder(written, { caller: 'openFlick()', hasHandlers: true, onOutcome, onWarning });
    // In a Worker, nothing runs between requests: the first one of an operation finds it cold.
    if (!isWorker) open.warm();
    return new WebLadder(open, onError);
  }

  /** Waits for what goes on in verifiers though no request may wait for it, such as keys that are fetched anew. */
  async settle(): Promise<void> {
    const { verifiers } = this.#open.settings;
    await Promise.all(Array.from(verifiers.values(), async (verifier) => verifier.underWay?.()));
  }

  /** Answers a request. Never rejects. */
  async answer(call: WebCall): Promise<Response> {
    this.#load?.stir();
    const course = new Course(this.#open, this.#load, call, this.#overload, this.#onError);
    try {
      return await course.run();
    } catch (error) {
      return course.crashed(error);
    }
  }
}

/** One request on its way up the ladder and its answer on the way back. */
class Course {
  readonly #open: OpenLadder;
  readonly #load: Load | undefined;
  readonly #call: WebCall;
  readonly #onError: (error: unknown, place: ErrorPlace) => void;
  readonly #facts: RequestFacts;
  readonly #requestId: string;
  readonly #timeMs = Date.now();
  readonly #startMs = performance.now();
  #passage: Passage | undefined = undefined;
  #refusal: Refusal | undefined = undefined;
  #plan: ResponsePlan | undefined = undefined;
  #upstreamStatus: number | undefined = undefined;
  #checked: CheckedAnswer | undefined = undefined;
  #upstreamMs: number | undefined = undefined;
  #broken = false;
  #counted = false;

  constructor(
    open: OpenLadder,
    load: Load | undefined,
    call: WebCall,
    overload: () => Overload | undefined,
    onError: (error: unknown, place: ErrorPlace) => void,
  ) {
    this.#open = open;
    this.#load = load;
    this.#call = call;
    this.#onError = onError;
    this.#facts = call.factsWith(overload);
    this.#requestId = requestIdOf(call.sentId);
  }

  async run(): Promise<Response> {
    const { decider } = this.#open;
    this.#count();
    if (this.#call.isNobodys) {
      const mend =
        'openFlick(): addressOf: limits count by address, and this host tells none; say where it is to be found';
      this.#tell(new Error(mend));
      return this.#fail('misconfiguration', failed);
    }
    const judging = decider.judgeHead(this.#facts);
    this.#passage = judging instanceof Promise ? decider.judgeLoad(await judging) : judging;
    const { verdict } = this.#passage;
    if (verdict.kind === 'refuse') return this.#refused(verdict.refusal);
    if (verdict.kind === 'answer') return this.#answered(verdict.status, verdict.fields);
    if (this.#passage.bodyPlan !== 'check') return this.#hand(this.#passage);
    return this.#check(this.#passage);
  }

  async #check(passage: Passage): Promise<Response> {
    const { decider, settings } = this.#open;
    const { request } = this.#call;
    const { bodyBytes } = settings.sizes;
    if (request.bodyUsed) {
      this.#tell(new Error(readBefore));
      return this.#fail('misconfiguration', failed);
    }
    const sentCoding = request.headers.get('content-encoding') ?? undefined;
    const coding = codingOf(sentCoding);
    if (coding === undefined) {
      return this.#fail(
        'unsupported-media-type',
        'Content-Encoding: due was one of gzip, deflate, br, or none at all.',
      );
    }
    // While the client is slow, others may take its place: else a few slow clients could take them all.
    this.#uncount();
    const read = await readWebBody(request, bodyBytes, settings.timeouts.requestMs);
    this.#count();
    if (read === 'broken') {
      this.#broken = true;
      return this.#fail('malformed-request', 'The body broke off.', { close: true });
    }
    if (read === 'too-slow') {
      const detail = `The body did not arrive whole within ${settings.timeouts.requestMs / 1000} s.`;
      return this.#fail('body-too-slow', detail, { close: true });
    }
    if (read === 'too-large') return this.#tooLarge({ close: true });
    this.#passage = decider.judgeLoad(passage);
    if (this.#passage.verdict.kind === 'refuse') return this.#refused(this.#passage.verdict.refusal);
    let bytes = read;
    if (coding !== 'identity') {
      const plain = await new Promise<Uint8Array | 'too-large' | 'malformed'>((resolve) => {
        decode(coding, read, bodyBytes, resolve);
      });
      if (plain === 'too-large') return this.#tooLarge();
      if (plain === 'malformed') return this.#fail('malformed-body', 'The body does not have its Content-Encoding.');
      bytes = plain;
    }
    const judged = decider.judgeBody(this.#passage, bytes);
    this.#passage = judged;
    if (judged.verdict.kind === 'refuse') return this.#refused(judged.verdict.refusal);
    return bodiless.has(request.method) ? this.#hand(judged) : this.#hand(judged, bytes);
  }

  /** @param body - where it was read */
  async #hand(passage: Passage, body?: Uint8Array): Promise<Response> {
    const { decider, settings } = this.#open;
    const { upstreamMs, requestMs } = settings.timeouts;
    const context = new WebContext(passage, this.#requestId, this.#call.request);
    const handedMs = performance.now();
    // What streams is the client's to send in its own time.
    const deadlineMs = passage.bodyPlan === 'stream' ? upstreamMs + requestMs : upstreamMs;
    let returned: unknown;
    try {
      const answering = this.#call.respond(new JudgedRequest(this.#call.request, passage, body), context);
      returned = answering instanceof Promise ? await within(answering, deadlineMs) : answering;
    } catch (error) {
      if (error instanceof HandlerRefusal) {
        return this.#refused(decider.refuse(passage, error.reason, error.message, error.options));
      }
      return this.crashed(error);
    }
    this.#upstreamMs = performance.now() - handedMs;
    if (returned === late) {
      context.expire();
      return this.#fail('upstream-too-slow', tooSlow);
    }
    if (!isResponse(returned)) {
      return this.crashed(new TypeError(`due is a Response; found a value of type ${typeof returned}`));
    }
    return this.#fold(passage, returned);
  }

  #fold(passage: Passage, response: Response): Response | Promise<Response> {
    const { status, headers } = response;
    // A WebSocket of the host's own making.
    if (status === 101) return this.#over(response);
    const plan = this.#open.decider.judgeResponse(passage, {
      status,
      contentType: headers.get('content-type') ?? undefined,
      has: (name) => headers.has(name),
      get: (name) => headers.get(name) ?? undefined,
    });
    this.#plan = plan;
    this.#upstreamStatus = status;
    if (plan.refusal === undefined) return this.#passOn(passage, plan, response);
    drop(response);
    const { fields } = plan.refusal;
    return this.#refused({ ...plan.refusal, fields: fieldsBeside(response, fields, plan.withheld) });
  }

  #passOn(passage: Passage, plan: ResponsePlan, response: Response): Response | Promise<Response> {
    const send = (due: Response): Response => dressed(due, plan, passage, this.#requestId);
    if (plan.watch === undefined) return this.#over(send(response));
    this.#checked = { breach: plan.watch.breach, unchecked: plan.watch.unchecked };
    const length = response.headers.get('content-length');
    const check = checkAnswer(
      this.#open.decider,
      {
        passage,
        checked: (judgement) => {
          this.#checked = judgement;
        },
      },
      plan,
      response.headers.get('content-encoding') ?? undefined,
      length === null ? undefined : Number(length),
    );
    if (check === undefined) return this.#over(send(response));
    if (check.holds) return this.#hold(passage, plan, check, response, send);
    const { status } = response;
    let ended: (() => void) | undefined;
    const body = passing(response.body, check, () => ended?.());
    const due = send(new Response(body, { status, headers: response.headers }));
    if (due.body === null || this.#call.whenOver !== undefined) return this.#over(due);
    // The record tells what came of the check.
    ended = () => this.#record(due.status, 'complete');
    return due;
  }

  /** Sends an answer once its body is judged. */
  async #hold(
    passage: Passage,
    plan: ResponsePlan,
    check: AnswerCheck,
    response: Response,
    send: (due: Response) => Response,
  ): Promise<Response> {
    const { status, headers } = response;
    let body: Awaited<ReturnType<typeof heldBack>>;
    try {
      body = await heldBack(response.body, check);
    } catch (error) {
      return this.crashed(error);
    }
    const breach = check.holds ? check.judge() : undefined;
    if (breach === undefined) return this.#over(send(new Response(body, { status, headers })));
    const fields = Array.from(headers).flat();
    return this.#refused(inPlaceOf({ fields }, plan, breach, passage, this.#open.decider));
  }

  #answered(status: number, due: Refusal['fields']): Response {
    const headers = new Headers({ 'X-Request-Id': this.#requestId });
    const limits = this.#passage?.limitFields ?? [];
    for (const [name, value] of [...limits, ...due, ...this.#open.decider.corsFields(this.#facts)]) {
      headers.append(name, value);
    }
    return this.#over(new Response(null, { status, headers }));
  }

  #fail(reason: Reason, detail: string, options?: RefuseOptions): Response {
    return this.#refused(this.#open.decider.refuse(this.#passage, reason, detail, options));
  }

  #tooLarge(options?: RefuseOptions): Response {
    const due = `${this.#open.settings.sizes.bodyBytes} bytes`;
    const violations = [bodyFault('body-too-large', `at most ${due}`, 'more')];
    return this.#fail('body-too-large', `The body may have ${due}; more came.`, { ...options, violations });
  }

  #refused(refusal: Refusal): Response {
    this.#refusal = refusal;
    const passage = this.#passage;
    const due = [...(passage?.limitFields ?? []), ...this.#open.decider.corsFields(this.#facts)];
    return this.#over(problemResponse(refusal, this.#requestId, passage, due));
  }

  /** Answers 500 for what should not have been thrown. */
  crashed(cause: unknown): Response {
    this.#tell(cause);
    return this.#refused(this.#open.decider.refuse(this.#passage, 'unhandled-error', failed, { cause }));
  }

  #tell(cause: unknown): void {
    this.#onError(cause, { operationId: this.#passage?.operation?.id ?? '', requestId: this.#requestId });
  }

  #over(response: Response): Response {
    const { status } = response;
    const { whenOver } = this.#call;
    if (whenOver === undefined) this.#record(status, this.#broken ? 'aborted' : 'complete');
    else whenOver((ending) => this.#record(status, ending));
    return response;
  }

  #record(status: number, ending: Ending): void {
    this.#uncount();
    const upstreamStatus = this.#upstreamStatus;
    const outcome = outcomeOf(this.#facts, this.#passage, this.#refusal, {
      requestId: this.#requestId,
      timeMs: this.#timeMs,
      status,
      precise: this.#refusal?.precise ?? upstreamStatus ?? status,
      upstreamStatus,
      reason: this.#plan?.reason,
      breach: this.#checked?.breach,
      unchecked: this.#checked?.unchecked,
      durationMs: performance.now() - this.#startMs,
      upstreamMs: this.#upstreamMs,
      ending,
    });
    this.#open.record(outcome);
    this.#call.recorded?.(outcome);
  }

  #count(): void {
    if (this.#counted || this.#load === undefined) return;
    this.#counted = true;
    this.#load.inFlight += 1;
  }

  #uncount(): void {
    if (!this.#counted || this.#load === undefined) return;
    this.#counted = false;
    this.#load.inFlight -= 1;
  }
}

const late = Symbol('late');

/** What a promise comes to, or `late`. What comes after that is let go of. */
async function within(answering: Promise<unknown>, deadlineMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => {
      resolve(late);
      answering.then(
        (answer) => {
          if (isResponse(answer)) drop(answer);
        },
        () => {},
      );
    }, deadlineMs);
  });
  try {
    return await Promise.race([answering, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** By its form: hosts have classes of their own. The code of `Response.error()` is none. */
function isResponse(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null || !('status' in value) || !('headers' in value)) return false;
  return typeof value.status === 'number' && value.status >= 100 && 'body' in value;
}

/** Lets go of an answer that nobody reads: what it stands on is closed. */
function drop(response: Response): void {
  if (!response.bodyUsed) response.body?.cancel().catch(() => {});
}

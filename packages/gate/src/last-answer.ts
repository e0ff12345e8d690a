import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Decider, Passage, Refusal, RequestFacts } from '@flick/decide';
import type { Ending, Outcome } from './exchange.ts';
import { fieldOf } from './field-of.ts';
import { outcomeOf } from './outcome.ts';
import { type ProblemAnswer, problemAnswer } from './problem-answer.ts';
import { requestIdOf } from './request-id.ts';

/** Who judges such a message, and who hears of it. */
export interface LastJudge {
  readonly decider: Decider;
  readonly record: (outcome: Outcome) => void;
}

/**
 * The answer to a message for which Node has no response object: what its parser could not read, a head that came too
 * slowly, CONNECT. The ladder says which; it is always a refusal, and always the connection's last answer.
 */
export class LastAnswer {
  readonly #decider: Decider;
  readonly #tell: LastJudge['record'];
  readonly #socket: Socket;
  readonly #facts: RequestFacts;
  readonly #requestId: string;
  readonly #timeMs = Date.now();
  readonly #startMs = performance.now();
  #passage: Passage | undefined = undefined;
  #refusal: Refusal | undefined = undefined;
  #recorded = false;

  constructor({ decider, record }: LastJudge, socket: Socket, facts: RequestFacts) {
    this.#decider = decider;
    this.#tell = record;
    this.#socket = socket;
    this.#facts = facts;
    this.#requestId = requestIdOf(fieldOf(facts.headers, 'x-request-id'));
  }

  /** Judges and answers. Called once; nothing is thrown. */
  begin(): void {
    try {
      const passage = this.#decider.judgeHead(this.#facts);
      if (passage instanceof Promise) {
        passage.then(
          (judged) => this.#answer(judged),
          () => this.#socket.destroy(),
        );
      } else {
        this.#answer(passage);
      }
    } catch {
      this.#socket.destroy();
    }
  }

  #answer(passage: Passage): void {
    if (this.#recorded) return;
    this.#passage = passage;
    const { verdict } = passage;
    // What the parser would not read is never passed on, whatever the ladder makes of the pieces.
    const refusal =
      verdict.kind === 'refuse'
        ? verdict.refusal
        : this.#decider.refuse(passage, 'malformed-request', 'The bytes that arrived are not an HTTP/1.1 request.');
    this.#refusal = refusal;
    const answer = problemAnswer(refusal, this.#requestId, passage.path, [
      ...passage.limitFields,
      ...this.#decider.corsFields(this.#facts),
    ]);
    this.#socket.write(lastAnswerBytes(refusal.status, answer, this.#facts.method === 'HEAD'), (error) => {
      this.#record(error ? 'aborted' : 'complete', refusal.status);
    });
    this.#socket.end();
  }

  /** Hears that the connection is gone, answered or not. */
  socketClosed(): void {
    this.#record('aborted', 0);
  }

  #record(ending: Ending, status: number): void {
    if (this.#recorded) return;
    this.#recorded = true;
    this.#tell(
      outcomeOf(this.#facts, this.#passage, this.#refusal, {
        requestId: this.#requestId,
        timeMs: this.#timeMs,
        status,
        precise: this.#refusal?.precise ?? status,
        upstreamStatus: undefined,
        reason: undefined,
        durationMs: performance.now() - this.#startMs,
        upstreamMs: undefined,
        ending,
      }),
    );
  }
}

/** A whole answer as bytes, where there is no response object to write it; it is the connection's last. */
function lastAnswerBytes(status: number, answer: ProblemAnswer, headOnly: boolean): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nDate: ${new Date().toUTCString()}\r\n`;
  for (let at = 0; at < answer.fields.length; at += 2) head += `${answer.fields[at]}: ${answer.fields[at + 1]}\r\n`;
  return `${head}Connection: close\r\n\r\n${headOnly ? '' : answer.body}`;
}

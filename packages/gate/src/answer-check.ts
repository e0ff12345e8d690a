import type { Decider, Refusal, ResponsePlan, ResponseWatch, Unchecked } from '@flick/decide';
import { type Coding, codingOf, decodeNow } from './body-coding.ts';
import type { Exchange } from './exchange.ts';

/** Whose answer it is, and who hears what came of the check. */
type Checked = Pick<Exchange, 'passage' | 'checked'>;

/**
 * Makes ready to check the body of an answer.
 *
 * @param coding - its Content-Encoding field
 * @param length - of its bytes, where that is known
 * @returns undefined where nothing of it is to be checked
 */
export function checkAnswer(
  decider: Decider,
  exchange: Checked,
  { watch }: ResponsePlan,
  coding: string | undefined,
  length?: number,
): AnswerCheck | undefined {
  if (watch?.media === undefined) return undefined;
  const known = codingOf(coding);
  const check = new AnswerCheck(decider, exchange, watch, known ?? 'identity');
  if (known === undefined) check.giveUp('coding');
  else if (length !== undefined && length > watch.mostBytes) check.giveUp('size');
  else return check;
  return undefined;
}

/**
 * The body of an answer that is watched: gathered as it goes by, or held back, and judged at its end. What is larger than
 * the bound is let go, unchecked: nothing is held beyond it.
 */
export class AnswerCheck {
  readonly #decider: Decider;
  readonly #exchange: Checked;
  readonly #watch: ResponseWatch;
  readonly #coding: Coding;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #over = false;

  constructor(decider: Decider, exchange: Checked, watch: ResponseWatch, coding: Coding) {
    this.#decider = decider;
    this.#exchange = exchange;
    this.#watch = watch;
    this.#coding = coding;
  }

  /** Whether the answer, its head included, waits for the check. */
  get holds(): boolean {
    return this.#watch.holds && !this.#over;
  }

  /** Takes the next bytes. Returns those that are to be sent now; undefined where they are held back. */
  pass(bytes: Uint8Array): Uint8Array | undefined {
    if (this.#over) return bytes;
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    if (this.#length <= this.#watch.mostBytes) return this.#watch.holds ? undefined : bytes;
    const due = this.#watch.holds ? this.held() : bytes;
    this.giveUp('size');
    return due;
  }

  /** What is held back. */
  held(): Uint8Array {
    const [only] = this.#chunks;
    return only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks, this.#length);
  }

  /** The body is whole: judges it and tells the record. Returns what it breaks, to be refused where it is held. */
  judge(): Refusal | undefined {
    if (this.#over) return undefined;
    const { mostBytes } = this.#watch;
    const held = this.held();
    const bytes = this.#coding === 'identity' || held.length === 0 ? held : decodeNow(this.#coding, held, mostBytes);
    if (bytes === 'too-large' || bytes === 'malformed') {
      this.#tell(bytes === 'too-large' ? 'size' : 'coding');
      return undefined;
    }
    const judgement = this.#decider.judgeResponseBody(this.#exchange.passage, this.#watch, bytes);
    this.#exchange.checked(judgement);
    return judgement.breach;
  }

  /** Lets the body go unchecked. */
  giveUp(unchecked: Unchecked): void {
    this.#over = true;
    this.#chunks = [];
    this.#tell(unchecked);
  }

  #tell(unchecked: Unchecked): void {
    this.#exchange.checked({ breach: this.#watch.breach, unchecked });
  }
}

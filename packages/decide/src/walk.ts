import type { MediaType, Operation } from '@flick/contract';
import type { RequestFacts } from './facts.ts';
import { Fields } from './fields.ts';
import type { KeptValues } from './request-values.ts';
import type { Balance, Charge, Consumer, Limit } from './ports.ts';
import type { Joints } from './segment-parts.ts';
import type { BodyPlan, Field, Passage, Refusal, Verdict } from './verdict.ts';

/** The verdict of every request that passes: one object for all. */
export const passed: Verdict = Object.freeze({ kind: 'pass' });

/** A limit that counts the request, and what its counter holds now. */
export interface LimitState {
  readonly limit: Limit;
  readonly balance: Balance;
  /** What was charged, and when; undefined where one of the limits did not take it. */
  readonly charge: Charge | undefined;
  readonly chargedMs: number;
}

/** What a walk looks up only when somebody asks. */
export interface Sight {
  readonly allow: (path: string) => readonly string[];
  readonly address: (facts: RequestFacts, fields: Fields) => string;
}

/**
 * What a rung says: nothing, and the request goes on to the next; or a verdict, and the ladder ends there. A promise
 * only where a verifier or a store gave one.
 */
export type Judgement = Verdict | undefined | Promise<Verdict | undefined>;

/** A rung, made once for a contract. */
export type Rung = (walk: Walk) => Judgement;

const noFields: readonly Field[] = [];
const noMethods: readonly string[] = [];
const noStates: readonly LimitState[] = [];
const noValues: readonly string[] = [];

/** A passage while it is made: rungs write what they find. One object a request. */
export class Walk implements Passage {
  readonly facts: RequestFacts;
  readonly fields: Fields;
  verdict: Verdict = passed;
  operation: Operation | undefined = undefined;
  /** The operation's place in the contract: where rungs keep what they worked out for it. */
  place = -1;
  target = '';
  path = '';
  consumer: Consumer | undefined = undefined;
  limitFields: readonly Field[] = noFields;
  observed: Refusal | undefined = undefined;
  bodyPlan: BodyPlan = 'none';
  media: MediaType | undefined = undefined;
  values: KeptValues | undefined = undefined;

  /** The raw query without its `?`. */
  query = '';
  /** The path parameters of the matched template and their raw values, in step. */
  pathNames: readonly string[] = noValues;
  pathValues: readonly string[] = noValues;
  pathJoints: Joints | undefined = undefined;
  hasBody = false;
  /** From Content-Length; undefined for a chunked body. */
  contentLength: number | undefined = undefined;
  limitStates: readonly LimitState[] = noStates;

  readonly #sight: Sight;
  #allow: readonly string[] | undefined = undefined;
  #address: string | undefined = undefined;

  constructor(facts: RequestFacts, sight: Sight) {
    this.facts = facts;
    this.fields = new Fields(facts.headers);
    this.#sight = sight;
  }

  get allow(): readonly string[] {
    this.#allow ??= this.path === '' ? noMethods : this.#sight.allow(this.path);
    return this.#allow;
  }

  get address(): string {
    this.#address ??= this.#sight.address(this.facts, this.fields);
    return this.#address;
  }
}

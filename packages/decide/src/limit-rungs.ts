import type { Contract, Operation, Reason } from '@flick/contract';
import { addressKey } from './address.ts';
import { type LimitFields, limitFields } from './limit-fields.ts';
import type { Balance, Charge, Consumer, DeciderOptions, Limit } from './ports.ts';
import { type Refuse, refused } from './refusal.ts';
import type { Verdict } from './verdict.ts';
import type { LimitState, Rung, Walk } from './walk.ts';

/** The two rungs of limits, of one making. */
export interface LimitRungs {
  readonly address: Rung;
  readonly consumer: Rung;
  /** Gives back what a request was charged: it is shed after all. */
  readonly refund: (walk: Walk) => void;
}

/**
 * Rungs 6 and 8: does the request fit the limits? Rung 6 charges those by address and for all, before any credential is
 * looked at; rung 8 those by consumer, or by address where nobody was recognised. Each charges all of its limits or
 * none. Requests without an operation (404, 405, OPTIONS, preflights) are not counted: no limit names them.
 */
export function compileLimitRungs(contract: Contract, options: DeciderOptions, refuse: Refuse): LimitRungs {
  const show = limitFields(options.limitHeaders);
  const rung = (consumers: boolean): Rung => {
    const limits = options.limits.filter(({ by }) => (by === 'consumer') === consumers);
    return limits.length === 0 ? open : compileRung(contract, limits, options, show, refuse);
  };
  return { address: rung(false), consumer: rung(true), refund: compileRefund(options) };
}

function compileRefund({ limitStore, onStoreFault }: DeciderOptions): (walk: Walk) => void {
  const refund = async ({ charge, chargedMs }: LimitState): Promise<void> => {
    try {
      if (charge !== undefined) await limitStore.refund(charge, chargedMs);
    } catch (cause) {
      onStoreFault?.(cause);
    }
  };
  return (walk) => {
    for (const state of walk.limitStates) void refund(state);
    walk.limitStates = [];
    walk.limitFields = [];
  };
}

/** A limit, and how its counter of a request is found. */
interface Counted {
  readonly limit: Limit;
  readonly keyOf: (walk: Walk) => string;
}

function open(): undefined {
  return undefined;
}

function compileRung(
  contract: Contract,
  limits: readonly Limit[],
  { clock, limitStore, limitStoreDown, onStoreFault }: DeciderOptions,
  show: LimitFields,
  refuse: Refuse,
): Rung {
  /** By an operation's place; empty where no limit names it. */
  const counted = limits.map((limit): Counted => ({ limit, keyOf: keyOf(limit) }));
  const plans = contract.operations.map((operation) => counted.filter(({ limit }) => covers(limit, operation)));

  const settle = (
    walk: Walk,
    due: readonly Counted[],
    charges: readonly Charge[],
    chargedMs: number,
    balances: readonly Balance[],
  ): Verdict | undefined => {
    let states: LimitState[] = [];
    let worst: LimitState | undefined;
    let allowed = true;
    for (const { limit } of due) {
      const at = states.length;
      const balance = balances[at];
      if (balance === undefined) throw new Error('The limit store gave fewer balances than charges.');
      const state = { limit, balance, charge: charges[at], chargedMs };
      // A list that begins with what it holds has no room to spare: hardly any gets longer.
      if (at === 0) states = [state];
      else states.push(state);
      if (balance.allowed) continue;
      allowed = false;
      if (worst === undefined || balance.resetMs > worst.balance.resetMs) worst = state;
    }
    // All or none.
    if (!allowed) states = states.map(({ limit, balance }) => ({ limit, balance, charge: undefined, chargedMs }));
    walk.limitStates = walk.limitStates.length === 0 ? states : [...walk.limitStates, ...states];
    walk.limitFields = show(walk.limitStates);
    return allowed || worst === undefined ? undefined : refused(overLimit(walk, worst, refuse));
  };

  // What a store that fails says of a request is nothing: never a 429.
  const down = (walk: Walk, cause: unknown): Verdict | undefined => {
    onStoreFault?.(cause);
    if (limitStoreDown === 'pass') return undefined;
    const detail = 'The limits cannot be counted at the moment.';
    return refused(refuse(walk.operation, 'overloaded', detail, { fields: [['Retry-After', '1']], cause }));
  };

  // Of its own, so that a store which answers at once costs no closures.
  const wait = (
    walk: Walk,
    due: readonly Counted[],
    charges: readonly Charge[],
    nowMs: number,
    balances: Promise<readonly Balance[]>,
  ): Promise<Verdict | undefined> =>
    balances.then(
      (late) => settle(walk, due, charges, nowMs, late),
      (cause: unknown) => down(walk, cause),
    );

  return (walk) => {
    const due = plans[walk.place];
    const first = due?.[0];
    if (due === undefined || first === undefined) return undefined;
    const charges = [chargeOf(first, walk)];
    for (const one of due) if (one !== first) charges.push(chargeOf(one, walk));
    try {
      const nowMs = clock.monotonicMs();
      const balances = limitStore.charge(charges, nowMs);
      if (balances instanceof Promise) return wait(walk, due, charges, nowMs, balances);
      return settle(walk, due, charges, nowMs, balances);
    } catch (cause) {
      return down(walk, cause);
    }
  };
}

function chargeOf({ limit, keyOf: find }: Counted, walk: Walk): Charge {
  return { key: find(walk), requests: limit.requests, windowMs: limit.windowMs };
}

/** The reasons for which these limits can refuse a request to an operation. */
export function limitReasons(limits: readonly Limit[], operation: Operation): readonly Reason[] {
  return limits.filter((limit) => covers(limit, operation)).map(reasonOf);
}

function reasonOf({ by }: Limit): Reason {
  return by === 'all' ? 'shared-limit' : by === 'address' ? 'address-limit' : 'consumer-limit';
}

/** Whether a limit counts an operation: by its id, or by its template with or without base path. */
function covers({ operations, paths }: Limit, { id, path, templates }: Operation): boolean {
  if (operations !== undefined && !operations.includes(id)) return false;
  if (paths === undefined) return true;
  return paths.some((limited) =>
    [path, ...templates].some((template) =>
      limited.endsWith('/*') ? template.startsWith(limited.slice(0, -1)) : template === limited,
    ),
  );
}

/** Makes the function that finds a request's counter in a limit. */
function keyOf({ name, by }: Limit): (walk: Walk) => string {
  const limit = keyPart(name);
  if (by === 'all') return () => `${limit}|all`;
  // A verifier that remembers a credential gives the same consumer again.
  const known = new WeakMap<Consumer, string>();
  return (walk) => {
    const { consumer } = walk;
    if (by === 'address' || consumer === undefined) return `${limit}|address|${addressKey(walk.address)}`;
    let key = known.get(consumer);
    if (key === undefined) {
      key = `${limit}|${sourceOf(consumer)}|${consumer.subject}`;
      known.set(consumer, key);
    }
    return key;
  };
}

/** Where a consumer's credential comes from. A token may name a scheme as its issuer. */
function sourceOf({ issuer, scheme }: Consumer): string {
  return issuer === undefined ? `scheme|${keyPart(scheme)}` : `consumer|${keyPart(issuer)}`;
}

/** A part of a key, but for the last: without a bar, so that no two lists of parts make one key. */
function keyPart(text: string): string {
  return text.includes('|') || text.includes('%') ? text.replaceAll('%', '%25').replaceAll('|', '%7C') : text;
}

function overLimit(walk: Walk, { limit, balance }: LimitState, refuse: Refuse) {
  const whole = Math.ceil(limit.windowMs / 1000);
  const wait = String(Math.max(1, Math.min(whole, Math.ceil(balance.resetMs / 1000))));
  const detail = `The limit "${limit.name}" is ${limit.requests} requests in ${limit.windowMs / 1000} s; wait ${wait} s.`;
  return refuse(walk.operation, reasonOf(limit), detail, { fields: [['Retry-After', wait]] });
}

import type { DeciderOptions, Limit } from './ports.ts';
import { structuredHeaders } from './structured-headers.ts';
import type { Field } from './verdict.ts';
import type { LimitState } from './walk.ts';

/** Tells the state of limits in header fields. */
export type LimitFields = (states: readonly LimitState[]) => readonly Field[];

const none: readonly Field[] = [];

/**
 * The fields of a setting. `draft`: RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers, every limit
 * that was charged. `legacy`: X-RateLimit-Limit, -Remaining and -Reset of the tightest, Reset in seconds from now.
 */
export function limitFields(setting: DeciderOptions['limitHeaders']): LimitFields {
  if (setting === 'off') return () => none;
  return setting === 'legacy' ? legacy : draft();
}

function draft(): LimitFields {
  // A limit's name and policy never change; only the balance does.
  const written = new Map<Limit, { readonly name: string; readonly policy: string }>();
  const write = (limit: Limit): { readonly name: string; readonly policy: string } => {
    let text = written.get(limit);
    if (text === undefined) {
      const { serializeItem } = structuredHeaders();
      const parameters = new Map([
        ['q', limit.requests],
        ['w', Math.ceil(limit.windowMs / 1000)],
      ]);
      const name = limit.name.replaceAll(/[^ -~]/g, '?');
      text = { name: serializeItem([name, new Map()]), policy: serializeItem([name, parameters]) };
      written.set(limit, text);
    }
    return text;
  };
  return (states) => {
    let policies = '';
    let balances = '';
    for (const { limit, balance } of states) {
      const { name, policy } = write(limit);
      const comma = policies === '' ? '' : ', ';
      policies += comma + policy;
      balances += `${comma}${name};r=${balance.remaining};t=${Math.ceil(balance.resetMs / 1000)}`;
    }
    return [
      ['RateLimit-Policy', policies],
      ['RateLimit', balances],
    ];
  };
}

function legacy(states: readonly LimitState[]): readonly Field[] {
  let tightest: LimitState | undefined;
  for (const state of states) {
    if (tightest === undefined || isTighter(state, tightest)) tightest = state;
  }
  if (tightest === undefined) return none;
  const { limit, balance } = tightest;
  return [
    ['X-RateLimit-Limit', String(limit.requests)],
    ['X-RateLimit-Remaining', String(balance.remaining)],
    ['X-RateLimit-Reset', String(Math.ceil(balance.resetMs / 1000))],
  ];
}

function isTighter({ balance: a }: LimitState, { balance: b }: LimitState): boolean {
  return a.remaining < b.remaining || (a.remaining === b.remaining && a.resetMs > b.resetMs);
}

import type { Clock, CrossSitePolicy } from '@flick/decide';
import type { SessionStore } from '@flick/stores';
import { isGuardedName } from './session-cookie.ts';
import { systemClock } from './system-clock.ts';

/** How login sessions are kept, when they expire, and who may have a browser send them. */
export interface SessionSettings {
  /** Whoever made it closes it. */
  readonly store: SessionStore;
  /**
   * How long a session may go unused, in ms. Default 30 minutes. Uses are noted a twentieth of that apart, and at most a
   * minute: a session may end as much earlier, and never later.
   */
  readonly idleMs?: number;
  /** How long a session lives at most, in ms, however often its token is rotated. Default 12 hours. */
  readonly absoluteMs?: number;
  /** How long the token before a rotation holds for requests that are under way, in ms: 0 to 60,000. Default 10 s. */
  readonly graceMs?: number;
  /** The cookie's: `__Host-` and more, as the contract's security scheme names it. Default `__Host-session`. */
  readonly cookieName?: string;
  /** Whether the cookie outlives the browser, until the session's end. Default: it does not. */
  readonly persistent?: boolean;
  /** Origins such as `https://app.example` whose pages may send the cookie with methods that change things. */
  readonly origins?: readonly string[];
  /** Whether all pages of the same site may, sibling domains included. Default: they may not. */
  readonly trustSameSite?: boolean;
  /** Default: the system's. Idle time needs both of its clocks to run: what only the wall clock shows was a jump. */
  readonly clock?: Clock;
  /** Told of a store that fails and of a clock that jumps: one sentence without secrets. Default: nobody. */
  readonly warn?: (message: string) => void;
}

/** Settings that were checked, with their defaults. */
export interface SessionPlan extends Required<Omit<SessionSettings, 'origins' | 'trustSameSite'>> {
  readonly crossSite: CrossSitePolicy;
  /** From one noted use of a session to the next. */
  readonly touchMs: number;
}

const MINUTE_MS = 60_000;

/** A token that would hold for longer after a rotation does so by a clock that jumped back. */
export const longestGraceMs = MINUTE_MS;

/**
 * Checks settings.
 *
 * @throws TypeError where a setting cannot be: the message begins with its name and tells the mend
 */
export function sessionPlanOf(settings: SessionSettings): SessionPlan {
  const { idleMs = 30 * MINUTE_MS, absoluteMs = 12 * 60 * MINUTE_MS, graceMs = 10_000 } = settings;
  const { cookieName = '__Host-session', persistent = false, origins = [], trustSameSite = false } = settings;
  const { store, clock = systemClock, warn = () => undefined } = settings;
  // Not every caller has types.
  const given: unknown = store;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError('store: there is none; make one, as by createMemorySessions()');
  }
  assertTime('idleMs', idleMs, 1);
  assertTime('absoluteMs', absoluteMs, 1);
  assertTime('graceMs', graceMs, 0, longestGraceMs);
  if (!isGuardedName(cookieName)) {
    const mend = 'write one such as __Host-session, which no other host can set, and name it so in the contract';
    throw new TypeError(`cookieName: ${JSON.stringify(cookieName)} does not begin with __Host-; ${mend}`);
  }
  for (const origin of origins) {
    if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
    throw new TypeError(`origins: ${JSON.stringify(origin)} is no origin; write one such as https://app.example`);
  }
  return {
    store,
    idleMs,
    absoluteMs,
    graceMs,
    cookieName,
    persistent,
    clock,
    warn,
    crossSite: Object.freeze({ origins: new Set(origins), sameSite: trustSameSite }),
    touchMs: Math.min(MINUTE_MS, idleMs / 20),
  };
}

/** Checks a time in ms. */
export function assertTime(name: string, ms: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isFinite(ms) && ms >= least && ms <= most) return;
  const due = most === Number.MAX_SAFE_INTEGER ? `${least} at least` : `${least} to ${most}`;
  throw new TypeError(`${name}: ${ms} is no such time; give milliseconds, ${due}`);
}

import type { Clock } from '@flick/decide';

/** Tells how long something was not used, by a wall clock that jumps. */
export interface IdleTime {
  /** The time now, in ms since the epoch, whole. Looks whether the clock has jumped. */
  readonly nowMs: () => number;
  /** How long ago something was used, at least 0. A jump of the clock since then does not count. */
  readonly since: (usedMs: number, nowMs: number) => number;
  /** What was used before this has been idle for so long, whatever jumped. */
  readonly usedBefore: (idleMs: number, nowMs: number) => number;
}

interface Jump {
  /** What the clock showed after it. */
  readonly atMs: number;
  readonly byMs: number;
}

/** What is less is no jump: clocks are read one after the other, and adjusted a little. */
const JUMP_MS = 5000;
/** Jumps that are remembered. */
const MAX_JUMPS = 16;

/**
 * Watches a wall clock by one that never jumps. When it jumps forwards, by hand or because the machine slept, nobody was
 * idle meanwhile. When it jumps back, what was used by the clock of before was used just now. Either is said once.
 */
export function createIdleTime({ monotonicMs, wallMs }: Clock, warn: (message: string) => void): IdleTime {
  let jumps: Jump[] = [];
  let offsetMs = wallMs() - monotonicMs();
  return {
    nowMs() {
      const nowMs = wallMs();
      const nextMs = nowMs - monotonicMs();
      const byMs = nextMs - offsetMs;
      offsetMs = nextMs;
      if (Math.abs(byMs) >= JUMP_MS) {
        // Back again: what was forgiven for the way there would be forgiven for nothing.
        jumps = byMs > 0 ? [...jumps.slice(1 - MAX_JUMPS), { atMs: nowMs, byMs }] : [];
        warn(wordsOf(byMs));
      }
      return Math.floor(nowMs);
    },
    since(usedMs, nowMs) {
      let idleMs = nowMs - usedMs;
      for (const { atMs, byMs } of jumps) if (usedMs < atMs) idleMs -= byMs;
      return Math.max(0, idleMs);
    },
    usedBefore: (idleMs, nowMs) => jumps.reduce((beforeMs, { byMs }) => beforeMs - Math.ceil(byMs), nowMs - idleMs),
  };
}

function wordsOf(byMs: number): string {
  const jumped = `the clock jumped ${byMs > 0 ? 'forwards' : 'back'} by ${Math.round(Math.abs(byMs) / 1000)} s`;
  const ends = byMs > 0 ? 'sooner' : 'later';
  return `sessions: ${jumped}; nobody counts as idle for it, and sessions reach their end ${ends} by as much`;
}

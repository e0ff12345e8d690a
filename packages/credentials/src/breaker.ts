/** Keeps from asking somebody who does not answer. */
export interface Breaker {
  /** Whether to ask now. While it is open, one asks now and then: whoever is told yes does ask. */
  readonly allows: () => boolean;
  readonly succeeded: () => void;
  readonly failed: () => void;
}

/** What bounds a breaker. */
export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** From one try to the next while it is open. */
  readonly probeMs: number;
  readonly monotonicMs: () => number;
}

/** Makes a breaker that is closed. */
export function createBreaker({ failures, probeMs, monotonicMs }: BreakerOptions): Breaker {
  let inRow = 0;
  let probedMs = 0;
  return {
    allows() {
      if (inRow < failures) return true;
      const nowMs = monotonicMs();
      if (nowMs - probedMs < probeMs) return false;
      probedMs = nowMs;
      return true;
    },
    succeeded() {
      inRow = 0;
    },
    failed() {
      inRow += 1;
      if (inRow === failures) probedMs = monotonicMs();
    },
  };
}

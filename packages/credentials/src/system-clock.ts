import type { Clock } from '@flick/decide';

/** The time of this machine. */
export const systemClock: Clock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

export type * from './facts.ts';
export { createDecider } from './ladder.ts';
export { limitReasons } from './limit-rungs.ts';
export { factsFromBytes, parseHead } from './message-bytes.ts';
export type * from './outcome.ts';
export type * from './ports.ts';
export { type Problem, type ProblemError, problemOf } from './problem.ts';
export { published } from './refusal.ts';
export type * from './verdict.ts';

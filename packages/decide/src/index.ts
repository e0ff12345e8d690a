export type * from './facts.ts';
export type * from './ports.ts';
export type * from './verdict.ts';

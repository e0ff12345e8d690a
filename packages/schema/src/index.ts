export type * from './check.ts';

export type * from './exchange.ts';

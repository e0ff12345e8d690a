export type { Check, JsonType, SchemaFault, Shape, UnknownMembers } from '@flick/schema';
export { ContractError } from './contract-error.ts';
export type { ContractSettings } from './document.ts';
export type * from './model.ts';
export { didYouMean } from './nearest.ts';
export { contractFrom, readContract } from './read.ts';
export { type Reason, type ReasonEntry, reasons, type Stage, stages } from './reasons.ts';
export type { SwitchSettings } from './switches.ts';
export { type CodesSetting, createTable, type Table } from './table.ts';

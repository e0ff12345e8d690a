export type { Check, JsonType, SchemaFault, Shape, UnknownMembers } from '@flick/schema';
export type * from './model.ts';
export { type Reason, type ReasonEntry, reasons, type Stage, stages } from './reasons.ts';
export { type CodesSetting, createTable, type Table } from './table.ts';

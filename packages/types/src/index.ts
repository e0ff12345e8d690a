export { type WrittenTypes, writeTypes } from './write-types.ts';

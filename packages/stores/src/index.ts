export { createMemoryLimits, type MemoryLimits, type MemoryLimitsOptions } from './memory-limits.ts';
export {
  type RecordCount,
  type RecordFilter,
  type RecordPage,
  type RecordReader,
  RecordsFault,
  type RecordStore,
  smallestFile,
} from './records.ts';
export { createMemoryRecords } from './records-memory.ts';
export { openSqliteRecords, readSqliteRecords, type SqliteRecordsOptions } from './records-sqlite.ts';

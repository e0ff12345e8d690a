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
export {
  type Rotation,
  SessionsFault,
  type SessionStore,
  type StoredSession,
  type Unused,
} from './sessions.ts';
export { createMemorySessions, type MemorySessions, type MemorySessionsOptions } from './sessions-memory.ts';
export { openSqliteSessions, type SqliteSessions, type SqliteSessionsOptions } from './sessions-sqlite.ts';

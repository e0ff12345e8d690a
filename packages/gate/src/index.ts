export * from './gateway.ts';
export type { FoundFault, HandlerRefusal, RefusalDetails } from './handler-refusal.ts';
export { refusal } from './handler-refusal.ts';
export { serve, type ServeOptions, type Service } from './serve.ts';
export {
  createSessions,
  hashPassword,
  isPassword,
  PasswordsFault,
  type RotateOptions,
  type Session,
  type Sessions,
  type SessionSettings,
  type StartOptions,
  type TokenFields,
} from '@flick/credentials';
export {
  createMemorySessions,
  type MemorySessionsOptions,
  openSqliteSessions,
  SessionsFault,
  type SessionStore,
  type SqliteSessionsOptions,
} from '@flick/stores';

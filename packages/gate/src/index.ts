export type * from './exchange.ts';
export { createGate, type Certificate, type Gate, type GateLoad, type GateOptions } from './gate.ts';
export type { FoundFault, HandlerRefusal, RefusalDetails } from './handler-refusal.ts';
export { refusal } from './handler-refusal.ts';
export type * from './handler-types.ts';
export { createHandlers, type ErrorPlace, type HandlersOptions } from './handlers.ts';
export type { GateSizes, Revision } from './revision.ts';
export type { LoadBounds } from './load.ts';
export { refuseUnverified, serve, type ServeOptions, type Service } from './serve.ts';
export { createUpstream, type UpstreamOptions } from './upstream.ts';
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

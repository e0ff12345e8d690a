/** What a server is made of, without what only services in process need: a start takes no longer than it must. */
export type * from './exchange.ts';
export { createGate, type Certificate, type Gate, type GateLoad, type GateOptions } from './gate.ts';
export type * from './handler-types.ts';
export { createHandlers, type ErrorPlace, type HandlersOptions } from './handlers.ts';
export type { LoadBounds } from './load.ts';
export { refuseUnverified } from './open-ladder.ts';
export type { GateSizes, Revision } from './revision.ts';
export { createUpstream, type UpstreamOptions } from './upstream.ts';

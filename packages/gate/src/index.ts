export type * from './exchange.ts';
export { createGate, type Gate, type GateOptions } from './gate.ts';
export type { GateSizes } from './live-exchange.ts';
export { createUpstream, type UpstreamOptions } from './upstream.ts';

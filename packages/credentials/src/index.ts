export type { JwtAlgorithm } from './algorithms.ts';
export type { JwtSettings } from './jwt-settings.ts';
export { createJwtVerifier, type JwtVerifier } from './jwt-verifier.ts';
export { addKey, listKeys, type NewKey, revokeKey } from './key-file.ts';
export type { KeyRecord } from './key-records.ts';
export { createKeyVerifier, type KeySettings, type WatchingVerifier } from './key-verifier.ts';
export { FileFault } from './record-lines.ts';

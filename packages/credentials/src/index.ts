export type { JwtAlgorithm } from './algorithms.ts';
export type { JwtSettings } from './jwt-settings.ts';
export { createJwtVerifier, type JwtVerifier } from './jwt-verifier.ts';

import { createJwtVerifier, type JwtVerifier } from '@flick/credentials';
import type { ConfigFile } from './config-file.ts';
import type { Config } from './config-schema.ts';
import { readReference } from './references.ts';
import type { SettingFaults } from './setting-faults.ts';
import { durationMs } from './units.ts';

type JwtConfig = NonNullable<Config['credentials']>[string]['jwt'];

/**
 * Makes the verifiers of `credentials`, by the security scheme's name. What is wrong goes to `faults`.
 *
 * @param warn - told, in one line, what goes wrong later with keys that are fetched
 */
export function createVerifiers(
  { config, folder }: ConfigFile,
  faults: SettingFaults,
  warn: (line: string) => void,
): ReadonlyMap<string, JwtVerifier> {
  const verifiers = new Map<string, JwtVerifier>();
  for (const [scheme, { jwt }] of Object.entries(config.credentials ?? {})) {
    const path = ['credentials', scheme, 'jwt'];
    const keys = readKeys(jwt, folder, path, faults);
    if (keys === undefined) continue;
    try {
      const verifier = createJwtVerifier({
        algorithms: jwt.algorithms,
        ...keys,
        ...(jwt.issuer !== undefined && { issuer: jwt.issuer }),
        ...(jwt.audience !== undefined && { audience: jwt.audience }),
        ...(jwt.clock_tolerance !== undefined && { clockToleranceS: durationMs(jwt.clock_tolerance) / 1000 }),
        ...(jwt.require_exp !== undefined && { requireExp: jwt.require_exp }),
        ...(jwt.typ !== undefined && { typ: jwt.typ }),
        ...(jwt.subject_claim !== undefined && { subjectClaim: jwt.subject_claim }),
        warn: (message) => warn(`${scheme}: ${message}`),
      });
      verifiers.set(scheme, verifier);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const [, setting = '', message = error.message] = /^(\w+): (.*)$/s.exec(error.message) ?? [];
      const key = keyOf[setting] ?? setting;
      faults.at(key === '' ? path : [...path, key], message);
    }
  }
  return verifiers;
}

/** Settings of `@flick/credentials` that the file calls otherwise. */
const keyOf: Readonly<Record<string, string>> = {
  publicKey: 'key',
  jwksUrl: 'jwks',
  clockToleranceS: 'clock_tolerance',
  requireExp: 'require_exp',
  subjectClaim: 'subject_claim',
};

type Keys = { secret: Uint8Array } | { publicKey: string } | { jwks: unknown } | { jwksUrl: string };

/** Reads the one source of keys that the schema lets through. */
function readKeys(
  { secret, key, jwks }: JwtConfig,
  folder: string,
  path: readonly string[],
  faults: SettingFaults,
): Keys | undefined {
  if (secret !== undefined) {
    const text = readReference(secret, folder, [...path, 'secret'], faults);
    return text === undefined ? undefined : { secret: Buffer.from(text) };
  }
  if (key !== undefined) {
    const text = readReference(key, folder, [...path, 'key'], faults);
    return text === undefined ? undefined : { publicKey: text };
  }
  if (jwks === undefined || /^[a-z]+:\/\//i.test(jwks)) return { jwksUrl: jwks ?? '' };
  const text = readReference({ file: jwks }, folder, [...path, 'jwks'], faults);
  if (text === undefined) return undefined;
  try {
    return { jwks: JSON.parse(text) };
  } catch {
    return faults.at([...path, 'jwks'], 'the file is not JSON; due is a key set (RFC 7517, section 5)');
  }
}

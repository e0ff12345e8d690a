import { createBasicVerifier, createIntrospectionVerifier, createKeyVerifier } from '@flick/credentials';
import type { Verifier } from '@flick/decide';
import type { ConfigFile, ConfigPath } from './config-file.ts';
import type { Config } from './config-schema.ts';
import { createJwtVerifierOf } from './jwt-verifiers.ts';
import { readReference, resolveFrom } from './references.ts';
import type { SettingFaults } from './setting-faults.ts';
import { durationMs } from './units.ts';

/** Which block of `credentials` a verifier is of. */
export type VerifierKind = 'jwt' | 'keys' | 'users' | 'introspection';

/** The verifier of one security scheme. */
export interface SchemeVerifier extends Verifier {
  readonly kind: VerifierKind;
  /** Fetches what the first request would wait for. */
  readonly warm?: () => Promise<boolean>;
  /** Ends the watching of files. */
  readonly close?: () => void;
}

type Credential = NonNullable<Config['credentials']>[string];

/**
 * Makes the verifiers of `credentials`, by the security scheme's name. What is wrong goes to `faults`.
 *
 * @param warn - told, in one line, what goes wrong later with keys that are fetched, files that change, servers asked
 */
export function createVerifiers(
  { config, folder }: ConfigFile,
  faults: SettingFaults,
  warn: (line: string) => void,
): ReadonlyMap<string, SchemeVerifier> {
  const verifiers = new Map<string, SchemeVerifier>();
  for (const [scheme, credential] of Object.entries(config.credentials ?? {})) {
    const kind = kindOf(credential);
    const path = ['credentials', scheme, kind];
    try {
      const verifier = createVerifier(credential, folder, path, faults, (line) => warn(`${scheme}: ${line}`));
      if (verifier !== undefined) verifiers.set(scheme, { ...verifier, kind });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const [, setting = '', message = error.message] = /^(\w+): (.*)$/s.exec(error.message) ?? [];
      const key = keyOf[setting] ?? setting;
      faults.at(key === '' ? path : [...path, key], message);
    }
  }
  return verifiers;
}

function kindOf({ jwt, keys, users }: Credential): VerifierKind {
  if (jwt !== undefined) return 'jwt';
  if (keys !== undefined) return 'keys';
  return users === undefined ? 'introspection' : 'users';
}

/** Makes the one verifier that the schema lets through. */
function createVerifier(
  { jwt, keys, users, introspection }: Credential,
  folder: string,
  path: ConfigPath,
  faults: SettingFaults,
  warn: (line: string) => void,
): Omit<SchemeVerifier, 'kind'> | undefined {
  if (jwt !== undefined) return createJwtVerifierOf(jwt, folder, path, faults, warn);
  if (keys !== undefined) return createKeyVerifier({ file: resolveFrom(folder, keys.file), warn });
  if (users !== undefined) return createBasicVerifier({ file: resolveFrom(folder, users.file), warn });
  if (introspection === undefined) return undefined;
  const { url, client_id: clientId, client_secret: reference, max_age: maxAge } = introspection;
  const { issuer, audience, subject_claim: subjectClaim } = introspection;
  const clientSecret = readReference(reference, folder, [...path, 'client_secret'], faults);
  if (clientSecret === undefined) return undefined;
  return createIntrospectionVerifier({
    url,
    clientId,
    clientSecret,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    ...(maxAge !== undefined && { maxAgeS: durationMs(maxAge) / 1000 }),
    ...(subjectClaim !== undefined && { subjectClaim }),
    warn,
  });
}

/** Settings of `@flick/credentials` that the file calls otherwise. */
const keyOf: Readonly<Record<string, string>> = {
  publicKey: 'key',
  jwksUrl: 'jwks',
  clockToleranceS: 'clock_tolerance',
  requireExp: 'require_exp',
  subjectClaim: 'subject_claim',
  clientId: 'client_id',
  clientSecret: 'client_secret',
  maxAgeS: 'max_age',
};

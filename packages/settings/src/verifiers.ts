import { hash } from 'node:crypto';
import type { Bound, Verifier } from '@flick/decide';
import type { ConfigFile, ConfigPath } from './config-file.ts';
import type { Config } from './config-schema.ts';
import { credentialLibrary } from './credential-library.ts';
import { createJwtVerifierOf } from './jwt-verifiers.ts';
import { readReference, referencesIn, resolveFrom } from './references.ts';
import { createSettingFaults, type SettingFaults } from './setting-faults.ts';
import { durationMs } from './units.ts';

/** Which block of `credentials` a verifier is of; `own` is one that whoever embeds Flick made. */
export type VerifierKind = 'jwt' | 'keys' | 'users' | 'introspection' | 'own';

/** The verifier of one security scheme. */
export interface SchemeVerifier extends Verifier {
  readonly kind: VerifierKind;
  /** Equal for two that were made of the same settings and secrets. Tells nothing of them. */
  readonly identity: string;
  /** Fetches what the first request would wait for. */
  readonly warm?: () => Promise<boolean>;
  /** What it keeps, and what waits in it. */
  readonly bounds?: () => readonly Bound[];
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
  { config, folder, verifiers: own = new Map() }: ConfigFile,
  faults: SettingFaults,
  warn: (line: string) => void,
): ReadonlyMap<string, SchemeVerifier> {
  const verifiers = new Map<string, SchemeVerifier>();
  for (const [scheme, credential] of Object.entries(config.credentials ?? {})) {
    const kind = kindOf(credential);
    const path = ['credentials', scheme, kind];
    try {
      const verifier = createVerifier(credential, folder, path, faults, (line) => warn(`${scheme}: ${line}`));
      if (verifier !== undefined) {
        verifiers.set(scheme, { ...verifier, kind, identity: identityOf(credential, folder) });
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const [, setting = '', message = error.message] = /^(\w+): (.*)$/s.exec(error.message) ?? [];
      const key = keyOf[setting] ?? setting;
      faults.at(key === '' ? path : [...path, key], message);
    }
  }
  for (const [scheme, verifier] of own) {
    const { crossSite, underWay } = verifier;
    verifiers.set(scheme, {
      kind: 'own',
      identity: `own ${scheme}`,
      verify: (credential, of) => verifier.verify(credential, of),
      ...(underWay !== undefined && { underWay: () => verifier.underWay?.() }),
      ...(crossSite !== undefined && { crossSite }),
    });
  }
  return verifiers;
}

function identityOf(credential: Credential, folder: string): string {
  const faults = createSettingFaults(() => '');
  const texts = referencesIn([credential.jwt, credential.introspection]).map((reference) =>
    readReference(reference, folder, [], faults),
  );
  return hash('sha256', JSON.stringify([credential, folder, texts]), 'base64');
}

/** Ends what verifiers do by themselves, but for those that are among `kept`. */
export function closeVerifiers(
  verifiers: ReadonlyMap<string, SchemeVerifier>,
  kept?: ReadonlyMap<string, SchemeVerifier>,
): void {
  for (const [scheme, verifier] of verifiers) if (kept?.get(scheme) !== verifier) verifier.close?.();
}

/**
 * The verifiers of new settings, those of the former ones in place of their equals: what they have learnt, such as the
 * keys of an issuer that may be down by now, is kept.
 */
export function keepVerifiers(
  next: ReadonlyMap<string, SchemeVerifier>,
  former: ReadonlyMap<string, SchemeVerifier>,
): ReadonlyMap<string, SchemeVerifier> {
  const kept = new Map<string, SchemeVerifier>();
  for (const [scheme, verifier] of next) {
    const known = former.get(scheme);
    kept.set(scheme, known?.identity === verifier.identity ? known : verifier);
  }
  closeVerifiers(next, kept);
  return kept;
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
): Omit<SchemeVerifier, 'kind' | 'identity'> | undefined {
  if (jwt !== undefined) return createJwtVerifierOf(jwt, folder, path, faults, warn);
  if (keys !== undefined) return credentialLibrary().createKeyVerifier({ file: resolveFrom(folder, keys.file), warn });
  if (users !== undefined)
    return credentialLibrary().createBasicVerifier({ file: resolveFrom(folder, users.file), warn });
  if (introspection === undefined) return undefined;
  const { url, client_id: clientId, client_secret: reference, max_age: maxAge } = introspection;
  const { issuer, audience, subject_claim: subjectClaim } = introspection;
  const clientSecret = readReference(reference, folder, [...path, 'client_secret'], faults);
  if (clientSecret === undefined) return undefined;
  return credentialLibrary().createIntrospectionVerifier({
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

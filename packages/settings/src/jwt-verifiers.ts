import type { JwtVerifier } from '@flick/credentials';
import type { ConfigPath } from './config-file.ts';
import type { Config } from './config-schema.ts';
import { credentialLibrary } from './credential-library.ts';
import { isUrl, readReference } from './references.ts';
import type { SettingFaults } from './setting-faults.ts';
import { durationMs } from './units.ts';

type JwtConfig = NonNullable<NonNullable<Config['credentials']>[string]['jwt']>;

/**
 * Makes the verifier of a block `jwt`.
 *
 * @param path - of the block
 * @param warn - told, in one line, what goes wrong later with keys that are fetched
 * @returns `undefined` where a file or a variable cannot be read, which is then among the faults
 * @throws TypeError where a setting cannot be: the message begins with its name
 */
export function createJwtVerifierOf(
  jwt: JwtConfig,
  folder: string,
  path: ConfigPath,
  faults: SettingFaults,
  warn: (line: string) => void,
): JwtVerifier | undefined {
  const keys = readKeys(jwt, folder, path, faults);
  if (keys === undefined) return undefined;
  return credentialLibrary().createJwtVerifier({
    algorithms: jwt.algorithms,
    ...keys,
    ...(jwt.issuer !== undefined && { issuer: jwt.issuer }),
    ...(jwt.audience !== undefined && { audience: jwt.audience }),
    ...(jwt.clock_tolerance !== undefined && { clockToleranceS: durationMs(jwt.clock_tolerance) / 1000 }),
    ...(jwt.require_exp !== undefined && { requireExp: jwt.require_exp }),
    ...(jwt.typ !== undefined && { typ: jwt.typ }),
    ...(jwt.subject_claim !== undefined && { subjectClaim: jwt.subject_claim }),
    warn,
  });
}

type Keys = { secret: Uint8Array } | { publicKey: string } | { jwks: unknown } | { jwksUrl: string };

/** Reads the one source of keys that the schema lets through. */
function readKeys(
  { secret, key, jwks }: JwtConfig,
  folder: string,
  path: ConfigPath,
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
  if (jwks === undefined || isUrl(jwks)) return { jwksUrl: jwks ?? '' };
  const text = readReference({ file: jwks }, folder, [...path, 'jwks'], faults);
  if (text === undefined) return undefined;
  try {
    return { jwks: JSON.parse(text) };
  } catch {
    return faults.at([...path, 'jwks'], 'the file is not JSON; due is a key set (RFC 7517, section 5)');
  }
}

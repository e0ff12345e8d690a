import { hashInTurn, matches, noHash, phcOf, readPhc } from './scrypt-hash.ts';

/** Why a password was not hashed: too many are being hashed already. Those that wait are bounded. */
export class PasswordsFault extends Error {
  override readonly name = 'PasswordsFault';

  constructor() {
    super('too many passwords are being hashed already; try again in a moment');
  }
}

/**
 * Hashes a password for keeping, off the main loop: scrypt (RFC 7914) with a salt of its own, some 0.2 s and 32 MiB.
 *
 * @returns the hash in PHC string format: `$scrypt$ln=15,r=8,p=3$salt$hash`
 * @throws PasswordsFault where too many are being hashed already
 */
export async function hashPassword(password: string): Promise<string> {
  const hashed = hashInTurn(password);
  if (hashed === undefined) throw new PasswordsFault();
  return phcOf(await hashed);
}

/**
 * Compares a password with a hash that {@link hashPassword} made, off the main loop.
 *
 * @param hash - undefined where nobody has the name: that is false, and costs what a wrong password does, so that the
 *   time of a login does not tell who is known
 * @throws PasswordsFault where too many are being hashed already; TypeError where the hash is none
 */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const kept = hash === undefined ? noHash() : readPhc(hash);
  if (kept === undefined) throw new TypeError('hash: it is not a hash such as $scrypt$ln=15,r=8,p=3$salt$hash');
  const right = matches(password, kept);
  if (right === undefined) throw new PasswordsFault();
  return (await right) && hash !== undefined;
}

import { createHmac, hash, randomBytes } from 'node:crypto';
import type { Clock, Verification } from '@flick/decide';
import { createBoundedCache } from './bounded-cache.ts';
import type { BoundedVerifier } from './introspection-verifier.ts';
import type { WatchingVerifier } from './key-verifier.ts';
import { hashingBound, matches, noHash, type ScryptHash } from './scrypt-hash.ts';
import { systemClock } from './system-clock.ts';
import { createUnderWay } from './under-way.ts';
import { createUsersReader, type UserRecord } from './user-records.ts';
import { watchFile } from './watched-file.ts';

/** Which users of HTTP Basic authentication are good. */
export interface BasicSettings {
  /** The path of a file of users, as `flick users add` writes it; read again when it changes. */
  readonly file: string;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Told what is wrong with the file, once a fault: one sentence without secrets. Default: nobody. */
  readonly warn?: (message: string) => void;
}

/** A password that was right is not hashed again for so long, unless the file changes. */
const REMEMBER_MS = 60_000;
const REMEMBERED = 1000;

/** Base64 of more than 1,024 bytes is refused unread. */
const MAX_LENGTH = 1368;

/** A file of users, as it was at one time. */
interface Users {
  readonly byName: ReadonlyMap<string, UserRecord>;
  readonly all: readonly UserRecord[];
}

interface Remembered {
  readonly verification: Verification;
  readonly untilMs: number;
  /** The file as it was: a user that is removed is refused though remembered. */
  readonly users: Users;
}

/**
 * Makes a verifier of HTTP Basic credentials (RFC 7617), whose text is UTF-8. A user that is not known costs what a
 * wrong password does. Passwords are hashed off the main loop, few at once: where too many wait already, the verifier
 * cannot know. What is remembered of a right password is a keyed digest, and of a wrong one nothing.
 *
 * @throws TypeError where the file does not load: the message begins with `file` and tells the mend
 */
export function createBasicVerifier({
  file,
  clock = systemClock,
  warn = () => undefined,
}: BasicSettings): WatchingVerifier & BoundedVerifier {
  const readUsers = createUsersReader();
  const parse = (text: string): Users => {
    const byName = readUsers(text);
    return { byName, all: [...byName.values()] };
  };
  const source = watchFile({ path: file, parse, maker: 'flick users add', warn });
  const processKey = randomBytes(32);
  const cache = createBoundedCache<Remembered>(REMEMBERED);
  const underWay = createUnderWay<Verification>();

  const compare = async (
    users: Users,
    user: UserRecord | undefined,
    right: Promise<boolean>,
    scheme: string,
    key: string,
  ) => {
    if (!(await right) || user === undefined) return wrong;
    const { name: subject, scopes } = user;
    const verification: Verification = { kind: 'good', consumer: { subject, scopes, scheme } };
    cache.set(key, { verification, untilMs: clock.monotonicMs() + REMEMBER_MS, users });
    return verification;
  };

  return {
    verify(credential, { name: scheme }) {
      if (credential.length > MAX_LENGTH) return malformed;
      const users = source.current();
      const key = createHmac('sha256', processKey).update(`${scheme}\n${credential}`).digest('base64');
      const known = cache.get(key);
      if (known?.users === users && clock.monotonicMs() < known.untilMs) return known.verification;
      const shared = underWay.get(key);
      if (shared !== undefined) return shared;
      const pair = readPair(credential);
      if (pair === undefined) return malformed;
      const user = users.byName.get(pair.name);
      const other = standIn(users, pair.name);
      const right = matches(pair.password, user?.password ?? other);
      if (right === undefined) return busy;
      return underWay.set(key, compare(users, user, right, scheme, key));
    },
    bounds: () => [cache.bound('passwords'), hashingBound()],
    close: source.close,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Name and password (RFC 7617, section 2); undefined where the text is none, or has more than one reading. */
function readPair(credential: string): { readonly name: string; readonly password: string } | undefined {
  const bytes = Buffer.from(credential, 'base64');
  if (bytes.toString('base64') !== credential) return undefined;
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return undefined;
  }
  const colon = text.indexOf(':');
  if (colon < 0 || /\p{Cc}/u.test(text)) return undefined;
  return { name: text.slice(0, colon).normalize('NFC'), password: text.slice(colon + 1) };
}

/**
 * The hash that a user's password is compared with who is not known: that of another, the same one each time. So
 * unknown users cost what known ones do, also in a file whose hashes differ in cost.
 */
function standIn({ all }: Users, name: string): ScryptHash {
  const at = hash('sha256', name, 'buffer').readUInt32BE() % Math.max(all.length, 1);
  return all[at]?.password ?? noHash();
}

function bad(description: string): Verification {
  return { kind: 'bad', reason: 'invalid-credentials', description };
}

const malformed = bad('The credentials are malformed');
const wrong = bad('The user name or the password is wrong');
const busy: Verification = { kind: 'unknown', description: 'Too many passwords are being verified now' };

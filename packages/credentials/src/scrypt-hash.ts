import { randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto';
import type { Bound } from '@flick/decide';
import { createTurns } from './turns.ts';

/** A password as it is kept: scrypt (RFC 7914) of it, and what is needed to do that again. */
export interface ScryptHash {
  /** The base-2 logarithm of the cost N. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** 32 MiB and some 0.2 s a password. */
const chosen = { ln: 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** A file must not make each guess cost more than this. */
const MAX_MEMORY = 268_435_456;

let unknown: ScryptHash | undefined;

/**
 * A hash that no password is known to have, for where there is none to compare with. Made when it is first needed: some
 * runtimes have nothing random before the first request.
 */
export function noHash(): ScryptHash {
  return (unknown ??= { ...chosen, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) });
}

/**
 * How many passwords the process hashes at once, and how many wait. libuv has four threads by default, and files and
 * names of hosts are looked up on them too.
 */
const turns = createTurns(2, 16);

/** Passwords that are being hashed, or wait for it. */
export function hashingBound(): Bound {
  return turns.bound('password_hashes');
}

/** Hashes a password for keeping, with a salt of its own. */
export async function makeHash(password: string): Promise<ScryptHash> {
  const salt = randomBytes(SALT_BYTES);
  return { ...chosen, salt, hash: await derive(password, { ...chosen, salt }, HASH_BYTES) };
}

/**
 * Hashes a password for keeping, when its turn comes.
 *
 * @returns undefined where too many passwords are being hashed already
 */
export function hashInTurn(password: string): Promise<ScryptHash> | undefined {
  return turns.take(() => makeHash(password));
}

/**
 * Compares a password with a hash, off the main loop. What it costs depends on the hash alone.
 *
 * @returns undefined where too many passwords are being compared already
 */
export function matches(password: string, kept: ScryptHash): Promise<boolean> | undefined {
  return turns.take(async () => timingSafeEqual(await derive(password, kept, kept.hash.length), kept.hash));
}

// RFC 8265, section 4.2: two ways of writing é are one password.
function derive(password: string, { ln, r, p, salt }: Omit<ScryptHash, 'hash'>, bytes: number): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: memoryOf(ln, r, p) };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, bytes, options, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
}

/** What OpenSSL reckons that it needs, in bytes. */
function memoryOf(ln: number, r: number, p: number): number {
  return 128 * r * (2 ** ln + p + 2);
}

/** Writes a hash in PHC string format: `$scrypt$ln=15,r=8,p=3$salt$hash`, base64 without padding. */
export function phcOf({ ln, r, p, salt, hash }: ScryptHash): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;
}

const phc = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** Reads a hash in PHC string format; undefined where it is none, or is too cheap or too dear to be one. */
export function readPhc(text: string): ScryptHash | undefined {
  const [, ln, r, p, salt = '', hash = ''] = phc.exec(text) ?? [];
  const read = { ln: Number(ln), r: Number(r), p: Number(p), salt: bytesOf(salt), hash: bytesOf(hash) };
  const usable = read.ln >= 10 && read.r >= 1 && read.p >= 1 && memoryOf(read.ln, read.r, read.p) <= MAX_MEMORY;
  return usable && phcOf(read) === text ? read : undefined;
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'base64');
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const PREFIX = 'flk_';
const RANDOM_BYTES = 32;
// 36 bytes are 48 characters of base64url with no bit to spare: a key has one spelling.
const FORM = /^flk_[\w-]{48}$/;

/** Longer text is refused unread. */
export const MAX_KEY_LENGTH = 1024;

/** Makes a key: 256 random bits and their checksum, behind a prefix by which scanners of secrets know it. */
export function mintKey(): string {
  const random = randomBytes(RANDOM_BYTES);
  return `${PREFIX}${Buffer.concat([random, checksumOf(random)]).toString('base64url')}`;
}

/** Whether a text has the prefix of a minted key and is none: mistyped, or cut short in copying. */
export function isMistyped(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false;
  if (!FORM.test(text)) return true;
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  return !bytes.subarray(RANDOM_BYTES).equals(checksumOf(bytes.subarray(0, RANDOM_BYTES)));
}

/**
 * What is kept in a key's place. One round of SHA-256 is right here: slow hashes such as scrypt slow down the guessing
 * of passwords, and nobody guesses 256 random bits; each request would pay for it.
 */
export function digestOf(key: string): string {
  return hash('sha256', key, 'hex');
}

function checksumOf(bytes: Uint8Array): Buffer {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  return checksum;
}

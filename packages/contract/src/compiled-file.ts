import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ContractError } from './contract-error.ts';
import { isMembers } from './pointer.ts';
import { version } from './version.ts';

/*
 * The file of a compiled contract: a line with the format's name and version, a line of JSON about the rest, then two
 * parts. The index is one JSON text; the texts behind it are JSON, too, and parsed as they are needed. It holds no code.
 */

const name = 'flick-contract';

/** Counted up with each change to what the file holds, or to what is read into it. */
const format = 2;

/** What is in the file of a compiled contract. */
export interface CompiledFile {
  /** Of Flick. */
  readonly version: string;
  readonly index: unknown;
  readonly texts: Buffer;
}

/** Writes the file. */
export function encodeCompiled(index: unknown, texts: Buffer): Buffer {
  const indexText = Buffer.from(JSON.stringify(index));
  const about = { flick: version, index: indexText.length, texts: texts.length, crc32: crc32(texts, crc32(indexText)) };
  return Buffer.concat([Buffer.from(`${name} ${format}\n${JSON.stringify(about)}\n`), indexText, texts]);
}

/** Whether a file begins as compiled contracts do. One that cannot be read does not. */
export function isCompiledFile(path: string): boolean {
  try {
    // A pipe would be waited for, and what was read of it would be lost.
    if (!statSync(path).isFile()) return false;
    const start = Buffer.alloc(name.length + 1);
    const file = openSync(path, 'r');
    try {
      readSync(file, start, 0, start.length, 0);
    } finally {
      closeSync(file);
    }
    return start.toString('latin1') === `${name} `;
  } catch {
    return false;
  }
}

/**
 * Reads the file, and holds it to its checksum.
 *
 * @param path - as the user named it; messages show it so
 * @throws ContractError where it is of another format, or not as it was written
 */
export function readCompiledFile(path: string): CompiledFile {
  const bytes = readFileSync(path);
  const first = bytes.indexOf('\n');
  const second = bytes.indexOf('\n', first + 1);
  if (first === -1) throw damaged(path);
  const found = bytes.toString('latin1', name.length + 1, first).slice(0, 20);
  if (found !== String(format)) {
    const sentence = `is a compiled contract of format ${found}, and Flick ${version} reads format ${format}; ${remedy}`;
    throw new ContractError(sentence, path);
  }
  const about = second === -1 ? undefined : parsed(bytes.toString('utf8', first + 1, second));
  if (!isMembers(about) || typeof about['index'] !== 'number') throw damaged(path);
  const rest = bytes.subarray(second + 1);
  if (about['texts'] !== rest.length - about['index']) throw damaged(path);
  // Against damage, not against whoever writes such files: it costs a start a quarter of what SHA-256 would.
  if (crc32(rest) !== about['crc32']) throw damaged(path);
  const index = parsed(rest.toString('utf8', 0, about['index']));
  return { version: String(about['flick']), index, texts: rest.subarray(about['index']) };
}

/** What is said of a file that is not as `encodeCompiled` wrote it. */
export function damaged(path: string): ContractError {
  return new ContractError(`is a compiled contract that is damaged or cut off; ${remedy}`, path);
}

const remedy = 'compile it again, by flick compile';

/** The SHA-256 of some bytes, in hexadecimal. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The value of some JSON; undefined where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

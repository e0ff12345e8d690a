import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { FileFault } from './record-lines.ts';

/** How often a file is looked at: what was revoked is refused within a second, a slow disk included. */
const LOOK_MS = 250;

/** The value of a file, renewed when the file changes. */
export interface WatchedFile<T> {
  /** What the file said when it was last in order. Another object after each change. */
  readonly current: () => T;
  /** Ends the watching. */
  readonly close: () => void;
}

/** What a watched file stands on. */
export interface WatchedFileOptions<T> {
  readonly path: string;
  /** Makes the value of the text; throws FileFault where it cannot. */
  readonly parse: (text: string) => T;
  /** The command that makes such a file, for the message where there is none. */
  readonly maker: string;
  /** Told what is wrong with the file, once a fault: one line without anything of its content. */
  readonly warn: (message: string) => void;
}

/**
 * Reads a file and keeps its value up to date, by looking at it: unlike events of the file system, that works with any
 * editor, network disks and files that are replaced through links. A file that does not load never replaces one that
 * did. Does not keep the process alive.
 *
 * @throws TypeError where the file does not load now: the message begins with `file` and tells the mend
 */
export function watchFile<T>({ path, parse, maker, warn }: WatchedFileOptions<T>): WatchedFile<T> {
  let value: T;
  let seen: string;
  let told: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const say = (message: string): void => {
    if (message !== told) warn(message);
    told = message;
  };

  const look = async (): Promise<void> => {
    const stamp = stampOf(await stat(path, { bigint: true }));
    if (stamp === seen) return;
    const text = await readFile(path, 'utf8');
    // Somebody is writing: the next look sees it done.
    if (stampOf(await stat(path, { bigint: true })) !== stamp) return;
    seen = stamp;
    value = parse(text);
    told = undefined;
  };

  const lookOn = (): void => {
    timer = setTimeout(() => {
      look()
        .catch((error: unknown) => {
          say(`${explain(error, path, maker)}; what it said before still holds`);
        })
        .finally(() => {
          if (!closed) lookOn();
        });
    }, LOOK_MS).unref();
  };

  try {
    const state = statSync(path, { bigint: true });
    seen = stampOf(state);
    value = parse(readFileSync(path, 'utf8'));
    if (state.mode & 0o007n) warn(`${path}: everybody may read or write it; mend it with: chmod 600`);
  } catch (error) {
    throw new TypeError(`file: ${explain(error, path, maker)}`, { cause: error });
  }
  lookOn();

  return {
    current: () => value,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

interface FileState {
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
  readonly size: bigint;
}

function stampOf({ mtimeNs, ctimeNs, ino, size }: FileState): string {
  return `${mtimeNs} ${ctimeNs} ${ino} ${size}`;
}

function explain(error: unknown, path: string, maker: string): string {
  if (error instanceof FileFault) return `${path}: ${error.message}`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'it failed';
  return code === 'ENOENT' ? `${path}: there is no such file; ${maker} makes it` : `${path}: cannot be read (${code})`;
}

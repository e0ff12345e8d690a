import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { FileFault } from './record-lines.ts';

/** Another writer needs milliseconds; one that was killed leaves its lock. */
const LOCK_WAIT_MS = 5000;
const LOCK_RETRY_MS = 20;

/**
 * Rewrites a file of credentials. Readers see the old text or the new one, whole; of two writers, one waits for the
 * other. A file that is not there yet is made, for its owner alone; one that is keeps its owner and its mode.
 *
 * @param change - makes the new text of the old one, '' where there is no file; the file stays as it was where it throws
 * @throws FileFault where another writer does not end; errors of the file system as they come
 */
export async function rewriteFile(path: string, change: (text: string) => string): Promise<void> {
  const target = await realpath(path).catch((error: unknown) => {
    if (isMissing(error)) return path;
    throw error;
  });
  const lock = `${target}.lock`;
  await takeLock(lock);
  try {
    await replace(target, change(await readOrNothing(target)));
  } finally {
    await rm(lock, { force: true });
  }
}

async function takeLock(lock: string, untilMs = performance.now() + LOCK_WAIT_MS): Promise<void> {
  try {
    const file = await open(lock, 'wx', 0o600);
    await file.close();
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if (performance.now() >= untilMs) {
      throw new FileFault(`${lock} is there: another flick is writing; where none is running, remove that file`);
    }
    await wait(LOCK_RETRY_MS);
    await takeLock(lock, untilMs);
  }
}

async function readOrNothing(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
}

async function replace(target: string, text: string): Promise<void> {
  const draft = `${target}.${randomBytes(6).toString('hex')}.new`;
  const file = await open(draft, 'wx', 0o600);
  try {
    try {
      await file.writeFile(text);
      await keepOwner(file, target);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Where root adds a key, the server that runs as somebody else must be able to read on. */
async function keepOwner(file: FileHandle, target: string): Promise<void> {
  let old;
  try {
    old = await stat(target);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  const own = await file.stat();
  if (own.uid !== old.uid || own.gid !== old.gid) await file.chown(old.uid, old.gid);
  await file.chmod(old.mode & 0o777);
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

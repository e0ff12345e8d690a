import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { assertBound, SessionsFault, type SessionStore, type StoredSession } from './sessions.ts';
import type { FileBounds, SessionsFile } from './sessions-file.ts';
import { type Change, type FromSessionsWriter, steadyMs, type ToSessionsWriter } from './sessions-messages.ts';

/** Where sessions are kept and what bounds them. */
export interface SqliteSessionsOptions {
  /** The file's; it is made where there is none, for its owner alone. */
  readonly path: string;
  /** Sessions of one subject; a whole number of at least 1. Default 100. A further one ends that used longest ago. */
  readonly maxPerSubject?: number;
  /** Of the database, 1 MiB at least. Default 256 MiB. In a full one expired sessions make room; else none is added. */
  readonly sizeBytes?: number;
}

/** A store of sessions in a file. Finds without a promise. */
export interface SqliteSessions extends SessionStore {
  readonly find: (digest: string) => StoredSession | undefined;
}

const defaultSizeBytes = 256 * 1024 * 1024;
const smallestBytes = 1024 * 1024;

/** How long a change may take, locks of other processes included. */
const writeMs = 2000;
/** How much longer an answer of the writer's thread is waited for: a disk may hang. */
const answerMs = 1000;
/** Changes that wait at most. */
const maxWaiting = 1000;
/** Uses that are noted here and not yet in the file; beyond them uses go unnoted until there is room. */
const maxUses = 10_000;
const gatherUsesMs = 1000;

/**
 * Keeps sessions in a SQLite file that several processes may share. Reading is done at once, in the caller's thread: in
 * a file with a write-ahead log no writer holds up a reader, and a lookup takes microseconds. Writing is done by a
 * thread of its own, which alone waits for locks and disks: a change that cannot be made within two seconds is refused.
 * Uses are gathered and written once a second; while they cannot be, this process goes by its own notes.
 *
 * @returns the store, once the file was looked at
 * @throws SessionsFault where the file can never keep sessions, or is locked; RangeError where a bound is none
 */
export async function openSqliteSessions(options: SqliteSessionsOptions): Promise<SqliteSessions> {
  const { path, maxPerSubject = 100, sizeBytes = defaultSizeBytes } = options;
  assertBound('maxPerSubject', maxPerSubject);
  assertBound('sizeBytes', sizeBytes);
  const bounds = { maxPerSubject, sizeBytes: Math.max(sizeBytes, smallestBytes) };
  // SQLite takes its time to load.
  const { SessionsFile: File } = await import('./sessions-file.ts');
  const writer = new SessionsWriter(path, bounds);
  await writer.opened;
  return new FileSessions(new File(path, undefined), writer);
}

/** Somebody who waits for a change. */
interface Waiting {
  readonly resolve: (changed: number) => void;
  readonly reject: (fault: SessionsFault) => void;
  readonly timer: NodeJS.Timeout;
}

/** The other end of the writer's thread. */
class SessionsWriter {
  readonly opened: Promise<void>;
  readonly #worker = new Worker(new URL('./sessions-writer.js', import.meta.url));
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #ended: SessionsFault | undefined = undefined;
  #settleOpened = { resolve(): void {}, reject(_fault: SessionsFault): void {} };

  constructor(path: string, bounds: FileBounds) {
    this.opened = new Promise((resolve, reject) => {
      this.#settleOpened = { resolve, reject };
    });
    this.#worker.on('message', (message: FromSessionsWriter) => this.#hear(message));
    this.#worker.on('error', (error) => this.#end(`the writer of sessions failed: ${error.name}`));
    this.#worker.on('exit', () => this.#end('the writer of sessions ended'));
    this.#tell({ kind: 'open', path, bounds });
  }

  /** Makes a change. Rejects where it is not made, or where nobody can say. */
  write(what: Change): Promise<number> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#waiting.size >= maxWaiting) {
      return Promise.reject(new SessionsFault('too many changes of sessions wait for the file'));
    }
    this.#asked += 1;
    const number = this.#asked;
    return new Promise((resolve, reject) => {
      const fault = new SessionsFault('the file of sessions does not answer');
      const timer = setTimeout(() => this.#take(number)?.reject(fault), writeMs + answerMs);
      this.#waiting.set(number, { resolve, reject, timer });
      this.#tell({ kind: 'write', number, untilMs: steadyMs() + writeMs, what });
    });
  }

  #tell(message: ToSessionsWriter): void {
    this.#worker.postMessage(message, []);
  }

  #hear(message: FromSessionsWriter): void {
    if (message.kind === 'ready') {
      // Alone, it does not keep the process alive; whoever waits for a change does.
      this.#worker.unref();
      this.#settleOpened.resolve();
    } else if (message.kind === 'fault') this.#end(message.message);
    else if (message.kind === 'done') this.#take(message.number)?.resolve(message.changed);
    else this.#take(message.number)?.reject(new SessionsFault(message.message));
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    clearTimeout(waiting?.timer);
    return waiting;
  }

  #end(why: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = new SessionsFault(why);
    this.#settleOpened.reject(this.#ended);
    for (const number of this.#waiting.keys()) this.#take(number)?.reject(this.#ended);
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const ended = once(this.#worker, 'exit');
    this.#worker.ref();
    this.#tell({ kind: 'close' });
    const timer = setTimeout(() => void this.#worker.terminate(), writeMs + answerMs);
    await ended;
    clearTimeout(timer);
    this.#end('the sessions are closed');
  }
}

class FileSessions implements SqliteSessions {
  readonly #file: SessionsFile;
  readonly #writer: SessionsWriter;
  /** The latest uses, by digest, that are not in the file. */
  readonly #uses = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined = undefined;
  #writingUses: Promise<void> | undefined = undefined;
  #closed = false;

  constructor(file: SessionsFile, writer: SessionsWriter) {
    this.#file = file;
    this.#writer = writer;
  }

  find(digest: string): StoredSession | undefined {
    if (this.#closed) throw new SessionsFault('the sessions are closed');
    const session = this.#file.find(digest);
    if (session === undefined || this.#uses.size === 0) return session;
    const usedMs = this.#uses.get(session.digest);
    return usedMs === undefined ? session : { ...session, usedMs };
  }

  async add(session: StoredSession, unused: Parameters<SessionStore['add']>[1]): Promise<void> {
    await this.#writer.write({ change: 'add', session, unused });
  }

  touch(digest: string, usedMs: number): void {
    if (this.#closed || (this.#uses.size >= maxUses && !this.#uses.has(digest))) return;
    this.#uses.set(digest, usedMs);
    this.#timer ??= setTimeout(() => void this.#writeUses(), gatherUsesMs).unref();
  }

  async #writeUses(): Promise<void> {
    await this.#writingUses;
    this.#writingUses = this.#write([...this.#uses]);
    await this.#writingUses;
    this.#timer = undefined;
    if (this.#uses.size > 0 && !this.#closed) {
      this.#timer = setTimeout(() => void this.#writeUses(), gatherUsesMs).unref();
    }
  }

  async #write(uses: readonly (readonly [digest: string, usedMs: number])[]): Promise<void> {
    if (uses.length === 0) return;
    try {
      await this.#writer.write({ change: 'touch', uses });
    } catch {
      // They stay noted here, and are written with the next.
      return;
    }
    for (const [digest, usedMs] of uses) if (this.#uses.get(digest) === usedMs) this.#uses.delete(digest);
  }

  async rotate(digest: string, rotation: Parameters<SessionStore['rotate']>[1]): Promise<boolean> {
    return (await this.#writer.write({ change: 'rotate', digest, rotation })) > 0;
  }

  async remove(digest: string, nowMs: number): Promise<boolean> {
    return (await this.#writer.write({ change: 'remove', digest, nowMs })) > 0;
  }

  removeAll(subject: string): Promise<number> {
    return this.#writer.write({ change: 'removeAll', subject });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#writeUses();
    await this.#writer.close();
    this.#file.close();
  }
}

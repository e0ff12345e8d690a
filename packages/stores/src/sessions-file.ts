import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type Database from 'libsql';
import { SessionsFault, type StoredSession } from './sessions.ts';
import { type Change, steadyMs } from './sessions-messages.ts';
import {
  assertOurs,
  codeOf,
  connect,
  type FileKind,
  faultOf,
  inTransaction,
  isBusy,
  makePrivate,
  markOurs,
  pragma,
  whyOf,
} from './sqlite-file.ts';

/** "FLSN". */
const kind: FileKind = {
  applicationId: 0x46_4c_53_4e,
  schemaVersion: 1,
  called: 'a file of sessions',
  Fault: SessionsFault,
};

const schema = `
  CREATE TABLE sessions (
    digest TEXT PRIMARY KEY, previous TEXT, previous_until_ms INTEGER,
    subject TEXT NOT NULL, scopes TEXT NOT NULL, used_ms INTEGER NOT NULL, ends_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_by_previous ON sessions (previous) WHERE previous IS NOT NULL;
  CREATE INDEX sessions_by_subject ON sessions (subject, used_ms);
  CREATE INDEX sessions_by_use ON sessions (used_ms);`;

/** How long SQLite waits for a lock of another process at a time. This holds up the writer's thread alone. */
const busyMs = 250;
/** Stale sessions that one new one takes away at most; expired ones where the file is full. */
const forgottenPerAdd = 20;
const forgottenWhenFull = 1000;
/** From one try to open a file that does not open to the next. */
const reopenMs = 250;

/** What bounds the file. */
export interface FileBounds {
  readonly sizeBytes: number;
  readonly maxPerSubject: number;
}

/** A file that is open, and which one it is: another may take its name. */
interface Open {
  readonly database: Database.Database;
  readonly find: Database.Statement;
  readonly inode: bigint;
  readonly device: bigint;
}

/**
 * A SQLite file of sessions, for one thread. It is looked at before each use: one that was taken away, though SQLite
 * would go on to read it, is no longer what other processes see. Where another file took its place, that one is used.
 * Throws a {@link SessionsFault} or SQLite's error where it has no answer.
 */
export class SessionsFile {
  readonly #path: string;
  /** Undefined where it is only read. */
  readonly #bounds: FileBounds | undefined;
  #open: Open | undefined = undefined;
  #failed: { readonly fault: SessionsFault; readonly atMs: number } | undefined = undefined;

  constructor(path: string, bounds: FileBounds | undefined) {
    this.#path = path;
    this.#bounds = bounds;
  }

  /** Makes the file where there is none. */
  make(): void {
    makePrivate(this.#path, kind);
    const database = connect(this.#path, kind, busyMs);
    try {
      if (assertOurs(database, this.#path, kind) === 'ours') return;
      database.exec('PRAGMA journal_mode = WAL');
      inTransaction(database, () => {
        // Another process may have made it meanwhile.
        if (assertOurs(database, this.#path, kind) === 'ours') return;
        database.exec(schema);
        markOurs(database, kind);
      });
    } catch (error) {
      throw faultOf(error, this.#path, kind);
    } finally {
      database.close();
    }
  }

  /** Reads without waiting for any lock. */
  find(digest: string): StoredSession | undefined {
    const { find } = this.#current();
    let row: unknown;
    try {
      row = find.get(digest, digest);
    } catch (error) {
      throw this.#broken(error);
    }
    return row === undefined ? undefined : sessionOf(row);
  }

  /**
   * Makes all of the changes or none, durably. Waits for locks of other processes until then, and no longer.
   *
   * @returns how many sessions each of them changed
   */
  write(whats: readonly Change[], untilMs: number): readonly number[] {
    for (let room = false; ; ) {
      if (steadyMs() >= untilMs) throw tooLate(this.#path);
      const { database } = this.#current();
      try {
        if (room) for (const what of whats) makeRoom(database, what);
        let changed: readonly number[] = [];
        inTransaction(database, () => {
          changed = whats.map((what) => this.#apply(database, what));
        });
        return changed;
      } catch (error) {
        if (codeOf(error) === 'SQLITE_FULL') {
          // Nothing is wrong with the file itself.
          if (room) throw new SessionsFault(whyOf(error, this.#path));
          room = true;
        } else if (!isBusy(error)) throw this.#broken(error);
      }
    }
  }

  #apply(database: Database.Database, what: Change): number {
    const run = (sql: string, ...values: readonly (string | number | null)[]): number =>
      database.prepare(sql).run(...values).changes;
    if (what.change === 'add') {
      const { digest, previous, subject, scopes, usedMs, endsMs } = what.session;
      const others = (this.#bounds?.maxPerSubject ?? 1) - 1;
      forgetUnused(database, what.unused.staleMs, forgottenPerAdd);
      const surplus = 'SELECT digest FROM sessions WHERE subject = ? ORDER BY used_ms DESC LIMIT -1 OFFSET ?';
      run(`DELETE FROM sessions WHERE digest IN (${surplus})`, written(subject), others);
      const words = [written(subject), written(scopes)] as const;
      const before = [previous?.digest ?? null, previous?.untilMs ?? null] as const;
      return run('INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)', digest, ...before, ...words, usedMs, endsMs);
    }
    if (what.change === 'touch') {
      for (const [digest, usedMs] of what.uses) run('UPDATE sessions SET used_ms = ? WHERE digest = ?', usedMs, digest);
      return what.uses.length;
    }
    if (what.change === 'rotate') {
      const { digest, scopes, usedMs, graceUntilMs } = what.rotation;
      const sets = 'digest = ?, previous = digest, previous_until_ms = ?, scopes = ?, used_ms = ?';
      const values = [digest, graceUntilMs, written(scopes), usedMs] as const;
      return run(`UPDATE sessions SET ${sets} WHERE digest = ?`, ...values, what.digest);
    }
    if (what.change === 'remove') {
      const sql = 'DELETE FROM sessions WHERE digest = ? OR (previous = ? AND previous_until_ms > ?)';
      return run(sql, what.digest, what.digest, what.nowMs);
    }
    return run('DELETE FROM sessions WHERE subject = ?', written(what.subject));
  }

  #current(): Open {
    const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    const open = this.#open;
    if (found === undefined || found.size === 0n) {
      this.close();
      const what = found === undefined ? 'gone' : 'empty';
      throw new SessionsFault(`${this.#path} is ${what}; put it back, or start again to begin without sessions`);
    }
    if (open !== undefined && open.inode === found.ino && open.device === found.dev) return open;
    this.close();
    if (this.#failed !== undefined && steadyMs() - this.#failed.atMs < reopenMs) throw this.#failed.fault;
    this.#open = this.#connect(found.ino, found.dev);
    this.#failed = undefined;
    return this.#open;
  }

  #connect(inode: bigint, device: bigint): Open {
    let database: Database.Database | undefined;
    try {
      assertDatabase(this.#path);
      database = connect(this.#path, kind, this.#bounds === undefined ? 0 : busyMs);
      if (assertOurs(database, this.#path, kind) === 'empty') {
        throw new SessionsFault(`${this.#path}: no sessions were ever written to it`);
      }
      if (this.#bounds === undefined) database.exec('PRAGMA query_only = ON');
      else {
        // A session that was revoked must stay so when the power fails.
        database.exec('PRAGMA synchronous = FULL');
        database.exec('PRAGMA journal_size_limit = 4194304');
        const pages = Math.floor(this.#bounds.sizeBytes / pragma(database, 'page_size'));
        database.exec(`PRAGMA max_page_count = ${pages}`);
      }
      const columns = 'digest, previous, previous_until_ms, subject, scopes, used_ms, ends_ms';
      const by = (column: string): string => `SELECT ${columns} FROM sessions WHERE ${column} = ?`;
      return { database, find: database.prepare(`${by('digest')} UNION ALL ${by('previous')}`), inode, device };
    } catch (error) {
      database?.close();
      throw this.#broken(error);
    }
  }

  /** What failed may have been the connection: the next use makes a new one. */
  #broken(error: unknown): SessionsFault {
    this.close();
    const known = faultOf(error, this.#path, kind);
    const fault = known instanceof SessionsFault ? known : new SessionsFault(whyOf(known, this.#path));
    // To open it again and again would hold up whoever reads.
    if (this.#bounds === undefined) this.#failed = { fault, atMs: steadyMs() };
    return fault;
  }

  close(): void {
    this.#open?.database.close();
    this.#open = undefined;
  }
}

/** SQLite itself would not look: it takes the log that another file left behind for that of this one. */
function assertDatabase(path: string): void {
  const magic = Buffer.alloc(16);
  const file = openSync(path, 'r');
  try {
    readSync(file, magic);
  } finally {
    closeSync(file);
  }
  if (magic.toString('latin1') === 'SQLite format 3\0') return;
  throw new SessionsFault(`${path}: is not a SQLite file; put the one that was there back`);
}

/** Lets expired sessions go, where the file is full. */
function makeRoom(database: Database.Database, what: Change): void {
  if (what.change === 'add') forgetUnused(database, what.unused.expiredMs, forgottenWhenFull);
}

function forgetUnused(database: Database.Database, usedBeforeMs: number, most: number): void {
  const unused = 'SELECT digest FROM sessions WHERE used_ms < ? ORDER BY used_ms LIMIT ?';
  database.prepare(`DELETE FROM sessions WHERE digest IN (${unused})`).run(usedBeforeMs, most);
}

/** As JSON: SQLite's own texts end at a NUL, and then one subject would be read as another. */
function written(value: string | readonly string[]): string {
  return JSON.stringify(value);
}

/** Reads a row. One that nobody here wrote is no answer, rather than another session. */
function sessionOf(row: unknown): StoredSession {
  const cells = new Map(Object.entries(Object(row)));
  const digest = cells.get('digest');
  const subject = readAs(cells.get('subject'));
  const scopes = readAs(cells.get('scopes'));
  const [usedMs, endsMs] = [cells.get('used_ms'), cells.get('ends_ms')];
  const [previous, untilMs] = [cells.get('previous'), cells.get('previous_until_ms')];
  if (typeof digest !== 'string' || typeof subject !== 'string' || !isTexts(scopes)) throw unreadable();
  if (typeof usedMs !== 'number' || typeof endsMs !== 'number') throw unreadable();
  return {
    digest,
    previous: typeof previous === 'string' && typeof untilMs === 'number' ? { digest: previous, untilMs } : undefined,
    subject,
    scopes,
    usedMs,
    endsMs,
  };
}

function readAs(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    throw unreadable();
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function tooLate(path: string): SessionsFault {
  return new SessionsFault(`${path} is locked by another process, or too slow`);
}

function unreadable(): SessionsFault {
  return new SessionsFault('a session in the file is not as it was written');
}

import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import { createRequire } from 'node:module';
import type Database from 'libsql';

/** What one kind of Flick's SQLite files is known by. */
export interface FileKind {
  /** Four letters as a number; none of another kind. */
  readonly applicationId: number;
  /** A file of a later version is left alone. */
  readonly schemaVersion: number;
  /** As faults call it, such as `a file of records`. */
  readonly called: string;
  readonly Fault: new (message: string) => Error;
}

/** Connects to a file, which SQLite makes where there is none. */
export function connect(path: string, kind: FileKind, busyMs: number): Database.Database {
  // Not imported, or bundlers would follow it to what is no JavaScript.
  const load: (name: 'libsql') => typeof Database = createRequire(import.meta.url);
  try {
    return new (load('libsql'))(path, { timeout: busyMs });
  } catch {
    throw new kind.Fault(`${path}: cannot be opened as ${kind.called}`);
  }
}

/** What is in them is nobody else's business. Makes the file before SQLite would, for all to read. */
export function makePrivate(path: string, kind: FileKind): void {
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, 'a', 0o600));
    // Whatever the umask says.
    chmodSync(path, 0o600);
  } catch (error) {
    throw new kind.Fault(`${path}: cannot be made: ${codeOf(error) || 'it is no path of a file'}`);
  }
}

/** Says whether a file is of a kind, or still empty. */
export function assertOurs(database: Database.Database, path: string, kind: FileKind): 'ours' | 'empty' {
  const id = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  if (id === kind.applicationId) {
    if (version <= kind.schemaVersion) return 'ours';
    throw new kind.Fault(`${path}: was written by a later flick; use that one to read it, or name another file`);
  }
  const tables = numberOf(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get(), 'tables');
  if (id === 0 && version === 0 && tables === 0) return 'empty';
  throw new kind.Fault(`${path}: is the database of another program; name another file`);
}

/** Marks a file as one of a kind. */
export function markOurs(database: Database.Database, kind: FileKind): void {
  database.exec(`PRAGMA application_id = ${kind.applicationId}`);
  database.exec(`PRAGMA user_version = ${kind.schemaVersion}`);
}

/** A number that SQLite tells of itself. */
export function pragma(database: Database.Database, name: string): number {
  return numberOf(database.prepare(`PRAGMA ${name}`).get(), name);
}

/** A number of a row; 0 where there is none. */
export function numberOf(row: unknown, name: string): number {
  return typeof row === 'object' && row !== null ? Number(Reflect.get(row, name) ?? 0) : 0;
}

/** Does all of an action or none of it. */
export function inTransaction(database: Database.Database, action: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    action();
    database.exec('COMMIT');
  } catch (error) {
    // A full disk has rolled it back already.
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** The code of an error of SQLite or of the system; empty where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Whether another process holds the file. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(?:BUSY|LOCKED)/.test(codeOf(error));
}

/** An error as a fault where the file can never be of the kind. */
export function faultOf(error: unknown, path: string, kind: FileKind): unknown {
  if (codeOf(error) !== 'SQLITE_NOTADB') return error;
  return new kind.Fault(`${path}: is not a SQLite file; name another, or take it away`);
}

/** Why SQLite could not, in words; the file is named by its last part, as in a line that is said while serving. */
export function whyOf(error: unknown, path: string): string {
  const code = codeOf(error);
  const name = basename(path);
  if (isBusy(error)) return `${name} is locked by another process`;
  if (code === 'SQLITE_FULL') return `${name}: the disk is full, or the file has reached its bound`;
  if (code.startsWith('SQLITE_READONLY')) return `${name} is read-only`;
  if (code.startsWith('SQLITE_IOERR')) return `${name}: the disk fails, or is full`;
  return code === '' ? `${name} cannot be used` : `${name}: ${code}`;
}

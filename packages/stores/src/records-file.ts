import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { basename } from 'node:path';
import type { Outcome } from '@flick/decide';
import Database from 'libsql';
import {
  type RecordCount,
  type RecordFilter,
  type RecordPage,
  RecordsFault,
  recordsPerPage,
  smallestFile,
} from './records.ts';
import { type Cell, columns, isRow, outcomeOfRow, type Row, rowCells } from './records-row.ts';

/** Says that a SQLite file is one of Flick's: "FLCK". */
const applicationId = 0x46_4c_43_4b;
/** The version of the schema below. A file of a later one is left alone. */
const schemaVersion = 1;

/** How long a lock of another process is waited for. This holds up the writer's thread alone. */
const busyMs = 100;
/** Rows that one step of pruning takes away at most: the writer waits meanwhile. */
const rowsPerPruning = 5000;
/** Of its size bound, how full the file may be before the oldest rows make room. */
const fullness = 0.9;

const names = Object.keys(columns);
const insertion = `INSERT INTO requests (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;

/** What bounds the file. */
export interface FileBounds {
  /** How old a record may become, in milliseconds. */
  readonly keepMs: number;
  /** Of the database, {@link smallestFile} at least; its write-ahead log comes on top, some 20 MiB at most. */
  readonly sizeBytes: number;
}

/** A SQLite file of records. All of it blocks: it belongs into a thread of its own, or into a short-lived command. */
export interface RecordsFile {
  /** Writes rows, all or none of them, and durably: once this returns, a killed process has lost none. */
  readonly write: (cells: readonly Cell[]) => void;
  /** Takes away rows that are too old, or the oldest of too many. Returns whether there may be more to take away. */
  readonly prune: (nowMs: number) => boolean;
  readonly get: (requestId: string) => readonly Outcome[];
  readonly query: (filter: RecordFilter, next?: number) => RecordPage;
  readonly count: (filter: RecordFilter) => RecordCount;
  readonly close: () => void;
}

/**
 * Opens a file to write records to, and makes it where there is none.
 *
 * @throws RecordsFault where it can never be one; else the error of SQLite, such as SQLITE_BUSY: try again
 */
export function openRecordsFile(path: string, bounds: FileBounds): RecordsFile {
  makePrivate(path);
  const database = connect(path);
  try {
    assertOurs(database, path);
    prepareToWrite(database, path, bounds);
    return new SqliteFile(database, bounds);
  } catch (error) {
    database.close();
    throw faultOf(error, path);
  }
}

/**
 * Opens a file to read records from.
 *
 * @throws RecordsFault where there is none, or it is not one
 */
export function readRecordsFile(path: string): RecordsFile {
  if (!existsSync(path))
    throw new RecordsFault(`${path}: no such file; \`flick serve --records sqlite:PATH\` writes one`);
  const database = connect(path);
  try {
    if (assertOurs(database, path) === 'empty') throw new RecordsFault(`${path}: no records were ever written to it`);
    database.exec('PRAGMA query_only = ON');
    return new SqliteFile(database, undefined);
  } catch (error) {
    database.close();
    const fault = faultOf(error, path);
    throw fault instanceof RecordsFault ? fault : new RecordsFault(`${path}: cannot be read: ${whyOf(error, path)}`);
  }
}

/** Why SQLite could not write, in words; the file is named by its last part, as in a line that is said while serving. */
export function whyOf(error: unknown, path: string): string {
  const code = codeOf(error);
  const name = basename(path);
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return `${name} is locked by another process`;
  if (code === 'SQLITE_FULL') return `${name}: the disk is full, or what is not records fills the file`;
  if (code.startsWith('SQLITE_READONLY')) return `${name} is read-only`;
  if (code.startsWith('SQLITE_IOERR')) return `${name}: the disk fails, or is full`;
  return code === '' ? `${name} cannot be used` : `${name}: ${code}`;
}

function connect(path: string): Database.Database {
  try {
    return new Database(path, { timeout: busyMs });
  } catch {
    throw new RecordsFault(`${path}: cannot be opened as a file of records`);
  }
}

/** Addresses and names of consumers are nobody else's business. Makes the file before SQLite would, for all to read. */
function makePrivate(path: string): void {
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, 'a', 0o600));
    // Whatever the umask says.
    chmodSync(path, 0o600);
  } catch (error) {
    throw new RecordsFault(`${path}: cannot be made: ${codeOf(error) || 'it is no path of a file'}`);
  }
}

function assertOurs(database: Database.Database, path: string): 'ours' | 'empty' {
  const id = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  if (id === applicationId) {
    if (version <= schemaVersion) return 'ours';
    throw new RecordsFault(`${path}: was written by a later flick; use that one to read it, or name another file`);
  }
  const tables = numberOf(database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get(), 'tables');
  if (id === 0 && version === 0 && tables === 0) return 'empty';
  throw new RecordsFault(`${path}: is the database of another program; name another file`);
}

function prepareToWrite(database: Database.Database, path: string, { sizeBytes }: FileBounds): void {
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = NORMAL');
  database.exec('PRAGMA journal_size_limit = 4194304');
  inTransaction(database, () => {
    // Another process may have made it meanwhile.
    if (assertOurs(database, path) === 'ours') return;
    const described = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
    database.exec(`CREATE TABLE requests (seq INTEGER PRIMARY KEY, ${described.join(', ')}) STRICT`);
    // None on request_id: it would double what a row costs to write, for a question that a scan answers in a second.
    database.exec('CREATE INDEX requests_by_time ON requests (time_ms)');
    database.exec(`PRAGMA application_id = ${applicationId}`);
    database.exec(`PRAGMA user_version = ${schemaVersion}`);
  });
  database.exec(`PRAGMA max_page_count = ${mostPages(database, sizeBytes)}`);
}

function mostPages(database: Database.Database, sizeBytes: number): number {
  return Math.floor(Math.max(sizeBytes, smallestFile) / pragma(database, 'page_size'));
}

function pragma(database: Database.Database, name: string): number {
  return numberOf(database.prepare(`PRAGMA ${name}`).get(), name);
}

/** A number of a row; 0 where there is none. */
function numberOf(row: unknown, name: string): number {
  return typeof row === 'object' && row !== null ? Number(Reflect.get(row, name) ?? 0) : 0;
}

function inTransaction(database: Database.Database, action: () => void): void {
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

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function faultOf(error: unknown, path: string): unknown {
  if (codeOf(error) !== 'SQLITE_NOTADB') return error;
  return new RecordsFault(`${path}: is not a SQLite file; name another, or take it away`);
}

/** A condition of SQL and its values. */
interface Condition {
  readonly sql: string;
  readonly values: readonly Cell[];
}

function conditionOf(filter: RecordFilter, next: number | undefined): Condition {
  const terms: string[] = [];
  const values: Cell[] = [];
  const add = (term: string, ...value: readonly (Cell | undefined)[]): void => {
    const known = value.filter((each) => each !== undefined);
    if (known.length < value.length) return;
    terms.push(term);
    values.push(...known);
  };
  add('seq < ?', next);
  add('time_ms >= ?', filter.sinceMs);
  add('time_ms < ?', filter.untilMs);
  add('operation = ?', filter.operation);
  add("(consumer = ? OR substr(consumer, instr(consumer, ':') + 1) = ?)", filter.consumer, filter.consumer);
  if (filter.observed) add('observed_reason IS NOT NULL');
  return { sql: terms.length === 0 ? '' : ` WHERE ${terms.join(' AND ')}`, values };
}

class SqliteFile implements RecordsFile {
  readonly #database: Database.Database;
  readonly #bounds: FileBounds | undefined;
  #insert: Database.Statement | undefined = undefined;

  constructor(database: Database.Database, bounds: FileBounds | undefined) {
    this.#database = database;
    this.#bounds = bounds;
  }

  write(cells: readonly Cell[]): void {
    const insert = (this.#insert ??= this.#database.prepare(insertion));
    inTransaction(this.#database, () => {
      for (let at = 0; at < cells.length; at += rowCells) insert.run(cells.slice(at, at + rowCells));
    });
  }

  prune(nowMs: number): boolean {
    if (this.#bounds === undefined) return false;
    const { keepMs, sizeBytes } = this.#bounds;
    const used = pragma(this.#database, 'page_count') - pragma(this.#database, 'freelist_count');
    if (used > fullness * mostPages(this.#database, sizeBytes)) {
      return this.#delete('SELECT seq FROM requests ORDER BY seq', []);
    }
    return this.#delete('SELECT seq FROM requests WHERE time_ms < ? ORDER BY time_ms', [nowMs - keepMs]);
  }

  #delete(which: string, values: readonly Cell[]): boolean {
    const sql = `DELETE FROM requests WHERE seq IN (${which} LIMIT ${rowsPerPruning})`;
    return this.#database.prepare(sql).run(...values).changes === rowsPerPruning;
  }

  get(requestId: string): readonly Outcome[] {
    const sql = 'SELECT * FROM requests WHERE request_id = ? ORDER BY seq DESC LIMIT 100';
    return this.#all(sql, [requestId]).map(outcomeOfRow);
  }

  query(filter: RecordFilter, next?: number): RecordPage {
    const { sql, values } = conditionOf(filter, next);
    const rows = this.#all(`SELECT * FROM requests${sql} ORDER BY seq DESC LIMIT ${recordsPerPage}`, values);
    return { records: rows.map(outcomeOfRow), next: rows.length < recordsPerPage ? undefined : rows.at(-1)?.seq };
  }

  count(filter: RecordFilter): RecordCount {
    const { sql, values } = conditionOf(filter, undefined);
    const counted = `SELECT count(*) AS requests, count(DISTINCT coalesce(consumer, address)) AS callers FROM requests`;
    const row = this.#database.prepare(counted + sql).get(...values);
    return { requests: numberOf(row, 'requests'), callers: numberOf(row, 'callers') };
  }

  #all(sql: string, values: readonly Cell[]): readonly Row[] {
    return this.#database
      .prepare(sql)
      .all(...values)
      .filter(isRow);
  }

  close(): void {
    this.#database.close();
  }
}

import { existsSync } from 'node:fs';
import type { Outcome } from '@flick/decide';
import type Database from 'libsql';
import {
  type RecordCount,
  type RecordFilter,
  type RecordPage,
  RecordsFault,
  recordsPerPage,
  smallestFile,
} from './records.ts';
import { type Cell, columns, isRow, outcomeOfRow, type Row, rowCells } from './records-row.ts';
import {
  assertOurs,
  connect,
  type FileKind,
  faultOf,
  inTransaction,
  makePrivate,
  markOurs,
  numberOf,
  pragma,
  whyOf,
} from './sqlite-file.ts';

/** "FLCK". */
const kind: FileKind = {
  applicationId: 0x46_4c_43_4b,
  schemaVersion: 1,
  called: 'a file of records',
  Fault: RecordsFault,
};

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
  makePrivate(path, kind);
  const database = connect(path, kind, busyMs);
  try {
    assertOurs(database, path, kind);
    prepareToWrite(database, path, bounds);
    return new SqliteFile(database, bounds);
  } catch (error) {
    database.close();
    throw faultOf(error, path, kind);
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
  const database = connect(path, kind, busyMs);
  try {
    if (assertOurs(database, path, kind) === 'empty')
      throw new RecordsFault(`${path}: no records were ever written to it`);
    database.exec('PRAGMA query_only = ON');
    return new SqliteFile(database, undefined);
  } catch (error) {
    database.close();
    const fault = faultOf(error, path, kind);
    throw fault instanceof RecordsFault ? fault : new RecordsFault(`${path}: cannot be read: ${whyOf(error, path)}`);
  }
}

function prepareToWrite(database: Database.Database, path: string, { sizeBytes }: FileBounds): void {
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = NORMAL');
  database.exec('PRAGMA journal_size_limit = 4194304');
  inTransaction(database, () => {
    // Another process may have made it meanwhile.
    if (assertOurs(database, path, kind) === 'ours') return;
    const described = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
    database.exec(`CREATE TABLE requests (seq INTEGER PRIMARY KEY, ${described.join(', ')}) STRICT`);
    // None on request_id: it would double what a row costs to write, for a question that a scan answers in a second.
    database.exec('CREATE INDEX requests_by_time ON requests (time_ms)');
    markOurs(database, kind);
  });
  database.exec(`PRAGMA max_page_count = ${mostPages(database, sizeBytes)}`);
}

function mostPages(database: Database.Database, sizeBytes: number): number {
  return Math.floor(Math.max(sizeBytes, smallestFile) / pragma(database, 'page_size'));
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
      // Where rows are large they are few: the newer half stays.
      const most = Math.min(rowsPerPruning, Math.ceil(this.#rows() / 2));
      return this.#delete('SELECT seq FROM requests ORDER BY seq', [], most);
    }
    return this.#delete(
      'SELECT seq FROM requests WHERE time_ms < ? ORDER BY time_ms',
      [nowMs - keepMs],
      rowsPerPruning,
    );
  }

  /** How many rows there are, as far as the first and the last one tell. */
  #rows(): number {
    const sql = 'SELECT (SELECT max(seq) FROM requests) - (SELECT min(seq) FROM requests) + 1 AS rows';
    return numberOf(this.#database.prepare(sql).get(), 'rows');
  }

  #delete(which: string, values: readonly Cell[], most: number): boolean {
    const sql = `DELETE FROM requests WHERE seq IN (${which} LIMIT ${most})`;
    let deleted = 0;
    // A statement that itself finds the file locked stays open until it is collected, and no commit succeeds meanwhile.
    inTransaction(this.#database, () => {
      deleted = this.#database.prepare(sql).run(...values).changes;
    });
    return deleted > 0 && deleted === most;
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
